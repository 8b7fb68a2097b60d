"""Tables in Parquet files, of any size: a piece of each row group at a time, mapped columns only.

A text that many rows share is kept once, as the file keeps it. What the mapped columns take
unpacked in one row group is bounded: whole pages of them have to be in memory. So is the number of rows,
as any number of equal ones takes no room in a file. Both are told by the headers of pages, not by the footer.
Texts that are written as what they have other than the text before are counted as they are read: a page of
them may hold any number of long ones. Of these as many rows are read at a time as pages of such length allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from producers.adapters.table.cells import Flaw
from producers.adapters.table.line import BrokenTableError, Line
from producers.adapters.table.parquet_pages import chunks, pages

_BATCH_ROWS, _BATCH_BYTES = 1024, 4 * 1024 * 1024
# The library unpacks two lengths for each text of a page.
_LENGTHS_BYTES = 8
_READ_BYTES = 1024 * 1024
_UNPACKED_BYTES_MAX = 80 * 1024 * 1024
_ROWS_MAX = 80_000_000
# What a file that is cut, corrupt or of a newer kind makes the library raise.
_BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError)
_SINGLE = (
    pa.types.is_null,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_temporal,
)


class ParquetLines:
    """A Parquet file; see `producers.adapters.table.line.Lines`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._file = _opened(stream, [])
        self.header: Sequence[object] = self._file.schema_arrow.names
        # Bytes of the largest page of each column, and the columns with pages written by differences.
        self._largest: dict[str, int] = {}
        self._deltas: set[str] = set()

    def read(self, places: Sequence[int]) -> Iterator[Line]:
        """Yield all rows; there is no header row to count."""
        number = 0
        names = [str(self.header[place]) for place in places]
        self._check(names)
        for batch in self._batches(names):
            for row in zip(*batch, strict=True):
                number += 1
                yield Line(number, row)

    def _check(self, names: list[str]) -> None:
        """Refuse columns that hold more than one value a cell, or too much."""
        for field in self._file.schema_arrow:
            # The library takes columns `Weight.x` for parts of a column `Weight`.
            if _is_read(field.name, names) and not _is_single(field.type):
                raise BrokenTableError("table.cell.kind", f"header[{field.name}]")
        try:
            self._check_sizes(names)
        except _BROKEN:
            raise BrokenTableError("table.parquet.broken") from None

    def _check_sizes(self, names: list[str]) -> None:
        """Refuse a row group that takes too much unpacked, and a file of too many rows."""
        rows, places = 0, self._leaves(names)
        for columns in chunks(self._stream, places):
            unpacked, rows_before = 0, rows
            for place, column in zip(places, columns, strict=True):
                name, values, lengths = self._file.schema.column(place).path, rows_before, 0
                for page in pages(self._stream, column):
                    unpacked += page.unpacked_bytes
                    values += page.values
                    self._largest[name] = max(self._largest.get(name, 0), page.unpacked_bytes)
                    if page.has_text_deltas:
                        self._deltas.add(name)
                        lengths = max(lengths, page.values * _LENGTHS_BYTES)
                    if unpacked + lengths > _UNPACKED_BYTES_MAX or values > _ROWS_MAX:
                        raise BrokenTableError("table.parquet.size")
                unpacked += lengths
                rows = max(rows, values)

    def _leaves(self, names: list[str]) -> list[int]:
        """Return the places of the columns that are read, among those of a row group."""
        schema = self._file.schema
        paths = [schema.column(place).path for place in range(len(schema))]
        return [place for place, path in enumerate(paths) if _is_read(path, names)]

    def _batches(self, names: list[str]) -> Iterator[list[list[object]]]:
        """Yield the columns of each piece, in the order of the names."""
        number = 0
        # No text is longer than the page that it stands in.
        longest = sum(self._largest[name] for name in self._deltas)
        rows = max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(1, longest)))
        try:
            file = _opened(self._stream, [name for name in names if name not in self._deltas])
            for group in range(file.num_row_groups):
                unpacked = 0
                for batch in file.iter_batches(rows, row_groups=[group], columns=names):
                    unpacked += sum(batch.column(name).nbytes for name in self._deltas)
                    if unpacked > _UNPACKED_BYTES_MAX:
                        raise BrokenTableError("table.parquet.size", f"line[{number + 1}]")
                    yield [_cells(batch.column(name)) for name in names]
                    number += batch.num_rows
        except _BROKEN:
            raise BrokenTableError("table.parquet.broken", f"line[{number + 1}]") from None


def _opened(stream: BinaryIO, dictionaries: list[str]) -> pq.ParquetFile:
    stream.seek(0)
    try:
        return pq.ParquetFile(stream, read_dictionary=dictionaries, buffer_size=_READ_BYTES, pre_buffer=False)
    except _BROKEN:
        raise BrokenTableError("table.parquet.broken") from None


def _is_read(name: str, names: list[str]) -> bool:
    return any(name == mapped or name.startswith(f"{mapped}.") for mapped in names)


def _is_single(kind: Any) -> bool:
    """Say whether a cell of this type holds one value of a bounded size, or a text."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(is_kind(kind) for is_kind in _SINGLE)


def _cells(column: Any) -> list[object]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _shared(column)
    if pa.types.is_floating(kind):
        # As text it has the digits that tell it from its neighbours, and no more.
        return [None if text is None else Decimal(text) for text in column.cast(pa.string()).to_pylist()]
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    try:
        found: list[object] = column.to_pylist()
    except (ValueError, OverflowError):
        found = [_cell(item) for item in column]
    # The scale of decimals is that of the column; no cell states its zeros.
    return [_plain(item) for item in found] if pa.types.is_decimal(kind) else found


def _shared(column: Any) -> list[object]:
    """Return cells that refer to a dictionary; of that, which may be long, only what they refer to."""
    used = column.indices.unique().drop_null()
    values = dict(zip(used.to_pylist(), _cells(column.dictionary.take(used)), strict=True))
    return [values.get(number) for number in column.indices.to_pylist()]


def _cell(item: Any) -> object:
    """Return a cell of a column in which some cell cannot be read."""
    try:
        return item.as_py()
    except UnicodeDecodeError:
        return Flaw.ENCODING
    except (ValueError, OverflowError):
        return Flaw.KIND


def _plain(value: object) -> object:
    return value.normalize() if isinstance(value, Decimal) else value
