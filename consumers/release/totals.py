"""Totals of opened blocks: what is left of them where something is taken back in one leaf for another.

A load whose material is corrected goes from one leaf to another. Both blocks may be safe, and
large; but in their sum it cancels out, and what is left may be one company's. So wherever
something negative opens, each figure that shows it must be safe by what is left in it of each
movement, in every window of releases that ends now; and so must two or three figures of a table together
between which something went, such as materials, or periods. A leaf that lost a load may have to stay
closed, while another one shows what it got: then two figures tell the load, and their difference counts.
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
    is_lost = is_now & is_negative & pl.col("leaf").is_in(closed.implode())
    shown = all_moves.filter(~is_now | ~pl.col("leaf").is_in(closed.implode()) | is_lost)
    found = (
        shown.group_by(*_LEAF, *_SHARES, "taken_on", is_lost=is_lost).agg(pl.col("mass_g").sum()).collect()
    )
    if found.is_empty():
        return closed.clear()
    group, other = numbers_of_groups(found)
    found = found.with_columns(group_key=group, counterparty_key=other, is_negative=is_negative)
    placed = found.join(_figures(rows, table), on=_LEAF)
    figures = _broken(placed, tables.rules)
    opens = pl.col("leaf").is_in(leaves.implode()) & ~pl.col("leaf").is_in(closed.implode())
    is_behind = pl.col("figure").is_in(figures.implode()) & opens
    behind = placed.filter(is_now, is_behind, ~pl.col("is_lost"))
    negative = behind.filter("is_negative")
    return (behind if negative.is_empty() else negative)["leaf"].unique()


def _broken(placed: pl.DataFrame, rules: Rules) -> pl.Series:
    """Return the numbers of the figures that break a rule, alone or with others."""
    told = placed.filter(~pl.col("is_lost"))
    sums = told.group_by("figure", *_SHARES, "taken_on").agg(
        pl.col("mass_g").sum(), pl.col("is_negative").any()
    )
    parts = [_alone(told), *_parts(_several(placed), sums)]
    return pl.concat([_broken_of(sums, part, rules) for part in parts]).unique()


def _broken_of(sums: pl.DataFrame, together: pl.DataFrame, rules: Rules) -> pl.Series:
    found = sums.join(together, on="figure").with_columns(
        pl.col("mass_g") * pl.col("sign"), is_difference=(pl.col("sign") < 0).any().over("together")
    )
    is_changed = pl.col("is_negative").any() & (pl.col("taken_on") == NOW).any()
    numbered = windows(found.filter(is_changed.over("together") | pl.col("is_difference")), ["together"])
    numbered = numbered.with_columns(pl.col("window").cast(pl.Int64) + 1)
    # All that leaves have since the beginning is safe, and so is the sum of it.
    is_first = (pl.col("start") == pl.col("start").max()).over("together")
    is_asked = (pl.col("start") > date.min) | is_first | pl.col("is_difference")
    numbered = pl.concat([numbered.filter(is_asked), _related(numbered)])
    left = numbered.group_by(pl.col("window").alias("leaf"), *_SHARES).agg(pl.col("mass_g").sum())
    broken = unsafe(left.filter(pl.col("mass_g") != 0), rules)
    of = numbered.filter(pl.col("window").is_in(broken.implode()))["together"]
    return together.filter(pl.col("together").is_in(of.implode()))["figure"]


def _related(numbered: pl.DataFrame) -> pl.DataFrame:
    """Return windows without what a release told of a figure that cancels out with nothing else in them.

    Whoever looks at a window leaves that out, as it is told by itself. Numbers of these windows are
    below 0; where nothing is left out there is none.
    """
    cancels_out = (pl.col("mass_g") > 0).any() & (pl.col("mass_g") < 0).any()
    found = (
        numbered.with_columns(is_related=cancels_out.over("window", *_ENDS))
        .with_columns(pl.col("is_related").any().over("window", "figure", "taken_on"))
        .filter("is_related", ~pl.col("is_related").all().over("window"))
    )
    return found.select(numbered.columns).with_columns(-pl.col("window"))


def _alone(told: pl.DataFrame) -> pl.DataFrame:
    figures = told["figure"].unique()
    return pl.DataFrame({"together": figures, "figure": figures}).with_columns(sign=pl.lit(1, pl.Int64))


def _several(placed: pl.DataFrame) -> pl.DataFrame:
    """Return figures that are looked at together: two of which one lost what the other got, and such twos.

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


def _parts(several: pl.DataFrame, sums: pl.DataFrame) -> list[pl.DataFrame]:
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


def _figures(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the numbers of the figures of a table in which the leaves of each period count.

    Figures are `alike` that may be parts of the same loads: of one measure, and of the same levels.
    """
    leaves = rows.unique(_LEAF, maintain_order=True)
    found = by_cell(leaves, table, [*_BOOK, "leaf"], []).collect()
    return found.select(
        *_LEAF,
        figure=pl.struct(*_BOOK, *NODES).rank("dense").cast(pl.Int64),
        alike=pl.struct("measure", *_LEVELS).rank("dense"),
    )
