"""The figures of an epoch: every cell of every table, with its mass where it may be seen.

A cell of a period that is still open shows the sum of what opened in it, and is confidential
where nothing opened but something is held. A cell of a last block shows what that holds, or
is confidential. Zero is shown only where it betrays nothing: not where something was withheld
in the trailing year, as it would tell that its few companies moved nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from consumers.release.tables import ALL, DIMENSIONS, Table, Tables

NODES = [column for name in DIMENSIONS for column in (f"{name}_level", name)]
BOOKS = ["slot", "measure", "flow"]
FREE, CONFIDENTIAL = "FREE", "CONFIDENTIAL"
OBSERVATIONS = {
    "table": pl.String,
    **dict.fromkeys(("period", "measure", "flow", *DIMENSIONS), pl.String),
    "mass_g": pl.Int64,
    "conf_status": pl.String,
    "is_final": pl.Boolean,
}
_FLAGS = ("is_open", "is_held", "is_hidden")


def observations(
    tables: Tables,
    slots: Sequence[str],
    made_of: pl.DataFrame,
    watched: pl.DataFrame,
    last: pl.DataFrame,
) -> pl.DataFrame:
    """Return every cell of every table in cell order, the same cells whatever the data are.

    Args:
        tables: What is published.
        slots: Periods as shown.
        made_of: Of `leaves`.
        watched: `measure`, `flow` and the path of each dimension, where something was withheld.
        last: `slot`, `measure`, `flow`, level and code of each dimension, `mass_g`, `is_free`: the
            cells of last blocks.
    """
    return pl.concat(_observed(tables, table, slots, made_of, watched, last) for table in tables.tables)


def _observed(  # noqa: PLR0917  # the parts of one figure
    tables: Tables,
    table: Table,
    slots: Sequence[str],
    made_of: pl.DataFrame,
    watched: pl.DataFrame,
    last: pl.DataFrame,
) -> pl.DataFrame:
    cells = tables.cells(table, slots).rename({"period": "slot"}).lazy()
    aggregated = by_cell(
        made_of, table, BOOKS, [pl.col("mass_g").filter("is_open").sum(), pl.col("is_open", "is_held").any()]
    )
    known = (
        pl.concat(
            [
                aggregated.with_columns(is_hidden=pl.lit(value=False)),
                last.lazy().select(
                    *BOOKS,
                    *NODES,
                    "mass_g",
                    is_open="is_free",
                    is_held=pl.lit(value=False),
                    is_hidden=~pl.col("is_free"),
                ),
            ]
        )
        .group_by(*BOOKS, *NODES)
        .agg(pl.col("mass_g").sum(), pl.col(*_FLAGS).any())
    )
    zeros = by_cell(watched, table, BOOKS[1:], [pl.lit(value=True).first().alias("is_watched")])
    final = last.lazy().select(*BOOKS).unique().with_columns(is_final=pl.lit(value=True))
    found = (
        cells.join(known, on=[*BOOKS, *NODES], how="left", maintain_order="left")
        .join(zeros, on=[*BOOKS[1:], *NODES], how="left", maintain_order="left")
        .join(final, on=BOOKS, how="left", maintain_order="left")
        .with_columns(pl.col(*_FLAGS, "is_watched", "is_final").fill_null(value=False))
    )
    is_zero = ~pl.col("is_held") & ~pl.col("is_watched")
    is_free = ~pl.col("is_hidden") & (pl.col("is_open") | is_zero)
    shown = found.select(
        pl.lit(table.name).alias("table"),
        pl.col("slot").alias("period"),
        "measure",
        "flow",
        *(pl.col(name) if table.depths[name] else pl.lit(None, pl.String).alias(name) for name in DIMENSIONS),
        pl.when(is_free).then(pl.col("mass_g").fill_null(0)).alias("mass_g"),
        pl.when(is_free).then(pl.lit(FREE)).otherwise(pl.lit(CONFIDENTIAL)).alias("conf_status"),
        "is_final",
    )
    return shown.collect()


def leaves(
    gated: pl.DataFrame,
    last: pl.DataFrame,
    tables: Tables,
    slots: Sequence[str],
    published: pl.DataFrame | None,
) -> pl.DataFrame:
    """Return what figures are made of, beside last blocks: our own leaves, and what other hubs own.

    Args:
        gated: Rows of the gate, with `is_held`.
        last: Rows of last blocks: what has no mass there is never zero.
        tables: What is published here.
        slots: Periods as shown.
        published: Schema `OBSERVATIONS`, and `hub`: what other hubs published.
    """
    columns = [*BOOKS, *_paths(tables), "mass_g"]
    own = gated.filter("is_owned").select(*columns, "is_held", is_open=~pl.col("is_held"))
    unknown = last.filter("is_owned", pl.col("unconverted") > 0).select(
        *columns, is_held=pl.lit(value=True), is_open=pl.lit(value=False)
    )
    found = pl.concat([own, unknown, _adopted(tables, slots, published).select(own.columns)])
    return found.group_by(*BOOKS, *_paths(tables), "is_open", "is_held").agg(pl.col("mass_g").sum())


def _adopted(tables: Tables, slots: Sequence[str], published: pl.DataFrame | None) -> pl.DataFrame:
    """Return leaves that other hubs own, as they published them; held where they did not."""
    places = tables.leaves(set(tables.countries) - tables.owned, slots)
    if published is None:
        published = pl.DataFrame(schema={**OBSERVATIONS, "hub": pl.String})
    codes = {name: tree.leaf for name, tree in tables.trees.items()}
    owner = pl.col("region").str.head(2).replace_strict(tables.owners, default=None, return_dtype=pl.String)
    theirs = (
        published.filter(pl.col("hub") == owner)
        .select(
            pl.col("period").alias("slot"),
            "measure",
            "flow",
            *(pl.col(name).fill_null(ALL).alias(leaf) for name, leaf in codes.items()),
            "mass_g",
        )
        .unique([*BOOKS, *codes.values()], maintain_order=True)
    )
    found = places.join(theirs, on=[*BOOKS, *codes.values()], how="left", maintain_order="left")
    return found.with_columns(
        is_open=pl.col("mass_g").fill_null(0) != 0,
        is_held=pl.col("mass_g").is_null(),
    )


def _paths(tables: Tables) -> list[str]:
    return [column for tree in tables.trees.values() for column in (f"{tree.name}_0", *tree.columns)]


def by_cell(rows: pl.DataFrame, table: Table, books: Sequence[str], sums: Sequence[pl.Expr]) -> pl.LazyFrame:
    """Return what rows with paths add up to in each cell of a table, with level and code of dimensions."""
    found = rows.lazy()
    for name in DIMENSIONS:
        levels = range(table.depths[name] + 1)
        found = found.with_columns(
            pl.concat_list(f"{name}_{level}" for level in levels).alias(name),
            pl.lit(list(levels), pl.List(pl.Int8)).alias(f"{name}_level"),
        ).explode(name, f"{name}_level")
    return found.group_by(*books, *NODES).agg(*sums)
