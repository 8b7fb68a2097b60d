"""Corners of what an attacker can conceive: found by linear programmes, told in whole numbers.

A solver says which cells stand at their bounds and which follow from them. Only that is taken
from it: all amounts are computed again exactly, so nothing here rests on a tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import highspy
import numpy as np
from highspy._core import _Highs
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from consumers.disclosure.solver import Floats, Options, opened, settled
from consumers.disclosure.system import Amounts, Cells

Lines = NDArray[np.intp]

# The dual simplex method: every cell has two bounds, so that any basis is where it can start.
_OPTIONS: Options = {"random_seed": 1, "solver": "simplex", "presolve": "off"}
_LARGEST = 1e6  # for the solver, whose tolerance of 1e-7 is then a tenth of a unit in 10^12
_DENOMINATOR_MAX = 60
_PRODUCT_MAX = 2**61  # of scale and room: sums of a relation stay within 64 bits
_REFINEMENTS = 6
_NEARLY = 1e-5
_TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Corner:
    """A change of all cells that stays additive exactly: moves are in units of 1 / scale."""

    moves: Amounts
    scale: int


class Corners:
    """The conceivable changes of some suppressed cells, of which corners are asked for.

    The basis of the last corner is where the search for the next one starts.
    """

    def __init__(self, relations: csr_array) -> None:
        """Hand the relations to the solver.

        Args:
            relations: Integers, shape (m, cells); whatever is not suppressed has no column.
        """
        is_needed = np.diff(relations.indptr) > 0
        self._relations = csr_array(relations[np.flatnonzero(is_needed)].astype(np.int64))
        self._columns = csc_array(self._relations)
        self._parts = _components(self._columns)
        self._solver = _solver(self._columns)
        self._room: Amounts = np.zeros(0, dtype=np.int64)

    def corner(self, room: Amounts, direction: Floats) -> Corner | None:
        """Return the corner that lies farthest in a direction, or None if that is less far than 1.

        Args:
            room: How far each cell may move, not negative.
            direction: Weight of each cell's move.

        A part of the cells that hangs together and whose corner cannot be told in whole numbers
        stands still instead.
        """
        guess = self._solve(room, direction)
        if direction @ guess < 1 - _NEARLY:
            return None
        basic = self._solver.getBasicVariables()[1]  # type: ignore[attr-defined]  # not in its stubs
        return self._exact(np.where(guess > 0, room, -room), basic[basic >= 0], -1 - basic[basic < 0], room)

    def _solve(self, room: Amounts, direction: Floats) -> Floats:
        """Return the corner as the solver knows it, which is nearly right."""
        unit = max(1.0, float(room.max(initial=0)) / _LARGEST)
        cells = np.arange(len(room), dtype=np.int32)
        if not np.array_equal(room, self._room):
            self._solver.changeColsBounds(len(cells), cells, -room / unit, room / unit)
            self._room = room
        self._solver.changeColsCost(
            len(cells), cells, direction / max(np.abs(direction).max(initial=0), _TINY)
        )
        settled(self._solver, {highspy.HighsModelStatus.kOptimal})
        return np.asarray(self._solver.getSolution().col_value, dtype=np.float64) * unit

    def _exact(self, moves: Amounts, basic: Cells, idle: Cells, room: Amounts) -> Corner:
        """Compute the moves of basic cells from those of all others, which stand at their bounds."""
        moves[basic] = 0
        is_binding = np.ones(self._relations.shape[0], dtype=bool)
        is_binding[idle] = False
        rows = np.flatnonzero(is_binding)
        equations = csc_array(self._columns[:, basic][rows])
        scale_max = max(1, _PRODUCT_MAX // max(1, int(room.max(initial=0))))
        solved, scale = solve(equations, -(self._relations @ moves)[rows], scale_max)
        moves = moves * scale
        moves[basic] = solved
        return Corner(self._sound(moves, room * scale), scale)

    def _sound(self, moves: Amounts, room: Amounts) -> Amounts:
        """Return the moves, zero in each part where they are not additive or exceed the room."""
        broken = (self._relations @ moves) != 0
        bad = (abs(csr_array(self._columns.T)) @ broken.astype(np.int64) > 0) | (np.abs(moves) > room)
        is_bad = np.zeros(len(moves) + 1, dtype=bool)
        is_bad[self._parts[bad]] = True
        return np.where(is_bad[self._parts], 0, moves)


def solve(equations: csc_array, right: Amounts, scale_max: int) -> tuple[Amounts, int]:
    """Solve `equations @ x == right * scale` in whole numbers, by floats that are put right exactly.

    Args:
        equations: Square, regular, integer.
        right: Whole numbers.
        scale_max: Largest common denominator to try.

    Where that fails, the answer does not solve the equations: whoever asks looks again.
    """
    if not len(right):
        return np.zeros(0, dtype=np.int64), 1
    factors = splu(equations.astype(np.float64), permc_spec="COLAMD")
    whole = np.zeros(len(right), dtype=np.int64)
    for _ in range(_REFINEMENTS):
        step = factors.solve((right - equations @ whole).astype(np.float64))
        whole = whole + np.rint(step).astype(np.int64)
        if np.abs(step).max() < 1:
            break
    rest = factors.solve((right - equations @ whole).astype(np.float64))
    scale = _common_denominator(rest, scale_max)
    return whole * scale + np.rint(rest * scale).astype(np.int64), scale


def _common_denominator(fractions: Floats, scale_max: int) -> int:
    """Return the least common denominator of numbers between -1 and 1, as far as it is in reach."""
    scale = 1
    open_ones = fractions
    while True:
        off = np.abs(open_ones * scale - np.rint(open_ones * scale)) > _NEARLY
        if not off.any():
            return scale
        open_ones = open_ones[off]
        first = Fraction(float(open_ones[0] * scale)).limit_denominator(_DENOMINATOR_MAX)
        larger = lcm(scale, scale * first.denominator)
        if larger == scale or larger > scale_max:
            return scale
        scale = larger


def _components(columns: csc_array) -> Lines:
    """Return for each cell the number of the part that it hangs together with."""
    relations, cells = columns.shape
    entries = columns.tocoo()
    graph = csr_array(
        (np.ones(entries.nnz, dtype=np.int8), (entries.row, entries.col + relations)),
        shape=(relations + cells, relations + cells),
    )
    _, labels = connected_components(graph, directed=False)
    return np.unique(labels[relations:], return_inverse=True)[1]


def _solver(columns: csc_array) -> _Highs:
    """Return a solver that maximises, with the relations as its rows and no bounds yet."""
    nothing = np.zeros(columns.shape[1])
    return opened(columns, nothing, nothing, nothing, _OPTIONS, maximises=True)
