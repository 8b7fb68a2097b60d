"""Totals of opened blocks: what is left of them where something is taken back in one leaf for another.

A load whose material is corrected goes from one leaf to another. Both blocks may be safe, and
large; but in their sum it cancels out, and what is left may be one company's. So wherever
something negative opens, each figure that shows it must be safe by what is left in it of each
movement, in every window of releases that ends now; and so must two or three figures of a table together
between which something went, such as materials, or periods.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from consumers.disclosure.problem import Rules
from consumers.release import loads
from consumers.release.blocks import BEHIND
from consumers.release.figures import NODES, by_cell
from consumers.release.gate import NOW, moves, numbers_of_groups, unsafe, windows, with_families
from consumers.release.tables import DIMENSIONS, Table, Tables

_BOOK = ["period", "measure", "flow"]
_LEAF = ["leaf", "period"]
_ENDS = list(BEHIND[:2])
_SHARES = [*BEHIND, "is_public"]
# Of several figures together so many sums are looked at, and so many at once, which bounds time and
# memory; and of so many pairs, whether two of them are three figures.
_SUMS_MAX, _SUMS_AT_ONCE = 2_000_000, 250_000
_PAIRS_MAX = 1_000
_LEVELS = [f"{name}_level" for name in DIMENSIONS]


def held(rows: pl.DataFrame, closed: pl.Series, opening: pl.DataFrame, tables: Tables) -> pl.Series:
    """Return the numbers of the leaves that stay closed when totals are looked at too.

    Args:
        rows: Of `blocks.placed`.
        closed: Leaves that stay closed anyway.
        opening: Rows of other leaves, which open anyway.
        tables: What is published.
    """
    everything, leaves = pl.concat([rows, opening]), rows["leaf"].unique()
    all_moves = moves(everything, [*_LEAF, "is_owned", *loads.COLUMNS]).collect()
    if not (all_moves["mass_g"] < 0).any():
        return closed
    ours = loads.told(loads.split(all_moves, ["taken_on"])).filter("is_owned")
    while True:
        more = pl.concat(
            _unsafe(everything, ours.lazy(), closed, leaves, table, tables) for table in tables.tables
        )
        if more.is_empty():
            return closed
        closed = with_families(rows, pl.concat([closed, more]))


def _unsafe(  # noqa: PLR0917  # what is shown of what
    rows: pl.DataFrame,
    all_moves: pl.LazyFrame,
    closed: pl.Series,
    leaves: pl.Series,
    table: Table,
    tables: Tables,
) -> pl.Series:
    """Return those of some leaves that make a figure unsafe: with something negative, else all that open."""
    is_now, is_negative = pl.col("taken_on") == NOW, pl.col("mass_g") < 0
    # What a closed leaf lost was told there before, and is told again where it went.
    shown = all_moves.filter(~is_now | ~pl.col("leaf").is_in(closed.implode()) | is_negative)
    found = shown.group_by(*_LEAF, *_SHARES, "taken_on").agg(pl.col("mass_g").sum()).collect()
    if found.is_empty():
        return closed.clear()
    group, other = numbers_of_groups(found)
    found = found.with_columns(group_key=group, counterparty_key=other, is_negative=is_negative)
    placed = found.join(_figures(rows, table), on=_LEAF)
    figures = _broken(placed, tables.rules)
    opens = pl.col("leaf").is_in(leaves.implode()) & ~pl.col("leaf").is_in(closed.implode())
    is_behind = pl.col("figure").is_in(figures.implode()) & opens
    behind = placed.filter(is_now, is_behind)
    negative = behind.filter("is_negative")
    return (behind if negative.is_empty() else negative)["leaf"].unique()


def _broken(placed: pl.DataFrame, rules: Rules) -> pl.Series:
    """Return the numbers of the figures that break a rule, alone or with others."""
    sums = placed.group_by("figure", *_SHARES, "taken_on").agg(
        pl.col("mass_g").sum(), pl.col("is_negative").any()
    )
    parts = [_alone(placed), *_parts(_several(placed), sums)]
    return pl.concat([_broken_of(sums, part, rules) for part in parts]).unique()


def _broken_of(sums: pl.DataFrame, together: pl.DataFrame, rules: Rules) -> pl.Series:
    found = sums.join(together, on="figure")
    is_changed = pl.col("is_negative").any() & (pl.col("taken_on") == NOW).any()
    numbered = windows(found.filter(is_changed.over("together")), ["together"])
    # All that leaves have since the beginning is safe, and so is the sum of it.
    is_first = (pl.col("start") == pl.col("start").max()).over("together")
    numbered = numbered.filter((pl.col("start") > date.min) | is_first)
    left = numbered.group_by(pl.col("window").alias("leaf"), *_SHARES).agg(pl.col("mass_g").sum())
    broken = unsafe(left.filter(pl.col("mass_g") != 0), rules)
    of = numbered.filter(pl.col("window").is_in(broken.implode()))["together"]
    return together.filter(pl.col("together").is_in(of.implode()))["figure"]


def _alone(placed: pl.DataFrame) -> pl.DataFrame:
    figures = placed["figure"].unique()
    return pl.DataFrame({"together": figures, "figure": figures})


def _several(placed: pl.DataFrame) -> pl.DataFrame:
    """Return figures that are looked at together: two of which one lost what the other got, and such twos.

    Returns:
        Columns `together` (a number) and `figure`: first those in which that is most of what moves now.
    """
    pairs = _pairs(placed)
    sets = pl.concat([pairs, _threes(pairs.top_k(_PAIRS_MAX, by="gone"))]).sort("figure")
    is_now, size = pl.col("taken_on") == NOW, pl.col("mass_g").abs().sum()
    now = placed.filter(is_now).group_by("figure").agg(now=size)
    found = sets.with_row_index("together").explode("figure").join(now, on="figure", how="left")
    found = found.with_columns(pl.col("now").sum().over("together")).filter(pl.col("now") > 0)
    return found.sort(-pl.col("gone") / pl.col("now"), "together", "figure").select("together", "figure")


def _pairs(placed: pl.DataFrame) -> pl.DataFrame:
    """Return `figure`, a list of two, and how much is `gone` from one to the other by the same ends."""
    like, size = ["alike", *_ENDS], pl.col("mass_g").abs().sum()
    moved = placed.group_by("figure", *like, "is_negative").agg(size)
    lost, got = moved.filter("is_negative"), moved.filter(~pl.col("is_negative"))
    found = lost.join(got, on=like, nulls_equal=True, suffix="_got")
    found = found.filter(pl.col("figure") != pl.col("figure_got")).select(
        figure=pl.concat_list("figure", "figure_got").list.sort(),
        gone=pl.min_horizontal("mass_g", "mass_g_got"),
    )
    return found.group_by("figure").agg(pl.col("gone").sum())


def _threes(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the same of each two pairs that have a figure in common."""
    ends = pairs.sort("figure").with_row_index("pair").with_columns(end="figure").explode("end")
    found = ends.join(ends, on="end", suffix="_next").filter(pl.col("pair") < pl.col("pair_next"))
    found = found.select(
        figure=pl.concat_list("figure", "figure_next").list.unique().list.sort(),
        gone=pl.col("gone") + pl.col("gone_next"),
    )
    return found.group_by("figure").agg(pl.col("gone").max())


def _parts(several: pl.DataFrame, sums: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the first of several figures, as many as are looked at, in parts of not too many sums."""
    sizes = sums.group_by("figure").agg(pl.len().cast(pl.Int64))
    sized = several.join(sizes, on="figure", maintain_order="left")
    # Sums before each set, added up over all of them: inside of a set the count would begin anew.
    sized = sized.with_columns(before=pl.col("len").cum_sum() - pl.col("len"))
    sized = sized.with_columns(pl.col("before").first().over("together"))
    return (
        sized.filter(pl.col("before") < _SUMS_MAX)
        .select("together", "figure", part=pl.col("before") // _SUMS_AT_ONCE)
        .partition_by("part", include_key=False)
    )


def _figures(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the numbers of the figures of a table in which the leaves of each period count.

    Figures are `alike` that may be parts of the same loads: of one measure, and of the same levels.
    """
    leaves = rows.unique(_LEAF, maintain_order=True)
    found = by_cell(leaves, table, [*_BOOK, "leaf"], []).collect()
    return found.select(
        *_LEAF,
        figure=pl.struct(*_BOOK, *NODES).rank("dense"),
        alike=pl.struct("measure", *_LEVELS).rank("dense"),
    )
