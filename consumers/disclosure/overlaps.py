"""What figures share where no table has it: loads that stand in the same finest cells.

Two books of one movement, two measures of one load, or tables without a common finer one overlap.
Each set of finest cells with loads in all of them is a further cell, which is never published
and which these cells are sums of. With these cells, differences of figures are sums of cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from consumers.disclosure.problem import LOAD
from consumers.disclosure.system import Cells, System

_Numbers = NDArray[np.int64]

# Two figures are compared where each has at least this part of the other.
_SHARED = 10


@dataclass(frozen=True, slots=True, eq=False)
class Overlaps:
    """Cells of loads.

    Attributes:
        rows: The first row of each load, which stands for it.
        cell: Number of the further cell of each load; the first one is 0.
        whole: The finest cells that each further cell is part of, ascending.
        of_row: Number of the further cell of each row.
    """

    rows: _Numbers
    cell: Cells
    whole: Sequence[tuple[int, ...]]
    of_row: Cells


def overlaps(rows: pl.DataFrame, finest: Sequence[Cells]) -> Overlaps:
    """Return the further cells of contributions; none where they do not tell loads.

    Args:
        rows: Contributions of a problem.
        finest: For each table the finest cell of each row.
    """
    if LOAD not in rows.columns or rows.is_empty():
        nothing = np.zeros(0, dtype=np.int32)
        return Overlaps(nothing.astype(np.int64), nothing, (), nothing)
    _, first, load = np.unique(rows[LOAD].to_numpy(), return_index=True, return_inverse=True)
    pairs = np.unique(np.column_stack([np.tile(load, len(finest)), np.concatenate(finest)]), axis=0)
    cells = np.split(pairs[:, 1], np.flatnonzero(np.diff(pairs[:, 0])) + 1)
    of_loads = [tuple(map(int, of_load)) for of_load in cells]
    whole = sorted(set(of_loads))
    number = {of_load: place for place, of_load in enumerate(whole)}
    cell = np.array([number[of_load] for of_load in of_loads], dtype=np.int32)
    return Overlaps(first, cell, whole, cell[load])


def members(found: Overlaps, blocks: Iterable[Cells], size: int) -> csr_array:
    """Return which further cells each cell of a table is made of, shape (size, further cells).

    Args:
        found: Of `overlaps`.
        blocks: For each combination of levels, the cell of each row.
        size: Number of cells of tables.
    """
    shape = (size, len(found.whole))
    if not found.whole:
        return csr_array(shape, dtype=np.int64)
    keys = [np.unique(cell.astype(np.int64) * shape[1] + found.of_row) for cell in blocks]
    cell, overlap = np.divmod(np.concatenate(keys), shape[1])
    return csr_array((np.ones(len(cell), dtype=np.int64), (cell, overlap)), shape=shape)


def differences(system: System) -> csr_array:
    """Return what of one cell is not in another one with which it shares much, shape (sums, cells).

    Whoever knows both knows the difference between what either has alone. Only sums of several
    further cells are told, as each of these is a cell by itself.
    """
    size = system.overlaps.shape[0]
    room = system.room[size:]
    common = csr_array((system.overlaps * room) @ system.overlaps.T).tocoo()
    whole = system.overlaps @ room
    is_near = _SHARED * common.data >= np.maximum(whole[common.row], whole[common.col])
    one, other = common.row[is_near], common.col[is_near]
    left = system.overlaps[one] - system.overlaps[one].multiply(system.overlaps[other])
    left = csr_array(left)
    left.eliminate_zeros()
    left = left[np.diff(left.indptr) > 1]
    return csr_array((left.data, left.indices + size, left.indptr), shape=(left.shape[0], system.size))
