"""Ties between figures: loads that went from one to another, so that both together tell something.

Of two figures one lost what the other got. If both show it, that cancels out in their sum; if what was lost
stays closed, both tell the same load, and it cancels out in their difference.
"""

from __future__ import annotations

import polars as pl

from consumers.release.blocks import BEHIND
from consumers.release.gate import NOW

_ENDS = list(BEHIND[:2])
# Of several figures together so many sums are looked at, and so many at once, which bounds time and
# memory; and of so many pairs, whether two of them are three figures.
_SUMS_MAX, _SUMS_AT_ONCE = 2_000_000, 250_000
_PAIRS_MAX = 1_000


def sets(placed: pl.DataFrame) -> pl.DataFrame:
    """Return figures that are looked at together: two of which one lost what the other got, and such twos.

    Args:
        placed: What moved in each `figure` (a number), by both groups and `taken_on`: `mass_g`,
            `is_negative`, `is_lost` (whether a leaf lost it that stays closed), and `alike` (a number: only
            figures that have the same may be tied).

    Returns:
        Columns `together` (a number), `figure` and `sign` (whether it is added or subtracted): first
        those in which what went away is most of what moves now.
    """
    pairs = _pairs(placed)
    sets = pl.concat([pairs, _threes(pairs.top_k(_PAIRS_MAX, by="gone"))]).sort("figures")
    is_told, size = (pl.col("taken_on") == NOW) & ~pl.col("is_lost"), pl.col("mass_g").abs().sum()
    now = placed.filter(is_told).group_by("figure").agg(now=size)
    found = sets.with_row_index("together").explode("figures")
    found = found.with_columns(figure=pl.col("figures").abs(), sign=pl.col("figures").sign())
    found = found.join(now, on="figure", how="left")
    found = found.with_columns(pl.col("now").sum().over("together")).filter(pl.col("now") > 0)
    first = found.sort(-pl.col("gone") / pl.col("now"), "together", "figure")
    return first.select("together", "figure", "sign")


def _pairs(placed: pl.DataFrame) -> pl.DataFrame:
    """Return two figures each, and how much went from one to the other by the same ends.

    Returns:
        Columns `figures`, a list of numbers, below 0 for one that is subtracted; and `gone`.
    """
    like, size = ["alike", *_ENDS], pl.col("mass_g").abs().sum()
    moved = placed.group_by("figure", *like, "is_negative", "is_lost").agg(size)
    lost, got = moved.filter("is_negative"), moved.filter(~pl.col("is_negative")).drop("is_lost")
    found = lost.join(got, on=like, nulls_equal=True, suffix="_got")
    sign = pl.when("is_lost").then(-1).otherwise(1)
    found = found.filter(pl.col("figure") != pl.col("figure_got")).select(
        figures=pl.concat_list("figure", sign * pl.col("figure_got")),
        gone=pl.min_horizontal("mass_g", "mass_g_got"),
    )
    return found.group_by(_in_order("figures")).agg(pl.col("gone").sum())


def _threes(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the same of each two pairs that have a figure in common."""
    ends = pairs.sort("figures").with_row_index("pair").with_columns(end="figures").explode("end")
    # The common one is added in both.
    ends = ends.with_columns(pl.col("figures") * pl.col("end").sign(), pl.col("end").abs())
    found = ends.join(ends, on="end", suffix="_next").filter(pl.col("pair") < pl.col("pair_next"))
    found = found.select(
        figures=pl.concat_list("figures", "figures_next").list.unique(),
        gone=pl.col("gone") + pl.col("gone_next"),
    )
    is_three = pl.col("figures").list.eval(pl.element().abs()).list.n_unique() == pl.col("figures").list.len()
    return found.filter(is_three).group_by(_in_order("figures")).agg(pl.col("gone").max())


def _in_order(figures: str) -> pl.Expr:
    """Return lists of figures in the one order and with the one sign that stand for the same sum."""
    ordered = pl.col(figures).list.eval(pl.element().sort_by(pl.element().abs()))
    return ordered.list.eval(pl.element() * pl.element().first().sign())


def in_parts(several: pl.DataFrame, sums: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the first of several figures, as many as are looked at, in parts of not too many sums."""
    sizes = sums.group_by("figure").agg(pl.len().cast(pl.Int64))
    sized = several.join(sizes, on="figure", maintain_order="left")
    # Sums before each set, added up over all of them: inside of a set the count would begin anew.
    sized = sized.with_columns(before=pl.col("len").cum_sum() - pl.col("len"))
    sized = sized.with_columns(pl.col("before").first().over("together"))
    return (
        sized.filter(pl.col("before") < _SUMS_MAX)
        .select("together", "figure", "sign", part=pl.col("before") // _SUMS_AT_ONCE)
        .partition_by("part", include_key=False)
    )
