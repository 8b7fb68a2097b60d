"""Proofs in whole numbers: as many as an exact look at the same polytope finds, and each of them right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from consumers.disclosure import corners
from consumers.disclosure.cells import cells_of
from consumers.disclosure.primary import levels
from consumers.disclosure.proving import NO_WITNESS, Proofs, prove
from consumers.disclosure.system import Attacker, Flags, System, Target
from tests.support import synthetic

OUTSIDER = Attacker("outsider", np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64))
TABLES = [([[3, 3], [2, 2]], 60), ([[2, 2], [3], [2]], 60), ([[3], [3], [3]], 40)]


def _no_overlaps(size: int) -> tuple[Flags, csr_array]:
    return np.zeros((0, 0), dtype=np.bool_), csr_array((size, 0), dtype=np.int64)


def relations_of(rows: Sequence[Sequence[int]]) -> System:
    """Return a system of cells that may move by 10, bound by some rows of signs."""
    matrix = csr_array(np.array(rows, dtype=np.int64))
    none = np.full(matrix.shape[0], -1, dtype=np.int32)
    room = np.full(matrix.shape[1], 10, dtype=np.int64)
    return System(room, room, matrix, none, none, (), *_no_overlaps(len(room)))


def reach(system: System, target: Target, attacker: Attacker, suppressed: Flags) -> float:
    """Return how far a target can move, by one plain linear programme over all cells."""
    cost = np.zeros(system.size)
    cost[list(target.cells)] = -1
    room = np.where(suppressed, attacker.room(system), 0).astype(np.float64)
    bounds = list(zip(-room, room, strict=True))
    found = linprog(
        cost, A_eq=system.relations.toarray(), b_eq=np.zeros(system.relations.shape[0]), bounds=bounds
    )
    assert found.fun is not None
    return -float(found.fun)


def assert_right(
    system: System,
    targets: Sequence[Target],
    attackers: Sequence[Attacker],
    suppressed: Flags,
    proofs: Proofs,
) -> None:
    """Check each witness by integer arithmetic."""
    for target, number in zip(targets, proofs.witness_of, strict=True):
        if number != NO_WITNESS:
            witness = proofs.witnesses[number]
            move = np.zeros(system.size, dtype=np.int64)
            move[witness.cells] = witness.moves
            assert not (system.relations @ move).any()
            assert not move[~suppressed].any()
            assert (np.abs(move) <= attackers[target.attacker].room(system) * witness.scale).all()
            assert abs(move[list(target.cells)].sum()) >= target.level * witness.scale


def insider(system: System, group: int) -> Attacker:
    """Return the attacker who is an enterprise group."""
    end = system.ends[0]
    own = np.zeros(system.size, dtype=np.int64)
    np.add.at(own, end.cell[end.group == group], end.magnitude[end.group == group])
    return Attacker(f"contributor {group}", np.flatnonzero(own).astype(np.int32), own[own > 0])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("branchings", "companies"), TABLES)
def test_what_a_plain_programme_can_move_is_proven_and_nothing_else(
    branchings: list[list[int]], companies: int, seed: int
) -> None:
    """Random patterns: a target has a witness just if a linear programme by itself can move it so far."""
    system = cells_of(synthetic.problem(branchings, companies, seed)).system
    found = levels(system, synthetic.problem(branchings, companies, seed).rules)
    random = np.random.default_rng(seed)
    suppressed = (found > 0) | (random.random(system.size) < random.choice([0.2, 0.6, 0.9]))
    attackers = [OUTSIDER, *(insider(system, group) for group in range(3))]
    targets = [
        Target((int(cell),), int(found[cell]), attacker)
        for cell in np.flatnonzero(found)
        for attacker in range(4)
        if attackers[attacker].room(system)[cell] >= found[cell]
    ]
    proofs = prove(system, targets, attackers, suppressed)
    looked_at = random.choice(len(targets), size=min(30, len(targets)), replace=False)
    can_move = [
        reach(system, targets[number], attackers[targets[number].attacker], suppressed)
        >= targets[number].level * (1 - 1e-7)
        for number in looked_at
    ]

    assert_right(system, targets, attackers, suppressed, proofs)
    assert can_move == (proofs.witness_of != NO_WITNESS)[looked_at].tolist()


def test_few_witnesses_prove_many_targets() -> None:
    """A corner in a random direction moves most targets: all of a table need a handful."""
    problem = synthetic.problem([[4, 5], [3, 4]], 900, 1)
    system = cells_of(problem).system
    found = levels(system, problem.rules)
    targets = [Target((int(cell),), int(found[cell])) for cell in np.flatnonzero(found)]
    proofs = prove(system, targets, [OUTSIDER], np.ones(system.size, dtype=np.bool_))

    assert len(targets) > 100
    assert proofs.is_complete
    assert len(proofs.witnesses) < 8


def test_same_question_has_the_same_answer() -> None:
    """Nothing in a search depends on what was searched before."""
    problem = synthetic.problem([[3, 3], [2, 3]], 60, 2)
    system = cells_of(problem).system
    found = levels(system, problem.rules)
    targets = [Target((int(cell),), int(found[cell])) for cell in np.flatnonzero(found)]
    first, second = (prove(system, targets, [OUTSIDER], found > 0) for _ in range(2))

    assert first.witness_of.tolist() == second.witness_of.tolist()
    assert [w.moves.tolist() for w in first.witnesses] == [w.moves.tolist() for w in second.witnesses]


def test_fractions_become_whole_numbers_over_a_common_denominator() -> None:
    """A corner at halves is told in halves, and proves what nothing in whole numbers could."""
    system = relations_of([[1, 1, -1, 0], [1, -1, 0, -1]])
    system.room[2] = 9
    everything, target = np.ones(4, dtype=np.bool_), Target((2, 3), 19)
    proofs = prove(system, [target], [OUTSIDER], everything)

    assert [2] == [witness.scale for witness in proofs.witnesses]
    assert [19, -1, 18, 20] == (proofs.witnesses[0].moves * np.sign(proofs.witnesses[0].moves[0])).tolist()
    assert_right(system, [target], [OUTSIDER], everything, proofs)


def test_sum_of_cells_is_a_target() -> None:
    """Two cells that each move far, but only against each other, are no proof of their sum."""
    system = relations_of([[1, 1, 0], [0, 0, 1]])
    everything = np.ones(3, dtype=np.bool_)
    proofs = prove(system, [Target((0,), 10), Target((0, 1), 1)], [OUTSIDER], everything)

    assert [True, False] == (proofs.witness_of != NO_WITNESS).tolist()


def test_published_cell_cannot_be_proven() -> None:
    """A target that is not suppressed has no witness."""
    proofs = prove(relations_of([[1, 1]]), [Target((0,), 1)], [OUTSIDER], np.array([False, True]))

    assert not proofs.is_complete


def test_whoever_knows_a_cell_is_proven_by_another_scale_of_the_same_corner() -> None:
    """An insider needs no programme of its own where the outsider's corner, made smaller, fits."""
    system = relations_of([[1, 1, -1]])
    knows = Attacker("contributor 0", np.array([0], dtype=np.int32), np.array([5], dtype=np.int64))
    targets = [Target((0,), 2), Target((0,), 2, 1), Target((0,), 6, 1)]
    proofs = prove(system, targets, [OUTSIDER, knows], np.ones(3, dtype=np.bool_))

    assert [True, True, False] == (proofs.witness_of != NO_WITNESS).tolist()
    assert proofs.witnesses[0].moves is proofs.witnesses[1].moves
    assert proofs.witnesses[0].scale < proofs.witnesses[1].scale


def test_no_target_needs_no_proof() -> None:
    """Nothing to hide is complete."""
    proofs = prove(relations_of([[1, 1]]), [], [OUTSIDER], np.ones(2, dtype=np.bool_))

    assert proofs.is_complete
    assert [] == proofs.witnesses


@pytest.mark.parametrize(
    ("right", "expected"), [([6, 3], ([3, 3], 1)), ([1, 0], ([1, 0], 2)), ([1, 1], ([1, 2], 2))]
)
def test_equations_are_solved_exactly(right: list[int], expected: tuple[list[int], int]) -> None:
    """The common denominator is the least one."""
    equations = csr_array(np.array([[2, 0], [0, 1]], dtype=np.int64)).tocsc()
    solved, scale = corners.solve(equations, np.array(right, dtype=np.int64), 100)

    assert expected == (solved.tolist(), scale)


def test_large_amounts_are_exact() -> None:
    """Amounts of 10^12 units beside 1 unit lose none: what a solver has in floats is not trusted."""
    large = 10**12 + 7
    room = np.array([large, 3 * large, 1, 4 * large], dtype=np.int64)
    signs = csr_array(np.array([[1, 1, 1, -1]], dtype=np.int64))
    none = np.full(1, -1, dtype=np.int32)
    system = System(room, room, signs, none, none, (), *_no_overlaps(4))
    targets = [Target((0,), large), Target((2,), 1), Target((3,), 4 * large)]
    everything = np.ones(4, dtype=np.bool_)
    proofs = prove(system, targets, [OUTSIDER], everything)

    assert proofs.is_complete
    assert_right(system, targets, [OUTSIDER], everything, proofs)
