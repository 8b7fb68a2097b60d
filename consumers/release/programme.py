"""The linear programme of other worlds: what changes so that every published block stays as it is.

A row for each block, or for each figure that shows a sum of confidential ones. A column for each pair
of which amounts hang together, which grow and shrink at one rate, and one for what stays in each set of
blocks, in all of which it counts.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import polars as pl
from scipy.sparse import coo_array, csc_array, hstack

from consumers.disclosure.solver import Floats, expect_ok, opened, settled
from consumers.release.amounts import Amounts

# The solver's tolerance is absolute: amounts are told in those of the group, and more than this is no help.
_ROOM_MAX = 1e5
# Less than this changes nothing, and tells nothing.
NOTHING = 1e-6
_ANSWERS = {highspy.HighsModelStatus.kOptimal: True, highspy.HighsModelStatus.kInfeasible: False}


class Programme:
    """The programme, and its solver, which goes on from its last answer.

    Attributes:
        figures: What is published, by number.
        largest: The largest amount of each pair, grams: it changes by as much when its column does by 1.
    """

    def __init__(self, amounts: Amounts) -> None:
        """Write it down, by how much more and how much less.

        As little as can be of what hangs together changes, so that few know of it.
        """
        of_rows = amounts.keys.explode("key").join(amounts.figures, left_on="key", right_on="spot")
        self.figures = of_rows["figure"].unique().sort()
        self._blocks = _blocks(of_rows, self.figures, amounts.keys.height)
        of, size = amounts.is_hanging, len(amounts.pairs)
        pair, mass = amounts.pair[of], amounts.mass[of]
        self.largest = np.zeros(size)
        np.maximum.at(self.largest, pair, np.abs(mass))
        rates = coo_array(
            (mass / self.largest[pair], (amounts.row[of], pair)), shape=(amounts.keys.height, size)
        )
        more = hstack([self._blocks @ csc_array(rates), self._blocks])
        cost = np.tile(np.repeat([1.0, 0.0], [size, amounts.keys.height]), 2)
        none = np.zeros_like(cost)
        both = csc_array(hstack([more, -more]))
        both.sort_indices()
        self._solver: Any = opened(both, cost, none, none, {"presolve": "off"})

    def solved(self, change: Floats, hangs: Floats, rest: Floats) -> tuple[Floats, Floats] | None:
        """Return by how much pairs, and what stays, change, or nothing if there is no way.

        Args:
            change: Of each set of blocks, to be made up for.
            hangs: How far each pair can change.
            rest: How far what stays in each set of blocks can.
        """
        if not change.any():
            return np.zeros_like(hangs), np.zeros_like(rest)
        change = self._blocks @ change
        upper = np.tile(np.minimum(np.concatenate([hangs, rest]), _ROOM_MAX), 2)
        solver, columns, rows = self._solver, *(np.arange(len(of), dtype=np.int32) for of in (upper, change))
        expect_ok(solver.changeColsBounds(len(columns), columns, np.zeros_like(upper), upper))
        expect_ok(solver.changeRowsBounds(len(rows), rows, -change, -change))
        if not _ANSWERS[settled(solver, _ANSWERS)]:
            return None
        more, less = np.array(solver.getSolution().col_value).reshape(2, -1)
        moves, slack = np.split(more - less, [len(hangs)])
        return moves, slack

    def proof(self, change: Floats) -> tuple[Floats, Floats]:
        """Return the weights with which blocks are part of the proof that there was no way, from -1 to 1.

        Summed up like that, they have less room than the change takes.

        Args:
            change: As of `solved`.

        Returns:
            Of each figure, by number of `figures`, and of what counts in each set of blocks.
        """
        _, has_ray, ray = self._solver.getDualRay()
        # Where the solver has none, all rows that change are.
        weight: Floats = ray / np.abs(ray).max() if has_ray else np.sign(self._blocks @ change)
        weight[np.abs(weight) < NOTHING] = 0
        return weight, self._blocks.T @ weight


def _blocks(of_rows: pl.DataFrame, figures: pl.Series, sets: int) -> csc_array:
    """Return how often each set of blocks counts in each figure, shape (figures, sets)."""
    places = figures.search_sorted(of_rows["figure"]).to_numpy(), of_rows["row"].to_numpy()
    return csc_array(coo_array((np.ones(of_rows.height), places), shape=(len(figures), sets)))
