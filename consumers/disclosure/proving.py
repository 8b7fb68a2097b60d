"""Proofs that a pattern hides its targets: changes that no published figure would show.

Few linear programmes with random directions move many targets at once. Each corner is told in
whole numbers, so that whoever checks a proof adds and compares, and needs no tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from consumers.disclosure.corners import Corner, Corners
from consumers.disclosure.system import Amounts, Attacker, Cells, Flags, System, Target, Witness

NO_WITNESS = -1

_SEED = 20
_ROUNDS = 8
_YIELD = 20  # a further random direction is worth its price while it proves 1 in so many targets
_NEVER = np.iinfo(np.int64).max

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Proofs:
    """Witnesses, and which target rests on which.

    Attributes:
        witnesses: Several may share the array `moves`, and differ in their scale.
        witness_of: Shape (targets,): number of a witness; -1 where there is none.
    """

    witnesses: list[Witness]
    witness_of: Cells

    @classmethod
    def of(cls, witnesses: Sequence[Witness | None]) -> Proofs:
        """Return the proofs of targets, given the witness of each; None where it has none."""
        different = list({id(item): item for item in witnesses if item is not None}.values())
        number = {id(item): place for place, item in enumerate(different)}
        found = [NO_WITNESS if item is None else number[id(item)] for item in witnesses]
        return cls(different, np.array(found, dtype=np.int32))

    @property
    def is_complete(self) -> bool:
        """Whether every target has a witness."""
        return bool(np.all(self.witness_of != NO_WITNESS))


def prove(
    system: System, targets: Sequence[Target], attackers: Sequence[Attacker], suppressed: Flags
) -> Proofs:
    """Look for a witness of each target among the changes of suppressed cells.

    Args:
        system: All cells and relations.
        targets: What must stay uncertain, and for whom.
        attackers: By their numbers; the outsider first.
        suppressed: Shape (n,).

    A target without a witness is at risk: its attacker learns more than the rules allow.
    """
    if not suppressed.any():
        return Proofs.of([None] * len(targets))
    search = _Search(system, targets, attackers, suppressed)
    by_attacker = np.argsort([target.attacker for target in targets], kind="stable")
    outsiders = [int(number) for number in by_attacker if targets[number].attacker == 0]
    search.settle(outsiders)
    search.settle([int(number) for number in by_attacker[len(outsiders) :]])
    return search.proofs()


class _Search:
    """The state of a search: corners found so far, and what each has proved."""

    def __init__(
        self, system: System, targets: Sequence[Target], attackers: Sequence[Attacker], suppressed: Flags
    ) -> None:
        self._cells = np.flatnonzero(suppressed)
        self._corners = Corners(csr_array(system.relations[:, self._cells]))
        self._random = np.random.default_rng(_SEED)
        self._sums = _sums(targets, suppressed)
        self._level = np.array([target.level for target in targets], dtype=np.int64)
        self._attacker = np.array([target.attacker for target in targets], dtype=np.intp)
        self._eyes = _Eyes(system, attackers, self._cells)
        self._found: list[Corner] = []
        self._proof: dict[int, tuple[int, int]] = {}
        self._is_open = np.ones(len(targets), dtype=bool)

    def settle(self, numbers: list[int]) -> None:
        """Prove what can be proved of some targets: all at once, by halves of the attackers, one by one."""
        for _ in range(_ROUNDS):
            before = [number for number in numbers if self._is_open[number]]
            if not before:
                return
            self._try(before)
            numbers = [number for number in before if self._is_open[number]]
            if len(before) == 1:
                return
            if (len(before) - len(numbers)) * _YIELD < len(before):
                break
        for part in self._parts(numbers):
            self.settle(part)

    def _parts(self, numbers: list[int]) -> list[list[int]]:
        """Return halves of targets that several attackers are after; else each target by itself."""
        attackers = np.unique(self._attacker[numbers])
        if len(attackers) <= 1:
            return [[number] for number in numbers]
        is_low = self._attacker[numbers] < attackers[len(attackers) // 2]
        low = [number for number, low in zip(numbers, is_low, strict=True) if low]
        return [low, [number for number, low in zip(numbers, is_low, strict=True) if not low]]

    def _try(self, numbers: list[int]) -> None:
        """Move some targets in random directions, as far as all their attackers can conceive."""
        weights = np.zeros(len(self._level))
        weights[numbers] = self._random.choice([-1.0, 1.0], size=len(numbers)) / self._level[numbers]
        room = self._eyes.common_room(np.unique(self._attacker[numbers]))
        corner = self._corners.corner(room, self._sums.T @ weights)
        if corner is not None:
            self._harvest(corner)

    def _harvest(self, corner: Corner) -> None:
        """Note for all open targets whether the corner proves them, and at which scale."""
        scale = self._eyes.least_scale(corner)[self._attacker]
        reach = np.abs(self._sums @ corner.moves) // self._level
        proved = np.flatnonzero(self._is_open & (reach >= scale))
        self._proof |= {int(number): (len(self._found), int(scale[number])) for number in proved}
        self._is_open[proved] = False
        if len(proved):
            self._found.append(corner)

    def proofs(self) -> Proofs:
        """Return what was found; a corner appears once for each scale that is used of it."""
        numbers = {proof: number for number, proof in enumerate(sorted(set(self._proof.values())))}
        vectors = [self._sparse(corner) for corner in self._found]
        witnesses = [Witness(*vectors[corner], scale=scale) for corner, scale in numbers]
        witness_of = np.full(len(self._is_open), NO_WITNESS, dtype=np.int32)
        for target, proof in self._proof.items():
            witness_of[target] = numbers[proof]
        return Proofs(witnesses, witness_of)

    def _sparse(self, corner: Corner) -> tuple[Cells, Amounts]:
        moving = np.flatnonzero(corner.moves)
        return self._cells[moving].astype(np.int32), corner.moves[moving]


class _Eyes:
    """The rooms of all attackers, over the suppressed cells."""

    def __init__(self, system: System, attackers: Sequence[Attacker], cells: Numbers) -> None:
        self._room = system.room[cells]
        column = np.full(system.size, -1, dtype=np.intp)
        column[cells] = np.arange(len(cells))
        known = [column[attacker.cells] for attacker in attackers]
        is_hidden = [columns >= 0 for columns in known]
        self._start = np.cumsum([0, *(int(hidden.sum()) for hidden in is_hidden)])
        self._column = np.concatenate([c[h] for c, h in zip(known, is_hidden, strict=True)])
        own = np.concatenate([a.own[h] for a, h in zip(attackers, is_hidden, strict=True)])
        self._left = self._room[self._column] - own

    def common_room(self, attackers: Numbers) -> Amounts:
        """Return how far each cell may move in the eyes of each of some attackers."""
        room = self._room.copy()
        for attacker in attackers:
            span = slice(self._start[attacker], self._start[attacker + 1])
            room[self._column[span]] = np.minimum(room[self._column[span]], self._left[span])
        return room

    def least_scale(self, corner: Corner) -> Amounts:
        """Return for each attacker by what the moves must be divided to be conceivable."""
        size = np.abs(corner.moves[self._column])
        needed = np.where(size > 0, _NEVER, 0)
        np.floor_divide(size + self._left - 1, self._left, out=needed, where=self._left > 0)
        least = np.full(len(self._start) - 1, corner.scale, dtype=np.int64)
        knows = np.flatnonzero(np.diff(self._start))
        if len(knows):
            most = np.maximum.reduceat(needed, self._start[knows])
            least[knows] = np.maximum(least[knows], most)
        return least


def _sums(targets: Sequence[Target], suppressed: Flags) -> csr_array:
    """Return the matrix that adds up the moves of each target, shape (targets, suppressed cells)."""
    column = np.cumsum(suppressed) - 1
    starts = np.cumsum([0, *(len(target.cells) for target in targets)])
    cells = np.array([cell for target in targets for cell in target.cells], dtype=np.int64)
    entries = suppressed[cells].astype(np.int64)
    shape = (len(targets), int(suppressed.sum()))
    return csr_array((entries, np.where(entries, column[cells], 0), starts), shape=shape)
