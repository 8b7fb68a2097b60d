"""Totals of opened blocks: what is left of them where something is taken back in one leaf for another.

A load whose material is corrected goes from one leaf to another. Both blocks may be safe, and
large; but in their sum it cancels out, and what is left may be one company's. So wherever
something negative opens, each figure that shows it must be safe by what is left in it of each
movement, in every window of releases that ends now; and so must two or three figures of a table together
between which something went, such as materials, or periods. Two figures also tell a load twice, the
one before it went and the other one then: so their difference must be safe too.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from consumers.disclosure.problem import Rules
from consumers.release import loads, ties
from consumers.release.blocks import BEHIND
from consumers.release.figures import NODES, by_cell
from consumers.release.gate import NOW, moves, numbers_of_groups, unsafe, windows, with_families
from consumers.release.tables import DIMENSIONS, Table, Tables

_BOOK = ["period", "measure", "flow"]
_LEAF = ["leaf", "period"]
_ENDS = list(BEHIND[:2])
_SHARES = [*BEHIND, "is_public"]
# Whether some of what the same ends told adds to a sum, and some takes from it.
_CANCELS_OUT = (pl.col("mass_g") > 0).any() & (pl.col("mass_g") < 0).any()
_LEVELS = [f"{name}_level" for name in DIMENSIONS]


def held(rows: pl.DataFrame, closed: pl.Series, others: pl.DataFrame, tables: Tables) -> pl.Series:
    """Return the numbers of the leaves that stay closed when totals are looked at too, with those given.

    Args:
        rows: Of `blocks.placed`.
        closed: Leaves that stay closed anyway, others too.
        others: Rows of other leaves: what they tell counts, and they are as they are.
        tables: What is published.
    """
    everything, leaves = pl.concat([rows, others]), rows["leaf"].unique()
    all_moves = moves(everything, [*_LEAF, "is_owned", *loads.COLUMNS]).collect()
    if not (all_moves["mass_g"] < 0).any():
        return closed
    ours = loads.told(loads.split(all_moves, ["taken_on"])).filter("is_owned").lazy()
    while True:
        more = pl.concat(_unsafe(everything, ours, closed, leaves, table, tables) for table in tables.tables)
        if more.is_empty():
            return closed
        closed = pl.concat([closed, with_families(rows, more)])


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
    parts = [_alone(told), *ties.in_parts(ties.sets(placed), sums)]
    return pl.concat([_broken_of(sums, part, rules) for part in parts]).unique()


def _broken_of(sums: pl.DataFrame, together: pl.DataFrame, rules: Rules) -> pl.Series:
    is_now, least = pl.col("taken_on") == NOW, pl.min_horizontal("sign", "sign_now")
    is_changed = pl.col("is_negative").any() & is_now.any()
    found = (
        sums.join(together, on="figure")
        .with_columns(
            pl.col("mass_g") * pl.when(is_now).then("sign_now").otherwise("sign"),
            *_as_named(pl.col("is_turned") & pl.col("counterparty_key").is_not_null()),
            is_changed=is_changed.over("together"),
            is_difference=(least < 0).any().over("together"),
        )
        .filter(pl.col("mass_g") != 0, pl.col("is_changed") | pl.col("is_difference"))
    )
    numbered = windows(found, ["together"]).with_columns(pl.col("window").cast(pl.Int64) + 1)
    # All that leaves have since the beginning is safe, and so is the sum of it.
    is_first = (pl.col("start") == pl.col("start").max()).over("together")
    is_asked = ((pl.col("start") > date.min) | is_first) & ~pl.col("is_difference")
    numbered = _known(pl.concat([numbered.filter(is_asked), _related(numbered)]))
    left = numbered.group_by(pl.col("window").alias("leaf"), *_SHARES).agg(pl.col("mass_g").sum())
    broken = unsafe(left.filter(pl.col("mass_g") != 0), rules)
    of = numbered.filter(pl.col("window").is_in(broken.implode()))["together"]
    return together.filter(pl.col("together").is_in(of.implode()), pl.col("sign_now") != 0)["figure"]


def _as_named(is_turned: pl.Expr) -> list[pl.Expr]:
    """Return both ends, one for the other where another figure names them so."""
    return [pl.when(is_turned).then(other).otherwise(one).alias(one) for one, other in (_ENDS, _ENDS[::-1])]


def _known(numbered: pl.DataFrame) -> pl.DataFrame:
    """Return windows in which whoever stated a load in one of two figures knows it in the other one.

    That counts where agencies differ and the load cancels out: else what one of them stated stays.
    """
    of, agency = ["window", *_ENDS], pl.col("agency")
    is_shared = _CANCELS_OUT & (agency != agency.first()).any()
    numbered = numbered.with_columns(is_shared=is_shared.over(of))
    shared = numbered.filter("is_shared").with_columns(
        agency.str.split("\n").explode().unique().sort().str.join("\n").over(of),
        pl.col("is_public").any().over(of),
    )
    return pl.concat([numbered.filter(~pl.col("is_shared")), shared])


def _related(numbered: pl.DataFrame) -> pl.DataFrame:
    """Return windows without what a release told of a figure that cancels out with nothing else in them.

    Whoever looks at a window leaves that out, as it is told by itself. Numbers of these windows are
    below 0; of sums there are none in which nothing is left out.
    """
    found = (
        numbered.with_columns(is_related=_CANCELS_OUT.over("window", *_ENDS))
        .with_columns(pl.col("is_related").any().over("window", "figure", "taken_on"))
        .filter("is_related", pl.col("is_difference") | ~pl.col("is_related").all().over("window"))
    )
    return found.select(numbered.columns).with_columns(-pl.col("window"))


def _alone(told: pl.DataFrame) -> pl.DataFrame:
    figures = told["figure"].unique()
    return pl.DataFrame({"together": figures, "figure": figures}).with_columns(
        sign=1, sign_now=1, is_turned=pl.lit(value=False)
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
