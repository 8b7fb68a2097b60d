"""How far from the true values an attacker must reckon with others, by linear programmes.

Bounds are the same in both directions, so the opposite of every conceivable change is
conceivable, and one programme gives both ends of an interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import InitVar, dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from consumers.disclosure.audit_cells import Numbers
from schemas.errors import FatalError

Reals = NDArray[np.float64]

# A few programmes that move all cells at once prove most of what can be proven.
_HARVESTS = 6
# Sums may be off by this part of a level that a move is to prove.
_TOLERANCE = 1e-6
# Bounds further away than this many levels change nothing, and cost the solver its precision.
_LEVELS_MAX = 1e6
_SEED = 20_250_701


class Move(NamedTuple):
    """A conceivable change of all cells, in units, and by how much its worst sum is off."""

    change: Reals
    error: float


@dataclass(slots=True, eq=False)
class Reach:
    """What one attacker must reckon with.

    Attributes:
        relations: Over all cells.
        free: Cells that may move: suppressed, and not wholly the attacker's own. Those that
            cannot for the simplest of reasons are left out.
        room: Of all cells: how far each may move.
        level: Of all cells: how far each must move; 0 where it does not matter.
        extents: Of the free cells: how far each was seen to move; as far as it can where that
            is less than its level.
    """

    relations: InitVar[csr_array]
    free: Numbers
    room: Numbers
    level: Numbers
    extents: Reals = field(init=False)
    _size: int = field(init=False)
    _sums: csc_array = field(init=False)
    _part: NDArray[np.int32] = field(init=False)

    def __post_init__(self, relations: csr_array) -> None:
        """Leave out what does not move, and find what moves together."""
        self._size = len(self.room)
        self.free = _movable(relations, self.free)
        self.room, self.level = self.room[self.free], self.level[self.free]
        self.extents = np.zeros(len(self.free))
        self._sums = _without_empty_rows(relations[:, self.free])
        self._part = connected_components(abs(self._sums).T @ abs(self._sums), directed=False)[1]

    def try_move(self, move: Move) -> None:
        """Note what a move proves, shrunk until it fits into the bounds."""
        change = move.change[self.free]
        if np.count_nonzero(change) < np.count_nonzero(move.change):
            return
        moving = np.flatnonzero(change)
        shrink = np.ones(self._part.max(initial=-1) + 1)
        np.minimum.at(shrink, self._part[moving], self.room[moving] / np.abs(change[moving]))
        proven = np.where(move.error <= _TOLERANCE * self.level, np.abs(change) * shrink[self._part], 0.0)
        self.extents = np.maximum(self.extents, proven)

    def moves(self, on_progress: Callable[[int, int], None]) -> Iterator[Move]:
        """Move every cell as far as it must, or as far as it can; yield the moves of it."""
        random = np.random.default_rng(_SEED)
        for _ in range(_HARVESTS):
            todo = self._todo()
            if not len(todo):
                return
            objective = np.zeros(len(self.free))
            objective[todo] = random.choice([-1.0, 1.0], len(todo)) / self.level[todo]
            yield self._moved(objective, np.arange(len(self.free)), float(self.room.max()))
        wanted = int((self.level > 0).sum())
        for at in self._todo():
            if self.extents[at] < self.level[at]:
                yield self._extreme(int(at))
            on_progress(wanted - len(self._todo()), wanted)

    def extent(self, at: int) -> float:
        """Return how far one of the free cells can move."""
        return float(self._extreme(at).change[self.free[at]])

    def _todo(self) -> Numbers:
        return np.flatnonzero(self.extents < self.level)

    def _extreme(self, at: int) -> Move:
        near = np.flatnonzero(self._part == self._part[at])
        move = self._moved((near == at).astype(np.float64), near, float(max(self.level[at], 1)))
        self.extents[at] = max(self.extents[at], move.change[self.free[at]])
        return move

    def _moved(self, objective: Reals, near: Numbers, scale: float) -> Move:
        """Return the move of some cells that maximises an objective.

        Args:
            objective: Of those cells.
            near: They, as numbers of free cells: one or more whole parts.
            scale: Units in which the solver reckons.
        """
        sums = self._sums if len(near) == len(self.free) else _without_empty_rows(self._sums[:, near].tocsr())
        bound = np.minimum(self.room[near] / scale, _LEVELS_MAX)
        found = _maximised(objective, sums, bound) * scale
        change = np.zeros(self._size)
        change[self.free[near]] = found
        move = Move(change, float(np.abs(sums @ found).max(initial=0.0)))
        self.try_move(move)
        return move


def _movable(relations: csr_array, free: Numbers) -> Numbers:
    """Return the free cells without those that are the only free one of some sum, again and again."""
    sums = abs(relations[:, free]).tocsr()
    while True:
        alone = np.unique(sums.indices[sums.indptr[:-1][np.diff(sums.indptr) == 1]])
        if not len(alone):
            return free
        kept = np.setdiff1d(np.arange(len(free)), alone)
        free, sums = free[kept], sums[:, kept].tocsr()


def _without_empty_rows(matrix: csr_array) -> csc_array:
    return matrix[np.flatnonzero(np.diff(matrix.indptr))].tocsc()


def _maximised(objective: Reals, sums: csc_array, bound: Reals) -> Reals:
    # Its types know neither sparse matrices nor arrays of bounds.
    equations: dict[str, Any] = {"A_eq": sums, "b_eq": np.zeros(sums.shape[0])} if sums.shape[0] else {}
    bounds: Any = np.column_stack([-bound, bound])
    found = linprog(-objective / np.abs(objective).max(), bounds=bounds, method="highs", **equations)
    # Whatever a solver says when it did not finish would make an unsafe table look safe.
    if found.status != 0:
        raise FatalError("the solver did not finish: nothing is known of the table")
    return np.asarray(found.x, dtype=np.float64)
