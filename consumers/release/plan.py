"""The plan of a hub's tables: what each detail of them would lose under the present rules.

Each period is decided as if all of it came in one last block: what its tables are worth once
everything is in. Before that, cells open one by one, and less of them is seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from consumers.release import blocks, final
from consumers.release.blocks import BELOW, NAMES, TAKEN
from consumers.release.decision import HIDDEN
from consumers.release.figures import BOOKS, NODES
from consumers.release.tables import DIMENSIONS, LEVELS, Table, Tables

_LEVEL_COLUMNS = [f"{name}_level" for name in DIMENSIONS]
_TOTAL = "total"


def plan(contributions: pl.DataFrame, tables: Tables, periods: Sequence[str]) -> pl.DataFrame:
    """Return what every detail of every table would withhold. Confidential.

    Args:
        contributions: As of `decision.decide`.
        tables: What would be published.
        periods: Those to look at, ascending.

    Returns:
        One row for each table and level of its dimensions: `table`, the name of the level by
        dimension, `cells` (with contributions), `primary` and `secondary` (how many would be
        confidential by themselves, and to protect others), `mass_g`, and `primary_permille` and
        `secondary_permille`, their shares of that mass.

    Raises:
        ConfigurationError: The contributions lack a column.
    """
    nothing = (pl.DataFrame(schema=of) for of in (TAKEN, BELOW, NAMES))
    pending = blocks.pending(contributions, *nothing)
    rows = blocks.placed(pending, tables, periods).filter(pl.col("period").is_in(list(periods)))
    cells = final.decided(rows, rows.clear(), pl.DataFrame(schema=HIDDEN), tables).cells
    return pl.concat(_of_table(cells, table, tables, periods) for table in tables.tables)


def _of_table(cells: pl.DataFrame, table: Table, tables: Tables, periods: Sequence[str]) -> pl.DataFrame:
    places = tables.cells(table, periods).rename({"period": "slot"})
    found = places.join(cells, on=[*BOOKS, *NODES], maintain_order="left")
    is_secondary = ~pl.col("is_free") & ~pl.col("is_primary")
    sums = found.group_by(_LEVEL_COLUMNS).agg(
        pl.len().alias("cells"),
        pl.col("is_primary").sum().alias("primary"),
        is_secondary.sum().alias("secondary"),
        pl.col("mass_g").sum(),
        _permille(pl.col("is_primary")).alias("primary_permille"),
        _permille(is_secondary).alias("secondary_permille"),
    )
    return sums.sort(_LEVEL_COLUMNS).select(
        pl.lit(table.name).alias("table"),
        *(
            pl.col(f"{name}_level").replace_strict(_names(name), return_dtype=pl.String).alias(name)
            for name in DIMENSIONS
        ),
        pl.exclude(_LEVEL_COLUMNS),
    )


def _permille(is_withheld: pl.Expr) -> pl.Expr:
    mass = pl.col("mass_g")
    return (1_000 * mass.filter(is_withheld).sum() / mass.sum()).fill_nan(0).round().cast(pl.Int64)


def _names(name: str) -> dict[int, str]:
    return dict(enumerate((_TOTAL, *LEVELS[name])))
