"""What can move independently: cells that only move together are one unknown.

In thin tables most relations bind two cells of a region: a total and its only child, or two
withheld children of a published total. Merging them before a solver sees them makes its
programmes several times smaller, and changes nothing about what is conceivable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components

from consumers.disclosure.system import Cells

_Signs = NDArray[np.int8]
_Integers = NDArray[np.int64]

STILL = -1


@dataclass(frozen=True, slots=True, eq=False)
class Unknowns:
    """The unknowns of a region of cells; every cell outside of it stands still.

    Attributes:
        number: Shape (n,): the unknown of each cell of the region; -1 where the cell cannot move.
        sign: Shape (n,): 1, or -1 where the cell moves against its unknown.
        relations: Shape (m, k), over unknowns; no two rows are equal.
    """

    number: Cells
    sign: _Signs
    relations: csr_array

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return int(self.relations.shape[1])


def unknowns(relations: csr_array) -> Unknowns:
    """Return the unknowns of a region.

    Args:
        relations: Shape (m, n): the relations of the system, the columns of the region only.
    """
    size = int(relations.shape[1])
    number, sign = np.arange(size, dtype=np.int32), np.ones(size, dtype=np.int8)
    left = csr_array(relations.astype(np.int64))
    while True:
        left.sum_duplicates()
        left.eliminate_zeros()
        left = csr_array(left[np.diff(left.indptr) > 0])
        merge = _merged(left)
        if merge is None:
            return Unknowns(number, sign, _distinct_rows(left))
        new_number, new_sign = merge
        moves = number != STILL
        sign[moves] *= new_sign[number[moves]]
        number[moves] = new_number[number[moves]]
        left = csr_array(left @ _columns(new_number, new_sign))


def _merged(relations: csr_array) -> tuple[Cells, _Signs] | None:
    """Return the new number and sign of each unknown, or nothing if none stands still or merges."""
    size, starts, counts = relations.shape[1], relations.indptr[:-1], np.diff(relations.indptr)
    still = np.zeros(size, dtype=np.bool_)
    still[relations.indices[starts[counts == 1]]] = True
    pairs = starts[counts == 2]  # noqa: PLR2004  # a pair has two
    is_equal = np.abs(relations.data[pairs]) == np.abs(relations.data[pairs + 1])
    pairs = pairs[is_equal]
    if not len(pairs) and not still.any():
        return None
    one, other = relations.indices[pairs], relations.indices[pairs + 1]
    is_opposite = relations.data[pairs] == relations.data[pairs + 1]
    # Each unknown has a node for itself and one, size further on, for its opposite.
    ends = np.where(is_opposite, other + size, other), np.where(is_opposite, other, other + size)
    edges = np.concatenate([one, one + size]), np.concatenate(ends)
    graph = coo_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(2 * size, 2 * size))
    count, label = connected_components(graph, directed=False)
    return _numbered(label[:size], label[size:], count, still)


def _numbered(itself: Cells, opposite: Cells, count: int, still: NDArray[np.bool_]) -> tuple[Cells, _Signs]:
    # What moves with its own opposite cannot move.
    still = still | (itself == opposite)
    is_still = np.zeros(count, dtype=np.bool_)
    is_still[itself[still]] = is_still[opposite[still]] = True
    moves = ~is_still[itself]
    number = np.full(len(itself), STILL, dtype=np.int32)
    number[moves] = np.unique(np.minimum(itself, opposite)[moves], return_inverse=True)[1]
    return number, np.where(itself <= opposite, 1, -1).astype(np.int8)


def _columns(number: Cells, sign: _Signs) -> csr_array:
    moves = np.flatnonzero(number != STILL)
    size = int(number.max(initial=STILL)) + 1
    values = sign[moves].astype(np.int64)
    return csr_array(coo_array((values, (moves, number[moves])), shape=(len(number), size)))


def _distinct_rows(relations: csr_array) -> csr_array:
    """Leave out rows that say what another one says, or its opposite."""
    relations.sort_indices()
    if not relations.shape[0]:
        return relations
    first = np.sign(relations.data[relations.indptr[:-1]])
    relations = csr_array(diags_array(first, dtype=np.int64) @ relations)
    # Two sums with random factors tell rows apart; integers, so that equal rows have equal sums.
    factors = np.random.default_rng(0).integers(1, 2**31, size=(relations.shape[1], 2))
    _, kept = np.unique(relations @ factors, axis=0, return_index=True)
    return csr_array(relations[np.sort(kept)])
