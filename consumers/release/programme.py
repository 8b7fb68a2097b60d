"""The linear programme of other worlds: what changes so that all rows stay as they are.

A column for each pair of which amounts hang together, which grow and shrink at one rate, and one for
each row, in which what stays does.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
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
        largest: The largest amount of each pair, grams: it changes by as much when its column does by 1.
    """

    def __init__(self, amounts: Amounts) -> None:
        """Write it down, by how much more and how much less.

        As little as can be of what hangs together changes, so that few know of it.
        """
        of, size, rows = amounts.is_hanging, len(amounts.pairs), np.arange(amounts.keys.height)
        pair, mass = amounts.pair[of], amounts.mass[of]
        self.largest = np.zeros(size)
        np.maximum.at(self.largest, pair, np.abs(mass))
        entries = np.concatenate([mass / self.largest[pair], np.ones(len(rows))])
        places = np.concatenate([amounts.row[of], rows]), np.concatenate([pair, size + rows])
        more = csc_array(coo_array((entries, places), shape=(len(rows), size + len(rows))))
        cost = np.tile(np.repeat([1.0, 0.0], [size, len(rows)]), 2)
        none = np.zeros_like(cost)
        both = csc_array(hstack([more, -more]))
        self._solver: Any = opened(both, cost, none, none, {"presolve": "off"})

    def solved(self, change: Floats, hangs: Floats, rest: Floats) -> tuple[Floats, Floats] | None:
        """Return by how much pairs and rows change, or nothing if there is no way.

        Args:
            change: Of each row, to be made up for.
            hangs: How far each pair can change.
            rest: How far what stays in each row can.
        """
        if not change.any():
            return np.zeros_like(hangs), np.zeros_like(rest)
        upper = np.tile(np.minimum(np.concatenate([hangs, rest]), _ROOM_MAX), 2)
        solver, columns, rows = self._solver, *(np.arange(len(of), dtype=np.int32) for of in (upper, change))
        expect_ok(solver.changeColsBounds(len(columns), columns, np.zeros_like(upper), upper))
        expect_ok(solver.changeRowsBounds(len(rows), rows, -change, -change))
        if not _ANSWERS[settled(solver, _ANSWERS)]:
            return None
        more, less = np.array(solver.getSolution().col_value).reshape(2, -1)
        moves, slack = np.split(more - less, [len(hangs)])
        return moves, slack

    def proof(self, change: Floats) -> Floats:
        """Return with which weight each row is part of the proof that there was no way, from -1 to 1.

        Summed up like that, rows have less room than the change takes.
        """
        _, has_ray, ray = self._solver.getDualRay()
        # Where the solver has none, all rows that change are.
        weight: Floats = ray / np.abs(ray).max() if has_ray else np.sign(change)
        weight[np.abs(weight) < NOTHING] = 0
        return weight
