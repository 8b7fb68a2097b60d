"""The cells of all tables of a problem, numbered once, and what binds them to each other.

Cells stand by level in each dimension, then by code: those of one combination of levels (a
block) are neighbours. Everything is made of leaves, the combinations of finest codes that
occur, so the relation of a cell to its parent needs no search. Cells without contributions
other than zero are known to be zero, and are not among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from consumers.disclosure.problem import (
    AGENCY,
    AMOUNT_MAX,
    CELLS_MAX,
    GROUPS,
    IS_PUBLIC,
    IS_WAIVED,
    TOTAL,
    VALUE,
    Dimension,
    Place,
    Problem,
    Table,
)
from consumers.disclosure.system import NOT_KNOWN, Amounts, Cells, Contributions, System
from schemas.errors import ConfigurationError

_Numbers = NDArray[np.int64]
_Levels = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CellSet:
    """The cells of a problem.

    Attributes:
        places: One row for each cell, in the order of their numbers: for each dimension
            `<name>_level` (0 is the total) and `<name>` (the code).
        tables: Numbers of the cells of each table, ascending.
        system: What an attacker has to reckon with.
    """

    places: pl.DataFrame
    tables: dict[str, Cells]
    system: System


def cells_of(problem: Problem) -> CellSet:
    """Return the cells of all tables, each figure once, with their relations and contributors.

    A relation is made for every parent, also of a single child. A mirror is a relation if both
    of its sides are cells: of an empty cell nothing is known but that nobody reported.

    Raises:
        ConfigurationError: There are too many cells, or their sum is too large.
    """
    rows = problem.contributions.filter(pl.col(VALUE) != 0)
    _check_sum(rows[VALUE].to_numpy())
    trees = [_tree(rows, dimension) for dimension in problem.dimensions]
    leaf, samples = _ranked([tree.nodes[-1] for tree in trees], [tree.size for tree in trees])
    blocks = _blocks([tree.at(samples) for tree in trees], _all_levels(problem))
    places = _places(problem.dimensions, trees, samples, blocks)
    ends = tuple(_contributions(end, leaf, blocks) for end in _ends(rows))
    relations, parent, axis = _relations(blocks, _mirrors(problem, places))
    return CellSet(
        places=places,
        tables={table.name: _cells_of_table(problem.dimensions, table, blocks) for table in problem.tables},
        system=System(
            value=_by_cell(ends[0].cell, ends[0].value),
            room=_by_cell(ends[0].cell, ends[0].magnitude),
            relations=relations,
            parent=parent,
            axis=axis,
            ends=ends,
        ),
    )


def _check_sum(values: Amounts) -> None:
    # A sum of fractions does not overflow, and is exact enough for a limit.
    if np.abs(values.astype(np.float64)).sum() >= AMOUNT_MAX:
        raise ConfigurationError(
            f"the contributions add up to {AMOUNT_MAX:,} units or more", hint="take a larger unit"
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Tree:
    """The nodes of a dimension, numbered by level, then by code.

    Attributes:
        codes: Code of each node.
        level: Level of each node.
        nodes: The node of each row (or leaf) at each level, the total first.
    """

    codes: pl.Series
    level: NDArray[np.int8]
    nodes: list[_Numbers]

    @property
    def size(self) -> int:
        return len(self.codes)

    def at(self, rows: _Numbers) -> _Tree:
        return _Tree(self.codes, self.level, [nodes[rows] for nodes in self.nodes])


def _tree(rows: pl.DataFrame, dimension: Dimension) -> _Tree:
    codes, nodes = [pl.Series([TOTAL], dtype=pl.String)], [np.zeros(rows.height, dtype=np.int64)]
    for column in dimension.columns:
        assert not rows[column].null_count()
        found = rows[column].unique().sort()
        offset = sum(len(level) for level in codes)
        position = pl.DataFrame({column: found}).with_row_index("node")
        number = rows.select(column).join(position, on=column, how="left", maintain_order="left")
        nodes.append(number["node"].to_numpy().astype(np.int64) + offset)
        _assert_one_parent(nodes[-2], nodes[-1])
        codes.append(found)
    level = np.repeat(np.arange(len(codes), dtype=np.int8), [len(of_level) for of_level in codes])
    return _Tree(pl.concat(codes), level, nodes)


def _assert_one_parent(parent: _Numbers, child: _Numbers) -> None:
    parent_of = np.zeros(child.max(initial=0) + 1, dtype=np.int64)
    parent_of[child] = parent
    assert np.array_equal(parent_of[child], parent)


def _ranked(columns: Sequence[_Numbers], sizes: Sequence[int]) -> tuple[_Numbers, _Numbers]:
    """Return the rank of each row among the different rows, and a row for each rank.

    Args:
        columns: Numbers, 0 or more.
        sizes: What the numbers of each column are below.
    """
    ranks, size = columns[0], sizes[0]
    for column, columns_size in zip(columns[1:], sizes[1:], strict=True):
        if size * columns_size > np.iinfo(np.int64).max:
            ranks, size = np.unique(ranks, return_inverse=True)[1], len(ranks)
        ranks, size = ranks * columns_size + column, size * columns_size
    _, samples, ranks = np.unique(ranks, return_index=True, return_inverse=True)
    return ranks, samples


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """The cells of one combination of levels.

    Attributes:
        cell_of_leaf: Number of the cell that each leaf is part of.
        samples: A leaf of each cell.
        first: Number of the first cell.
    """

    cell_of_leaf: Cells
    samples: _Numbers
    first: int

    @property
    def cells(self) -> Cells:
        return np.arange(self.first, self.first + len(self.samples), dtype=np.int32)


def _all_levels(problem: Problem) -> list[_Levels]:
    return sorted(
        {levels for table in problem.tables for levels in _levels_of_table(problem.dimensions, table)}
    )


def _levels_of_table(dimensions: Sequence[Dimension], table: Table) -> Iterator[_Levels]:
    depths = [len(dimension.columns) if dimension.name in table.dimensions else 0 for dimension in dimensions]
    return product(*(range(depth + 1) for depth in depths))


def _cells_of_table(dimensions: Sequence[Dimension], table: Table, blocks: dict[_Levels, _Block]) -> Cells:
    return np.concatenate([blocks[levels].cells for levels in _levels_of_table(dimensions, table)])


def _blocks(leaves: Sequence[_Tree], all_levels: Sequence[_Levels]) -> dict[_Levels, _Block]:
    blocks, first = {}, 0
    for levels in all_levels:
        nodes = [tree.nodes[level] for tree, level in zip(leaves, levels, strict=True)]
        ranks, samples = _ranked(nodes, [tree.size for tree in leaves])
        blocks[levels] = _Block((ranks + first).astype(np.int32), samples, first)
        first += len(samples)
        if first > CELLS_MAX:
            raise ConfigurationError(
                f"the tables have more than {CELLS_MAX:,} cells",
                hint="leave a fine column out of a dimension, or a dimension out of a table",
            )
    return blocks


def _places(
    dimensions: Sequence[Dimension],
    trees: Sequence[_Tree],
    samples: _Numbers,
    blocks: dict[_Levels, _Block],
) -> pl.DataFrame:
    columns: list[pl.Series] = []
    for axis, (dimension, tree) in enumerate(zip(dimensions, trees, strict=True)):
        node = np.concatenate(
            [tree.nodes[levels[axis]][samples[block.samples]] for levels, block in blocks.items()]
        )
        columns += [
            pl.Series(f"{dimension.name}_level", tree.level[node]),
            tree.codes.gather(node).alias(dimension.name),
        ]
    return pl.DataFrame(columns)


def _ends(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Return `actor` and `value` of the rows for each end, the actors with what is known of them.

    A contribution with fewer groups than others has its first one at every end.
    """
    groups = rows[GROUPS].explode().unique().drop_nulls().sort()
    agencies = rows[AGENCY].unique().drop_nulls().sort()
    length = max(1, int(rows.select(pl.col(GROUPS).list.len().max()).item() or 0))
    known = rows.select(
        VALUE, IS_WAIVED, IS_PUBLIC, _number(rows[AGENCY], agencies).alias("agency"), pl.col(GROUPS)
    )
    return [
        known.with_columns(
            _number(
                rows.select(
                    pl.when(pl.col(GROUPS).list.len() > end)
                    .then(pl.col(GROUPS).list.get(end, null_on_oob=True))
                    .otherwise(pl.col(GROUPS).list.get(0, null_on_oob=True))
                ).to_series(),
                groups,
            ).alias("group")
        ).drop(GROUPS)
        for end in range(length)
    ]


def _number(values: pl.Series, sorted_values: pl.Series) -> pl.Series:
    position = pl.DataFrame({"value": sorted_values}).with_row_index("number")
    found = pl.DataFrame({"value": values}).join(position, on="value", how="left", maintain_order="left")
    return found["number"].cast(pl.Int32).fill_null(NOT_KNOWN)


def _contributions(end: pl.DataFrame, leaf: _Numbers, blocks: dict[_Levels, _Block]) -> Contributions:
    known = [end[name].to_numpy().astype(np.int64) for name in ("group", "agency", IS_WAIVED, IS_PUBLIC)]
    lowest = np.array([NOT_KNOWN, NOT_KNOWN, 0, 0])
    shifted = [column - least for column, least in zip(known, lowest, strict=True)]
    actor, samples = _ranked(shifted, [int(column.max(initial=0)) + 1 for column in shifted])
    value = end[VALUE].to_numpy()
    by_leaf = _summed(leaf, actor, value, np.abs(value), len(samples))
    sums = [_summed(block.cell_of_leaf[by_leaf[0]], *by_leaf[1:], len(samples)) for block in blocks.values()]
    cell, actor, value, magnitude = (np.concatenate(column) for column in zip(*sums, strict=True))
    group, agency, is_waived, is_public = (column[samples] for column in known)
    return Contributions(
        cell=cell.astype(np.int32),
        group=group.astype(np.int32)[actor],
        agency=agency.astype(np.int32)[actor],
        is_waived=is_waived.astype(np.bool_)[actor],
        is_public=is_public.astype(np.bool_)[actor],
        value=value,
        magnitude=magnitude,
    )


def _summed(
    cell: Cells | _Numbers, actor: _Numbers, value: Amounts, magnitude: Amounts, actors: int
) -> tuple[_Numbers, _Numbers, Amounts, Amounts]:
    """Return one row for each cell and actor, sorted by both."""
    key = cell.astype(np.int64) * actors + actor
    order = np.argsort(key)
    key = key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    cells_found, actors_found = np.divmod(key[starts], max(actors, 1))
    return (
        cells_found,
        actors_found,
        np.add.reduceat(value[order], starts),
        np.add.reduceat(magnitude[order], starts),
    )


def _by_cell(cell: Cells, amounts: Amounts) -> Amounts:
    return np.add.reduceat(amounts, np.flatnonzero(np.diff(cell, prepend=-1)))


def _relations(
    blocks: dict[_Levels, _Block], mirrors: NDArray[np.int32]
) -> tuple[csr_array, Cells, NDArray[np.int32]]:
    """Return the matrix of System, and parent and axis of its rows, which stand by both."""
    size = sum(len(block.samples) for block in blocks.values())
    child, parent, axis = _families(blocks)
    row, samples = _ranked([parent, axis], [size, len(next(iter(blocks)))])
    parent, axis = parent[samples], axis[samples]
    families, pairs = len(parent), len(mirrors)
    rows = [row, np.arange(families), np.repeat(np.arange(pairs) + families, 2)]
    signs = [np.ones(len(row)), -np.ones(families), np.tile([1, -1], pairs)]
    matrix = coo_array(
        (
            np.concatenate(signs).astype(np.int64),
            (np.concatenate(rows).astype(np.int32), np.concatenate([child, parent, mirrors.ravel()])),
        ),
        shape=(families + pairs, size),
    )
    none = np.full(pairs, NOT_KNOWN, dtype=np.int32)
    return (
        matrix.tocsr(),
        np.concatenate([parent, none]).astype(np.int32),
        np.concatenate([axis, none]).astype(np.int32),
    )


def _families(blocks: dict[_Levels, _Block]) -> tuple[_Numbers, _Numbers, _Numbers]:
    """Return child, parent and axis of each step of one level up."""
    child, parent, axes = [_NONE], [_NONE], [_NONE]
    for levels, block in blocks.items():
        for axis, level in enumerate(levels):
            if level:
                above = blocks[*levels[:axis], level - 1, *levels[axis + 1 :]]
                child.append(block.cells.astype(np.int64))
                parent.append(above.cell_of_leaf[block.samples].astype(np.int64))
                axes.append(np.full(len(block.samples), axis))
    return np.concatenate(child), np.concatenate(parent), np.concatenate(axes)


_NONE = np.zeros(0, dtype=np.int64)


def _mirrors(problem: Problem, places: pl.DataFrame) -> NDArray[np.int32]:
    """Return the different pairs of cells that mirror each other, shape (pairs, 2)."""
    first = _numbers_of([one for one, _ in problem.mirrors], places)
    second = _numbers_of([other for _, other in problem.mirrors], places)
    pairs = np.sort(np.column_stack([first, second]), axis=1)
    pairs = pairs[(pairs[:, 0] != NOT_KNOWN) & (pairs[:, 0] != pairs[:, 1])]
    return np.unique(pairs, axis=0)


def _numbers_of(wanted: Sequence[Place], places: pl.DataFrame) -> NDArray[np.int32]:
    flat = [[part for node in place for part in node] for place in wanted]
    frame = pl.DataFrame(flat, schema=places.schema, orient="row")
    found = frame.join(places.with_row_index("number"), on=places.columns, how="left", maintain_order="left")
    return found["number"].cast(pl.Int32).fill_null(NOT_KNOWN).to_numpy()
