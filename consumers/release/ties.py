"""Ties between figures: loads that went from one to another, so that both together tell something.

Of two figures one lost what the other got. In their sum that cancels out. What the one told before,
less what the other one tells, is what did not go there.
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
    """Return figures that are looked at together: sums of two and three, and differences of two.

    Args:
        placed: What moved in each `figure` (a number), by both groups and `taken_on`: `mass_g`,
            `is_negative`, `is_lost` (whether a leaf lost it that stays closed), and `alike` (a number: only
            figures that have the same may be tied).

    Returns:
        Columns `together` (a number), `figure`, `sign` and `sign_now` (whether what it told before, and
        what it tells now, is added, subtracted or left out), and `is_turned` (whether it names the other
        end first): first those in which what went away is most of what moves now.
    """
    tied = _tied(placed)
    found = pl.concat([_sums(tied), _differences(tied)])
    is_told, size = (pl.col("taken_on") == NOW) & ~pl.col("is_lost"), pl.col("mass_g").abs().sum()
    now = placed.filter(is_told).group_by("figure").agg(now=size)
    found = found.join(now, on="figure", how="left").with_columns(
        (pl.col("now") * pl.col("sign_now").abs()).sum().over("together")
    )
    first = found.filter(pl.col("now") > 0).sort(-pl.col("gone") / pl.col("now"), "together", "figure")
    return first.drop("gone", "now")


def _tied(placed: pl.DataFrame) -> pl.DataFrame:
    """Return two figures each, and how much went from one to the other by the same ends.

    Returns:
        Columns `figure`, `got` (the other one), `is_lost`, `is_now` (whether it goes away now), `gone`,
        `is_turned` (whether most of it stands in the other one with its ends the other way round).
    """
    first, last = pl.min_horizontal(_ENDS), pl.max_horizontal(_ENDS)
    like, of_first, size = ["alike", "first", "last"], pl.col(_ENDS[0]), pl.col("mass_g").abs().sum()
    placed = placed.with_columns(first=first, last=last, is_first=of_first == first)
    lost = placed.filter("is_negative").group_by(
        "figure", *like, "is_first", "is_lost", is_now=pl.col("taken_on") == NOW
    )
    got = placed.filter(~pl.col("is_negative")).group_by(pl.col("figure").alias("got"), *like, "is_first")
    found = lost.agg(size).join(got.agg(size), on=like, nulls_equal=True, suffix="_got")
    gone, turned = pl.min_horizontal("mass_g", "mass_g_got"), pl.col("is_first") != pl.col("is_first_got")
    return found.group_by("figure", "got", "is_lost", "is_now").agg(
        gone=gone.sum(), is_turned=gone.filter(turned).sum() * 2 > gone.sum()
    )


def _sums(tied: pl.DataFrame) -> pl.DataFrame:
    """Return the sums of two that both show what went, and of two such twos that have one in common."""
    is_other = pl.col("figure") != pl.col("got")
    pairs = tied.filter(is_other, ~pl.col("is_lost")).select(
        "gone", "is_turned", figure=pl.concat_list("figure", "got").list.sort()
    )
    pairs = pairs.group_by("figure", "is_turned").agg(pl.col("gone").sum())
    straight = pairs.filter(~pl.col("is_turned"))
    threes = _threes(straight.sort(-pl.col("gone"), "figure").head(_PAIRS_MAX))
    found = pl.concat([pairs, threes.select(pairs.columns)]).sort("figure", "is_turned")
    numbered = found.with_row_index("together").with_columns(pl.col("together").cast(pl.Int64))
    is_second = pl.col("figure") != pl.col("figure").first().over("together")
    return (
        numbered.explode("figure")
        .with_columns(pl.col("is_turned") & is_second)
        .select("together", "figure", *_signs(1, 1), "is_turned", "gone")
    )


def _threes(pairs: pl.DataFrame) -> pl.DataFrame:
    ends = pairs.sort("figure").with_row_index("pair").with_columns(end="figure").explode("end")
    found = ends.join(ends, on="end", suffix="_next").filter(pl.col("pair") < pl.col("pair_next"))
    found = found.select(
        "is_turned",
        figure=pl.concat_list("figure", "figure_next").list.unique().list.sort(),
        gone=pl.col("gone") + pl.col("gone_next"),
    )
    return found.group_by("figure", "is_turned").agg(pl.col("gone").max())


def _differences(tied: pl.DataFrame) -> pl.DataFrame:
    """Return what a figure told before, less all that another one tells, or less what itself tells now."""
    is_same = pl.col("figure") == pl.col("got")
    found = tied.filter("is_now", ~is_same | pl.col("is_lost")).group_by("figure", "got", "is_turned")
    # Sums have the numbers from 0.
    numbered = (
        found.agg(pl.col("gone").sum())
        .sort("figure", "got", "is_turned")
        .with_row_index("together")
        .with_columns(-pl.col("together").cast(pl.Int64) - 1)
    )
    less = numbered.filter(~is_same).with_columns(figure="got")
    whole = numbered.with_columns(is_turned=pl.lit(value=False))
    parts = [(whole.filter(is_same), 1, -1), (whole.filter(~is_same), 1, 0), (less, -1, -1)]
    columns = ("together", "figure", "is_turned", "gone")
    return pl.concat(of.select(*columns[:2], *_signs(*signs), *columns[2:]) for of, *signs in parts)


def _signs(before: int, now: int) -> list[pl.Expr]:
    return [pl.lit(before, pl.Int64).alias("sign"), pl.lit(now, pl.Int64).alias("sign_now")]


def in_parts(several: pl.DataFrame, sums: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the first of several figures, as many as are looked at, in parts of not too many sums."""
    sizes = sums.group_by("figure").agg(pl.len().cast(pl.Int64))
    sized = several.join(sizes, on="figure", maintain_order="left")
    # Sums before each set, added up over all of them: inside of a set the count would begin anew.
    sized = sized.with_columns(before=pl.col("len").cum_sum() - pl.col("len"))
    sized = sized.with_columns(pl.col("before").first().over("together"))
    return (
        sized.filter(pl.col("before") < _SUMS_MAX)
        .with_columns(part=pl.col("before") // _SUMS_AT_ONCE)
        .drop("len", "before")
        .partition_by("part", include_key=False)
    )
