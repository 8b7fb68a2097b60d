"""Neighbourhoods of cells: small regions in which most targets find all that they need.

The neighbourhood of a cell is what lies below the cells some levels up from it, without the
borders: totals that the rest of the table sees too. A change inside never shows outside.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from consumers.disclosure import runs
from consumers.disclosure.system import Cells, Flags, System

_NONE = -1


class Neighbourhoods:
    """The trees above and below each cell, along every axis."""

    def __init__(self, system: System) -> None:
        """Derive the trees from the relations."""
        rows = np.repeat(np.arange(len(system.parent)), np.diff(system.relations.indptr))
        child, parent, axis = system.relations.indices, system.parent[rows], system.axis[rows]
        is_child = (parent != _NONE) & (child != parent)
        child, parent, axis = child[is_child], parent[is_child], axis[is_child]
        axes = int(system.axis.max(initial=_NONE)) + 1
        # A cell may be child of several parents along one axis where tables overlap: the last one will do.
        self._parent: NDArray[np.int32] = np.full((axes, system.size), _NONE, dtype=np.int32)
        self._parent[axis, child] = parent
        ones = np.ones(len(child), dtype=np.int8)
        children = csr_array(coo_array((ones, (parent, child)), shape=(system.size, system.size)))
        self._starts, self._children = children.indptr, children.indices
        self._below: dict[tuple[int, ...], Cells] = {}
        self._is_below: Flags = np.zeros(system.size, dtype=np.bool_)

    def tops(self, cells: Iterable[int], height: int) -> tuple[int, ...]:
        """Return what lies so many levels up from some cells along every axis, ascending."""
        top = np.unique(np.fromiter(cells, dtype=np.int32))
        for axis in self._parent:
            for _ in range(height):
                above = axis[top]
                top = np.where(above == _NONE, top, above)
        return tuple(np.unique(top).tolist())

    def below(self, tops: tuple[int, ...]) -> Cells:
        """Return the cells below some cells, ascending, without those whose parent is not below them."""
        if tops not in self._below:
            self._below[tops] = self._inside(self._descendants(np.array(tops, dtype=np.int32)))
        return self._below[tops]

    def _inside(self, cells: Cells) -> Cells:
        self._is_below[cells] = True
        inside = np.ones(len(cells), dtype=np.bool_)
        for axis in self._parent:
            parent = axis[cells]
            inside &= (parent == _NONE) | self._is_below[parent]
        self._is_below[cells] = False
        return cells[inside]

    def _descendants(self, cells: Cells) -> Cells:
        """Return some cells and all that lies below them, ascending."""
        found = [cells]
        while len(cells):
            starts, counts = self._starts[cells], self._starts[cells + 1] - self._starts[cells]
            cells = np.unique(self._children[runs.places(starts, counts)])
            found.append(cells)
        return np.unique(np.concatenate(found))
