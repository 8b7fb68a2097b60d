"""The table that is released: its cells, and their decision as observations.

Base cells only, no totals: a total would allow to compute what is withheld, and keeping
that from happening takes secondary suppression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from consumers.disclosure import primary
from consumers.disclosure.primary import PrimaryRules

NAME = "movements"
DIMENSIONS = ("period", "measure", "flow", "region", "partner", "material", "operation")


@dataclass(frozen=True, slots=True)
class Cell:
    """One decided cell.

    Attributes:
        place: Its value in each dimension.
        mass_g: Grams; None where the cell is confidential.
    """

    place: Mapping[str, str]
    mass_g: int | None

    @property
    def conf_status(self) -> str:
        """Whether the value may be seen, as SDMX's CONF_STATUS tells it."""
        return "CONFIDENTIAL" if self.mass_g is None else "FREE"

    def record(self) -> dict[str, Any]:
        """Return the fields of an observation that the cell decides."""
        return {"table": NAME, **self.place, "mass_g": self.mass_g, "conf_status": self.conf_status}


def decided(contributions: pl.DataFrame, rules: PrimaryRules) -> list[Cell]:
    """Return every cell of the table, free or confidential, in the order of its dimensions."""
    found = primary.cells(contributions, DIMENSIONS, rules)
    return [
        Cell(
            place={name: row[name] for name in DIMENSIONS},
            mass_g=None if row["is_sensitive"] else row["mass_g"],
        )
        for row in found.iter_rows(named=True)
    ]
