"""The cells of all tables of a problem, numbered once, and what binds them to each other.

Cells stand by level in each dimension, then by code. Those without contributions other than
zero are known to be zero, and are not among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from consumers.disclosure.contributions import agencies_of, ends_of
from consumers.disclosure.hierarchies import (
    Block,
    Hierarchy,
    Levels,
    Numbers,
    blocks_of,
    hierarchy_of,
    ranked,
)
from consumers.disclosure.overlaps import Overlaps, members, overlaps
from consumers.disclosure.problem import AMOUNT_MAX, VALUE, Dimension, Place, Problem, Table
from consumers.disclosure.system import NOT_KNOWN, Amounts, Cells, System
from schemas.errors import ConfigurationError

_Blocks: TypeAlias = dict[Levels, Block]

_NONE = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class CellSet:
    """The cells of a problem.

    Attributes:
        places: One row for each cell of a table, in the order of their numbers: for each dimension
            `<name>_level` (0 is the total) and `<name>` (the code).
        tables: Numbers of the cells of each table, ascending.
        system: What an attacker has to reckon with.
    """

    places: pl.DataFrame
    tables: dict[str, Cells]
    system: System

    def listed(self) -> list[Place]:
        """Return the place of each cell, in the order of their numbers."""
        return [tuple(zip(row[::2], row[1::2], strict=True)) for row in self.places.iter_rows()]


def cells_of(problem: Problem) -> CellSet:
    """Return the cells of all tables, each figure once, with their relations and contributors.

    A relation is made for every parent, also of a single child. A mirror is a relation if both
    of its sides are cells: of an empty cell nothing is known but that nobody reported.

    Raises:
        ConfigurationError: There are too many cells, or their sum is too large.
    """
    rows = problem.contributions.filter(pl.col(VALUE) != 0)
    _check_sum(rows[VALUE].to_numpy())
    trees = [hierarchy_of(rows, dimension) for dimension in problem.dimensions]
    leaf, samples = ranked((tree.nodes[-1], tree.size) for tree in trees)
    leaves = [tree.at(samples) for tree in trees]
    blocks = blocks_of(leaves, _all_levels(problem))
    places = _places(problem.dimensions, leaves, blocks)
    finest = {max(_levels_of_table(problem.dimensions, table)) for table in problem.tables}
    found = overlaps(rows, [blocks[levels].cell_of_leaf[leaf] for levels in sorted(finest)])
    return CellSet(
        places=places,
        tables={table.name: _cells_of_table(problem.dimensions, table, blocks) for table in problem.tables},
        system=_system(rows, leaf, blocks, _mirrors(problem.mirrors, places), found),
    )


def _check_sum(values: Amounts) -> None:
    # A sum of fractions does not overflow, and is exact enough for a limit.
    if np.abs(values.astype(np.float64)).sum() >= AMOUNT_MAX:
        raise ConfigurationError(
            f"the absolute values add up to {AMOUNT_MAX:,} units or more", hint="take a larger unit"
        )


def _all_levels(problem: Problem) -> list[Levels]:
    tables = (_levels_of_table(problem.dimensions, table) for table in problem.tables)
    return sorted({levels for of_table in tables for levels in of_table})


def _levels_of_table(dimensions: Sequence[Dimension], table: Table) -> Iterator[Levels]:
    depths = (len(dimension.columns) if dimension.name in table.dimensions else 0 for dimension in dimensions)
    return product(*(range(depth + 1) for depth in depths))


def _cells_of_table(dimensions: Sequence[Dimension], table: Table, blocks: _Blocks) -> Cells:
    return np.concatenate([blocks[levels].cells for levels in _levels_of_table(dimensions, table)])


def _places(dimensions: Sequence[Dimension], leaves: Sequence[Hierarchy], blocks: _Blocks) -> pl.DataFrame:
    columns: list[pl.Series] = []
    for axis, (dimension, tree) in enumerate(zip(dimensions, leaves, strict=True)):
        nodes = [tree.nodes[levels[axis]][block.samples] for levels, block in blocks.items()]
        node = np.concatenate(nodes)
        columns += [
            pl.Series(f"{dimension.name}_level", tree.level[node]),
            tree.codes.gather(node).alias(dimension.name),
        ]
    return pl.DataFrame(columns)


def _mirrors(mirrors: Sequence[tuple[Place, Place]], places: pl.DataFrame) -> NDArray[np.int32]:
    """Return the different pairs of cells that mirror each other, shape (pairs, 2)."""
    sides = [_numbers_of([pair[side] for pair in mirrors], places) for side in (0, 1)]
    pairs = np.sort(np.column_stack(sides), axis=1)
    return np.unique(pairs[(pairs[:, 0] != NOT_KNOWN) & (pairs[:, 0] != pairs[:, 1])], axis=0)


def _numbers_of(wanted: Sequence[Place], places: pl.DataFrame) -> Cells:
    rows = [[part for node in place for part in node] for place in wanted]
    numbers = places.with_row_index("number")
    found = pl.DataFrame(rows, schema=places.schema, orient="row").join(
        numbers, on=places.columns, how="left", maintain_order="left"
    )
    return found["number"].cast(pl.Int32).fill_null(NOT_KNOWN).to_numpy()


def _system(
    rows: pl.DataFrame, leaf: Numbers, blocks: _Blocks, mirrors: NDArray[np.int32], found: Overlaps
) -> System:
    cells_of_leaves = [block.cell_of_leaf for block in blocks.values()]
    ends = tuple(ends_of(rows, leaf, cells_of_leaves, found))
    starts = np.flatnonzero(np.diff(ends[0].cell, prepend=-1))
    child, parent, axis = _families(blocks, found)
    family, samples = ranked([(parent.astype(np.int64), len(starts)), (axis.astype(np.int64), len(axis))])
    parent, axis = parent[samples], axis[samples]
    of_mirrors = np.full(len(mirrors), NOT_KNOWN, dtype=np.int32)
    return System(
        value=np.add.reduceat(ends[0].value, starts),
        room=np.add.reduceat(ends[0].magnitude, starts),
        relations=_relations(child, family, parent, mirrors, len(starts)),
        parent=np.concatenate([parent, of_mirrors]),
        axis=np.concatenate([axis, of_mirrors]),
        ends=ends,
        agencies=agencies_of(rows),
        overlaps=members(found, (cell[leaf] for cell in cells_of_leaves), len(starts) - len(found.whole)),
    )


def _families(blocks: _Blocks, found: Overlaps) -> tuple[Cells, Cells, Cells]:
    """Return child, parent and axis of each step of one level up; the last axis is that of overlaps."""
    child, parent, axes = [_NONE], [_NONE], [_NONE]
    for levels, block in blocks.items():
        for axis, level in enumerate(levels):
            if level:
                above = blocks[*levels[:axis], level - 1, *levels[axis + 1 :]]
                child.append(block.cells)
                parent.append(above.cell_of_leaf[block.samples])
                axes.append(np.full(len(block.cells), axis, dtype=np.int32))
    size = sum(len(block.cells) for block in blocks.values())
    for overlap, whole in enumerate(found.whole, start=size):
        child.append(np.full(len(whole), overlap, dtype=np.int32))
        parent.append(np.array(whole, dtype=np.int32))
        axes.append(np.full(len(whole), len(next(iter(blocks))), dtype=np.int32))
    return np.concatenate(child), np.concatenate(parent), np.concatenate(axes)


def _relations(
    child: Cells, family: Numbers, parent: Cells, mirrors: NDArray[np.int32], size: int
) -> csr_array:
    """Return the matrix: a row for each family, its children minus its parent; then the mirrors."""
    families, pairs = len(parent), len(mirrors)
    signs = [np.ones(len(child)), -np.ones(families), np.tile([1, -1], pairs)]
    rows = [family, np.arange(families), np.repeat(np.arange(pairs) + families, 2)]
    columns = [child, parent, mirrors.ravel()]
    entries = np.concatenate(signs).astype(np.int64)
    place = (np.concatenate(rows).astype(np.int32), np.concatenate(columns))
    return coo_array((entries, place), shape=(families + pairs, size)).tocsr()
