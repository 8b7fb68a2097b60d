"""The report of a run, as text, CSV or a page: the ending of the file's name decides.

Text and CSV are written while the run goes on; the page, which begins with sums, at its end.
"""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TextIO

from producers.pipeline import Outcome
from producers.report.lines import Line, lines
from schemas.errors import ConfigurationError
from schemas.findings import Severity

# More lines than anybody reads on a page; the CSV report has them all.
PAGE_LINES_MAX = 10_000
# What a spreadsheet would take for the start of a formula.
_FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(slots=True)
class Totals:
    """What the run read."""

    documents: int = 0
    rejected: int = 0
    warned: int = 0
    events: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count a document."""
        self.documents += 1
        self.rejected += outcome.is_rejected
        self.warned += bool(outcome.findings) and not outcome.is_rejected
        self.events += len(outcome.events)

    def sentence(self) -> str:
        """Return the totals for people."""
        return (
            f"{self.documents:,} documents read, {self.rejected:,} rejected, "
            f"{self.warned:,} accepted with warnings; {self.events:,} events."
        )


@dataclass(slots=True)
class Report(ABC):
    """A report that is being written; finish it to have it whole."""

    file: TextIO
    totals: Totals = field(default_factory=Totals)

    def add(self, name: str, outcome: Outcome) -> None:
        """Add a document of a file of that name."""
        self.totals.add(outcome)
        for line in lines(name, outcome):
            self.write(line)

    @abstractmethod
    def write(self, line: Line) -> None:
        """Write one line, or keep it."""

    @abstractmethod
    def finish(self) -> None:
        """Write what stands at the end."""


class TextReport(Report):
    """Lines for a terminal or a mail."""

    def write(self, line: Line) -> None:
        """Write one line."""
        row = "" if line.row is None else f", row {line.row}"
        column = f", {line.column}" if line.column else ""
        place = f"{line.file}{row}{column}"
        self.file.write(f"{line.severity.value:7} {place} [{line.rule}]\n        {line.remedy}\n")

    def finish(self) -> None:
        """Write the totals."""
        self.file.write(f"{self.totals.sentence()}\n")


class CsvReport(Report):
    """Rows for a spreadsheet."""

    def write(self, line: Line) -> None:
        """Write one row, the header before the first."""
        if self.file.tell() == 0:
            self.finish()
        row = "" if line.row is None else str(line.row)
        cells = (_cell(line.file), row, _cell(line.column), line.severity.value, line.rule, line.remedy)
        csv.writer(self.file).writerow(cells)

    def finish(self) -> None:
        """Write the header of a report without rows."""
        if self.file.tell() == 0:
            csv.writer(self.file).writerow(("file", "row", "column", "severity", "rule", "what to do"))


@dataclass(slots=True)
class PageReport(Report):
    """A page for a browser or a printer, without scripts and without anything from elsewhere."""

    kept: list[Line] = field(default_factory=list)
    counts: Counter[tuple[Severity, str, str]] = field(default_factory=Counter)

    def write(self, line: Line) -> None:
        """Count a line, and keep it while there is room."""
        self.counts[line.severity, line.rule, line.remedy] += 1
        if len(self.kept) < PAGE_LINES_MAX:
            self.kept.append(line)

    def finish(self) -> None:
        """Write the page."""
        page = Template(files("producers.report").joinpath("page.html").read_text("utf-8"))
        left_out = sum(self.counts.values()) - len(self.kept)
        more = f"<p>{left_out:,} more findings are left out: make a CSV report.</p>" if left_out else ""
        self.file.write(
            page.substitute(
                totals=escape(self.totals.sentence()), rules=self._rules(), lines=self._lines(), left_out=more
            )
        )

    def _rules(self) -> str:
        by_count = sorted(self.counts.items(), key=lambda item: (item[0][0], -item[1]))
        return "".join(
            _row(severity, f"{count:,}", rule, remedy) for (severity, rule, remedy), count in by_count
        )

    def _lines(self) -> str:
        return "".join(
            _row(line.severity, line.file, line.row or "", line.column, line.rule) for line in self.kept
        )


@contextmanager
def reporting(path: Path | None) -> Iterator[Callable[[str, Outcome], None]]:
    """Give what takes (file's name, outcome) of each document, and write the report that the name asks for.

    Raises:
        ConfigurationError: The name has another ending.
    """
    if path is None:
        yield lambda *_: None
        return
    if path.suffix not in _KINDS:
        raise ConfigurationError(
            f"a report is no {path.suffix or 'file without ending'}",
            hint=f"let it end in {', '.join(_KINDS)}",
        )
    with path.open("w", encoding="utf-8", newline="") as file:
        report = _KINDS[path.suffix](file)
        try:
            yield report.add
        finally:
            report.finish()


_KINDS: dict[str, Callable[[TextIO], Report]] = {
    ".txt": TextReport,
    ".csv": CsvReport,
    ".html": PageReport,
}


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(severity: Severity, *cells: object) -> str:
    told = "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
    return f'<tr class="{severity.value.lower()}"><td>{severity.value.lower()}</td>{told}</tr>\n'
