"""The attacker of a history: everything that any hub ever published, as sums of unknown amounts.

It knows the tables, who reported in which block, and each amount within its size. What it does
not know are the amounts. Both books of a load are the same unknown to it, and so is what several
hubs tell of it. Against it stands how far a group's amount in a window of releases can be moved
without changing any published figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from tests.support.conceivable import Conceivable
from tests.support.histories import History
from tests.support.moves import Shown, moves, shown
from tests.support.unknowns import Makings, Unknowns
from tests.support.wanted import Wanted, wanted


class Attack:
    """Everything that a history's hubs published.

    Attributes:
        wanted: What somebody would like to know.
    """

    def __init__(self, history: History) -> None:
        """Read it."""
        self._moves = list(moves(history.releases))
        self._shown = list(shown(history.releases, self._moves))
        self._makings = Makings(history, self._moves)
        self.wanted = wanted(history, self._moves, [self._makings.rows(move) for move in self._moves])

    def wrong_sums(self) -> list[Shown]:
        """Return figures that are not the sum of what they show; then the attacker understands nothing."""
        masses = [move.mass_g for move in self._moves]
        return [of for of in self._shown if sum(masses[number] for number in of.moves) != of.mass_g]

    def recovered(self) -> list[str]:
        """Return what is known too closely to who knows within its size what changed, stood or was stated."""
        if not self.wanted:
            return []
        sums = _matrix(sorted({of.moves for of in self._shown if of.moves}), len(self._moves))
        all_unknowns = {
            "changes": self._makings.changes(),
            "standing": self._makings.standing(),
            "statements": self._makings.statements(),
        }
        return [
            f"{name}: {text}"
            for name, unknowns in all_unknowns.items()
            for text in self._recovered(unknowns, sums)
        ]

    def _recovered(self, unknowns: Unknowns, sums: csr_array) -> Iterator[str]:
        reads = Conceivable(csr_array(sums @ unknowns.moves), np.abs(unknowns.amount))
        wanted = _matrix([want.moves for want in self.wanted], len(self._moves)) @ unknowns.moves
        known = _known(self.wanted, unknowns)
        left = wanted - wanted * known
        shares = np.array([want.p_permille / 1_000 for want in self.wanted])
        levels = shares * np.abs(left @ unknowns.amount)
        for number in reads.too_close(left, known, levels):
            yield f"{self.wanted[number].name} for {self.wanted[number].eye}"


def _matrix(sums: Sequence[Sequence[int]], size: int) -> csr_array:
    """Return which moves are part of each sum, shape (sums, moves)."""
    columns = [number for of in sums for number in of]
    starts = np.cumsum([0, *map(len, sums)])
    return csr_array((np.ones(len(columns), dtype=np.int64), columns, starts), shape=(len(sums), size))


def _known(all_wanted: Sequence[Wanted], unknowns: Unknowns) -> csr_array:
    """Return which unknowns each attacker knows beforehand, shape (wanted, unknowns)."""
    number = {eye: place for place, eye in enumerate(dict.fromkeys(want.eye for want in all_wanted))}
    known = [[any(map(eye.knows, rows)) for rows in unknowns.rows] for eye in number]
    return csr_array(np.array(known, dtype=np.int64))[[number[want.eye] for want in all_wanted]]
