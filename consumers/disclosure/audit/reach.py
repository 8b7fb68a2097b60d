"""How far from the true values an attacker must reckon with others, by linear programmes.

Bounds are the same in both directions, so the opposite of every conceivable change is
conceivable, and one programme gives both ends of an interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from consumers.disclosure.audit.cells import Flags, Numbers
from schemas.errors import FatalError

Reals = NDArray[np.float64]

# A few programmes that move all cells at once prove most of what can be proven.
_HARVESTS = 6
# Sums may be off by this part of a level that a move is to prove.
_TOLERANCE = 1e-6
# Bounds further away than this many times a level change nothing, and cost the solver its
# precision; where a cell is moved as far as it can, its bound is well within.
_SCALES_MAX = 1e6
_STRETCH = 1e3
_SEED = 20_250_701


class Move(NamedTuple):
    """A conceivable change of all cells, in units, and by how much its worst sum is off."""

    change: Reals
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Web:
    """What may move, and what moves together.

    Attributes:
        size: Number of all cells.
        free: Cells that may move, without those that cannot for the simplest of reasons.
        sums: Over the free cells: must stay as they are.
        part: Of each free cell: number of the part that it is in; parts move independently.
    """

    size: int
    free: Numbers
    sums: csc_array
    part: NDArray[np.int32]

    @classmethod
    def of(cls, relations: csr_array, is_free: Flags) -> Web:
        """Return the web of some cells.

        Args:
            relations: Over all cells.
            is_free: Of all cells: suppressed, and not wholly known to whom it is about.
        """
        free = _movable(relations, np.flatnonzero(is_free))
        sums = _without_empty_rows(relations[:, free])
        part = connected_components(abs(sums).T @ abs(sums), directed=False)[1]
        return cls(len(is_free), free, sums, part)

    @property
    def is_free(self) -> Flags:
        """Which of all cells may move."""
        found = np.zeros(self.size, dtype=np.bool_)
        found[self.free] = True
        return found


@dataclass(slots=True, eq=False)
class Reach:
    """What one attacker must reckon with.

    Attributes:
        web: What may move.
        room: How far each of all cells may move.
        level: How far each of all cells must move; 0 where it does not matter.
        extents: How far each cell was seen to move; as far as it can where that is less than
            its level, once all moves are done.
    """

    web: Web
    room: Numbers
    level: Numbers
    extents: Reals = field(init=False)

    def __post_init__(self) -> None:
        """Nothing has moved yet."""
        self.extents = np.zeros(self.web.size)

    @property
    def is_proven(self) -> bool:
        """Whether all have moved as far as they must."""
        return bool((self.extents >= self.level).all())

    def try_move(self, move: Move) -> None:
        """Note what a move proves, shrunk until it fits into the bounds."""
        free, part = self.web.free, self.web.part
        change = np.abs(move.change[free])
        if np.count_nonzero(change) < np.count_nonzero(move.change):
            return
        moving = np.flatnonzero(change)
        shrink = np.ones(part.max(initial=-1) + 1)
        np.minimum.at(shrink, part[moving], self.room[free[moving]] / change[moving])
        trusted = move.error <= _TOLERANCE * self.level[free]
        self.extents[free] = np.maximum(self.extents[free], np.where(trusted, change * shrink[part], 0.0))

    def moves(self, on_progress: Callable[[int, int], None]) -> Iterator[Move]:
        """Move every cell as far as it must, or as far as it can; yield the moves of it."""
        random = np.random.default_rng(_SEED)
        everything = np.arange(len(self.web.free))
        for _ in range(_HARVESTS):
            todo = self._todo()
            if not len(todo):
                return
            objective = np.zeros(len(everything))
            objective[todo] = random.choice([-1.0, 1.0], len(todo)) / self.level[self.web.free[todo]]
            yield self._moved(objective, everything, float(self.room[self.web.free].max()))
        wanted = int((self.level > 0).sum())
        for at in self._todo():
            cell = self.web.free[at]
            if self.extents[cell] < self.level[cell]:
                yield self._extreme(int(at), float(self.level[cell]))
            on_progress(wanted - len(self._todo()), wanted)

    def stretch(self, on_progress: Callable[[int, int], None]) -> None:
        """Move every cell as far as it can."""
        for at, cell in enumerate(self.web.free):
            self._extreme(at, max(float(self.level[cell]), float(self.room[cell]) / _STRETCH))
            on_progress(at + 1, len(self.web.free))

    def _todo(self) -> Numbers:
        """Return which of the free cells have yet to move further."""
        return np.flatnonzero(self.extents[self.web.free] < self.level[self.web.free])

    def _extreme(self, at: int, scale: float) -> Move:
        near = np.flatnonzero(self.web.part == self.web.part[at])
        move = self._moved((near == at).astype(np.float64), near, scale)
        cell = self.web.free[at]
        self.extents[cell] = max(self.extents[cell], move.change[cell])
        return move

    def _moved(self, objective: Reals, near: Numbers, scale: float) -> Move:
        """Return the move of some free cells that maximises an objective.

        Args:
            objective: Of those cells.
            near: They, counted among the free ones: one or more whole parts.
            scale: Units in which the solver reckons.
        """
        sums, free = self.web.sums, self.web.free
        if len(near) < len(free):
            sums = _without_empty_rows(sums[:, near].tocsr())
        found = _maximised(objective, sums, np.minimum(self.room[free[near]] / scale, _SCALES_MAX)) * scale
        change = np.zeros(self.web.size)
        change[free[near]] = found
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
