"""Traces: where and when loads were told, and where and when they were taken back.

Loads that were told in the same blocks, and taken back in the same ones, count alike in whatever
is published, so nobody can tell them apart. A load that nothing is taken back of counts in one
block alone. So a company's loads are uncertain enough, in all sums of all that was ever published,
if each of them can be larger, and others smaller instead, either of those with the same trace, or
of those that stay in each of the blocks that its own trace passes.

Which of the loads that the same companies told was taken back is not known to a hub, which sees sums
only. So of what they told in any block as much is taken to hang together as they ever took back:
that grows and shrinks in all of these blocks at the same rate, which every load can do. What is
left of it stays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from consumers.disclosure.problem import Rules
from consumers.disclosure.solver import Floats
from consumers.release import loads
from consumers.release.amounts import NOBODY, Amounts, Shown, passes
from consumers.release.blocks import LEAF, apart
from consumers.release.gate import NOW, moves, numbers_of_groups, unsafe, with_families
from consumers.release.worlds import ATTACKS, Otherwise, Worlds

_SPOT = ["leaf", "period", "taken_on"]
_ENDS = ["group_key", "counterparty_key"]
_SHARES = [*_ENDS, "agency", "is_public"]
_ALL = ["all_agency", "all_public"]
# A pair that told so many times what it took back can make up for that by what it has besides, and
# still be as uncertain as the rules say: for p up to 15 percent half of that would do.
REST = 2.3
# Less of what an attack lacks is no help.
_LITTLE = 1e-3
_IS_NOW, _MASS = pl.col("taken_on") == NOW, pl.col("mass_g")
_NAME = pl.col("key").cast(pl.List(pl.String)).list.join(",")


class _Traces(NamedTuple):
    """What was told, by `key`: in which spots.

    Attributes:
        staying: What hangs together with nothing: of both ends, `agency` and `is_public`, `mass_g`
            (signed), and who may know it for what they know of elsewhere (`all_agency`, `all_public`).
        hanging: What may have been taken back: the same, of any of what hangs together, and `pair`.
        passed: Keys at which something hangs together, or cancels out.
    """

    staying: pl.DataFrame
    hanging: pl.DataFrame
    passed: pl.DataFrame


def held(  # noqa: PLR0917  # what may open, beside what is there
    rows: pl.DataFrame,
    closed: pl.Series,
    others: pl.DataFrame,
    last: pl.Series,
    hidden: pl.DataFrame,
    rules: Rules,
) -> pl.Series:
    """Return the numbers of the leaves that stay closed when traces are looked at too, with those given.

    Args:
        rows: Of `blocks.placed`.
        closed: Leaves that stay closed anyway, others too.
        others: Rows of other leaves: what they tell counts, and they are as they are.
        last: Leaves that come in a last block, where what stays is decided with all tables.
        hidden: Places whose part in a last block is confidential, and which figures show sums of it.
        rules: The parameters.
    """
    everything = pl.concat([rows, others])
    moved = moves(apart(everything), ["leaf", "period", "is_owned", *loads.COLUMNS]).collect()
    if rows.is_empty() or not (moved["mass_g"] < 0).any():
        return closed
    pieces = _pieces(moved)
    places = everything.join(hidden, on=LEAF).select(*_SPOT, "sums").explode("sums").unique()
    shown = _shown(pieces, last, places)
    stays = _IS_NOW & pl.col("leaf").is_in(pl.concat([rows["leaf"], closed]).unique().implode())
    before = _traces(pieces.filter(~stays), pieces.filter(stays, _MASS < 0))
    while True:
        is_closed = _IS_NOW & pl.col("leaf").is_in(closed.implode())
        opened, lost = pieces.filter(~is_closed), pieces.filter(is_closed, _MASS < 0)
        opens = opened.filter(_IS_NOW, pl.col("leaf").is_in(rows["leaf"].unique().implode()))
        traces = _traces(opened, lost)
        anew = _traces(opened, lost, is_new=True)
        more = _behind(_attacks(traces, before, anew, shown, rules), opened, opens)
        if more.is_empty():
            gone = lost.join(places, on=["leaf", "period"], how="semi")
            more = _telling(opened, gone, opens, traces.staying.with_columns(_MASS.abs()), rules)
        if more.is_empty():
            return closed
        closed = pl.concat([closed, with_families(rows, more)])


def _telling(
    opened: pl.DataFrame, lost: pl.DataFrame, opens: pl.DataFrame, staying: pl.DataFrame, rules: Rules
) -> pl.Series:
    """Return the leaves that tell what was confidential in a last block: what left it, and little else.

    Args:
        opened: Of `_pieces`.
        lost: The same, what was taken back of a confidential part.
        opens: What may stay closed.
        staying: What stays.
        rules: The parameters.
    """
    told = opened.filter(_MASS > 0)
    strands, now = _strands(told), told.filter(_IS_NOW)["spot"].unique()
    again = strands.join(_back(strands, told, lost), on=["pair", "key"], nulls_equal=True)
    is_alike = _MASS.is_between(pl.col("back_g") / loads.ALIKE, pl.col("back_g") * loads.ALIKE)
    again = again.filter(is_alike, pl.col("key").list.set_intersection(now.implode()).list.len() > 0)
    left = again.group_by("key").agg(mass_g=pl.min_horizontal("mass_g", "back_g").sum())
    spots = _narrow(staying, left, rules)["key"].explode()
    return opens.filter(pl.col("spot").is_in(spots.implode()))["leaf"].unique()


def _narrow(staying: pl.DataFrame, told: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return the keys in which what stays is not enough to hide something else, whoever moved it.

    That is as if it were so much more of the largest group that what has to hide grows by as much.
    """
    sized = told.with_columns(_MASS * 1_000 // rules.p_permille + 1)
    shown = staying.join(sized.select("key"), on="key", how="semi")
    tops = [
        shown.group_by("key", of=end)
        .agg(_MASS.sum())
        .sort("key", "mass_g", "of", descending=[False, True, False])
        .group_by("key", maintain_order=True)
        .agg(pl.col("of").first())
        for end in _ENDS
    ]
    figures = pl.concat(tops).unique().with_row_index("leaf")
    nobodys = {"agency": pl.lit(""), "is_public": pl.lit(value=False)}
    added = figures.join(sized, on="key").select(
        "leaf", "mass_g", group_key="of", counterparty_key=pl.lit(None, pl.Int32), **nobodys
    )
    broken = unsafe(pl.concat([shown.join(figures, on="key").select(added.columns), added]), rules)
    wide = figures.group_by("key").agg(is_wide=~pl.col("leaf").is_in(broken.implode()).any())
    return sized.join(wide.filter("is_wide"), on="key", how="anti").select("key")


def _pieces(moved: pl.DataFrame) -> pl.DataFrame:
    """Return what moved in pieces that books have in common, with `spot` and `pair` (numbers).

    Where a book does not name the other end, its pieces are its own.
    """
    found = loads.split(moved, order=["taken_on"])
    apart = loads.told(found.filter("is_untold"))
    common = loads.oriented(found.filter(~pl.col("is_untold")))
    pieces = pl.concat([common, apart.select(common.columns)]).filter("is_owned")
    own = pl.when("is_untold").then(pl.struct("measure", "flow", *_SPOT, *_ENDS).rank("dense"))
    group, other = numbers_of_groups(pieces)
    pieces = pieces.with_columns(group_key=group, counterparty_key=other)
    known = [pl.when(pl.col(end) != NOBODY).then(end) for end in _ENDS]
    ends = pl.min_horizontal(known).alias("least"), pl.max_horizontal(known).alias("most")
    return pieces.select(
        *_SPOT,
        *_SHARES,
        "mass_g",
        piece=pl.struct("piece", own.alias("own")).rank("dense"),
        spot=pl.struct(_SPOT).rank("dense"),
        pair=pl.struct(ends).rank("dense"),
    )


def _traces(opened: pl.DataFrame, lost: pl.DataFrame, *, is_new: bool = False) -> _Traces:
    """Return what stays of what is published, and what hangs together.

    Args:
        opened: Of `_pieces`.
        lost: The same, what was taken back where that stays closed.
        is_new: Whether that is taken to be told again only now.
    """
    strands = _strands(opened)
    back = _back(strands, opened, lost, is_new=is_new)
    strands = strands.join(back, on=["pair", "key"], how="left", nulls_equal=True)
    back_g = pl.col("back_g").fill_null(0)
    # Where a pair told much more than it took back, the rest can make up for that.
    told = pl.when(REST * back_g > _MASS).then(pl.min_horizontal(_MASS, back_g)).otherwise(0)
    hangs = pl.when(_MASS < 0).then(_MASS).otherwise(told)
    strands = strands.with_columns(hangs=hangs)
    hanging = _together(strands)
    # What hangs together with nothing stays.
    is_alone = _NAME.n_unique().over("pair") == 1
    rest = strands.with_columns(mass_g=_MASS - pl.col("hangs")).filter(_MASS > 0)
    alone = hanging.filter(is_alone)
    rest = rest.with_columns(all_agency="agency", all_public="is_public")
    staying = pl.concat(of.select("key", *_SHARES, *_ALL, "mass_g") for of in (rest, alone))
    passed = strands.filter(pl.col("hangs") != 0).select("key").unique()
    return _Traces(staying, hanging.filter(~is_alone), passed)


def _back(
    strands: pl.DataFrame, opened: pl.DataFrame, lost: pl.DataFrame, *, is_new: bool = False
) -> pl.DataFrame:
    """Return how much each pair took back of what it told, by `key`, or told there again.

    Returns:
        Columns `pair`, `key`, `back_g`, `is_again` (whether any of it was told there again).
    """
    first = opened.filter(_MASS > 0).group_by("pair", "leaf").agg(first=pl.col("taken_on").min())
    spots = opened.select("spot", "leaf", "taken_on").unique("spot")
    told = (
        strands.filter(_MASS > 0)
        .select("pair", "key", spot="key")
        .unique()
        .explode("spot")
        .join(spots, on="spot")
    )
    taken = pl.concat([opened.filter(_MASS < 0).with_columns(is_lost=False), lost.with_columns(is_lost=True)])
    taken = taken.join(first, on=["pair", "leaf"], how="left").select(
        "pair", "piece", "is_lost", "first", of="leaf", back_g=-_MASS
    )
    is_old = pl.col("is_lost") & is_new
    found = told.join(taken, on="pair").with_columns(
        is_again=(pl.col("of") != pl.col("leaf"))
        & (pl.col("taken_on") > pl.col("first"))
        & (_IS_NOW | ~is_old)
    )
    # What was taken back where that stays closed matters only where it is told elsewhere.
    is_known = ~pl.col("is_lost") | pl.col("is_again").any().over("piece")
    is_back = (pl.col("of") == pl.col("leaf")) | pl.col("is_again")
    return (
        found.filter(is_known & is_back)
        .group_by("pair", "key", "piece")
        .agg(pl.col("back_g").first(), pl.col("is_again").any())
        .group_by("pair", "key")
        .agg(pl.col("back_g").sum(), pl.col("is_again").any())
    )


def _strands(opened: pl.DataFrame) -> pl.DataFrame:
    """Return what each pair told in the same spots."""
    keyed = opened.group_by("piece").agg(
        pl.col("pair", *_SHARES, "mass_g").first(), key=pl.col("spot").unique().sort()
    )
    return keyed.group_by("pair", *_SHARES, "key", is_negative=_MASS < 0).agg(_MASS.sum())


def _together(strands: pl.DataFrame) -> pl.DataFrame:
    """Return what hangs together of each pair, and who knows any of that (`all_agency`, `all_public`).

    So does who states much more elsewhere than was told there again, which may be part of that.
    """
    agency = loads.lines(pl.col("agency").str.split("\n").explode())
    hangs = pl.col("hangs") != 0
    known = strands.filter(hangs | pl.col("is_again")).group_by("pair")
    return (
        strands.filter(hangs)
        .group_by("pair", "key", *_SHARES)
        .agg(mass_g=pl.col("hangs").sum())
        .filter(_MASS != 0)
        .join(known.agg(all_agency=agency, all_public=pl.col("is_public").any()), on="pair")
        .sort("pair", "key", *_SHARES)
    )


def _shown(pieces: pl.DataFrame, last: pl.Series, hidden: pl.DataFrame) -> Shown:
    """Return how blocks are published.

    Args:
        pieces: Of `_pieces`.
        last: Leaves that come in a last block.
        hidden: Confidential parts of earlier ones: `_SPOT`, and `sums`, a figure that shows such; null: none.
    """
    spots = pieces.select(*_SPOT, "spot").unique()
    is_hidden = spots.join(hidden, on=_SPOT, how="semi")["spot"]
    ending = spots.filter(_IS_NOW, pl.col("leaf").is_in(last.implode()))["spot"]
    own = spots.filter(~pl.col("spot").is_in(is_hidden.implode()))
    summed = spots.join(hidden.drop_nulls("sums"), on=_SPOT)
    figures = pl.concat(
        [
            own.select("spot", ended_on=pl.lit(None, pl.Date), of="spot"),
            summed.select("spot", ended_on="taken_on", of="sums"),
        ]
    )
    figure = pl.struct("ended_on", "of").rank("dense")
    return Shown(figures.select("spot", figure=figure), pl.concat([ending, is_hidden]))


def _attacks(traces: _Traces, before: _Traces, anew: _Traces, shown: Shown, rules: Rules) -> pl.DataFrame:
    """Return what tells of groups' loads that are not hidden, as `Worlds.attacks`."""
    asked = _unproven(traces, shown.loose, rules)
    if asked.is_empty():
        return pl.DataFrame(schema=ATTACKS)
    told, *others = (Amounts(of.staying, of.hanging, shown) for of in (traces, before, anew))
    otherwise = Otherwise(*(Worlds(amounts, rules) for amounts in others))
    return Worlds(told, rules, otherwise).attacks(asked)


def _unproven(traces: _Traces, loose: pl.Series, rules: Rules) -> pl.DataFrame:
    """Return where what stays in a block may not hide a group's loads: `key`, `of` (a group; null: of any).

    Args:
        traces: What was told.
        loose: Spots where what stays is no matter.
        rules: The parameters.
    """
    exposed = _exposed(traces.hanging, rules)
    ends = pl.col("group_key").fill_null(NOBODY), pl.coalesce(*reversed(_ENDS)).fill_null(NOBODY)
    hanging = pl.concat(exposed.select("key", of=end) for end in ends).unique()
    keys = traces.passed.filter(~passes(loose)).with_row_index("leaf")
    stays = traces.staying.join(keys, on="key")
    shown = stays.select("leaf", *_ENDS, _MASS.abs(), agency="all_agency", is_public="all_public")
    broken = unsafe(shown, rules)
    staying = keys.filter(pl.col("leaf").is_in(broken.implode()))
    return pl.concat([staying.select("key", of=pl.lit(None, pl.Int32)), hanging])


def _exposed(hanging: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return what hangs together of pairs that no others with the same trace hide.

    So it is of those whose ends some told the other way round: then each group has part of it at either end.
    """
    shares = pl.col(_ENDS).first(), pl.col("all_agency", "all_public").first()
    by_key = hanging.group_by("pair", "key", maintain_order=True).agg(
        *shares, _MASS.sum(), is_turned=pl.struct(_ENDS).n_unique() > 1
    )
    size = _MASS.abs().max().over("pair")
    step = pl.format("{} {}", _NAME, (_MASS / size).round(9)).sort().str.join(" ").over("pair")
    traced = by_key.with_columns(size=size, leaf=step.rank("dense"))
    pairs = traced.group_by("pair", "leaf").agg(*shares, pl.col("size").first(), pl.col("is_turned").any())
    shown = pairs.select("leaf", *_ENDS, agency="all_agency", is_public="all_public", mass_g="size")
    broken = unsafe(shown, rules)
    found = pairs.filter(pl.col("is_turned") | pl.col("leaf").is_in(broken.implode()))
    return hanging.join(found, on="pair", how="semi")


def _behind(attacks: pl.DataFrame, opened: pl.DataFrame, opens: pl.DataFrame) -> pl.Series:
    """Return leaves without which attacks may fail: each lacks enough then, and little stays closed.

    Args:
        attacks: Of `Worlds`.
        opened: Of `_pieces`.
        opens: The same, what may stay closed.
    """
    needed = _needed(attacks, opened, opens)
    cost = opens.group_by("leaf").agg(_MASS.abs().sum()).sort("leaf")
    number, leaf = needed["number"].rank("dense") - 1, cost["leaf"].search_sorted(needed["leaf"])
    parts = np.zeros((number.n_unique(), cost.height))
    parts[number, leaf] = np.clip(needed["part"], _LITTLE**2, 1)
    return cost["leaf"].gather(_picked(parts, cost["mass_g"].to_numpy()))


def _needed(attacks: pl.DataFrame, opened: pl.DataFrame, opens: pl.DataFrame) -> pl.DataFrame:
    """Return which leaves attacks need: `number`, `leaf`, `part` (of what a world lacks because of it)."""
    summed = attacks.filter(pl.col("pair").is_null()).select("number", "spot", "part").unique()
    of = opened.select("spot", of="leaf").unique("spot")
    pairs = attacks.drop_nulls("pair").join(of, on="spot").unique(["number", "pair", "of"])
    # They hang together by what is taken back there, or by what is taken back and told again elsewhere.
    now = opens.group_by("pair", "leaf").agg(is_back=(_MASS < 0).any())
    far = pl.when("is_back").then((pl.col("leaf") != pl.col("of")).cast(pl.Int32)).otherwise(2)
    hanging = pairs.join(now, on="pair").with_columns(far=far)
    # A block is told apart from others by what opens of the same loads in other books.
    beside = summed.join(opened.select("spot", "piece"), on="spot").join(
        opens.select("piece", "leaf"), on="piece"
    )
    # Where nothing is known to help, everything may.
    all_of = 1 / max(1, opens["leaf"].n_unique())
    found = pl.concat(
        of.select("number", "leaf", "part", pl.col("far").cast(pl.Int32))
        for of in (
            summed.join(opens, on="spot").with_columns(far=0),
            hanging,
            beside.with_columns(far=3),
            summed.select("number").unique().join(opens, how="cross").with_columns(part=all_of, far=4),
        )
    )
    nearest = found.unique().filter(pl.col("far") == pl.col("far").min().over("number"))
    # Of floating-point numbers the order tells the sum.
    return nearest.sort(pl.all()).group_by("number", "leaf", maintain_order=True).agg(pl.col("part").sum())


def _picked(parts: Floats, cost: Floats) -> list[int]:
    """Return columns that take away what each row needs, first those that do most for their cost."""
    picked = list[int]()
    # Where nothing does much, any may.
    parts = np.where(parts.max(axis=1, keepdims=True, initial=0) < _LITTLE, parts > 0, parts)
    lacking = np.ones((len(parts), 1))
    while (gains := np.minimum(parts, lacking).sum(axis=0)).any():
        picked.append(int(np.argmax(gains / cost)))
        lacking = np.maximum(lacking - parts[:, [picked[-1]]], 0)
        parts = parts * (lacking > _LITTLE)
        parts[:, picked[-1]] = 0
    return picked
