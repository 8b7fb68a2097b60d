"""The linear programme of the optimiser: the only module of it that asks the solver.

It is passed once; afterwards only costs and bounds change, so that most solutions start from
the one before. The result depends on nothing but the calls: one thread, no time limits.
"""

from __future__ import annotations

import highspy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_array, csr_array

from consumers.disclosure.solver import Floats, SolverError, expect_ok, opened

Numbers = NDArray[np.int32]

# What the solver calls zero is below a tenth of this.
MOVE_MIN = 1e-6
# Where more unknowns than this move, most do because it costs nothing, and would stay where they are:
# the next solution starts from nothing instead. Measured on 60,000 cells: half the time.
_CROWD = 200
_OPTIONS: dict[str, bool | int | float | str] = {
    "random_seed": 0,
    "presolve": "off",
    # Measured on tables of 2,000 to 5,000 cells: a quarter faster without either.
    "simplex_scale_strategy": 0,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
}


class Program:
    """Least expensive moves: minimise sum cost |y| subject to relations @ y == 0 and |y| <= room.

    An unknown y is the difference of two columns, one for each direction.
    """

    def __init__(self, relations: csr_array, room: Floats, cost: Floats) -> None:
        """Pass the model.

        Args:
            relations: Shape (m, k).
            room: Shape (k,), 0 to about 1e6: the solver's tolerance is absolute.
            cost: Shape (k,), 0 or more, for each unit of a move.
        """
        self._size = len(room)
        self._room = room.copy()
        self._rows = int(relations.shape[0])
        both = np.concatenate([self._room, self._room])
        one = csc_array(relations)
        there_and_back = (
            np.concatenate([one.data, -one.data]),
            np.concatenate([one.indices, one.indices]),
            np.concatenate([one.indptr, one.indptr[1:] + one.indptr[-1]]),
        )
        columns = csc_array(there_and_back, shape=(self._rows, 2 * self._size))
        self._solver = opened(columns, np.concatenate([cost, cost]), np.zeros(2 * self._size), both, _OPTIONS)

    def set_cost(self, unknowns: Numbers, cost: Floats) -> None:
        """Change the cost of some unknowns."""
        both = np.concatenate([unknowns, unknowns + self._size])
        expect_ok(self._solver.changeColsCost(len(both), both, np.concatenate([cost, cost])))

    def set_room(self, unknowns: Numbers, room: Floats) -> None:
        """Change the room of some unknowns; 0 holds them still."""
        self._room[unknowns] = room
        self._set_bounds(unknowns, np.zeros(len(unknowns)), room, room)

    def room(self, unknowns: Numbers) -> Floats:
        """Return how far some unknowns may move."""
        return self._room[unknowns]

    def push(self, unknown: int, level: float) -> Floats | None:
        """Return the least expensive moves, shape (k,), with that of one unknown at least `level`.

        Returns nothing if there are none.
        """
        one, room = np.array([unknown], dtype=np.int32), self._room[[unknown]]
        # Without holding the opposite direction both would grow, and nothing move.
        self._set_bounds(one, [level], room, [0.0])
        moves = self._solution() if level <= room[0] else None
        self._set_bounds(one, [0.0], room, room)
        return moves

    def push_sum(self, number: int, level: float) -> Floats | None:
        """Return the least expensive moves with the sum of this number at least `level`, or nothing."""
        expect_ok(self._solver.changeRowBounds(number, level, np.inf))
        moves = self._solution()
        expect_ok(self._solver.changeRowBounds(number, -np.inf, np.inf))
        return moves

    def add_sum(self, unknowns: Numbers, weights: Floats) -> int:
        """Add a weighted sum of unknowns that will have to move, and return its number."""
        both, values = np.concatenate([unknowns, unknowns + self._size]), np.concatenate([weights, -weights])
        expect_ok(self._solver.addRow(-np.inf, np.inf, len(both), both, values))
        self._rows += 1
        return self._rows - 1

    def _set_bounds(self, unknowns: Numbers, lower: ArrayLike, upper: ArrayLike, back: ArrayLike) -> None:
        both = np.concatenate([unknowns, unknowns + self._size])
        lower = np.concatenate([lower, np.zeros(len(unknowns))])
        expect_ok(self._solver.changeColsBounds(len(both), both, lower, np.concatenate([upper, back])))

    def _solution(self) -> Floats | None:
        self._solver.run()
        status = self._solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"a linear programme ended with status {status.name}")
        values = np.array(self._solver.getSolution().col_value)
        moves: Floats = values[: self._size] - values[self._size :]
        moves[np.abs(moves) < MOVE_MIN] = 0.0
        if np.count_nonzero(moves) > _CROWD:
            self._solver.clearSolver()
        return moves
