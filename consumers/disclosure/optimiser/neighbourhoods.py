"""Neighbourhoods of cells: small regions in which most targets find all that they need.

The neighbourhood of a cell is what lies below the cells some levels up from it, without the
borders: totals that the rest of the table sees too. A change inside never shows outside.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from consumers.disclosure.system import Cells, Flags, System

_NONE = -1


class Neighbourhoods:
    """The trees above and below each cell, along every axis."""

    def __init__(self, system: System) -> None:
        """Derive the trees from the relations."""
        self._size = system.size
        rows = np.repeat(np.arange(len(system.parent)), np.diff(system.relations.indptr))
        child, parent, axis = system.relations.indices, system.parent[rows], system.axis[rows]
        is_child = (parent != _NONE) & (child != parent)
        child, parent, axis = child[is_child], parent[is_child], axis[is_child]
        axes = int(system.axis.max(initial=_NONE)) + 1
        # A cell may be child of several parents along one axis where tables overlap: the last one will do.
        self._parent: NDArray[np.int32] = np.full((axes, system.size), _NONE, dtype=np.int32)
        self._parent[axis, child] = parent
        ones = np.ones(len(child), dtype=np.int8)
        self._children = csr_array(coo_array((ones, (parent, child)), shape=(system.size, system.size)))

    def tops(self, cells: Iterable[int], height: int) -> tuple[int, ...]:
        """Return what lies so many levels up from some cells along every axis, ascending."""
        top = np.unique(np.fromiter(cells, dtype=np.int32))
        for axis in self._parent:
            for _ in range(height):
                above = axis[top]
                top = np.where(above == _NONE, top, above)
        return tuple(np.unique(top).tolist())

    def below(self, tops: Iterable[int]) -> Cells:
        """Return the cells below some cells, ascending, without those whose parent is not below them."""
        is_below = self._descendants(np.fromiter(tops, dtype=np.int32))
        inside = is_below.copy()
        for axis in self._parent:
            inside &= (axis == _NONE) | is_below[axis]
        return np.flatnonzero(inside).astype(np.int32)

    def _descendants(self, cells: Cells) -> Flags:
        found = np.zeros(self._size, dtype=np.bool_)
        while len(cells):
            found[cells] = True
            children = np.unique(self._children[cells].indices)
            cells = children[~found[children]]
        return found
