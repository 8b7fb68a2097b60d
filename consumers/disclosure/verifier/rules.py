"""The rules as the verifier reads them: what must not be known, and what follows from what is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import polars as pl

from consumers.disclosure.problem import IS_WAIVED, Rules
from consumers.disclosure.verifier.cells import Figure, Flags, Numbers, World

_SHARED = 10  # figures are compared where each has at least this part of the other


def members(world: World, figures: pl.DataFrame, rows: Numbers) -> tuple[Numbers, Numbers]:
    """Return number of the figure and row, for each of some rows in each figure's cells."""
    found = pl.concat(
        pl.DataFrame({"cell": cells, "row": row}).join(figures, on="cell")
        for row, cells in world.placed(rows)
    )
    return found["figure"].to_numpy(), found["row"].to_numpy()


def levels_of_cells(world: World, rows: Numbers, rules: Rules) -> Numbers:
    """Return the level of each cell, made of some rows only."""
    found = np.zeros(world.size, dtype=np.int64)
    for row, cells in world.placed(rows):
        found = np.maximum(found, levels_of(world, cells, row, len(found), rules))
    return found


def levels_of(
    world: World, figure: Numbers, row: Numbers, count: int, rules: Rules, *, ends: Sequence[Numbers] = ()
) -> Numbers:
    """Return by how much figures must stay uncertain; 0 if they may be known.

    Args:
        world: All rows.
        figure: Number of a figure, below `count`.
        row: Number of a row that is part of it; pairs with `figure`.
        count: Number of figures.
        rules: The parameters.
        ends: Where they must hold; at each end of a movement, unless said otherwise.

    A group has what all its rows have in a figure. The largest that does not waive protection is
    what others may want to know; the coalition of the largest others knows its own; what remains
    must be p per mille of the largest. If it is, but groups are too few, all p per mille are missing.
    """
    amount, largest = pl.col("amount"), pl.col("amount").filter(~pl.col("waives")).max().fill_null(0)
    top = amount.top_k(rules.coalition + 1)  # the largest and the coalition, unless it is further down
    found = np.zeros(count, dtype=np.int64)
    for groups in ends or world.ends:
        figures = (
            shares(world, figure, row, groups)
            .group_by("figure")
            .agg(
                largest.alias("largest"),
                (amount.sum() - largest - top.sum() + pl.max_horizontal(largest, top.min())).alias("rest"),
                pl.col("is_there").sum().alias("groups"),
            )
        )
        wanted = figures["largest"].to_numpy() * rules.p_permille
        missing = wanted - 1000 * figures["rest"].to_numpy()
        rare = np.where(figures["groups"].to_numpy() < rules.min_groups, wanted, 0)
        number = figures["figure"].to_numpy()
        found[number] = np.maximum(found[number], -(-np.where(missing > 0, missing, rare) // 1000))
    return found


def shares(world: World, figure: Numbers, row: Numbers, groups: Numbers) -> pl.DataFrame:
    """Return what each group has of each figure; all groups that are not known are one."""
    waives = world.rows[IS_WAIVED].to_numpy()[row]
    parts = {"figure": figure, "group": groups[row], "value": world.value[row], "waives": waives}
    return (
        pl.DataFrame(parts)
        .group_by("figure", "group")
        .agg(
            pl.col("value").abs().sum().alias("amount"),
            (pl.col("value").sum() != 0).alias("is_there"),
            pl.col("waives").all(),
        )
    )


def known_sums(world: World, is_hidden: Flags) -> list[Figure]:
    """Return the sums of unknown cells that follow from the known ones.

    From every known cell walk down, level by level, along the dimensions in any order: each cell
    becomes its parts, of which the known ones are subtracted; or all cells become their mirrors.
    Where a walk ends is a sum that counts: a sum that breaks the rules does so all the more
    without a part that obeys them. Contributions below 0 spoil that: with them every sum counts.
    """
    is_known, has_negative = known_cells(world, is_hidden), world.by_cell(np.minimum(world.value, 0)) < 0
    unknown = [
        {cell: [part for part in parts if not is_known[part]] for cell, parts in along.items()}
        for along in world.parts
    ]
    mirrored = {one: [other] for pair in world.mirrors for one, other in (pair, pair[::-1])}
    seen: set[Figure] = {()}
    found: set[Figure] = set()
    frontier: set[Figure] = {(cell,) for cell in np.flatnonzero(is_known).tolist()}
    while frontier:
        seen |= frontier
        below: set[Figure] = set()
        for figure in frontier:
            ways = [parts for parts in unknown if any(cell in parts for cell in figure)]
            for parts in (*ways, mirrored):
                below.add(tuple(sorted(chain(*(parts.get(cell, [cell]) for cell in figure)))))
            if not ways or has_negative[list(figure)].any():
                found.add(figure)
        frontier = below - seen
    return sorted(f for f in found if len({*f}) == len(f) and not is_known[list(f)].any())


def differences(world: World) -> list[Figure]:
    """Return what each figure has that another one, with which it shares a tenth or more, has not.

    Told in overlaps, several of them: one alone is a cell.
    """
    if not world.overlaps:
        return []
    blocks = world.blocks.values()
    parts = pl.concat(pl.DataFrame({"one": cells, "overlap": world.overlap}) for cells in blocks).unique()
    mass = world.by_cell(np.abs(world.value))[parts["overlap"].to_numpy()]
    whole = parts.with_columns(whole=mass).group_by("one").agg(pl.col("whole").sum())
    near = (
        parts.join(parts.with_columns(mass=mass).rename({"one": "other"}), on="overlap")
        .group_by("one", "other")
        .agg(pl.col("mass").sum())
        .join(whole, on="one")
        .join(whole, left_on="other", right_on="one")
        .filter(_SHARED * pl.col("mass") >= pl.max_horizontal("whole", "whole_right"))
    )
    overlaps = {one: {*found} for one, found in parts.group_by("one").agg("overlap").iter_rows()}
    pairs = near.select("one", "other").iter_rows()
    found = {tuple(sorted(overlaps[one] - overlaps[other])) for one, other in pairs}
    return sorted(figure for figure in found if len(figure) > 1)


def known_cells(world: World, is_hidden: Flags) -> Flags:
    """Return which cells are published, or follow as the only unknown one of a sum that is 0."""
    is_known, (number, cell, _) = ~is_hidden, world.balances.T
    while True:
        unknown = np.zeros(len(world.balances), dtype=np.int64)
        np.add.at(unknown, number, ~is_known[cell])
        follows = cell[(unknown[number] == 1) & ~is_known[cell]]
        if not len(follows):
            return is_known
        is_known[follows] = True
