"""Secondary suppression, held to a plain attack: two linear programmes for each sensitive cell."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from consumers.disclosure import primary
from consumers.disclosure.cells import cells_of
from consumers.disclosure.disclosure import protect
from consumers.disclosure.optimiser import program, search
from consumers.disclosure.optimiser.neighbourhoods import Neighbourhoods
from consumers.disclosure.optimiser.search import Search
from consumers.disclosure.optimiser.suppression import NotProvableError, suppress
from consumers.disclosure.optimiser.trimming import trim
from consumers.disclosure.optimiser.unknowns import STILL, Columns, unknowns
from consumers.disclosure.problem import Dimension, Place, Problem, Rules, Table
from consumers.disclosure.solver import SolverError
from consumers.disclosure.system import Attacker, Flags, System, Target
from tests.support import synthetic

SMALL = {
    "two dimensions": synthetic.problem([[2, 3], [2, 2]], 80, seed=1),
    "three dimensions": synthetic.problem([[3], [2, 2], [2]], 100, seed=2),
    "linked tables": synthetic.problem([[2, 2], [3], [3]], 80, seed=3, tables=["ab", "ac"]),
    "negative contributions": synthetic.problem([[2, 3], [2, 2]], 80, seed=4, negative=0.2),
}


def sensitive(problem: Problem) -> tuple[System, list[Target], Flags]:
    """Return a system, its sensitive cells as targets, and as flags."""
    system = cells_of(problem).system
    levels = primary.levels(system, problem.rules)
    targets = [Target((int(cell),), int(levels[cell])) for cell in np.flatnonzero(levels)]
    return system, targets, levels > 0


def reach(system: System, suppressed: Flags, target: Target, attackers: Sequence[Attacker] = ()) -> float:
    """Return how far an attacker must reckon that a figure may be away, to the nearer side."""
    cells = np.flatnonzero(suppressed)
    room = attackers[target.attacker].room(system) if target.attacker else system.room
    unit = float(target.level)
    relations = system.relations[:, cells].toarray()
    relations = relations[relations.any(axis=1)].astype(np.float64)
    bounds = [(-far, far) for far in (room[cells] / unit).tolist()]
    weights = np.isin(cells, target.cells).astype(np.float64)
    found = [
        linprog(
            sign * weights, A_eq=relations, b_eq=np.zeros(relations.shape[0]), bounds=bounds, method="highs"
        )
        for sign in (1, -1)
    ]
    assert all(solution.status == 0 for solution in found)
    return min(abs(float(np.asarray(solution.x) @ weights)) for solution in found) * unit


def children(system: System) -> list[NDArray[np.int32]]:
    """Return the cells of each relation without their parent."""
    rows = np.split(system.relations.indices, system.relations.indptr[1:-1])
    return [row[row != parent] for row, parent in zip(rows, system.parent, strict=True)]


def at_risk(
    system: System, suppressed: Flags, targets: Sequence[Target], attackers: Sequence[Attacker] = ()
) -> int:
    """Return how many targets an attacker comes too close to."""
    return sum(reach(system, suppressed, target, attackers) < target.level * (1 - 1e-7) for target in targets)


@pytest.mark.parametrize("problem", SMALL.values(), ids=SMALL)
def test_no_attack_comes_closer_to_a_sensitive_cell_than_its_level(problem: Problem) -> None:
    """Primary suppressions alone betray cells; with secondary ones, trimmed or not, no cell is at risk."""
    system, targets, sensitive_cells = sensitive(problem)

    found = Search(system, targets, [], "sqrt")
    suppressed = suppress(found, sensitive_cells)
    trimmed = trim(found, sensitive_cells)

    assert at_risk(system, sensitive_cells, targets) > 0
    assert at_risk(system, suppressed, targets) == 0
    assert at_risk(system, trimmed, targets) == 0
    assert not (sensitive_cells & ~trimmed).any()
    assert not (trimmed & ~suppressed).any()


def test_trimming_leaves_nothing_that_can_be_given_back_by_itself() -> None:
    """Every secondary suppression that trimming leaves is needed: without it some cell is at risk."""
    system, targets, sensitive_cells = sensitive(SMALL["two dimensions"])
    found = Search(system, targets, [], "value")
    suppress(found, sensitive_cells)
    trimmed = trim(found, sensitive_cells)

    for cell in np.flatnonzero(trimmed & ~sensitive_cells):
        without = trimmed.copy()
        without[cell] = False
        assert any(reach(system, without, target) < target.level for target in targets)


def test_neighbourhoods_find_patterns_that_are_safe_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked for in small regions only, as in large tables, holds against the whole table."""
    monkeypatch.setattr(search, "_WHOLE_MAX", 0)
    system, targets, sensitive_cells = sensitive(synthetic.problem([[2, 2, 2], [2, 2]], 120, seed=5))

    found = Search(system, targets, [], "sqrt")
    suppress(found, sensitive_cells)
    trimmed = trim(found, sensitive_cells)

    assert at_risk(system, trimmed, targets) == 0


def test_a_sum_of_cells_is_kept_as_uncertain_as_a_cell() -> None:
    """A union of suppressed cells whose sum stands still is given a move of its level."""
    system, targets, sensitive_cells = sensitive(SMALL["two dimensions"])
    suppressed = suppress(Search(system, targets, [], "sqrt"), sensitive_cells)
    unions = [tuple(row[suppressed[row]].tolist()) for row in children(system)]
    cells = next(
        union for union in unions if len(union) > 1 and reach(system, suppressed, Target(union, 1)) == 0
    )
    union = Target(cells, int(system.room[list(cells)].sum() // 10))

    found = Search(system, [*targets, union], [], "sqrt")
    wider = suppress(found, suppressed)
    trimmed = trim(found, sensitive_cells)

    assert at_risk(system, wider, [*targets, union]) == 0
    assert at_risk(system, trimmed, [*targets, union]) == 0


@pytest.mark.parametrize(("value", "p_permille"), [(1, 150), (7, 1_000)])
def test_a_level_may_need_all_the_room_there_is(value: int, p_permille: int) -> None:
    """One company's one tonne, and a p of 100 percent, are protected by a second cell, not by all of them."""
    codes = ["x"] * 4 + ["y"] * 4 + ["z"]
    contributions = pl.DataFrame(
        {
            "a": codes,
            "value": [value] * len(codes),
            "groups": [[str(number)] for number in range(len(codes))],
            "agency": pl.Series([None] * len(codes), dtype=pl.String),
            "is_waived": False,
            "is_public": False,
        }
    )
    dimensions, tables = (Dimension("a", ("a",)),), (Table("a", ("a",)),)

    decided = protect(Problem(contributions, dimensions, tables, rules=Rules(p_permille=p_permille)))

    assert decided.is_complete
    assert decided.proofs.is_complete
    assert ["free", "primary", "secondary"] == sorted(set(decided.status.tolist()))
    assert 2 == np.count_nonzero(decided.suppressed)


def test_an_insider_finds_no_more_than_its_own_knowledge_allows() -> None:
    """Targets of a contributor are moved within what is left of each cell's room without its own part."""
    system, targets, sensitive_cells = sensitive(SMALL["two dimensions"])
    suppressed = suppress(Search(system, targets, [], "sqrt"), sensitive_cells)
    leaves = np.flatnonzero(sensitive_cells)[-3:].astype(np.int32)
    insider = Attacker("contributor 1", leaves, system.room[leaves] // 2)
    attackers = [Attacker("outsider", leaves[:0], system.room[:0]), insider]
    theirs = [Target(target.cells, target.level, 1) for target in targets]

    found = Search(system, [*targets, *theirs], attackers, "sqrt")
    wider = suppress(found, suppressed)
    trimmed = trim(found, sensitive_cells)

    assert at_risk(system, wider, theirs, attackers) == 0
    assert at_risk(system, trimmed, [*targets, *theirs], attackers) == 0


def test_what_cannot_be_protected_is_named() -> None:
    """Targets of somebody who knows a cell completely cannot be protected, and the error numbers them."""
    system, targets, sensitive_cells = sensitive(SMALL["two dimensions"])
    known = np.array(targets[0].cells, dtype=np.int32)
    insider = Attacker("contributor 1", known, system.room[known])
    attackers = [Attacker("outsider", known[:0], system.room[:0]), insider]
    all_targets = [*targets, *(Target(target.cells, target.level, 1) for target in targets)]

    with pytest.raises(NotProvableError) as caught:
        suppress(Search(system, all_targets, attackers, "sqrt"), sensitive_cells)

    everything = np.ones(system.size, dtype=np.bool_)
    risky = {
        number
        for number, target in enumerate(all_targets)
        if at_risk(system, everything, [target], attackers)
    }
    assert len(targets) in risky
    assert risky == set(caught.value.targets)


def regions_in_two_ways() -> tuple[System, list[Target], Flags]:
    """Return eight regions, added up by county and, in a second table, by kind; counts below 3 are sensitive.

    Source: the example of issue 136 of sdcTools/UserSupport, which suppression table by table leaves unsafe.
    """
    regions = pl.DataFrame(
        {
            "region": list("ABIJKLMN"),
            "county": ["one"] * 4 + ["two"] * 4,
            "kind": ["small"] * 5 + ["big", "big", "small"],
            "value": [2, 2, 8, 8, 3, 3, 3, 7],
        }
    )
    contributions = regions.with_columns(
        other=pl.col("region"),
        groups=pl.concat_list("region"),
        agency=pl.lit(None, dtype=pl.String),
        is_waived=pl.lit(value=False),
        is_public=pl.lit(value=False),
    )
    mirrors: list[tuple[Place, Place]] = [
        (((2, region), (0, "Total")), ((0, "Total"), (2, region))) for region in regions["region"]
    ]
    problem = Problem(
        contributions=contributions,
        dimensions=(Dimension("place", ("county", "region")), Dimension("size", ("kind", "other"))),
        tables=(Table("counties", ("place",)), Table("kinds", ("size",))),
        mirrors=mirrors,
    )
    system = cells_of(problem).system
    small = system.value < 3
    return system, [Target((int(cell),), 1) for cell in np.flatnonzero(small)], small


def test_tables_that_share_cells_are_protected_together() -> None:
    """The published example of linked tables, unsafe where each is protected by itself, is safe here."""
    system, targets, small = regions_in_two_ways()

    suppressed = suppress(Search(system, targets, [], "sqrt"), small)

    assert len(targets) == 4
    assert at_risk(system, suppressed, targets) == 0


def test_unknowns_move_exactly_as_the_cells_do() -> None:
    """Merging cells neither loses a conceivable change nor invents one."""
    for problem in SMALL.values():
        system, _, sensitive_cells = sensitive(problem)
        more = sensitive_cells | (np.random.default_rng(1).random(system.size) < 0.3)
        relations = system.relations[:, np.flatnonzero(more)]
        found = unknowns(Columns(system.relations).of(np.flatnonzero(more).astype(np.int32)))
        moving = np.flatnonzero(found.number != STILL)
        spread = np.zeros((relations.shape[1], found.size))
        spread[moving, found.number[moving]] = found.sign[moving]

        free = relations.shape[1] - np.linalg.matrix_rank(relations.toarray())
        rank = np.linalg.matrix_rank(found.relations.toarray()) if found.relations.shape[0] else 0
        assert free == found.size - rank
        assert found.size < relations.shape[1]
        # Each relation between cells follows from those between unknowns.
        both = np.vstack([found.relations.toarray(), relations @ spread])
        assert rank == np.linalg.matrix_rank(both)


def test_a_neighbourhood_shows_nothing_outside() -> None:
    """Cells of a neighbourhood have their parents in it or right above it, along every axis."""
    system, _, _ = sensitive(SMALL["two dimensions"])
    near = Neighbourhoods(system)
    whole = near.below(near.tops([system.size - 1], 9))
    inside = near.below(near.tops([system.size - 1], 1))

    assert system.size == len(whole)
    assert 0 < len(inside) < system.size
    assert system.size - 1 in inside


def test_programmes_that_forget_the_last_solution_find_what_is_as_cheap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A programme that starts from nothing, as after crowded moves, finds moves of the same least cost."""
    system, targets, sensitive_cells = sensitive(SMALL["three dimensions"])

    def costs() -> list[float]:
        found = Search(system, targets, [], "value")
        found.start(sensitive_cells, np.ones_like(sensitive_cells))
        changes = [found.prove(number) for number in found.targets]
        return [float(found.cost[item.cells] @ np.abs(item.moves)) for item in changes if item is not None]

    remembering = costs()
    monkeypatch.setattr(program, "_CROWD", 0)

    assert len(targets) == len(remembering)
    assert remembering == pytest.approx(costs())


def test_an_unfinished_programme_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that stops before the end proves nothing: it is an error, never a pattern."""
    monkeypatch.setitem(program._OPTIONS, "simplex_iteration_limit", 0)  # noqa: SLF001  # no option does this
    system, targets, sensitive_cells = sensitive(SMALL["two dimensions"])

    with pytest.raises(SolverError):
        suppress(Search(system, targets, [], "sqrt"), sensitive_cells)


def test_progress_is_told_up_to_the_end() -> None:
    """Whoever waits is told how many targets of how many are done."""
    system, targets, sensitive_cells = sensitive(SMALL["two dimensions"])
    told: list[tuple[int, int]] = []
    suppress(
        Search(system, targets, [], "sqrt"), sensitive_cells, lambda done, total: told.append((done, total))
    )

    assert [(done, len(targets)) for done in range(1, len(targets) + 1)] == told


def digest_of_a_pattern() -> str:
    """Return a digest of what is withheld of a table."""
    system, targets, sensitive_cells = sensitive(synthetic.problem([[3, 3], [2, 3]], 120, seed=6))
    found = Search(system, targets, [], "sqrt")
    suppressed = suppress(found, sensitive_cells)
    trimmed = trim(found, sensitive_cells)
    return hashlib.sha256(suppressed.tobytes() + trimmed.tobytes()).hexdigest()


def test_fresh_processes_withhold_the_same() -> None:
    """The pattern depends on the input alone, whatever the process hashes with."""
    code = "from tests.unit.test_disclosure_suppression import *; print(digest_of_a_pattern())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert digests == {digest_of_a_pattern() + "\n"}
