"""Who attacks from inside, what each of them knows, and what must stay uncertain to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from consumers.disclosure import attackers as everybody
from consumers.disclosure import primary
from consumers.disclosure.attackers import Insiders, attackers
from consumers.disclosure.cells import cells_of
from consumers.disclosure.contributors import levels_of_parts, parts_of_groups
from consumers.disclosure.problem import ALL_ATTACKERS, AttackerKind, Dimension, Problem, Rules, Table
from consumers.disclosure.residuals import known_sums
from consumers.disclosure.system import Amounts, Attacker, Flags, System, Target
from tests.support import synthetic

RULES = Rules(min_groups=3, p_permille=150)


def problem(rows: Iterable[tuple[str, Sequence[str | None], int]], *, rules: Rules = RULES) -> Problem:
    """Return a table of one dimension from rows of code, groups and value.

    A code may end in the agency after a colon; the agency "public" marks a public record.
    """
    parts = [(*code.partition(":"), list(groups), value) for code, groups, value in rows]
    contributions = pl.DataFrame(
        {
            "m": [code for code, *_ in parts],
            "value": [value for *_, value in parts],
            "groups": [groups for *_, groups, _ in parts],
            "agency": [agency or None for _, _, agency, *_ in parts],
            "is_waived": [False] * len(parts),
            "is_public": [agency == "public" for _, _, agency, *_ in parts],
        },
        schema_overrides={"groups": pl.List(pl.String), "agency": pl.String},
    )
    return Problem(contributions, (Dimension("m", ("m",)),), (Table("t", ("m",)),), rules)


def system(*rows: tuple[str, Sequence[str | None], int]) -> System:
    """Return the cells: 0 is the total, then the codes in order."""
    return cells_of(problem(rows)).system


def named(found: Sequence[Attacker]) -> dict[str, dict[int, int]]:
    """Return what each attacker knows of each cell."""
    return {who.name: dict(zip(who.cells.tolist(), who.own.tolist(), strict=True)) for who in found}


def against(found: Sequence[Attacker], wanted: Iterable[Target]) -> set[tuple[str, tuple[int, ...], int]]:
    """Return targets with the names of their attackers."""
    return {(found[target.attacker].name, target.cells, target.level) for target in wanted}


def targets(
    cells: System, hidden: Flags, found: Sequence[Attacker], rules: Rules, unions: Sequence[Target] = ()
) -> list[Target]:
    """Return what must stay uncertain to insiders where these cells are suppressed."""
    return Insiders(cells, found, rules).targets(hidden, known_sums(cells, hidden), unions)


def levels_to(cells: System, kind: AttackerKind) -> Amounts:
    """Return the highest level of each cell against attackers of a kind."""
    found = Insiders(cells, attackers(cells, [kind], RULES), RULES).levels
    highest: Amounts = np.maximum.reduce([*found.values()])
    return highest


def test_contributor_knows_both_ends_of_its_movements_once() -> None:
    """A group knows what it sends and what it receives; what it sends to itself it knows once."""
    cells = system(("x", ["a", "b"], 10), ("x", ["b", "a"], 5), ("x", ["a", "a"], 3), ("x", ["c"], 20))

    assert {0: 18, 1: 18} == named(attackers(cells, ["contributor"], RULES))["contributor 0"]


def test_largest_of_the_others_must_stay_uncertain_to_each_part() -> None:
    """Of 100, 20 and 4, the second sees the first within 4 of 15; nobody else sees anybody."""
    cells = system(("x", ["a"], 100), ("x", ["b"], 20), ("x", ["c"], 4), *(("y", [g], 90) for g in "defghi"))
    found = attackers(cells, ["contributor"], RULES)

    wanted = against(found, targets(cells, np.ones(cells.size, dtype=np.bool_), found, RULES))

    assert {("contributor 1", (1,), 11)} == wanted


def test_who_fills_a_cell_beside_is_an_attacker_of_a_lone_owner() -> None:
    """Who has all of a cell sees through a published total; who has little of it does not."""
    cells = system(("x", ["a"], 100), ("y", ["b"], 100), ("z", ["c"], 50), ("z", ["d"], 50), ("z", ["e"], 50))
    found = attackers(cells, ["contributor"], RULES)
    hidden = np.array([False, True, True, False])

    wanted = against(found, targets(cells, hidden, found, RULES))

    assert {"outsider", "contributor 0", "contributor 1"} == {who.name for who in found}
    assert {("contributor 0", (2,), 15), ("contributor 1", (1,), 15)} == wanted


def test_rest_without_an_agency_obeys_the_rules_of_cells() -> None:
    """Four even groups are safe, but not to an agency that reports two of them."""
    cells = system(("x:1", ["a"], 10), ("x:1", ["b"], 10), ("x:2", ["c"], 10), ("x:2", ["d"], 10))
    found = attackers(cells, ["agency"], RULES)

    wanted = against(found, targets(cells, np.zeros(cells.size, dtype=np.bool_), found, RULES))

    assert not primary.levels(cells, RULES).any()
    assert [2, 2] == levels_to(cells, "agency").tolist()
    assert {(f"agency {agency}", (cell,), 2) for agency in (0, 1) for cell in (0, 1)} == wanted


def test_agency_alone_in_a_cell_has_nothing_to_find_there() -> None:
    """A cell that is wholly an agency's own is no target against it."""
    cells = system(*(("x:1", [group], 10) for group in "abc"), *(("y:2", [group], 10) for group in "defg"))

    assert not levels_to(cells, "agency")[1:].any()


def test_known_sums_obey_the_rules_without_an_agency() -> None:
    """Two cells whose sum is known and safe are a target together, if an agency reports much of it."""
    rows = [
        ("x:1", ["a"], 10),
        ("x:2", ["b"], 10),
        ("x:1", ["f"], 10),
        ("y:1", ["c"], 10),
        ("y:2", ["d"], 10),
    ]
    cells = system(*rows, ("y:1", ["g"], 10), *(("z", [group], 9) for group in "pqrst"))
    found = attackers(cells, ["agency"], RULES)
    hidden = np.array([False, True, True, False])

    wanted = against(found, targets(cells, hidden, found, RULES))

    assert ("agency 0", (1, 2), 2) in wanted


def test_public_records_count_for_nobody() -> None:
    """What will be public hides the rest neither from the public nor from a contributor beside it."""
    cells = system(("x", ["a"], 100), ("x", ["b"], 40), ("x:public", ["c"], 80), ("x:public", ["d"], 80))
    found = attackers(cells, ["contributor", "public"], RULES)

    wanted = against(found, targets(cells, np.ones(cells.size, dtype=np.bool_), found, RULES))

    assert not primary.levels(cells, RULES).any()
    assert [15, 15] == levels_to(cells, "public").tolist()
    assert {0: 200, 1: 200} == named(found)["public and contributor 1"]
    assert ("public and contributor 1", (1,), 15) in wanted
    assert "public" not in named(attackers(cells, ["contributor"], RULES))


def test_groups_pool_what_they_know_where_the_rules_say_so() -> None:
    """The second and the third together see the first, though neither does alone."""
    rules = replace(RULES, coalition=2)
    cells = system(("x", ["a"], 100), ("x", ["b"], 30), ("x", ["c"], 20), ("x", ["d"], 5))
    found = attackers(cells, ["contributor"], rules)

    wanted = against(found, targets(cells, np.ones(cells.size, dtype=np.bool_), found, rules))

    assert ("contributor 1 and contributor 2", (1,), 10) in wanted
    assert not any(who == "contributor 1" for who, *_ in wanted)


def test_unions_must_stay_uncertain_to_their_parts() -> None:
    """A sum that must stay uncertain to the outsider must so to the second largest of it."""
    cells = system(("x", ["a"], 100), ("y", ["b"], 20), ("z", ["c"], 90), ("z", ["d"], 90), ("z", ["e"], 90))
    found = attackers(cells, ["contributor"], RULES)
    hidden = np.array([False, True, True, False])

    wanted = against(found, targets(cells, hidden, found, RULES, [Target((1, 2), 15)]))

    assert ("contributor 1", (1, 2), 15) in wanted


@pytest.mark.parametrize("seed", range(3))
def test_levels_of_parts_are_what_arithmetic_says(seed: int) -> None:
    """Whoever subtracts what it knows finds the largest of the others within p percent, or does not."""
    made = synthetic.problem([[2], [3]], 25, seed, groups_are_companies=True, both_ends=0.6, negative=0.2)
    cells = cells_of(made).system
    parts = parts_of_groups(cells.ends[0], cells.size)

    levels = levels_of_parts(cells.ends, parts, cells.size, RULES)

    assert [
        slow_level(cells, int(who), int(cell)) for who, cell in zip(parts.who, parts.figure, strict=True)
    ] == (levels.tolist())


def slow_level(cells: System, group: int, cell: int) -> int:
    """Return the level of a cell against a group, one contribution after the other."""
    found = 0
    for end in cells.ends:
        others: dict[int, int] = {}
        for at in np.flatnonzero((end.cell == cell) & (end.group != group) & (end.other != group)):
            others[int(end.group[at])] = others.get(int(end.group[at]), 0) + int(end.magnitude[at])
        largest = max(others.values(), default=0)
        missing = RULES.p_permille * largest - 1000 * (sum(others.values()) - largest)
        found = max(found, -(-missing // 1000))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_everything_withheld_protects_from_everybody(seed: int) -> None:
    """A change in proportion to what an attacker does not know reaches each target, and adds up."""
    made = synthetic.problem(
        [[2, 2], [3]],
        60,
        seed,
        groups_are_companies=True,
        both_ends=0.3,
        negative=0.1,
        unknown=0.1,
        waived=0.1,
        public=0.2,
        agencies=3,
        rules=replace(RULES, coalition=2),
    )
    cells = cells_of(made).system
    found = attackers(cells, ALL_ATTACKERS, made.rules)

    wanted = targets(cells, np.ones(cells.size, dtype=np.bool_), found, made.rules)

    for target in wanted:
        room = found[target.attacker].room(cells)
        assert (room >= 0).all()
        assert not (cells.relations @ room).any()
        assert RULES.p_permille * room[list(target.cells)].sum() >= 1000 * (target.level - 1)
    assert {"agency 1", "public"} <= {found[target.attacker].name for target in wanted}


def test_outsider_is_first_and_alone_where_nobody_else_is_asked_for() -> None:
    """The outsider knows nothing, and is there in any case."""
    (outsider,) = everybody.attackers(system(("x", ["a"], 1)), ["outsider"], RULES)

    assert ("outsider", 0) == (outsider.name, len(outsider.cells))
