"""What became of each real sample, as a table at the end of the tests' output, whether they pass or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

_PROPERTY = "real sample"
_RULES_SHOWN = 3


class Line(NamedTuple):
    """One line of the table.

    Attributes:
        file: Path in the folder of the samples.
        rules: Why documents of it give no event.
        note: What else there is to say of the file.
    """

    file: str
    adapter: str
    documents: int
    events: int
    rejected: int
    rules: tuple[str, ...]
    note: str = ""


@pytest.fixture
def show_sample(record_property: Callable[[str, object], None]) -> Callable[[Line], None]:
    """Return what puts a line into the table."""
    return lambda line: record_property(_PROPERTY, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the table, sorted by file, where a test has put a line into it."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    lines = sorted(
        line
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, line in report.user_properties
        if name == _PROPERTY
    )
    if not lines:
        return
    width = max(len(line.file) for line in lines)
    terminalreporter.section("real samples")
    terminalreporter.line(f"{'file':{width}}  adapter       documents  events  rejected  why")
    for line in lines:
        counts = f"{line.documents:9}  {line.events:6}  {line.rejected:8}"
        terminalreporter.line(f"{line.file:{width}}  {line.adapter:12}  {counts}  {_why(line)}".rstrip())


def _why(line: Line) -> str:
    rules = ", ".join(line.rules[:_RULES_SHOWN])
    more = len(line.rules) - _RULES_SHOWN
    told = f"{rules} and {more} more" if more > 0 else rules
    return "; ".join(part for part in (line.note, told) if part)
