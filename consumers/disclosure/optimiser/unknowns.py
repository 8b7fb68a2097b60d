"""What can move independently: cells that only move together are one unknown.

In thin tables most relations bind two cells of a region: a total and its only child, or two
withheld children of a published total. Merging them before a solver sees them makes its
programmes several times smaller, and changes nothing about what is conceivable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from consumers.disclosure import runs
from consumers.disclosure.system import Cells

_Signs = NDArray[np.int8]
_Integers = NDArray[np.int64]

STILL = -1
_FACTOR_MAX = 2**62


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


class Entries(NamedTuple):
    """The entries of some relations, none 0, in the order of their rows.

    Plain arrays: regions are small and many, and each step of a sparse matrix costs more than it does.

    Attributes:
        row: The relation of each entry, ascending.
        column: The cell or unknown, ascending in its row.
        value: What it counts for.
        size: The number of columns.
    """

    row: _Integers
    column: _Integers
    value: _Integers
    size: int

    @classmethod
    def summed(cls, row: _Integers, column: _Integers, value: _Integers, size: int) -> Entries:
        """Return entries in order, those of one place summed up."""
        place = row * size + column
        order = np.argsort(place, kind="stable")
        place = place[order]
        first = np.flatnonzero(np.diff(place, prepend=-1))
        value = np.add.reduceat(value[order], first) if len(first) else value
        kept = value != 0
        place = place[first][kept]
        return cls(place // size, place % size, value[kept], size)

    def starts(self) -> _Integers:
        """Return where each row begins."""
        return np.flatnonzero(np.diff(self.row, prepend=-1))


class Columns:
    """The relations of a system, by cell."""

    def __init__(self, relations: csr_array) -> None:
        """Sort them once: many regions are cut out of them."""
        columns = csc_array(relations)
        self._starts, self._rows = columns.indptr.astype(np.int64), columns.indices.astype(np.int64)
        self._values = columns.data.astype(np.int64)

    def of(self, cells: Cells) -> Entries:
        """Return the entries of some cells, which are the columns from here on."""
        starts, counts = self._starts[cells], self._starts[cells + 1] - self._starts[cells]
        at = runs.places(starts, counts)
        column = np.repeat(np.arange(len(cells)), counts)
        return Entries.summed(self._rows[at], column, self._values[at], len(cells))


def unknowns(entries: Entries) -> Unknowns:
    """Return the unknowns of a region.

    Args:
        entries: The relations of the system, the cells of the region only.
    """
    number, sign = np.arange(entries.size, dtype=np.int32), np.ones(entries.size, dtype=np.int8)
    while (merge := _merged(entries)) is not None:
        new_number, new_sign = merge
        moves = number != STILL
        sign[moves] *= new_sign[number[moves]]
        number[moves] = new_number[number[moves]]
        entries = _of_new(entries, new_number, new_sign)
    return Unknowns(number, sign, _distinct_rows(entries))


def _of_new(entries: Entries, number: Cells, sign: _Signs) -> Entries:
    """Return what relations say of the new unknowns."""
    moves = number[entries.column] != STILL
    column = entries.column[moves]
    size = int(number.max(initial=STILL)) + 1
    return Entries.summed(
        entries.row[moves], number[column].astype(np.int64), entries.value[moves] * sign[column], size
    )


def _merged(entries: Entries) -> tuple[Cells, _Signs] | None:
    """Return the new number and sign of each unknown, or nothing if none stands still or merges."""
    size, starts = entries.size, entries.starts()
    counts = np.diff(starts, append=len(entries.row))
    still = np.zeros(size, dtype=np.bool_)
    still[entries.column[starts[counts == 1]]] = True
    pairs = starts[counts == 2]  # noqa: PLR2004  # a pair has two
    is_equal = np.abs(entries.value[pairs]) == np.abs(entries.value[pairs + 1])
    pairs = pairs[is_equal]
    if not len(pairs) and not still.any():
        return None
    one, other = entries.column[pairs], entries.column[pairs + 1]
    is_opposite = entries.value[pairs] == entries.value[pairs + 1]
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


def _distinct_rows(entries: Entries) -> csr_array:
    """Leave out rows that say what another one says, or its opposite."""
    starts = entries.starts()
    counts = np.diff(starts, append=len(entries.row))
    value = entries.value * np.repeat(np.sign(entries.value[starts]), counts)
    # A sum with random factors tells rows apart; integers, so that equal rows have equal sums.
    factors = np.random.default_rng(0).integers(1, _FACTOR_MAX, size=entries.size)
    sums = np.add.reduceat(value * factors[entries.column], starts) if len(starts) else value
    is_kept = np.zeros(len(starts), dtype=np.bool_)
    is_kept[np.unique(sums, return_index=True)[1]] = True
    entry = np.repeat(is_kept, counts)
    ends = np.concatenate([[0], np.cumsum(counts[is_kept])])
    return csr_array((value[entry], entries.column[entry], ends), shape=(len(ends) - 1, entries.size))
