"""Sums of suppressed cells: found by walks down from published cells, checked like cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from consumers.disclosure import primary
from consumers.disclosure.cells import CellSet, cells_of
from consumers.disclosure.crossings import crossings
from consumers.disclosure.problem import Dimension, Place, Problem, Rules, Table
from consumers.disclosure.residuals import known_cells, known_sums, unions, walked
from consumers.disclosure.system import Flags, System, Target
from tests.support import synthetic

RULES = Rules(min_groups=3, p_permille=150)

# Region and subregion, material, group, value.
Row = tuple[str, str, str, str | None, int]


def cells(rows: Iterable[Row], mirrors: Sequence[tuple[Place, Place]] = ()) -> CellSet:
    """Return the cells of a table of regions in two levels by materials."""
    schema = {"r1": pl.String, "r2": pl.String, "m": pl.String, "group": pl.String, "value": pl.Int64}
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    contributions = frame.with_columns(
        pl.concat_list("group").alias("groups"),
        pl.lit(None, dtype=pl.String).alias("agency"),
        pl.lit(value=False).alias("is_waived"),
        pl.lit(value=False).alias("is_public"),
    ).drop("group")
    dimensions = (Dimension("r", ("r1", "r2")), Dimension("m", ("m",)))
    return cells_of(Problem(contributions, dimensions, (Table("t", ("r", "m")),), RULES, mirrors=mirrors))


def place(region: str, material: str) -> Place:
    """Return the place of a cell: regions are Total, N, N1 ...; materials Total, glass ..."""
    region_level = 0 if region == "Total" else len(region)
    return ((region_level, region), (int(material != "Total"), material))


def numbers(found: CellSet, places: Iterable[tuple[str, str]]) -> tuple[int, ...]:
    """Return the numbers of cells, ascending."""
    rows = [(region, level, material) for level, region, _, material in found.places.iter_rows()]
    return tuple(sorted(rows.index((r, place(r, m)[0][0], m)) for r, m in places))


def suppressed(found: CellSet, places: Iterable[tuple[str, str]]) -> Flags:
    """Return flags of the cells at some places."""
    flags = np.zeros(found.system.size, dtype=np.bool_)
    flags[list(numbers(found, places))] = True
    return flags


def broken(found: CellSet, places: Iterable[tuple[str, str]]) -> list[Target]:
    """Return the known sums that break the rules where the cells at some places are suppressed."""
    return unions(found.system, known_sums(found.system, suppressed(found, places)), RULES)


def even(region: str, material: str, value: int = 10, groups: str = "vwxyz") -> list[Row]:
    """Return the same value from each of some groups, none of them elsewhere."""
    return [(region[0], region, material, f"{region} {material} {group}", value) for group in groups]


def test_two_dominated_parts_of_a_published_total_are_a_target() -> None:
    """Two cells of one group each hide each other, but their published sum tells each group the other one."""
    found = cells(
        [
            ("N", "N1", "glass", "a", 100),
            ("N", "N2", "glass", "b", 60),
            *even("N3", "glass"),
            *even("N1", "paper"),
            *even("N2", "paper"),
        ]
    )
    hidden = [("N1", "glass"), ("N2", "glass"), ("N1", "Total"), ("N2", "Total")]

    assert [Target(numbers(found, hidden[:2]), 15)] == broken(found, hidden)


def test_a_safe_sum_is_no_target() -> None:
    """Three even groups in a known sum hide each other."""
    found = cells([*even("N1", "glass", groups="a"), *even("N2", "glass", groups="bc"), *even("N3", "glass")])
    hidden = [(region, material) for region in ("N1", "N2") for material in ("glass", "Total")]

    assert not broken(found, hidden)


def test_published_parts_of_suppressed_cells_are_subtracted() -> None:
    """N and S together are known and safe, but not what is left without a part of N that is published."""
    found = cells(
        [
            *even("N1", "glass", 100),
            ("N", "N2", "glass", "a", 100),
            ("S", "S1", "glass", "b", 60),
            *even("W1", "glass"),
        ]
    )
    hidden = [(region, material) for region in ("N", "N2", "S", "S1") for material in ("glass", "Total")]
    parts = numbers(found, [("N2", "glass"), ("S1", "glass")])

    assert [Target(parts, 15)] == broken(found, hidden)


def test_a_cell_that_follows_from_published_ones_is_as_good_as_published() -> None:
    """The only suppressed part of a published total is known, and so are sums of its own parts."""
    found = cells([*even("N1", "glass"), *even("N1", "paper"), *even("S1", "glass")])
    system = found.system

    known = known_cells(system, suppressed(found, [("N", "Total"), ("N1", "Total")]))

    assert known.all()


def test_negative_contributions_are_checked_on_the_way() -> None:
    """What four of five groups gave in one cell and took back in another leaves a known sum to the fifth."""
    found = cells(
        [
            *[("N", "N1", "glass", group, 10) for group in "abcde"],
            *[("W", "W1", "glass", group, -10) for group in "abcd"],
            ("W", "W2", "glass", "e", 5),
            *even("S1", "glass"),
        ]
    )
    places = [("N", "glass"), ("N1", "glass"), ("W", "glass"), ("W2", "glass")]
    hidden = [*places, *[(region, "Total") for region, _ in places]]

    targets = broken(found, hidden)

    assert Target(numbers(found, [("N", "glass"), ("W", "glass")]), 3) in targets
    assert numbers(found, [("N1", "glass"), ("W2", "glass")]) not in {target.cells for target in targets}


def test_mirrors_take_part_in_sums() -> None:
    """A suppressed cell in a known sum may be changed for its mirror, and this one for its parts."""
    rows = [
        ("N", "N1", "glass", "a", 100),
        ("N", "N2", "glass", "b", 60),
        *even("N3", "glass"),
        *even("S1", "glass", 15),
        ("S", "S2", "glass", "c", 25),
        *even("W1", "glass"),
    ]
    found = cells(rows, mirrors=[(place("N1", "glass"), place("S", "glass"))])
    hidden = [("N1", "glass"), ("N2", "glass"), ("S", "glass"), ("S2", "glass"), ("W", "glass")]
    hidden += [("W1", "glass"), *[(region, "Total") for region in ("N1", "N2", "S", "S2", "W", "W1")]]
    mixed = numbers(found, [("N2", "glass"), ("S2", "glass")])

    assert mixed in {target.cells for target in broken(found, hidden)}


def test_what_two_known_sums_have_outside_a_third_is_known() -> None:
    """Two rows cut by a known column: what they have beside it is found, though no walk comes to it."""
    rows = np.array(
        [
            [1, 1, 1, 0, 0, 0, 0],
            [0, 0, 0, 1, 1, 1, 0],
            [1, 0, 0, 1, 0, 0, 0],
            [0, 0, 0, 0, 0, 1, 1],
        ]
    )

    found = {tuple(row) for row in crossings(csr_array(rows)).toarray().tolist()}

    assert {(0, 1, 1, 0, 1, 1, 0)} == found


def test_what_a_known_sum_has_outside_another_is_known() -> None:
    """A known sum is subtracted from another one that contains it."""
    rows = np.array([[1, 1, 1, 0], [0, 1, 1, 0]])

    assert [[1, 0, 0, 0]] == crossings(csr_array(rows)).toarray().tolist()


def slowly(system: System, flags: Flags) -> set[tuple[int, ...]]:
    """Return what `walked` should, one cell and one step at a time."""
    known = known_cells(system, flags)
    parts: dict[tuple[int, int], list[int]] = {}
    dense = system.relations.toarray()
    for row, (parent, axis) in enumerate(zip(system.parent, system.axis, strict=True)):
        parts[int(parent), int(axis)] = [int(cell) for cell in np.flatnonzero(dense[row] > 0)]
    found: set[tuple[int, ...]] = set()
    seen: set[tuple[int, ...]] = set()
    todo: list[tuple[int, ...]] = [(int(cell),) for cell in np.flatnonzero(known)]
    while todo:
        cells_now = todo.pop()
        if cells_now in seen:
            continue
        seen.add(cells_now)
        axes = [axis for axis in range(3) if any((cell, axis) in parts for cell in cells_now)]
        for axis in axes:
            below = [
                part
                for cell in cells_now
                for part in (
                    [child for child in parts[cell, axis] if not known[child]]
                    if (cell, axis) in parts
                    else [cell]
                )
            ]
            todo.append(tuple(sorted(below)))
        if not axes:
            found.add(tuple(cell for cell in cells_now if not known[cell]))
    return found - {()}


@pytest.mark.parametrize("seed", range(6))
def test_walks_find_the_same_as_one_step_at_a_time(seed: int) -> None:
    """Products of matrices find what a plain search finds, in two and three dimensions."""
    branchings: list[list[int]] = [[2, 3], [2, 2]] if seed % 2 else [[2, 2], [3], [2]]
    system = cells_of(synthetic.problem(branchings, 60, seed)).system
    random = np.random.default_rng(seed)
    flags = (primary.levels(system, RULES) > 0) | (random.random(system.size) < 0.3)
    flags[system.room > np.quantile(system.room, 0.9)] = False

    known = known_cells(system, flags)
    sums = walked(system, known, known)

    assert slowly(system, flags) == {tuple(row.indices) for row in sums}
    assert sums.shape[0] == len({tuple(row.indices) for row in sums})
