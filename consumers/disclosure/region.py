"""A region: some cells that may move while all others stand still, and what moves there cheaply.

Whatever is found in a region is conceivable in the whole system, as no relation is left out.
Only the solver's fractions live here; amounts of the system are whole units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from consumers.disclosure.program import Floats, Numbers, Program
from consumers.disclosure.system import Amounts, Cells, System, Target
from consumers.disclosure.unknowns import STILL, unknowns

# A solver keeps relations up to its tolerance, an exact proof keeps them: ask for a little more.
_MARGIN = 1e-6
# The solver's tolerance is absolute: the largest level of a region becomes this much, and no
# room needs to be more than a thousand times that.
_LEVEL_MAX = 1e3
_ROOM_MAX = 1e6


class Region:
    """Finds the least expensive changes that prove a target, among some cells.

    Attributes:
        cells: The cells that may move, ascending.
    """

    def __init__(self, system: System, cells: Cells, targets: Sequence[Target], cost: Floats) -> None:
        """Build the programme.

        Args:
            system: The cells and their relations.
            cells: The cells that may move, ascending.
            targets: All that will be asked for, at least one.
            cost: For each cell of the region, of each unit of a move.
        """
        self.cells = cells
        self._unit = max(target.level for target in targets) / _LEVEL_MAX
        self._room = self._scaled(system.room[cells])
        self._cost = cost.copy()
        self._unknowns = unknowns(csr_array(system.relations[:, cells]))
        sums = sorted({target.cells for target in targets if len(target.cells) > 1})
        self._sums = {cells: number for number, cells in enumerate(sums)}
        self._program = Program(
            self._unknowns.relations, self._least_room(), self._summed_cost(), self._sum_rows(sums)
        )

    def push(self, target: Target) -> Floats | None:
        """Return the least expensive change that proves a target, or nothing if there is none.

        The moves of the region's cells, in units of the system.
        """
        number, factor = self._functional(target.cells)
        level = target.level / self._unit * (1 + _MARGIN)
        if not len(number):
            return None
        if len(number) == 1:
            # Changes are conceivable with either sign.
            moves = self._program.push(int(number[0]), level / abs(int(factor[0])))
        else:
            moves = self._program.push_sum(self._sums[target.cells], level)
        return None if moves is None else self._moves(moves)

    def set_cost(self, cells: Numbers, cost: Floats) -> None:
        """Change the cost of some cells, given by their positions in the region."""
        self._cost[cells] = cost
        changed = self._changed(cells)
        self._program.set_cost(changed, self._summed_cost()[changed])

    def set_room(self, cells: Numbers, room: Amounts) -> None:
        """Change the room of some cells, given by their positions in the region."""
        self._room[cells] = self._scaled(room)
        changed = self._changed(cells)
        self._program.set_room(changed, self._least_room()[changed])

    def positions(self, cells: Cells) -> Numbers:
        """Return the positions of those of some cells that belong to the region."""
        found = np.searchsorted(self.cells, cells).clip(max=len(self.cells) - 1)
        positions: Numbers = found[self.cells[found] == cells].astype(np.int32)
        return positions

    def _scaled(self, room: Amounts) -> Floats:
        return np.minimum(room / self._unit, _ROOM_MAX)

    def _changed(self, cells: Numbers) -> Numbers:
        changed: Numbers = np.unique(self._unknowns.number[cells])
        moving: Numbers = changed[changed != STILL]
        return moving

    def _least_room(self) -> Floats:
        """Return the room of each unknown: the least of its cells."""
        moving = self._unknowns.number != STILL
        room = np.full(self._unknowns.size, np.inf)
        np.minimum.at(room, self._unknowns.number[moving], self._room[moving])
        return room

    def _summed_cost(self) -> Floats:
        moving = self._unknowns.number != STILL
        cost = np.zeros(self._unknowns.size)
        np.add.at(cost, self._unknowns.number[moving], self._cost[moving])
        return cost

    def _moves(self, moves: Floats) -> Floats:
        number = self._unknowns.number
        return np.where(number != STILL, moves[number] * self._unknowns.sign, 0.0) * self._unit

    def _functional(self, cells: Sequence[int]) -> tuple[Numbers, NDArray[np.int64]]:
        """Return the unknowns whose weighted sum is the sum of some cells, and the weights."""
        at = self.positions(np.array(cells, dtype=np.int32))
        at = at[self._unknowns.number[at] != STILL]
        number, inverse = np.unique(self._unknowns.number[at], return_inverse=True)
        weights = np.bincount(inverse, weights=self._unknowns.sign[at], minlength=len(number))
        kept = weights != 0
        return number[kept], weights[kept].astype(np.int64)

    def _sum_rows(self, sums: Sequence[tuple[int, ...]]) -> csr_array:
        rows, columns, values = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for row, cells in enumerate(sums):
            number, weights = self._functional(cells)
            rows.append(np.full(len(number), row))
            columns.append(number.astype(np.int64))
            values.append(weights)
        entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
        return csr_array(coo_array(entries, shape=(len(sums), self._unknowns.size)))
