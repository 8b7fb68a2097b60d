"""What must stay uncertain under a pattern, and to whom, as the verifier finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, product
from typing import TypeAlias

import numpy as np
import polars as pl

from consumers.disclosure.problem import IS_PUBLIC, Rules
from consumers.disclosure.verifier.cells import OUTSIDER, PUBLIC, Figure, Flags, Numbers, World
from consumers.disclosure.verifier.rules import (
    differences,
    known_sums,
    levels_of,
    levels_of_cells,
    members,
    shares,
)

_STEPS = 2  # over so many sums cells are near each other
Needed: TypeAlias = tuple[str, Figure, int, bool]  # attacker, figure, level, whether it is known


def by_rules(world: World, is_hidden: Flags) -> Iterator[Needed]:
    """Yield cells, and sums that follow from what is published, that break the rules.

    The rules must hold for all contributions, for those that the public will not know, and for
    those of either that an agency does not know.
    """
    protection, starts = world.problem.protection, _starts(world)
    agencies = range(len(world.agencies)) if "agency" in protection.attackers else ()
    everybody = starts + [f"{_prefix(start)}agency {number}" for number in agencies for start in starts]
    known = known_sums(world, is_hidden) if protection.unions else []
    sums = [*known, *(differences(world) if protection.unions else [])]
    of_sums = pl.DataFrame(
        [(number, cell) for number, figure in enumerate(sums) for cell in figure],
        schema={"figure": pl.Int64, "cell": pl.Int64},
        orient="row",
    )
    for attacker in everybody:
        is_known = world.known_by(attacker)
        rows = np.flatnonzero(~is_known)
        levels = levels_of_cells(world, rows, world.problem.rules)
        for cell in np.flatnonzero(levels).tolist():
            yield attacker, (cell,), int(levels[cell]), not is_hidden[cell]
        figure, row = members(world, of_sums, rows)
        levels = levels_of(world, figure, row, len(sums), world.problem.rules)
        for number in np.flatnonzero(levels).tolist():
            yield attacker, sums[number], int(levels[number]), number < len(known)


def by_contributors(world: World, is_hidden: Flags) -> Iterator[Needed]:
    """Yield the cells that must stay uncertain to contributors, alone or with what will be public.

    The largest of those whom a contributor does not know must stay p per mille uncertain to it,
    where it is part of the cell; and where somebody is nearly alone, if it knows so much of another
    cell, over two sums at most, that this one leaves less room than is needed.
    """
    kinds = world.problem.protection.attackers
    for start in _starts(world) if "contributor" in kinds else ():
        rows = np.flatnonzero(~world.known_by(start))
        pools, knows = _pools(world, rows)
        own = _own(world, knows)
        for who, cell, level in chain(_inside(world, rows, knows, own), _near(world, is_hidden, rows, own)):
            name = _prefix(start) + " and ".join(f"contributor {group}" for group in pools[who])
            yield name, (cell,), level, not is_hidden[cell]


def _starts(world: World) -> list[str]:
    """Return who knows nothing by who they are: everybody now, and once records are public."""
    is_public = "public" in world.problem.protection.attackers and world.rows[IS_PUBLIC].any()
    return [OUTSIDER, PUBLIC] if is_public else [OUTSIDER]


def _prefix(start: str) -> str:
    return "" if start == OUTSIDER else f"{start} and "


def _pools(world: World, rows: Numbers) -> tuple[dict[int, Figure], pl.DataFrame]:
    """Return the groups that attack, by number, and which rows each knows.

    Every group does by itself. With a coalition of more, so do in each cell that breaks the rules
    the largest groups, as many as pool what they know, whichever of them and the next they attack.
    """
    groups = range(int(max(ends.max(initial=-1) for ends in world.ends)) + 1)
    pools: set[Figure] = {(group,) for group in groups}
    for ends in world.ends if world.problem.rules.coalition > 1 else ():
        pools |= _coalitions(world, rows, ends)
    numbered = dict(enumerate(sorted(pools, key=lambda pool: (len(pool), pool))))
    pairs = [(who, group) for who, pool in numbered.items() for group in pool]
    who_is = pl.DataFrame(pairs, schema={"who": pl.Int64, "group": pl.Int64}, orient="row")
    knows = pl.concat(pl.DataFrame({"row": rows, "group": ends[rows]}) for ends in world.ends)
    return numbered, knows.join(who_is, on="group").select("who", "row").unique()


def _coalitions(world: World, rows: Numbers, ends: Numbers) -> set[Figure]:
    rules, found = world.problem.rules, set()
    for row, cells in world.placed(rows):
        levels = levels_of(world, cells, row, world.size, rules, ends=[ends])
        largest = (
            shares(world, cells, row, ends)
            .filter(pl.col("group") >= 0, pl.col("figure").is_in(np.flatnonzero(levels).tolist()))
            .sort("figure", "amount", "group", descending=[False, True, False])
            .group_by("figure", maintain_order=True)
            .agg(pl.col("group").head(rules.coalition + 1))
        )
        for top in largest["group"].to_list():
            found |= {tuple(sorted({*top} - {out})) for out in top}
    return {pool for pool in found if len(pool) > 1}


def _own(world: World, knows: pl.DataFrame) -> pl.DataFrame:
    """Return how much each attacker knows of each cell, in absolute values."""
    amount = np.abs(world.value)
    return pl.concat(
        pl.DataFrame({"row": row, "cell": cells, "own": amount[row]})
        .join(knows, on="row")
        .group_by("who", "cell")
        .agg(pl.col("own").sum())
        for row, cells in world.placed(np.arange(len(world.rows)))
    )


def _inside(
    world: World, rows: Numbers, knows: pl.DataFrame, own: pl.DataFrame
) -> Iterator[tuple[int, int, int]]:
    """Yield attacker, cell and level where the attacker is part of the cell."""
    total, largest = world.by_rows(rows), np.zeros(world.size, dtype=np.int64)
    for (of_row, cells), ends in product(world.placed(rows), world.ends):
        found = shares(world, cells, of_row, ends).filter(~pl.col("waives"))
        np.maximum.at(largest, found["figure"].to_numpy(), found["amount"].to_numpy())
    # Whatever the largest it does not know has, it is no more than the largest of all has.
    left, permille = total[own["cell"]] - own["own"].to_numpy(), 1000 + world.problem.rules.p_permille
    may_need = own.filter(1000 * left < permille * largest[own["cell"]]).with_row_index("figure")
    figure, row = members(world, may_need.select(pl.col("figure").cast(pl.Int64), "cell"), rows)
    remaining = pl.DataFrame({"figure": figure, "row": row, "who": may_need["who"].to_numpy()[figure]}).join(
        knows, on=["who", "row"], how="anti"
    )
    figure, row = remaining["figure"].to_numpy(), remaining["row"].to_numpy()
    levels = levels_of(world, figure, row, len(may_need), _against_one(world))
    found = may_need.with_columns(level=pl.Series(levels)).filter(pl.col("level") > 0)
    yield from found.select("who", "cell", "level").sort("who", "cell").iter_rows()


def _near(world: World, is_hidden: Flags, rows: Numbers, own: pl.DataFrame) -> Iterator[tuple[int, int, int]]:
    """Yield attacker, cell and level where the attacker knows much of a suppressed cell nearby."""
    levels = np.where(is_hidden, levels_of_cells(world, rows, _against_one(world)), 0)
    hidden = world.balances[is_hidden[world.balances[:, 1]], :2]
    sums = pl.DataFrame(hidden, schema=["sum", "cell"], orient="row")
    most = pl.DataFrame({"cell": np.arange(len(levels)), "most": levels})  # that a cell nearby needs
    for _ in range(_STEPS):
        of_sum = sums.join(most, on="cell").group_by("sum").agg(pl.col("most").max())
        most = sums.join(of_sum, on="sum").group_by("cell").agg(pl.col("most").max())
    left = pl.Series("left", world.by_rows(rows)[own["cell"]] - own["own"].to_numpy())
    narrow = own.with_columns(left).join(most, on="cell").filter(pl.col("left") < pl.col("most"))
    for _ in range(_STEPS):
        narrow = (
            narrow.select("who", "left", "cell")
            .join(sums, on="cell")
            .drop("cell")
            .join(sums, on="sum")
            .unique()
        )
    found = (
        narrow.with_columns(level=pl.Series(levels[narrow["cell"]]))
        .filter(pl.col("left") < pl.col("level"))
        .select("who", "cell", "level")
        .join(own, on=["who", "cell"], how="anti")
    )
    yield from found.unique().sort("who", "cell").iter_rows()


def _against_one(world: World) -> Rules:
    """Return the rules for who is left out already: no coalition, and no matter how few the others are."""
    return replace(world.problem.rules, min_groups=0, coalition=0)
