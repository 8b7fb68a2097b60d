"""A region: some cells that may move while all others stand still, and what moves there cheaply.

Whatever is found in a region is conceivable in the whole system, as no relation is left out.
Only the solver's fractions live here; amounts of the system are whole units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consumers.disclosure.optimiser.program import Numbers, Program
from consumers.disclosure.optimiser.unknowns import STILL, Columns, unknowns
from consumers.disclosure.solver import Floats
from consumers.disclosure.system import Amounts, Cells, Target

# A solver keeps relations up to its tolerance, an exact proof keeps them: ask for a little more.
_MARGIN = 1e-6
# The solver's tolerance is absolute: the largest level of a region becomes this much, and no
# room needs to be more than a thousand times that.
LEVEL_MAX = 1e3
_ROOM_MAX = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A change that a region found.

    Attributes:
        cells: The cells that move, ascending.
        moves: By how much, in units of the system, about: fractions of a solver.
    """

    cells: Cells
    moves: Floats

    def of(self, cells: Sequence[int]) -> float:
        """Return by how much the sum of some cells moves, to either side."""
        at = np.searchsorted(self.cells, cells).clip(max=len(self.cells) - 1)
        return float(abs(self.moves[at[self.cells[at] == cells]].sum()))


class Region:
    """Finds the least expensive changes that prove targets, among some cells."""

    def __init__(self, columns: Columns, cells: Cells, unit: float, cost: Floats, room: Amounts) -> None:
        """Build the programme.

        Args:
            columns: The relations of the system.
            cells: The cells that may move, ascending.
            unit: What amounts are divided by; levels become 1,000 or less.
            cost: For each cell of the system, of each unit of a move.
            room: For each cell of the system, how far it may move.
        """
        self._cells, self._unit = cells, unit
        self._unknowns = unknowns(columns.of(cells))
        self._moving = np.flatnonzero(self._unknowns.number != STILL)
        self._number = self._unknowns.number[self._moving]
        self._cost, self._room = cost[cells], room[cells]
        self._sums: dict[tuple[int, ...], int] = {}
        self._program = Program(self._unknowns.relations, self._rooms(), self._costs())

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self._cells)

    def push(self, target: Target, cost: Floats, room: Amounts) -> Change | None:
        """Return the least expensive change that proves a target, or nothing if there is none.

        Args:
            target: The cells to move together, and by how much.
            cost: For each cell of the system, of each unit of a move.
            room: For each cell of the system, how far it may move.
        """
        number, weights = self._functional(target.cells)
        if not len(number):
            return None
        self._update(cost, room)
        level = target.level / self._unit
        # All the room there is must do, where a level needs all of it: that of one company's one tonne.
        most = float(np.abs(weights) @ self._program.room(number))
        level = max(level, min(level * (1 + _MARGIN), most))
        if len(number) == 1:
            # Whatever is conceivable is so with either sign.
            moves = self._program.push(int(number[0]), level / abs(int(weights[0])))
        else:
            moves = self._program.push_sum(self._sum(target.cells, number, weights), level)
        return None if moves is None else self._change(moves)

    def _update(self, cost: Floats, room: Amounts) -> None:
        changed = np.flatnonzero(cost[self._cells] != self._cost)
        if len(changed):
            self._cost = cost[self._cells]
            unknown = self._moving_unknowns(changed)
            self._program.set_cost(unknown, self._costs()[unknown])
        changed = np.flatnonzero(room[self._cells] != self._room)
        if len(changed):
            self._room = room[self._cells]
            unknown = self._moving_unknowns(changed)
            self._program.set_room(unknown, self._rooms()[unknown])

    def _moving_unknowns(self, positions: NDArray[np.intp]) -> Numbers:
        number = np.unique(self._unknowns.number[positions])
        moving: Numbers = number[number != STILL]
        return moving

    def _rooms(self) -> Floats:
        """Return the room of each unknown: the least of its cells."""
        room = np.full(self._unknowns.size, _ROOM_MAX)
        np.minimum.at(room, self._number, self._room[self._moving] / self._unit)
        return room

    def _costs(self) -> Floats:
        cost = np.zeros(self._unknowns.size)
        np.add.at(cost, self._number, self._cost[self._moving])
        return cost

    def _change(self, moves: Floats) -> Change:
        of_cells = moves[self._number] * self._unknowns.sign[self._moving]
        moved = np.flatnonzero(of_cells)
        return Change(self._cells[self._moving[moved]], of_cells[moved] * self._unit)

    def _functional(self, cells: Sequence[int]) -> tuple[Numbers, NDArray[np.int64]]:
        """Return the unknowns whose weighted sum is the sum of some cells, and the weights."""
        at = np.searchsorted(self._cells, cells).clip(max=len(self._cells) - 1)
        at = at[(self._cells[at] == cells) & (self._unknowns.number[at] != STILL)]
        number, inverse = np.unique(self._unknowns.number[at], return_inverse=True)
        weights = np.bincount(inverse, weights=self._unknowns.sign[at], minlength=len(number))
        kept = weights != 0
        return number[kept], weights[kept].astype(np.int64)

    def _sum(self, cells: tuple[int, ...], number: Numbers, weights: NDArray[np.int64]) -> int:
        if cells not in self._sums:
            self._sums[cells] = self._program.add_sum(number, weights.astype(np.float64))
        return self._sums[cells]
