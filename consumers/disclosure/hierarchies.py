"""The hierarchies that contributions lie in, and the cells that their nodes span.

Everything is made of leaves, the combinations of finest codes that occur. So the parent of a
cell needs no search: it is the cell one level up that one of the same leaves is part of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consumers.disclosure.problem import CELLS_MAX, TOTAL, Dimension
from consumers.disclosure.system import Cells
from schemas.errors import ConfigurationError

Numbers: TypeAlias = NDArray[np.int64]
# A level of each dimension; 0 is the total.
Levels: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """The nodes of a dimension, numbered by level, then by code.

    Attributes:
        codes: Code of each node.
        level: Level of each node.
        nodes: The node of each row (or of each leaf) at each level, the total first.
    """

    codes: pl.Series
    level: NDArray[np.int8]
    nodes: tuple[Numbers, ...]

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.codes)

    def at(self, rows: Numbers) -> Hierarchy:
        """Return the hierarchy with some of the rows."""
        return Hierarchy(self.codes, self.level, tuple(nodes[rows] for nodes in self.nodes))


def hierarchy_of(rows: pl.DataFrame, dimension: Dimension) -> Hierarchy:
    """Return the hierarchy of a dimension; every code must be there and have one parent."""
    codes, nodes = [pl.Series([TOTAL], dtype=pl.String)], [np.zeros(rows.height, dtype=np.int64)]
    for column in dimension.columns:
        found = rows[column].unique().sort()
        assert not found.null_count()
        position = pl.DataFrame({column: found}).with_row_index("node", offset=sum(map(len, codes)))
        node = rows.select(column).join(position, on=column, how="left", maintain_order="left")["node"]
        nodes.append(node.to_numpy().astype(np.int64))
        codes.append(found)
        _assert_one_parent(nodes[-2], nodes[-1])
    level = np.repeat(np.arange(len(codes), dtype=np.int8), [len(of_level) for of_level in codes])
    return Hierarchy(pl.concat(codes), level, tuple(nodes))


def _assert_one_parent(parent: Numbers, child: Numbers) -> None:
    parent_of = np.zeros(child.max(initial=0) + 1, dtype=np.int64)
    parent_of[child] = parent
    assert np.array_equal(parent_of[child], parent)


def ranked(columns: Iterable[tuple[Numbers, int]]) -> tuple[Numbers, Numbers]:
    """Return the rank of each row among the different rows, and for each rank the first such row.

    Args:
        columns: Numbers from 0 on, and what they are below.
    """
    ranks, size = np.zeros(1, dtype=np.int64), 1
    for column, columns_size in columns:
        if size * columns_size > np.iinfo(np.int64).max:
            ranks, size = np.unique(ranks, return_inverse=True)[1], len(ranks)
        ranks, size = ranks * columns_size + column, size * columns_size
    _, samples, ranks = np.unique(ranks, return_index=True, return_inverse=True)
    return ranks, samples


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The cells of one combination of levels; their numbers are neighbours.

    Attributes:
        cell_of_leaf: Number of the cell that each leaf is part of.
        samples: A leaf of each cell.
        cells: Their numbers.
    """

    cell_of_leaf: Cells
    samples: Numbers
    cells: Cells


def blocks_of(leaves: Sequence[Hierarchy], all_levels: Iterable[Levels]) -> dict[Levels, Block]:
    """Return the cells of some combinations of levels, numbered in this order, then by code.

    Args:
        leaves: The hierarchies, with a row for each leaf.
        all_levels: The combinations.

    Raises:
        ConfigurationError: There are too many cells.
    """
    blocks, first = {}, 0
    for levels in all_levels:
        chosen = ((tree.nodes[level], tree.size) for tree, level in zip(leaves, levels, strict=True))
        ranks, samples = ranked(chosen)
        cells = np.arange(first, first + len(samples), dtype=np.int32)
        blocks[levels] = Block(cells[ranks], samples, cells)
        first += len(samples)
        if first > CELLS_MAX:
            raise ConfigurationError(
                f"the tables have more than {CELLS_MAX:,} cells",
                hint="leave a fine column out of a dimension, or a dimension out of a table",
            )
    return blocks
