"""What the verifier makes of the contributions: cells, and the sums that bind them to each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, product
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consumers.disclosure.problem import AGENCY, GROUPS, IS_PUBLIC, LOAD, TOTAL, VALUE, Problem, Table

Numbers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Levels: TypeAlias = tuple[int, ...]  # of a cell in each dimension, 0 for the total
Figure: TypeAlias = tuple[int, ...]  # the cells that it is the sum of, ascending

OUTSIDER, PUBLIC = "outsider", "public"


class World:
    """The cells that the contributions make, numbered by levels, then by codes; overlaps come last.

    An overlap is what stands in the same finest cells of all tables, by one or several rows of a load.

    Attributes:
        rows: The contributions; one of nothing makes no cell.
        value: Value of each row.
        ends: For each end of a movement, the number of each row's group; -1 not known.
        agencies: For each agency, which rows it knows.
        blocks: For each combination of levels, the cell that each row is part of.
        places: Levels and codes of each cell of a table.
        overlaps: For each of them, the finest cells that it is part of.
        overlap: For each row, the cell that is its overlap; and whether it stands for its load there.
        size: Number of cells.
        tables: Cells of each table.
        parts: For each dimension, the parts of each cell that has any.
        mirrors: Pairs of cells that change together.
        balances: Sums that are 0 in any world, the parts of a cell minus the cell, and one side of a
            mirror minus the other: one row for each cell in each, with number, cell and sign.
    """

    def __init__(self, problem: Problem) -> None:
        """Sort the contributions into cells."""
        self.problem = problem
        self.rows = problem.contributions.filter(pl.col(VALUE) != 0)
        self.value = self.rows[VALUE].to_numpy()
        self.ends, self.agencies = _ends(self.rows[GROUPS]), _agencies(self.rows[AGENCY])
        self.blocks: dict[Levels, Numbers] = {}
        levels_of = {table.name: [*_levels_of(problem, table)] for table in problem.tables}
        cells: dict[Levels, pl.DataFrame] = {}
        for levels in sorted({*chain(*levels_of.values())}):
            place = self._place(levels)
            cells[levels] = place.unique().sort(place.columns[1::2])
            numbered = cells[levels].with_row_index(
                "cell", sum(map(len, cells.values())) - len(cells[levels])
            )
            found = place.join(numbered, on=place.columns, how="left", maintain_order="left")
            self.blocks[levels] = found["cell"].to_numpy().astype(np.int64)
        self.places = pl.concat(cells.values())
        first = dict(zip(cells, np.cumsum([0, *map(len, cells.values())]), strict=False))
        self.tables = {
            name: np.concatenate([first[levels] + np.arange(len(cells[levels])) for levels in found])
            for name, found in levels_of.items()
        }
        self.overlaps, self.overlap, self.is_first = self._overlaps(
            {found[-1] for found in levels_of.values()}
        )
        self.size = len(self.places) + len(self.overlaps)
        self.parts = [self._parts(axis) for axis in range(len(problem.dimensions))]
        self.parts.append(defaultdict(list))
        for part, wholes in enumerate(self.overlaps, start=len(self.places)):
            for whole in wholes:
                self.parts[-1][whole].append(part)
        self.mirrors = self._mirrors()
        balances = [(parts, whole) for along in self.parts for whole, parts in along.items()]
        balances += [([one], other) for one, other in self.mirrors if one != other]
        entries = [
            (number, cell, sign)
            for number, (parts, whole) in enumerate(balances)
            for cell, sign in ((whole, -1), *((part, 1) for part in parts))
        ]
        self.balances = np.array(entries, dtype=np.int64).reshape(-1, 3)

    def _place(self, levels: Levels) -> pl.DataFrame:
        """Return level and code of each row in each dimension."""
        columns: list[pl.Expr] = []
        for dimension, level in zip(self.problem.dimensions, levels, strict=True):
            code = pl.col(dimension.columns[level - 1]) if level else pl.lit(TOTAL)
            columns += [pl.lit(level).alias(f"{dimension.name}_level"), code.alias(dimension.name)]
        return self.rows.select(pl.col(VALUE), *columns).drop(VALUE)

    def _parts(self, axis: int) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for levels, cell in self.blocks.items():
            if levels[axis]:
                parent_of = np.full(len(self.places), -1, dtype=np.int64)
                parent_of[cell] = self.blocks[*levels[:axis], levels[axis] - 1, *levels[axis + 1 :]]
                for part in np.flatnonzero(parent_of >= 0).tolist():
                    found[int(parent_of[part])].append(part)
        return dict(found)

    def _overlaps(self, finest: set[Levels]) -> tuple[list[Figure], Numbers, Flags]:
        loads = self.rows[LOAD].to_list() if LOAD in self.rows.columns else []
        cells_of, first = defaultdict[int, set[int]](set), dict[int, int]()
        for row, load in enumerate(loads):
            cells_of[load] |= {int(self.blocks[levels][row]) for levels in finest}
            first.setdefault(load, row)
        found = sorted({tuple(sorted(cells)) for cells in cells_of.values()})
        number = {cells: len(self.places) + place for place, cells in enumerate(found)}
        overlap = [number[tuple(sorted(cells_of[load]))] for load in loads]
        is_first = [first[load] == row for row, load in enumerate(loads)]
        return found, np.array(overlap, dtype=np.int64), np.array(is_first, dtype=np.bool_)

    def placed(self, rows: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield rows and their cells, for each combination of levels and for overlaps."""
        for cells in self.blocks.values():
            yield rows, cells[rows]
        if self.overlaps:
            first = rows[self.is_first[rows]]
            yield first, self.overlap[first]

    def _mirrors(self) -> list[tuple[int, int]]:
        places = self.places.iter_rows() if self.problem.mirrors else ()
        number = {tuple(zip(row[::2], row[1::2], strict=True)): cell for cell, row in enumerate(places)}
        pairs = [(number.get(one), number.get(other)) for one, other in self.problem.mirrors]
        return [(one, other) for one, other in pairs if one is not None and other is not None]

    def by_cell(self, amounts: Numbers) -> Numbers:
        """Add up an amount of each row."""
        found = np.zeros(self.size, dtype=np.int64)
        for rows, cells in self.placed(np.arange(len(self.rows))):
            np.add.at(found, cells, amounts[rows])
        return found

    def by_rows(self, rows: Numbers) -> Numbers:
        """Add up the absolute values of some rows."""
        amounts = np.zeros(len(self.rows), dtype=np.int64)
        amounts[rows] = np.abs(self.value[rows])
        return self.by_cell(amounts)

    def balances_of(self, change: Numbers) -> Numbers:
        """Add up a change of the cells over each balance; 0 if there can be such a world."""
        number, cell, sign = self.balances.T
        found = np.zeros(len(self.balances), dtype=np.int64)
        np.add.at(found, number, sign * change[cell])
        return found

    def known_by(self, attacker: str) -> Flags:
        """Say which rows an attacker knows beforehand; groups and agencies are numbered by name."""
        known = np.zeros(len(self.rows), dtype=np.bool_)
        for who in attacker.split(" and ") if attacker != OUTSIDER else ():
            kind, _, number = who.partition(" ")
            if kind == "agency":
                known |= self.agencies[int(number)]
            elif kind == "contributor":
                known |= np.any([groups == int(number) for groups in self.ends], axis=0)
            else:
                known |= self.rows[IS_PUBLIC].to_numpy()
        return known

    def name(self, figure: Figure) -> str:
        """Return where a figure stands, in words."""
        named = [self._name(cell) for cell in figure]
        return " + ".join(named)

    def _name(self, cell: int) -> str:
        if cell < len(self.places):
            return " x ".join(self.places.row(cell)[1::2])
        return f"what {' and '.join(map(self._name, self.overlaps[cell - len(self.places)]))} share"


def _levels_of(problem: Problem, table: Table) -> Iterator[Levels]:
    """Yield the combinations of levels of a table; dimensions that it does not have stand at 0."""
    depths = [len(d.columns) if d.name in table.dimensions else 0 for d in problem.dimensions]
    return product(*(range(depth + 1) for depth in depths))


def _ends(groups: pl.Series) -> list[Numbers]:
    """Return the groups at each end; a row with fewer ends than others has its first one there too."""
    count = int(np.max(groups.list.len().to_numpy(), initial=1))
    frame = pl.DataFrame({"groups": groups}).select(
        pl.when(pl.col("groups").list.len() > end)
        .then(pl.col("groups").list.get(end, null_on_oob=True))
        .otherwise(pl.col("groups").list.get(0, null_on_oob=True))
        .alias(str(end))
        for end in range(count)
    )
    return np.split(_numbered(pl.concat(frame.iter_columns())), count)


def _agencies(known_by: pl.Series) -> list[Flags]:
    """Return which rows each agency knows, by their names, which stand one a line."""
    names = known_by.str.split("\n")
    agencies = names.explode().drop_nulls().unique().sort()
    return [names.list.contains(agency).fill_null(value=False).to_numpy() for agency in agencies]


def _numbered(names: pl.Series) -> Numbers:
    """Return the rank of each name among all, from 0; -1 for none."""
    return names.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
