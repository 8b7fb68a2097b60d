"""Tables in Parquet files, of any size: a piece of each row group at a time, mapped columns only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from producers.adapters.table.cells import Flaw
from producers.adapters.table.line import BrokenTableError, Line

_BATCH_ROWS = 1024
_READ_BYTES = 1024 * 1024
# What a file that is cut, corrupt or of a newer kind makes the library raise.
_BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError)


class ParquetLines:
    """A Parquet file; see `producers.adapters.table.line.Lines`."""

    def __init__(self, stream: BinaryIO) -> None:
        try:
            self._file = pq.ParquetFile(stream, buffer_size=_READ_BYTES, pre_buffer=False)
            self.header: Sequence[object] = self._file.schema_arrow.names
        except _BROKEN:
            raise BrokenTableError("table.parquet.broken") from None

    def read(self, places: Sequence[int]) -> Iterator[Line]:
        """Yield all rows; there is no header row to count."""
        number = 0
        for batch in self._batches([str(self.header[place]) for place in places]):
            for row in zip(*batch, strict=True):
                number += 1
                yield Line(number, row)

    def _batches(self, names: list[str]) -> Iterator[list[list[object]]]:
        """Yield the columns of each piece, in the order of the names."""
        number = 0
        try:
            for batch in self._file.iter_batches(_BATCH_ROWS, columns=names):
                yield [_cells(batch.column(name)) for name in names]
                number += batch.num_rows
        except _BROKEN:
            raise BrokenTableError("table.parquet.broken", f"line[{number + 1}]") from None


def _cells(column: Any) -> list[object]:
    kind = column.type
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
