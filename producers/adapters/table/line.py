"""Lines of a table: what every format of file is read to, so that nothing after it knows the format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol


class Line(NamedTuple):
    """One row.

    Attributes:
        number: As a spreadsheet program counts it, the header row too; from 1.
        cells: Those of the columns that were asked for, in that order; None where empty.
        rule: What keeps the row from being read, None where nothing does.
    """

    number: int
    cells: Sequence[object] = ()
    rule: str | None = None


class BrokenTableError(Exception):
    """The file is no table from here on; `rule` says in which way."""

    def __init__(self, rule: str, path: str = "file") -> None:
        super().__init__(rule)
        self.rule = rule
        self.path = path


class Lines(Protocol):
    """A table that is open.

    Attributes:
        header: Cells of the header row, or the names of the columns.
    """

    header: Sequence[object]

    def read(self, places: Sequence[int]) -> Iterator[Line]:
        """Yield the rows below the header; of each only the cells at some places, from 0.

        Raises:
            BrokenTableError: Nothing more can be read.
        """
