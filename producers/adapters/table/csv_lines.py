"""Tables in CSV files, of any size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from producers.adapters.table.line import BrokenTableError, Line
from producers.adapters.table.model import TableKeys
from producers.reading import csv_stream
from producers.reading.csv_stream import BROKEN_ROWS_MAX, Row


class CsvLines:
    """A CSV file; see `producers.adapters.table.line.Lines`."""

    def __init__(self, stream: BinaryIO, table: TableKeys) -> None:
        text = stream if table.encoding == "utf-8" else _Windows1252(stream)
        self._rows = csv_stream.rows(text, table.delimiter)  # type: ignore[arg-type]  # only lines are read of it
        self.header: Sequence[object] = self._header(table.header_row).cells

    def read(self, places: Sequence[int]) -> Iterator[Line]:
        """Yield the rows below the header."""
        width = len(self.header)
        broken = 0
        for row in self._rows:
            cells = row.cells
            if row.rule is None and len(cells) == width:
                broken = 0
                yield Line(row.number, [cells[place] for place in places])
            elif row.rule is not None or any(cells):
                broken += 1
                if broken > BROKEN_ROWS_MAX:
                    # Behind a quotation mark that is never closed rows are no more than pieces.
                    yield Line(row.number, rule="csv.rows.broken")
                    return
                # A delimiter inside a cell has moved those behind it, even if the last one is empty.
                yield Line(row.number, rule=row.rule or "table.row.width")

    def _header(self, number: int) -> Row:
        for row in self._rows:
            if row.number >= number:
                if row.rule is not None:
                    raise BrokenTableError(row.rule, f"line[{row.number}]")
                return row
        raise BrokenTableError("table.file.empty")


class _Windows1252:
    """Lines in Windows-1252 as lines in UTF-8."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readline(self, size: int) -> bytes:
        line = self._stream.readline(size)
        try:
            return line.decode("cp1252").encode()
        except UnicodeDecodeError:
            # Five bytes are no character; they are none of UTF-8 either, and told as such.
            return line
