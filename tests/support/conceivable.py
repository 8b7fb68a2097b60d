"""What somebody can conceive who knows sums of unknown amounts, and each of them within its size.

Written for attacks on what is published: it shares nothing with what decides that but the
way to hand a programme to the solver.
"""

from __future__ import annotations

from collections.abc import Iterator

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from consumers.disclosure.solver import Floats, opened

Flags = NDArray[np.bool_]

_TOLERANCE = 1e-6
# The solver's tolerance is absolute: what is wanted is 1, and no room needs to be more than this.
_ROOM_MAX = 1e5
# A change that was found for something large is too rough for what is smaller than this part of it.
_ROUGH = 1e-3


class Conceivable:
    """Changes of unknown amounts that leave all known sums as they are.

    The solver keeps the sums, and starts from where it was.
    """

    def __init__(self, sums: csr_array, room: Floats) -> None:
        """Take what is known.

        Args:
            sums: Shape (sums, unknowns).
            room: How far each unknown may lie from the truth.
        """
        self._room = room
        none = np.zeros(len(room))
        self._solver = opened(csc_array(sums), none, none, none, {"presolve": "off"}, maximises=True)

    def too_close(self, wanted: csr_array, is_known: csr_array, levels: Floats) -> Iterator[int]:
        """Yield numbers of wanted sums that cannot be as far from the truth as they must.

        Args:
            wanted: Shape (n, unknowns).
            is_known: The same shape: unknowns that whoever wants a sum knows beforehand.
            levels: How far each sum must be able to lie from the truth; 0 for what nobody wants.
        """
        is_open = levels > 0
        for number in np.argsort(-levels, kind="stable").tolist():
            if not is_open[number]:
                continue
            direction, known = (matrix[[number]].toarray()[0] for matrix in (wanted, is_known))
            change = self._farthest(direction, known > 0, levels[number])
            if abs(direction @ change) < levels[number] * (1 - _TOLERANCE):
                yield number
            # Much of what others want to know moves too.
            is_moved = np.abs(wanted @ change) >= levels
            is_unseen = is_known @ (change != 0).astype(np.int64) == 0
            is_open &= ~(is_moved & is_unseen & (levels > _ROUGH * levels[number]))
            is_open[number] = False

    def _farthest(self, direction: Floats, is_known: Flags, level: float) -> Floats:
        """Return the change that moves a sum most, as far as its level is concerned."""
        room = np.where(is_known, 0, np.minimum(self._room / level, _ROOM_MAX))
        columns = np.arange(len(room), dtype=np.int32)
        self._solver.changeColsBounds(len(columns), columns, -room, room)
        self._solver.changeColsCost(len(columns), columns, direction)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self._solver.clearSolver()
            self._solver.run()
        assert self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return np.asarray(self._solver.getSolution().col_value) * level
