"""What somebody can do with a publication of tables who knows the geography and some contributions.

Written for small tables and for reading, from the contributions alone: it shares no code with
what it attacks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linprog

from consumers.disclosure.disclosure import protect
from consumers.disclosure.problem import Place, Problem, Rules

Flags = NDArray[np.bool_]
Amounts = NDArray[np.int64]
Defence = Callable[[Problem], set[Place]]


def withheld(problem: Problem) -> set[Place]:
    """Return the places that disclosure control withholds."""
    found = protect(problem)
    rows = found.cells.places.filter(pl.Series(found.status != "free")).iter_rows()
    return {tuple(zip(row[::2], row[1::2], strict=True)) for row in rows}


@dataclass(eq=False)
class Publication:
    """A problem, and which of its places are withheld.

    Attributes:
        places: Of all cells.
        contains: Which contributions each cell has, shape (cells, contributions).
        is_hidden: Which cells are withheld.
        sums: Shape (relations, cells): the parts of a cell minus the cell.
    """

    problem: Problem
    places: list[Place]
    contains: Flags
    is_hidden: Flags
    sums: NDArray[np.int64]

    @classmethod
    def of(cls, problem: Problem, hidden: Collection[Place]) -> Publication:
        """Return what is published."""
        cells: dict[Place, Flags] = {}
        for table in problem.tables:
            depths = [len(d.columns) if d.name in table.dimensions else 0 for d in problem.dimensions]
            for levels in product(*(range(depth + 1) for depth in depths)):
                cells |= _cells(problem, levels)
        places = list(cells)
        is_hidden = np.array([place in hidden for place in places])
        return cls(problem, places, np.array(list(cells.values())), is_hidden, _sums(places, cells))

    @property
    def value(self) -> Amounts:
        """Return the value of each contribution."""
        return self.problem.contributions["value"].to_numpy()

    def groups(self) -> Iterator[NDArray[np.object_]]:
        """Yield the groups of the contributions at each end."""
        lists = self.problem.contributions["groups"].to_list()
        for end in range(max(map(len, lists))):
            yield np.array(
                [groups[end] if end < len(groups) else groups[0] for groups in lists], dtype=object
            )

    def known_by(self, group: object) -> Flags:
        """Say which contributions a group knows."""
        known: Flags = np.any([groups == group for groups in self.groups()], axis=0)
        return known

    def shares(self, members: Flags) -> Iterator[dict[object, tuple[int, int, bool]]]:
        """Yield for each end absolute value, net value and protection of each group in some contributions."""
        is_waived = self.problem.contributions["is_waived"].to_numpy()
        for groups in self.groups():
            found: dict[object, tuple[int, int, bool]] = defaultdict(lambda: (0, 0, False))
            for at in np.flatnonzero(members):
                magnitude, net, is_protected = found[groups[at]]
                value = int(self.value[at])
                found[groups[at]] = magnitude + abs(value), net + value, is_protected or not is_waived[at]
            yield found

    def level(self, members: Flags, rules: Rules, *, insiders: int = 1) -> int:
        """Return by how much a sum of contributions must be uncertain; 0 if it may be known.

        Args:
            members: The contributions.
            rules: The parameters.
            insiders: How many of the others are taken to know their own: 0 where the attacker's
                contributions are left out already, and then few groups are no matter.
        """
        return max(_level(found, rules, insiders) for found in self.shares(members))

    def reach(self, known: Flags, wanted: Amounts) -> NDArray[np.float64]:
        """Return how far each cell may be off in the eyes of somebody, or enough for what is wanted.

        Args:
            known: The contributions that somebody knows.
            wanted: How far each cell must be off; 0 where it does not matter.
        """
        room: Amounts = self.contains.astype(np.int64) @ np.where(known, 0, np.abs(self.value))
        free = np.flatnonzero(self.is_hidden & (room > 0))
        found = np.zeros(len(room))
        for cell in np.intersect1d(np.flatnonzero(wanted), free):
            if found[cell] < wanted[cell]:
                found = np.maximum(found, self._moved(free, room, int(cell), int(wanted[cell])))
        return found

    def _moved(self, free: NDArray[np.int64], room: Amounts, cell: int, wanted: int) -> NDArray[np.float64]:
        objective: NDArray[np.float64] = np.where(free == cell, -1.0, 0.0)
        bound: NDArray[np.float64] = np.minimum(room[free] / wanted, 1e6)
        sums = self.sums[:, free].astype(np.float64)
        sums = sums[np.any(sums != 0, axis=1)]
        zeros = np.zeros(len(sums))
        # The solver's types do not know arrays of bounds.
        bounds: Any = np.column_stack([-bound, bound])
        answer = linprog(objective, A_eq=sums, b_eq=zeros, bounds=bounds, method="highs")
        assert answer.status == 0
        found = np.zeros(len(room))
        found[free] = np.abs(np.asarray(answer.x)) * wanted * (1 + 1e-6)
        return found


def _cells(problem: Problem, levels: tuple[int, ...]) -> dict[Place, Flags]:
    columns = []
    for dimension, level in zip(problem.dimensions, levels, strict=True):
        height = problem.contributions.height
        codes = problem.contributions[dimension.columns[level - 1]].to_list() if level else ["Total"] * height
        columns.append([(level, code) for code in codes])
    places = list(zip(*columns, strict=True))
    return {place: np.array([other == place for other in places]) for place in sorted(set(places))}


def _sums(places: list[Place], cells: dict[Place, Flags]) -> NDArray[np.int64]:
    rows = []
    number = {place: at for at, place in enumerate(places)}
    for parent, axis in product(places, range(len(places[0]))):
        level = parent[axis][0] + 1
        rest = [*parent[:axis], *parent[axis + 1 :]]
        row = np.zeros(len(places), dtype=np.int64)
        for place in places:
            is_part = place[axis][0] == level and [*place[:axis], *place[axis + 1 :]] == rest
            row[number[place]] = is_part and bool((cells[place] <= cells[parent]).all())
        if row.any():
            row[number[parent]] = -1
            rows.append(row)
    return np.array(rows)


def _level(shares: dict[object, tuple[int, int, bool]], rules: Rules, insiders: int) -> int:
    largest = max((magnitude for magnitude, _, is_protected in shares.values() if is_protected), default=0)
    if not largest:
        return 0
    others = sorted((magnitude for magnitude, _, _ in shares.values()), reverse=True)
    others.remove(largest)
    missing = rules.p_permille * largest - 1000 * sum(others[insiders:])
    is_rare = insiders and sum(net != 0 for _, net, _ in shares.values()) < rules.min_groups
    return -(-max(missing, rules.p_permille * largest if is_rare and missing <= 0 else missing, 0) // 1000)
