"""Decoded records as columns, what repeats from record to record told once.

Most of a record says how the statement was made, from where to where, and what the waste is:
few combinations for many records. Each such term is a table of its own, and a record names
a row of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from consumers.hub.columns import Type, type_of
from consumers.hub.terms import COLUMNS
from schemas import contract

INDEX = "_index"
_PLACE = pl.UInt32()


@dataclass(frozen=True, slots=True)
class Events:
    """Some records of a batch.

    Attributes:
        rows: One for each record: `_index`, its place in the batch; the fields of the contract that
            belong to no term; by name of a term, the row of it.
        terms: By name, distinct or not, the combinations that records name.
    """

    rows: pl.DataFrame
    terms: Mapping[str, pl.DataFrame]

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Events:
        """Return records that stand in one table, the fields of the contract and `_index`."""
        places = (pl.int_range(pl.len(), dtype=_PLACE).alias(name) for name in COLUMNS)
        rows = frame.select(*row_types(), INDEX, *places)
        return cls(rows, {name: frame.select(columns) for name, columns in COLUMNS.items()})

    def whole(self) -> pl.DataFrame:
        """Return one table, as `of` takes it."""
        found = [self.terms[name][self.rows.get_column(name)] for name in COLUMNS]
        return pl.concat([self.rows, *found], how="horizontal").select(*types(), INDEX)

    def stated(self, term: str, values: pl.Series) -> pl.Series:
        """Return of each record what is told of the rows of a term."""
        return values.gather(self.rows.get_column(term))

    def kept(self, is_kept: pl.Series) -> Events:
        """Return the records of a mask, and what they name."""
        rows = self.rows.filter(is_kept)
        terms = {}
        for name, term in self.terms.items():
            named = rows.get_column(name)
            used = named.unique().sort()
            rows = rows.with_columns(used.search_sorted(named).cast(_PLACE).alias(name))
            terms[name] = term[used]
        return Events(rows, terms)


@cache
def types() -> dict[str, Type]:
    """Return how the fields of the contract are read."""
    return {field["name"]: type_of(field["type"]) for field in contract.latest("movement")["fields"]}


@cache
def row_types() -> dict[str, Type]:
    """Return the same of the fields that belong to no term."""
    in_terms = {name for columns in COLUMNS.values() for name in columns}
    return {name: kind for name, kind in types().items() if name not in in_terms}


@cache
def empty() -> pl.DataFrame:
    """Return no records in one table."""
    return pl.DataFrame(schema={name: kind.dtype for name, kind in types().items()} | {INDEX: pl.Int64()})


def joined(parts: Iterable[Events]) -> Events:
    """Return the records of some parts together."""
    found = [*parts]
    if len(found) == 1:
        return found[0]
    starts = dict.fromkeys(COLUMNS, 0)
    rows = []
    for part in found:
        rows.append(part.rows.with_columns(pl.col(name) + start for name, start in starts.items()))
        starts = {name: start + part.terms[name].height for name, start in starts.items()}
    if not rows:
        return Events.of(empty())
    return Events(pl.concat(rows), {name: pl.concat(part.terms[name] for part in found) for name in COLUMNS})
