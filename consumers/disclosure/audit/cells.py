"""What the audit reckons with: every cell, who is in it, and the sums that bind cells together.

Made from the problem alone, in another way than the optimiser makes it: cells are the sets
of contributions that share their codes, and a cell's parent is the cell of the level above
in which its contributions lie.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from consumers.disclosure.problem import (
    AGENCY,
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

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
# Levels of one cell, by dimension of the problem.
Levels = tuple[int, ...]
# A cell, and the number of the dimension along which it is taken apart.
Parent = tuple[int, int]

NOT_KNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """The contributions, as arrays of one length.

    Attributes:
        value: In units, with sign.
        groups: Number of the group of each, once for each end of a movement; -1 not known.
        agency: Number of the agency of each; -1 not known.
        group_names: Names by number.
        agency_names: Names by number.
    """

    value: Numbers
    groups: tuple[Numbers, ...]
    agency: Numbers
    is_waived: Flags
    is_public: Flags
    group_names: tuple[str, ...]
    agency_names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Pairs of a cell and a contribution in it: arrays of one length."""

    cell: Numbers
    record: Numbers

    def where(self, is_kept: Flags) -> Shares:
        """Return some of the pairs."""
        return Shares(self.cell[is_kept], self.record[is_kept])


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """All cells of all tables.

    Attributes:
        records: The contributions.
        places: Where each cell stands.
        cell_of: Shape (combinations of levels, contributions): the cells of each contribution.
        families: The children of each cell along each dimension, by cell and number of it.
        relations: Shape (m, n): children minus parent, or one side of a mirror minus the other.
    """

    records: Records
    places: tuple[Place, ...]
    cell_of: Numbers
    families: Mapping[Parent, Sequence[int]]
    relations: csr_array

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.places)

    def shares(self) -> Shares:
        """Return who is in which cell, by cell."""
        order = np.argsort(self.cell_of, axis=None, kind="stable")
        return Shares(self.cell_of.ravel()[order], order % max(self.cell_of.shape[1], 1))

    def sums(self, amounts: Numbers) -> Numbers:
        """Return for each cell the sum of what each contribution has, exactly."""
        found = np.zeros(self.size, dtype=np.int64)
        for cells in self.cell_of:
            np.add.at(found, cells, amounts)
        return found


def cells_of(problem: Problem) -> Cells:
    """Return the cells of a problem; codes must have one parent each.

    A contribution of nothing makes no cell: an empty cell is known to be empty.
    """
    frame = problem.contributions.filter(pl.col(VALUE) != 0)
    codes = _codes(frame, problem.dimensions)
    places: list[Place] = []
    cell_of: dict[Levels, Numbers] = {}
    first_of: dict[Levels, Numbers] = {}
    for levels in _level_vectors(problem.dimensions, problem.tables):
        first, of_record = _partition([codes[at] for at in enumerate(levels)], len(frame))
        cell_of[levels] = of_record + len(places)
        first_of[levels] = first
        places += _places(frame, problem.dimensions, levels, first)
    families = _families(cell_of, first_of)
    sums = [{parent: -1, **dict.fromkeys(children, 1)} for (parent, _), children in families.items()]
    return Cells(
        records=_records(frame),
        places=tuple(places),
        cell_of=np.stack([*cell_of.values()]),
        families=families,
        relations=_matrix([*sums, *_mirrors(problem, places)], len(places)),
    )


def _level_vectors(dimensions: Sequence[Dimension], tables: Sequence[Table]) -> list[Levels]:
    """Return every combination of levels that some table shows, coarse to fine."""
    found: set[Levels] = set()
    for table in tables:
        depths = [len(item.columns) if item.name in table.dimensions else 0 for item in dimensions]
        found.update(itertools.product(*(range(depth + 1) for depth in depths)))
    return sorted(found)


def _codes(frame: pl.DataFrame, dimensions: Sequence[Dimension]) -> dict[tuple[int, int], Numbers]:
    """Return for (dimension, level) the number of each contribution's code."""
    found = {}
    for axis, dimension in enumerate(dimensions):
        found[axis, 0] = np.zeros(len(frame), dtype=np.int64)
        for level, column in enumerate(dimension.columns, 1):
            found[axis, level] = _numbered(frame[column])[0]
    return found


def _numbered(series: pl.Series) -> tuple[Numbers, tuple[str, ...]]:
    """Return numbers of texts in their order, and the texts by number; null is -1."""
    names = series.drop_nulls().unique().sort()
    numbers = {name: number for number, name in enumerate(names)}
    found = np.fromiter((numbers.get(name, NOT_KNOWN) for name in series), np.int64, len(series))
    return found, tuple(names)


def _partition(codes: Sequence[Numbers], size: int) -> tuple[Numbers, Numbers]:
    """Return the first contribution of each cell, and the cell of each contribution."""
    of_record = np.zeros(size, dtype=np.int64)
    first = np.zeros(min(size, 1), dtype=np.int64)
    for code in codes:
        _, first, of_record = np.unique(
            of_record * (code.max(initial=0) + 1) + code, return_index=True, return_inverse=True
        )
    return first, of_record


def _places(
    frame: pl.DataFrame, dimensions: Sequence[Dimension], levels: Levels, first: Numbers
) -> list[Place]:
    columns: list[list[tuple[int, str]]] = []
    for dimension, level in zip(dimensions, levels, strict=True):
        texts = frame[dimension.columns[level - 1]].gather(first) if level else [TOTAL] * len(first)
        columns.append([(level, text) for text in texts])
    return list(zip(*columns, strict=True))


def _families(
    cell_of: Mapping[Levels, Numbers], first_of: Mapping[Levels, Numbers]
) -> dict[Parent, list[int]]:
    found: dict[Parent, list[int]] = {}
    for levels, first in first_of.items():
        for axis, level in enumerate(levels):
            if not level:
                continue
            above = cell_of[*levels[:axis], level - 1, *levels[axis + 1 :]]
            for child, parent in zip(cell_of[levels][first].tolist(), above[first].tolist(), strict=True):
                found.setdefault((parent, axis), []).append(child)
    return found


def _mirrors(problem: Problem, places: Sequence[Place]) -> Iterator[dict[int, int]]:
    """Yield each mirror as its cells with their signs; a side that is no cell binds nothing."""
    number = {place: at for at, place in enumerate(places)} if problem.mirrors else {}
    for one, other in problem.mirrors:
        if one in number and other in number and one != other:
            yield {number[one]: 1, number[other]: -1}


def _matrix(rows: Sequence[dict[int, int]], size: int) -> csr_array:
    at = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    cells = np.fromiter(itertools.chain.from_iterable(rows), np.int64, len(at))
    signs = np.fromiter((sign for row in rows for sign in row.values()), np.float64, len(at))
    return coo_array((signs, (at, cells)), shape=(len(rows), size)).tocsr()


def _records(frame: pl.DataFrame) -> Records:
    known = frame[GROUPS].explode().cast(pl.String).drop_nulls().unique().sort()
    number = {name: at for at, name in enumerate(known)}
    lists = [item or [None] for item in frame[GROUPS].to_list()]
    agency, agency_names = _numbered(frame[AGENCY])
    return Records(
        value=frame[VALUE].to_numpy().astype(np.int64),
        groups=tuple(_end(lists, number, end) for end in range(max(map(len, lists), default=1))),
        agency=agency,
        is_waived=frame[IS_WAIVED].to_numpy().astype(bool),
        is_public=frame[IS_PUBLIC].to_numpy().astype(bool),
        group_names=tuple(known),
        agency_names=agency_names,
    )


def _end(lists: Sequence[Sequence[str | None]], number: Mapping[str, int], end: int) -> Numbers:
    """Return the group of each contribution at one end: its first one where it has no other."""
    names = (item[end] if end < len(item) else item[0] for item in lists)
    return np.fromiter((NOT_KNOWN if name is None else number[name] for name in names), np.int64, len(lists))
