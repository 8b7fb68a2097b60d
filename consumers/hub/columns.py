"""Columns of Avro fields, read of many records at once.

A type reads its field of all records and says where the values stand; an array is made only of
what is wanted. What neither the contract needs nor a later one is likely to add has no type here:
whoever writes it is read record by record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from consumers.hub.cursor import Cursor, Flags, Longs, windows

# More of them in one list than any document has.
_ITEMS_MAX = 64
_NUMBERS: dict[Any, tuple[pl.DataType, pa.DataType]] = {
    ("int", None): (pl.Int32(), pa.int32()),
    ("int", "date"): (pl.Date(), pa.date32()),
    ("long", None): (pl.Int64(), pa.int64()),
    ("long", "timestamp-micros"): (pl.Datetime("us", "UTC"), pa.timestamp("us", "UTC")),
}
_RUNS: dict[str, pl.DataType] = {"string": pl.String(), "bytes": pl.Binary()}
_FIXED_BYTES = {"boolean": 1, "float": 4, "double": 8}
# A view: how long, and either up to twelve bytes, or the first four, a zero and where all of them are.
WORD_BYTES = 8
_INLINE_BYTES = 12
_VIEW = np.dtype([("length", "<u4"), ("head", "<u8"), ("tail", "<u4")])
_SIZES = range(_INLINE_BYTES + 1)
_HEADS = np.array([*((1 << 8 * min(size, 8)) - 1 for size in _SIZES), 2**32 - 1], np.uint64)
_TAILS = np.array([(1 << 8 * max(size - 8, 0)) - 1 for size in _SIZES], np.uint32)

Values = npt.NDArray[Any]
Merge = Callable[[Sequence[Values]], Values]


class UnreadableTypeError(Exception):
    """A type has no columns here."""


class Column(Protocol):
    """One field of many records."""

    def array(self) -> pa.Array:
        """Return the values; texts as bytes."""


class Plain(Protocol):
    """A column whose values stand side by side, so that it can be null, or an item of a list."""

    def array(self, valid: pa.Buffer | None = None) -> pa.Array:
        """Return the values, null where a bit of `valid` is not set."""

    def merged(self, others: Sequence[Self], merge: Merge) -> Self:
        """Return one column of several, by what makes one array of several."""


class Type(Protocol):
    """How a field is read."""

    @property
    def dtype(self) -> pl.DataType:
        """Of its values."""

    def read(self, cursor: Cursor) -> Column:
        """Read the field of each record."""


class PlainType(Type, Protocol):
    """How a field is read of which there may be none, or several."""

    def read(self, cursor: Cursor) -> Plain:
        """Read the field of each record."""


def type_of(schema: Any) -> Type:
    """Return how a field of an Avro type is read.

    Raises:
        UnreadableTypeError: The contract needs no such type.
    """
    match schema:
        case ["null", some]:
            return Optional(_plain(some))
        case {"type": "array", "items": items}:
            return List(_plain(items))
    return _plain(schema)


def _plain(schema: Any) -> PlainType:
    match schema if isinstance(schema, dict) else {"type": schema}:
        case {"type": "record", "fields": fields}:
            return Record({field["name"]: _plain(field["type"]) for field in fields})
        case {"type": "enum", "symbols": symbols}:
            return Enum(symbols)
        case {"type": "string" | "bytes" as name, **rest} if "logicalType" not in rest:
            return Run(_RUNS[name])
        case {"type": "boolean" | "float" | "double" as name}:
            return Fixed(_FIXED_BYTES[name])
        case {"type": "fixed", "size": size}:
            return Fixed(size)
        case {"type": "int" | "long" as size, **rest} if (size, rest.get("logicalType")) in _NUMBERS:
            return Number(*_NUMBERS[size, rest.get("logicalType")])
    raise UnreadableTypeError


@dataclass(frozen=True, slots=True)
class Number:
    """Whole numbers, days and instants."""

    dtype: pl.DataType
    stored: pa.DataType

    def read(self, cursor: Cursor) -> Plain:
        """Read the field of each record."""
        values = cursor.number()
        if self.stored.bit_width == 64:  # noqa: PLR2004  # as they are read
            return Numbers(values, self.stored)
        narrow = values.astype(np.int32)
        cursor.lose(narrow != values)
        return Numbers(narrow, self.stored)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of many records."""

    values: Values
    stored: pa.DataType

    def array(self, valid: pa.Buffer | None = None) -> pa.Array:
        """Return the values, null where a bit of `valid` is not set."""
        return pa.Array.from_buffers(self.stored, len(self.values), [valid, pa.py_buffer(self.values)])

    def merged(self, others: Sequence[Self], merge: Merge) -> Self:
        """Return one column of several."""
        return replace(self, values=merge([item.values for item in (self, *others)]))


@dataclass(frozen=True, slots=True)
class Enum:
    """Words of a closed list, which become texts."""

    symbols: Sequence[str]

    @property
    def dtype(self) -> pl.DataType:
        """Of its values."""
        return pl.String()

    def read(self, cursor: Cursor) -> Plain:
        """Read the field of each record."""
        places = cursor.number()
        cursor.lose((places < 0) | (places >= len(self.symbols)))
        return Words(places, self.symbols)


@dataclass(frozen=True, slots=True)
class Words:
    """Words of many records, by their places in the list."""

    places: Longs
    symbols: Sequence[str]

    def array(self, valid: pa.Buffer | None = None) -> pa.Array:
        """Return the values, null where a bit of `valid` is not set."""
        places = pa.Array.from_buffers(pa.int64(), len(self.places), [valid, pa.py_buffer(self.places)])
        return pa.array(self.symbols, pa.binary()).take(places)

    def merged(self, others: Sequence[Self], merge: Merge) -> Self:
        """Return one column of several."""
        return replace(self, places=merge([item.places for item in (self, *others)]))


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes or text."""

    dtype: pl.DataType

    def read(self, cursor: Cursor) -> Plain:
        """Read the field of each record."""
        return Runs(cursor.data, *cursor.run())


@dataclass(frozen=True, slots=True)
class Fixed:
    """What has the same size in each record. The contract has none; who writes it is read all the same."""

    size: int

    @property
    def dtype(self) -> pl.DataType:
        """Of its values."""
        return pl.Binary()

    def read(self, cursor: Cursor) -> Plain:
        """Read the field of each record."""
        start = cursor.at
        cursor.pass_over(self.size)
        return Runs(cursor.data, start, np.full(len(start), self.size))


@dataclass(frozen=True, slots=True)
class Runs:
    """Bytes or texts of many records, as runs of the data they stand in."""

    data: bytes
    start: Longs
    length: Longs

    def array(self, valid: pa.Buffer | None = None) -> pa.Array:
        """Return the values as views: a long one is named by its place, a short one stands in the view."""
        views = np.empty(len(self.start), _VIEW)
        views["length"], views["tail"] = self.length, self.start
        size = np.minimum(self.length, _INLINE_BYTES + 1)
        views["head"] = windows(self.data, "<u8")[self.start] & _HEADS[size]
        short = np.flatnonzero(size <= _INLINE_BYTES)
        if short.size:
            tails = windows(self.data, "<u4")[self.start[short] + 8]
            views["tail"][short] = tails & _TAILS[size[short]]
        buffers = [valid, pa.py_buffer(views), pa.py_buffer(self.data)]
        return pa.Array.from_buffers(pa.binary_view(), len(views), buffers)

    def words(self) -> Longs:
        """Return runs of up to eight bytes as numbers, zero behind their end.

        They tell runs of the same fields from one another: whoever reads the same bytes stops at the same.
        """
        return (windows(self.data, "<u8")[self.start] & _HEADS[self.length]).view(np.int64)

    def merged(self, others: Sequence[Self], merge: Merge) -> Self:
        """Return one column of several."""
        found = [self, *others]
        start, length = merge([item.start for item in found]), merge([item.length for item in found])
        return replace(self, start=start, length=length)


@dataclass(frozen=True, slots=True)
class Record:
    """Records inside of lists."""

    fields: Mapping[str, PlainType]

    @property
    def dtype(self) -> pl.DataType:
        """Of its values."""
        return pl.Struct({name: field.dtype for name, field in self.fields.items()})

    def read(self, cursor: Cursor) -> Plain:
        """Read the field of each record."""
        return Records({name: field.read(cursor) for name, field in self.fields.items()})


@dataclass(frozen=True, slots=True)
class Records:
    """Records inside of many lists."""

    fields: Mapping[str, Plain]

    def array(self, valid: pa.Buffer | None = None) -> pa.Array:
        """Return the values, null where a bit of `valid` is not set."""
        arrays = [field.array() for field in self.fields.values()]
        fields = [pa.field(name, array.type) for name, array in zip(self.fields, arrays, strict=True)]
        return pa.Array.from_buffers(pa.struct(fields), len(arrays[0]), [valid], children=arrays)

    def merged(self, others: Sequence[Self], merge: Merge) -> Self:
        """Return one column of several."""
        return replace(
            self,
            fields={
                name: field.merged([item.fields[name] for item in others], merge)
                for name, field in self.fields.items()
            },
        )


@dataclass(frozen=True, slots=True)
class Optional:
    """What may be null."""

    some: PlainType

    @property
    def dtype(self) -> pl.DataType:
        """Of its values."""
        return self.some.dtype

    def read(self, cursor: Cursor) -> Column:
        """Read the field of each record."""
        is_set = cursor.is_set()
        if is_set.all():
            return self.some.read(cursor)
        rows = np.flatnonzero(is_set)
        part = cursor.some(rows)
        found = self.some.read(part)
        cursor.put(rows, part)

        def spread(parts: Sequence[Values]) -> Values:
            spread = np.zeros(len(is_set), parts[0].dtype)
            spread[rows] = parts[0]
            return spread

        return Nullable(found.merged([], spread), is_set)


@dataclass(frozen=True, slots=True)
class Nullable:
    """Values of many records, some of them null."""

    found: Plain
    is_set: Flags

    def array(self) -> pa.Array:
        """Return the values."""
        return self.found.array(pa.py_buffer(np.packbits(self.is_set, bitorder="little")))


@dataclass(frozen=True, slots=True)
class List:
    """Lists in one block, as writers of short lists make them."""

    items: PlainType

    @property
    def dtype(self) -> pl.DataType:
        """Of its values."""
        return pl.List(self.items.dtype)

    def read(self, cursor: Cursor) -> Column:
        """Read the field of each record."""
        counts = cursor.number()
        is_odd = (counts < 0) | (counts > _ITEMS_MAX)
        cursor.lose(is_odd)
        counts[is_odd] = 0
        rows = np.flatnonzero(counts)
        longest = counts.max(initial=0)
        found = [self._item(cursor, np.flatnonzero(counts > number)) for number in range(longest)]
        end = cursor.some(rows)
        end.lose(end.number() != 0)
        cursor.put(rows, end)
        return Lists(found or [self._item(cursor, rows)], counts)

    def _item(self, cursor: Cursor, rows: Longs) -> tuple[Longs, Plain]:
        part = cursor.some(rows)
        items = self.items.read(part)
        cursor.put(rows, part)
        return rows, items


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of many records.

    Attributes:
        items: Which rows have a first item, and those items, then the same of second items, and so on.
        counts: How many each record has.
    """

    items: Sequence[tuple[Longs, Plain]]
    counts: Longs

    def array(self) -> pa.Array:
        """Return the values."""
        order = np.argsort(np.concatenate([rows for rows, _ in self.items]), kind="stable")
        first, *others = [items for _, items in self.items]
        items = first.merged(others, lambda parts: np.concatenate(parts)[order])
        offsets = np.concatenate(([0], np.cumsum(self.counts)))
        return pa.LargeListArray.from_arrays(pa.array(offsets), items.array())
