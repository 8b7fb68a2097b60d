"""The cells of linked tables and their relations, checked against sums made by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.disclosure.cells import CellSet, cells_of
from consumers.disclosure.problem import AMOUNT_MAX, CELLS_MAX, Dimension, Place, Problem, Table
from consumers.disclosure.system import NOT_KNOWN, Contributions
from schemas.errors import ConfigurationError
from tests.support import synthetic

ACTIVITY = Dimension("activity", ("section", "division"))
REGION = Dimension("region", ("county",))

Row = dict[str, Any]


def row(division: str, county: str, value: int, *groups: str | None, **others: Any) -> Row:
    """Return a contribution; a division's section is its first letter."""
    found: Row = {"section": division[:1], "division": division, "county": county, "value": value}
    found |= {"groups": list(groups), "agency": None, "is_waived": False, "is_public": False}
    return found | others


def problem(
    rows: list[Row], *tables: tuple[str, ...], mirrors: Sequence[tuple[Place, Place]] = ()
) -> Problem:
    """Return a problem with two dimensions, by default with one table over both."""
    schema = pl.Schema(
        {
            "section": pl.String(),
            "division": pl.String(),
            "county": pl.String(),
            "value": pl.Int64(),
            "groups": pl.List(pl.String()),
            "agency": pl.String(),
            "is_waived": pl.Boolean(),
            "is_public": pl.Boolean(),
        }
    )
    return Problem(
        contributions=pl.DataFrame(rows, schema=schema),
        dimensions=(ACTIVITY, REGION),
        tables=tuple(Table("-".join(names), names) for names in tables or (("activity", "region"),)),
        mirrors=mirrors,
    )


def places(cells: CellSet) -> list[Place]:
    """Return where each cell stands."""
    return [((first, second), (third, fourth)) for first, second, third, fourth in cells.places.iter_rows()]


def relations(cells: CellSet) -> list[tuple[Place | None, int, frozenset[Place]]]:
    """Return parent, axis and children of each relation."""
    at, system = places(cells), cells.system
    found = []
    for line, parent, axis in zip(system.relations.toarray(), system.parent, system.axis, strict=True):
        children = frozenset(at[cell] for cell in np.flatnonzero(line == 1))
        found.append((None if parent == NOT_KNOWN else at[parent], int(axis), children))
    return found


def by_cell(contributions: Contributions) -> Iterator[tuple[int, ...]]:
    """Yield cell, group, agency, waiver, publicity, net and absolute sum of each contribution."""
    names = ("cell", "group", "agency", "is_waived", "is_public", "value", "magnitude")
    columns = [getattr(contributions, name).tolist() for name in names]
    yield from zip(*columns, strict=True)


ROWS = [row("a1", "x", 5, "G"), row("a2", "x", 7, "H"), row("a1", "y", -3, "H"), row("b1", "y", 11, "I")]


def test_cells_stand_by_level_and_code() -> None:
    """Every combination of nodes with contributions is a cell, coarse before fine, then by code."""
    cells = cells_of(problem(ROWS, ("activity",)))

    assert [
        ((0, "Total"), (0, "Total")),
        ((1, "a"), (0, "Total")),
        ((1, "b"), (0, "Total")),
        ((2, "a1"), (0, "Total")),
        ((2, "a2"), (0, "Total")),
        ((2, "b1"), (0, "Total")),
    ] == places(cells)
    assert [20, 9, 11, 2, 7, 11] == cells.system.value.tolist()
    assert [26, 15, 11, 8, 7, 11] == cells.system.room.tolist()


def test_relations_add_children_of_one_dimension_also_of_a_single_child() -> None:
    """A parent is the sum of its children, and a node with one child is equal to it."""
    cells = cells_of(problem(ROWS, ("activity",)))
    total = (0, "Total")

    assert {
        ((total, total), 0, frozenset({((1, "a"), total), ((1, "b"), total)})),
        (((1, "a"), total), 0, frozenset({((2, "a1"), total), ((2, "a2"), total)})),
        (((1, "b"), total), 0, frozenset({((2, "b1"), total)})),
    } == set(relations(cells))


def test_linked_tables_share_the_cells_of_equal_places() -> None:
    """The margin that two tables have in common is one figure, and no relation stands twice."""
    cells = cells_of(problem(ROWS, ("activity",), ("region", "activity"), ("region",)))

    assert len(set(places(cells))) == cells.system.size
    assert set(cells.tables["activity"]) < set(cells.tables["region-activity"])
    assert [0, 1, 2] == cells.tables["region"].tolist()
    assert len(set(relations(cells))) == len(relations(cells))


def test_zeros_make_no_cell() -> None:
    """Where nobody adds anything but zeros there is no cell; where sums cancel out there is one."""
    rows = [*ROWS, row("c1", "x", 0, "G"), row("d1", "x", 4, "G"), row("d1", "x", -4, "H")]

    found = cells_of(problem(rows, ("activity",)))

    assert "c1" not in found.places["activity"].to_list()
    (cell,) = [number for number, place in enumerate(places(found)) if place[0] == (2, "d1")]
    assert (0, 8) == (found.system.value[cell], found.system.room[cell])


def test_equal_codes_of_different_levels_are_different_nodes() -> None:
    """A fine code may be spelt like a coarse one, even like the total."""
    rows = [row("a", "Total", 5, "G"), row("ab", "Total", 7, "H")]

    cells = cells_of(problem(rows, ("activity",)))

    assert [12, 12, 5, 7] == cells.system.value.tolist()
    assert [(0, "Total"), (1, "a"), (2, "a"), (2, "ab")] == [place[0] for place in places(cells)]


def test_contributions_are_kept_apart_by_whatever_an_attacker_may_know() -> None:
    """One group's records add up where agency, waiver and publicity are the same, else they do not."""
    rows = [
        row("a1", "x", 5, "G", agency="A"),
        row("a2", "x", -2, "G", agency="A"),
        row("a1", "y", 7, "G", agency="B"),
        row("a1", "y", 1, "G", agency="B", is_waived=True),
        row("a1", "y", 3, None, agency="B", is_public=True),
    ]

    cells = cells_of(problem(rows, ("activity",)))

    of_total = [entry[1:] for entry in by_cell(cells.system.ends[0]) if entry[0] == 0]
    assert [
        (-1, 1, False, True, 3, 3),
        (0, 0, False, False, 3, 7),
        (0, 1, False, False, 7, 7),
        (0, 1, True, False, 1, 1),
    ] == of_total


def test_each_end_of_a_movement_has_its_groups() -> None:
    """The second end is the counterparty, unknown where it is null, the first group where there is none."""
    rows = [
        row("a1", "x", 1, "G", "H"),
        row("a1", "x", 2, "I", None),
        row("a1", "x", 4, "J"),
        row("a1", "x", 8),
    ]

    first, second = cells_of(problem(rows, ("region",))).system.ends

    assert [(-1, 8), (0, 1), (2, 2), (3, 4)] == [
        (entry[1], entry[5]) for entry in by_cell(first) if not entry[0]
    ]
    assert [(-1, 8), (-1, 2), (1, 1), (3, 4)] == [
        (entry[1], entry[5]) for entry in by_cell(second) if not entry[0]
    ]
    assert [-1, 1, -1, 3] == first.other[first.cell == 0].tolist()
    assert [-1, 2, 0, 3] == second.other[second.cell == 0].tolist()


def test_mirrors_bind_two_cells_once() -> None:
    """A pair of cells is bound once in whatever order it is given; an empty side binds nothing."""
    total = (0, "Total")
    one, other, empty = ((2, "a1"), total), ((2, "a2"), total), ((2, "q1"), total)
    mirrors = [(one, other), (other, one), (one, one), (one, empty)]

    cells = cells_of(problem(ROWS, ("activity",), mirrors=mirrors))

    (line,) = cells.system.relations.toarray()[cells.system.parent == NOT_KNOWN]
    assert {one: 1, other: -1} == {places(cells)[at]: line[at] for at in np.flatnonzero(line)}
    assert NOT_KNOWN == cells.system.axis[-1]


def test_nothing_at_all_has_no_cells() -> None:
    """Without contributions there is nothing to publish, and nothing fails."""
    cells = cells_of(problem([]))

    assert (0, 0, (0, 0)) == (cells.system.size, cells.places.height, cells.system.relations.shape)


def test_many_dimensions_do_not_overflow() -> None:
    """Records that differ in one of twenty dimensions stay apart, though 64^20 is no 64-bit integer."""
    codes = [f"{code:02}" for code in range(63)]
    columns = {f"d{number}": [*codes, codes[0]] for number in range(20)}
    columns["d0"][-1] = codes[1]
    frame = pl.DataFrame(columns).with_columns(
        value=1,
        groups=pl.concat_list(pl.lit("G")),
        agency=pl.lit(None, pl.String),
        is_waived=False,
        is_public=False,
    )
    dimensions = tuple(Dimension(name, (name,)) for name in columns)
    pairs = [Table(f"{one}-{other}", (one, other)) for one, other in pairwise(columns)]

    cells = cells_of(Problem(frame, dimensions, tuple(pairs)))

    assert 1 + 20 * 63 + 19 * 63 + 1 == cells.system.size
    assert not (cells.system.relations @ cells.system.value).any()
    single = cells.places["d0_level"].to_numpy() + cells.places["d1_level"].to_numpy() == 1
    of_first = cells.system.value[single & (cells.places["d0_level"].to_numpy() == 1)]
    assert [1, 2, *([1] * 61)] == of_first.tolist()


def test_too_large_a_sum_is_refused() -> None:
    """A sum that is no longer exact in a solver's fractions stops the work, also where it would overflow."""
    for value in (AMOUNT_MAX, -AMOUNT_MAX, 2**62):
        with pytest.raises(ConfigurationError, match="absolute values"):
            cells_of(problem([row("a1", "x", value, "G"), row("a1", "x", 2**62, "G")]))


def test_too_many_cells_are_refused() -> None:
    """More cells than the limit are refused before anything is summed for them."""
    side = int(CELLS_MAX**0.5) + 1
    frame = pl.DataFrame(
        {"one": np.repeat(np.arange(side), side), "two": np.tile(np.arange(side), side)}
    ).cast(pl.String)
    frame = frame.with_columns(
        value=1,
        groups=pl.concat_list(pl.lit("G")),
        agency=pl.lit(None, pl.String),
        is_waived=False,
        is_public=False,
    )
    dimensions = (Dimension("one", ("one",)), Dimension("two", ("two",)))

    with pytest.raises(ConfigurationError, match="more than 2,000,000 cells"):
        cells_of(Problem(frame, dimensions, (Table("both", ("one", "two")),)))


def _expected(question: Problem) -> tuple[dict[Place, int], set[tuple[Place, int, frozenset[Place]]]]:
    """Return values and families by plain loops over records and tables."""
    values: dict[Place, int] = defaultdict(int)
    children: dict[tuple[Place, int], set[Place]] = defaultdict(set)
    for record in question.contributions.iter_rows(named=True):
        paths = [
            [(0, "Total"), *enumerate((record[name] for name in axis.columns), 1)]
            for axis in question.dimensions
        ]
        shown = {
            place
            for table in question.tables
            for place in product(
                *(
                    path if axis.name in table.dimensions else path[:1]
                    for axis, path in zip(question.dimensions, paths, strict=True)
                )
            )
        }
        for place in shown:
            values[place] += record["value"]
            for axis, (level, _) in enumerate(place):
                if level:
                    above = (*place[:axis], paths[axis][level - 1], *place[axis + 1 :])
                    children[above, axis].add(place)
    return dict(values), {(place, axis, frozenset(found)) for (place, axis), found in children.items()}


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([None, [["a", "b"], ["b", "c"]], [["a"], ["c", "a"]]]))
def test_cells_and_relations_are_those_of_plain_loops(seed: int, tables: list[list[str]] | None) -> None:
    """Values, places and families agree with loops over each record, table and level."""
    question = synthetic.problem([[2, 3], [3], [2, 2]], 30, seed, tables=tables, negative=0.2)

    cells = cells_of(question)

    at = [tuple(zip(line[::2], line[1::2], strict=True)) for line in cells.places.iter_rows()]
    values, families = _expected(question)
    assert values == dict(zip(at, cells.system.value.tolist(), strict=True))
    system = cells.system
    found = {
        (at[parent], int(axis), frozenset(at[cell] for cell in np.flatnonzero(line == 1)))
        for line, parent, axis in zip(system.relations.toarray(), system.parent, system.axis, strict=True)
    }
    assert families == found
    assert len(families) == system.relations.shape[0]
    assert (system.relations[np.arange(len(system.parent)), system.parent] == -1).all()


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_contributions_add_up_to_every_cell_at_every_end(seed: int) -> None:
    """What the groups put into a cell is its value and its room, at either end, sorted by cell."""
    system = cells_of(
        synthetic.problem([[2, 3], [3]], 40, seed, negative=0.2, unknown=0.1, both_ends=0.5, agencies=3)
    ).system

    for end in system.ends:
        assert (np.diff(end.cell) >= 0).all()
        assert np.array_equal(system.value, np.bincount(end.cell, end.value, system.size))
        assert np.array_equal(system.room, np.bincount(end.cell, end.magnitude, system.size))
