"""Tables in Excel workbooks, of a bounded size: the cells of a workbook are in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from producers.adapters.table import xlsx_parts
from producers.adapters.table.cells import Flaw
from producers.adapters.table.line import BrokenTableError, Line
from producers.adapters.table.model import TableKeys


class XlsxLines:
    """A workbook; see `producers.adapters.table.line.Lines`."""

    def __init__(self, stream: BinaryIO, table: TableKeys) -> None:
        workbook = xlsx_parts.checked(stream, table.sheet)
        self._errors = workbook.errors
        sheet = _sheet(workbook.stream, table.sheet)
        self._first_column = sheet.start[1] + 1 if sheet.start is not None else 1
        self._rows = enumerate(sheet.iter_rows(), 1)
        self.header: Sequence[object] = self._header(table.header_row)

    def read(self, places: Sequence[int]) -> Iterator[Line]:
        """Yield the rows below the header."""
        for number, cells in self._rows:
            found: list[object] = [cells[place] for place in places]
            if self._errors:
                columns = (place + self._first_column for place in places)
                failed = [(number, column) in self._errors for column in columns]
                found = [Flaw.FORMULA if bad else cell for bad, cell in zip(failed, found, strict=True)]
            yield Line(number, found)

    def _header(self, header_row: int) -> Sequence[object]:
        for number, cells in self._rows:
            if number == header_row:
                return cells
        raise BrokenTableError("table.file.empty")


def _sheet(stream: BinaryIO, name: str | None) -> CalamineSheet:
    try:
        workbook = CalamineWorkbook.from_filelike(stream)
        return workbook.get_sheet_by_index(0) if name is None else workbook.get_sheet_by_name(name)
    except CalamineError:
        raise BrokenTableError("table.xlsx.broken") from None
    except BaseException as error:
        # A panic of a Rust library has no class that could be imported, and is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise BrokenTableError("table.xlsx.broken") from None
