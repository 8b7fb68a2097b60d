"""Findings as lines of a report: file, row and column as a steward sees them, rule, remedy.

The report stays with the agency: it names files, which no topic does. Like every finding
it holds no value of a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from producers.pipeline import Outcome
from schemas.findings import Severity

# The first number in brackets: the line of a table, or the place of a document in its file.
_NUMBERED = re.compile(r"(?P<before>[^\[]*)\[(?P<number>[0-9]+)\]\.?(?P<column>.*)", re.DOTALL)
_OF_LINES = "line"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding.

    Attributes:
        file: Name of the file, or of what stands for one, in its source.
        row: Line of a table, else number of the document in its file, from 1; None for a whole file.
        column: Place within the row; empty where it is the row as a whole.
    """

    file: str
    row: int | None
    column: str
    severity: Severity
    rule: str
    remedy: str


def lines(file: str, outcome: Outcome) -> Iterator[Line]:
    """Yield the findings about one document, errors first."""
    for finding in sorted(outcome.findings, key=lambda item: item.severity):
        row, column = _place(finding.path)
        yield Line(file, row, column, finding.severity, finding.rule, finding.hint)


def _place(path: str) -> tuple[int | None, str]:
    match = _NUMBERED.fullmatch(path)
    if match is None:
        return None, "" if path == "$" else path
    number = int(match["number"])
    return number if match["before"] == _OF_LINES else number + 1, match["column"]
