"""How the records that one schema wrote lie, and what is made of them.

Fields of a term are not made into columns for each record: their bytes are compared as they
stand, and only what differs is looked into.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from consumers.hub.columns import WORD_BYTES, Column, Runs, Type, UnreadableTypeError, type_of
from consumers.hub.cursor import Cursor, Flags, Longs
from consumers.hub.events import INDEX, Events, row_types, types
from consumers.hub.terms import COLUMNS
from schemas import contract

_TERM_OF = {column: name for name, columns in COLUMNS.items() for column in columns}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Fields that follow one another: all of them of one term, or of none.

    Attributes:
        term: None for none.
    """

    term: str | None
    fields: Mapping[str, Type]

    def read(self, cursor: Cursor) -> dict[str, Column]:
        """Read the fields of each record."""
        return {name: kind.read(cursor) for name, kind in self.fields.items()}


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of some records.

    Attributes:
        is_whole: Of each, whether it was written as expected; only if all were, there is more.
        arrays: Fields that belong to no term.
        runs: By place of a stretch that is of a term, its bytes.
    """

    is_whole: Flags
    arrays: Mapping[str, pa.Array] = field(default_factory=dict)
    runs: Mapping[int, Runs] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """The stretches of a schema, one behind the other."""

    stretches: Sequence[Stretch]

    @classmethod
    def of(cls, schema: Mapping[str, Any]) -> Layout:
        """Return the layout of a writer's schema.

        Raises:
            UnreadableTypeError: A field has another type than in the contract, or is missing.
        """
        kinds = {field["name"]: type_of(field["type"]) for field in schema["fields"]}
        ours = types()
        is_other = any(kind.dtype != ours[name].dtype for name, kind in kinds.items() if name in ours)
        if is_other or not {*ours} <= {*kinds, *_defaults()}:
            raise UnreadableTypeError
        found = groupby(kinds, _TERM_OF.get)
        return cls([Stretch(term, {name: kinds[name] for name in names}) for term, names in found])

    def read(self, cursor: Cursor, ends: Longs) -> Read:
        """Read some records.

        Args:
            cursor: Where they begin.
            ends: Where they end.
        """
        columns: dict[str, Column] = {}
        runs = {}
        for number, stretch in enumerate(self.stretches):
            start = cursor.at
            found = stretch.read(cursor)
            if stretch.term is None:
                columns |= found
            else:
                runs[number] = Runs(cursor.data, start, cursor.at - start)
        is_whole = cursor.at == ends
        if not is_whole.all():
            return Read(is_whole)
        arrays = {name: columns[name].array() for name in row_types() if name in columns}
        return Read(is_whole, arrays, runs)

    def events(self, reads: Sequence[Read], indexes: Longs, data: bytes) -> Events:
        """Return what was read as events.

        Args:
            reads: One behind the other, of whole records only.
            indexes: Place in the batch of each record.
            data: What was read.

        Raises:
            polars.exceptions.ComputeError: A text is none.
        """
        rows = _frame([read.arrays for read in reads], [*row_types()])
        terms, columns = {}, [pl.Series(INDEX, indexes)]
        for name in COLUMNS:
            places, terms[name] = self._distinct(name, reads, data)
            columns.append(pl.Series(name, places).cast(pl.UInt32))
        return Events(rows.with_columns(columns), terms)

    def _distinct(self, term: str, reads: Sequence[Read], data: bytes) -> tuple[Longs, pl.DataFrame]:
        """Return by record the row of a term, and these rows."""
        starts, found = {}, []
        for number, stretch in enumerate(self.stretches):
            if stretch.term == term:
                runs = [read.runs[number] for read in reads]
                starts[number] = np.concatenate([run.start for run in runs])
                found.append(_numbered(runs))
        places = _combined(found)
        rows = np.zeros(places.max(initial=-1) + 1, np.int64)
        rows[places] = np.arange(len(places))
        columns: dict[str, Column] = {}
        for number, start in starts.items():
            columns |= self.stretches[number].read(Cursor(data, start[rows]))
        return places, _frame([{name: column.array() for name, column in columns.items()}], COLUMNS[term])


def _numbered(runs: Sequence[Runs]) -> Longs:
    """Return numbers from 0 that are equal where the runs are."""
    if max(run.length.max(initial=0) for run in runs) <= WORD_BYTES:
        return _encoded([pa.array(run.words()) for run in runs])
    return _encoded([run.array() for run in runs])


def _combined(found: Sequence[Longs]) -> Longs:
    """Return numbers from 0 that are equal where all of some numbers are."""
    places = found[0]
    for other in found[1:]:
        places = _encoded([pa.array(places * (other.max(initial=0) + 1) + other)])
    return places


def _encoded(parts: Sequence[pa.Array]) -> Longs:
    chunks = pa.chunked_array(parts).dictionary_encode().chunks
    return np.concatenate([chunk.indices.to_numpy() for chunk in chunks]).astype(np.int64)


def _frame(parts: Sequence[Mapping[str, pa.Array]], names: Sequence[str]) -> pl.DataFrame:
    """Return fields of the contract, with the default where the writer has not the field."""
    read = {name: pa.chunked_array([part[name] for part in parts]) for name in names if name in parts[0]}
    found: Any = pl.from_arrow(pa.table(read))
    ours, defaults = types(), _defaults()
    frame: pl.DataFrame = found.select(
        pl.col(name).cast(ours[name].dtype)
        if name in read
        else pl.lit(defaults[name], ours[name].dtype).alias(name)
        for name in names
    )
    return frame


@cache
def _defaults() -> dict[str, Any]:
    return {
        field["name"]: field["default"]
        for field in contract.latest("movement")["fields"]
        if "default" in field
    }
