"""The format of a file, known by its content: the name of a file may say anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from producers.adapters.table.csv_lines import CsvLines
from producers.adapters.table.json_lines import JsonLines
from producers.adapters.table.line import BrokenTableError, Lines
from producers.adapters.table.model import TableKeys

# Old workbooks, and new ones with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_PARQUET = b"PAR1"
_BOM = b"\xef\xbb\xbf"
_START_BYTES = 512


def opened(stream: BinaryIO, table: TableKeys) -> Lines:
    """Return the table that a file holds.

    Raises:
        BrokenTableError: It holds none, or not in the format that the mapping declares.
    """
    name = _format(stream.read(_START_BYTES))
    stream.seek(0)
    if table.format is not None and name != table.format:
        raise BrokenTableError("table.file.format")
    return _OPENERS[name](stream, table)


def _format(start: bytes) -> str:
    if start.startswith(_OLE):
        raise BrokenTableError("table.xlsx.old")
    if start.startswith(_ZIP):
        return "xlsx"
    if start.startswith(_PARQUET):
        return "parquet"
    return "json" if start.removeprefix(_BOM).lstrip()[:1] in {b"[", b"{"} else "csv"


def _xlsx(stream: BinaryIO, table: TableKeys) -> Lines:
    from producers.adapters.table.xlsx_lines import XlsxLines  # noqa: PLC0415  # not every agency installs it

    return XlsxLines(stream, table)


def _parquet(stream: BinaryIO, _: TableKeys) -> Lines:
    from producers.adapters.table.parquet_lines import ParquetLines  # noqa: PLC0415  # likewise

    return ParquetLines(stream)


_OPENERS: dict[str, Callable[[BinaryIO, TableKeys], Lines]] = {
    "csv": CsvLines,
    "json": lambda stream, _: JsonLines(stream),
    "parquet": _parquet,
    "xlsx": _xlsx,
}
