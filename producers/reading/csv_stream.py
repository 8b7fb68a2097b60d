"""CSV files of any size, one row at a time, as the spreadsheets of agencies write them.

UTF-8 with or without its mark, lines that end with LF or CRLF, quoted cells that hold line ends. Memory is
bounded by the longest row, which has a limit. A row that is broken is told in its place,
and those after it are read all the same, until there are a thousand of them on end.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from itertools import count
from typing import BinaryIO, NamedTuple

ROW_CHARACTERS_MAX = 1024 * 1024
# A cell longer than this is no cell of this field: somewhere a quotation mark is missing.
_CELL_CHARACTERS_MAX = 128 * 1024
# One quotation mark that is never closed makes a broken row of every line after it.
BROKEN_ROWS_MAX = 1000


class Row(NamedTuple):
    """One row of a file.

    Attributes:
        line: Line of the file on which it begins, from 1.
        cells: As written, without their quotation marks; empty where the row is broken.
        rule: What keeps the row from being read, None where nothing does.
        number: Row as a spreadsheet program counts it, from 1: a cell with line ends is in one row,
            an empty line is one.
        lines: As written.
    """

    line: int
    cells: list[str]
    rule: str | None = None
    number: int = 0
    lines: Sequence[bytes] = ()

    def source(self) -> bytes:
        """Return the row as written."""
        return b"".join(self.lines)


class _BrokenLineError(Exception):
    """A line cannot be taken; the text is the rule that it breaks."""


def rows(stream: BinaryIO, delimiter: str = ",") -> Iterator[Row]:
    """Yield every row of a file that has any cell, in order.

    After BROKEN_ROWS_MAX broken rows on end one more, with the rule csv.rows.broken, is the last.

    Args:
        stream: The file, binary, at its start.
        delimiter: What stands between cells.
    """
    broken = 0
    for row in _rows(stream, delimiter):
        broken = broken + 1 if row.rule is not None else 0
        if broken > BROKEN_ROWS_MAX:
            yield row._replace(rule="csv.rows.broken")
            return
        yield row


def _rows(stream: BinaryIO, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(_CELL_CHARACTERS_MAX)
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for number in count(1):
        line = lines.number + 1
        lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _BrokenLineError as error:
            yield Row(line, [], str(error), number, lines.of_row)
        except csv.Error:
            # Its text may quote the row.
            yield Row(line, [], "csv.row", number, lines.of_row)
        else:
            if cells:
                yield Row(line, cells, None, number, lines.of_row)


class _Lines:
    """The lines of a file as text, for the csv module."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = ROW_CHARACTERS_MAX
        self.number = 0
        self.of_row: list[bytes] = []

    def begin_row(self) -> None:
        self._left = ROW_CHARACTERS_MAX
        self.of_row = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(ROW_CHARACTERS_MAX)
        if not line:
            raise StopIteration
        if self.number == 0:
            line = line.removeprefix(codecs.BOM_UTF8)
        self.number += 1
        self.of_row.append(line)
        self._left -= len(line)
        if self._left <= 0:
            self._skip(line)
            raise _BrokenLineError("csv.row.size")
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            raise _BrokenLineError("csv.encoding") from None

    def _skip(self, line: bytes) -> None:
        """Read to the end of a line that is too long."""
        while line and not line.endswith(b"\n"):
            line = self._stream.readline(ROW_CHARACTERS_MAX)
