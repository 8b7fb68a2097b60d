"""What disclosure control costs a release: told by what is published, and by nothing else.

How much mass is withheld is not told, not in steps either: beside published totals it would be one
more equation, or one more bound, about the companies behind what is withheld. `weighbridge
release plan` tells it to whoever has the hub's file.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from consumers.release.figures import FREE
from consumers.release.tables import DIMENSIONS, Table, Tables

_BOOKS = ("period", "measure", "flow")


@dataclass(frozen=True, slots=True)
class Losses:
    """What a subscriber can reckon from one release.

    Attributes:
        cells: That are withheld, or show anything but zero.
        withheld: Of these.
        untold: Share of the mass in shown totals of last blocks that no shown finest cell tells, 0 to
            1; None where no last block shows a total.
    """

    cells: int
    withheld: int
    untold: float | None


def losses(observations: pl.DataFrame, tables: Tables) -> Losses:
    """Return what a release withholds.

    Args:
        observations: Schema `figures.OBSERVATIONS`, every cell of every table in cell order.
        tables: What is published.
    """
    is_free = pl.col("conf_status") == FREE
    withheld = observations.filter(~is_free).height
    shown = observations.filter(is_free, pl.col("mass_g") != 0).height
    last = observations.filter("is_final")
    masses = [_masses(last.filter(pl.col("table") == table.name), tables, table) for table in tables.tables]
    total, told = (sum(column) for column in zip(*masses, strict=True))
    # Corrections may take a total below what its cells tell.
    untold = min(max(1 - told / total, 0.0), 1.0) if total > 0 else None
    return Losses(withheld + shown, withheld, untold)


def _masses(cells: pl.DataFrame, tables: Tables, table: Table) -> tuple[int, int]:
    """Return what shown totals of a table hold, and what its shown finest cells tell of them: grams."""
    # The first cell of a book is its total.
    total = pl.col("mass_g").first().over(_BOOKS)
    found = cells.with_columns(total=total, is_total=pl.int_range(pl.len()).over(_BOOKS) == 0)
    shown = found.filter(pl.col("total").is_not_null())
    finest = shown.filter(_is_finest(tables, table))
    return _mass_g(shown.filter("is_total")), _mass_g(finest)


def _mass_g(cells: pl.DataFrame) -> int:
    return int(cells.get_column("mass_g").sum())


def _is_finest(tables: Tables, table: Table) -> pl.Expr:
    """Say whether a cell lies at the finest level of every dimension of its table."""
    named = [name for name in DIMENSIONS if table.depths[name]]
    codes = {name: tables.trees[name].paths.get_column(f"{name}_{table.depths[name]}") for name in named}
    return pl.all_horizontal(
        pl.lit(value=True), *(pl.col(name).is_in(codes[name].unique().implode()) for name in named)
    )
