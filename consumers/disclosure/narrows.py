"""Cells that a contributor fills so far that cells nearby lack the room they need.

If somebody is nearly alone in a cell, its value must stay uncertain to everybody else, also to
those who are no part of it. They see less room in other cells. A contributor who leaves every
cell the room that the first one needs takes nothing from it: along each chain of cells that
lets it move, the others can still move as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from consumers.disclosure.contributors import Numbers, Parts
from consumers.disclosure.system import Amounts, Flags, System

# Up to so many pairs of contributor and cell are looked at however far they are from each other.
_PAIRS_MAX = 100_000
# In larger systems, over so many relations: what is further away seldom matters, and is not found.
_STEPS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Narrows:
    """What contributors leave of cells, and which cells are near each other.

    Attributes:
        parts: What the contributors know of cells.
        left: How much room is left for each of the parts.
        levels: How uncertain each cell must stay to somebody who is no part of it.
        links: Shape (links, cells), with entries for cells that are near each other.
        steps: Over how many links a cell is near.
    """

    parts: Parts
    left: Amounts
    levels: Amounts
    links: csr_array
    steps: int

    @classmethod
    def of(cls, system: System, hidden: Flags, parts: Parts, room: Amounts, levels: Amounts) -> Narrows:
        """Return the narrows among some cells; cells that are not hidden move nothing.

        Args:
            system: All cells.
            hidden: The cells.
            parts: What the contributors know of cells.
            room: Of each cell, before a contributor's own is taken off.
            levels: How uncertain each cell must stay to somebody who is no part of it.
        """
        parts = parts.at(np.flatnonzero(hidden[parts.figure]))
        levels = np.where(hidden, levels, 0)
        left = room[parts.figure] - parts.own
        links = csr_array(abs(system.relations) * hidden)
        links.eliminate_zeros()
        lone = np.sort(levels[levels > 0])
        pairs = (len(lone) - np.searchsorted(lone, left, side="right")).sum()
        if pairs > _PAIRS_MAX:
            return cls(parts, left, levels, links, _STEPS)
        return cls(parts, left, levels, _connected(links), 1)

    def flags(self) -> Flags:
        """Say of each of the parts whether a cell nearby needs more room than is left."""
        needed = self.levels
        for _ in range(self.steps):
            needed = _highest(csr_array(self.links.T), _highest(self.links, needed))
        is_narrow: Flags = self.left < needed[self.parts.figure]
        return is_narrow

    def needing(self) -> tuple[Numbers, Numbers]:
        """Return contributor and cell, for each cell that needs more room than is left nearby.

        Contributors by position; each pair once, and none of a cell that the contributor is part of.
        """
        rows = np.flatnonzero(self.flags())
        size = len(self.levels)
        ones = np.ones(len(rows), dtype=np.int64)
        near = csr_array((ones, self.parts.figure[rows], np.arange(len(rows) + 1)), shape=(len(rows), size))
        for _ in range(self.steps):
            near = csr_array(near @ self.links.T @ self.links)
            near.data[:] = 1
        lone = np.flatnonzero(self.levels)
        near = csr_array(near[:, lone])
        row, cell = rows[np.repeat(np.arange(len(rows)), np.diff(near.indptr))], lone[near.indices]
        is_needed = self.left[row] < self.levels[cell]
        key = np.unique((self.parts.who[row] * size + cell)[is_needed])
        who, cell = np.divmod(np.setdiff1d(key, self.parts.who * size + self.parts.figure), size)
        return who, cell


def _connected(links: csr_array) -> csr_array:
    """Return links of all cells that are bound to each other, over however many links."""
    parts, part = connected_components(links.T @ links, directed=False)
    size = links.shape[1]
    return csr_array((np.ones(size, dtype=np.int64), (part, np.arange(size))), shape=(parts, size))


def _highest(matrix: csr_array, amounts: Amounts) -> Amounts:
    """Return the highest of the amounts at the entries of each row."""
    found = np.zeros(matrix.shape[0], dtype=np.int64)
    rows = np.flatnonzero(np.diff(matrix.indptr))
    found[rows] = np.maximum.reduceat(amounts[matrix.indices], matrix.indptr[rows])
    return found
