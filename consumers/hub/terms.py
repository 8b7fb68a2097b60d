"""Numbers for combinations of values that repeat from event to event.

Routes, codes and the like are few, events are many: a number costs a tenth of the strings
it stands for. Numbers are given out inside the transaction that first stores a
combination; after a rollback they are read again from the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

# By table, what is combined: how a statement was made, from where to where, what the waste is.
COLUMNS = {
    "kind": (
        "agency",
        "source_format",
        "adapter_version",
        "codelist_version",
        "change",
        "stage",
        "step",
        "side",
        "precision",
        "unit",
        "basis",
    ),
    "route": (
        "origin_country",
        "origin_region",
        "destination_country",
        "destination_region",
        "transit_countries",
    ),
    "waste": (
        "low_code",
        "basel_code",
        "oecd_code",
        "hs_code",
        "other_codes",
        "hazardous",
        "operation_code",
        "native_operation_code",
    ),
}


@dataclass(slots=True)
class Terms:
    """One table of combinations: `table`, with the number `<table>_id` and the columns.

    Attributes:
        known: Number by combination, of all that are in the file.
    """

    table: str
    columns: tuple[str, ...]
    known: dict[tuple[Any, ...], int] = field(default_factory=dict)

    @property
    def id_column(self) -> str:
        """The name of the number's column, here and in the event table."""
        return f"{self.table}_id"

    def numbered(self, frame: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
        """Return the number of each row's combination, and the combinations that are new."""
        stated = frame.select(self.columns)
        distinct = stated.unique()
        before = len(self.known)
        numbers = [self.known.setdefault(row, len(self.known) + 1) for row in distinct.iter_rows()]
        distinct = distinct.with_columns(pl.Series(self.id_column, numbers, dtype=pl.Int32))
        joined = stated.join(
            distinct, on=self.columns, how="left", nulls_equal=True, maintain_order="left"
        ).get_column(self.id_column)
        return joined, distinct.filter(pl.col(self.id_column) > before)


def all_terms() -> tuple[Terms, ...]:
    """Return all tables of combinations, empty."""
    return tuple(Terms(table, columns) for table, columns in COLUMNS.items())
