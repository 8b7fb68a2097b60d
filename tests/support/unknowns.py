"""What the moves of a history are made of, in the eyes of attackers who know different things."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from consumers.disclosure.solver import Floats
from tests.support.histories import History
from tests.support.moves import Move
from tests.support.worlds import Load, Row

# Rows in which the same loads stand: what they hold is one unknown.
_Atom: TypeAlias = tuple[Row, ...]
# How often each unknown counts in a move.
_Sum: TypeAlias = Mapping[Any, int]


@dataclass(frozen=True, slots=True, eq=False)
class Unknowns:
    """Unknown amounts.

    Attributes:
        moves: Shape (moves, unknowns): how often each unknown counts in a move.
        amount: The truth.
        rows: Where each of them stands.
    """

    moves: csr_array
    amount: Floats
    rows: Sequence[Sequence[Row]]


class Makings:
    """What moves are made of."""

    def __init__(self, history: History, moves: Sequence[Move]) -> None:
        """See which loads stand in the same rows, as far as any hub opened them."""
        self._moves = moves
        self._standing = [release.standing for release in history.releases]
        opened = {move.row for move in moves}
        loads = {told.load for standing in self._standing for told in standing.values()}
        rows = {load: tuple(row for row in history.scene.rows(load) if row in opened) for load in loads}
        self._atom_of: dict[Load, _Atom] = {load: found for load, found in rows.items() if found}
        self._atoms: dict[Row, list[_Atom]] = defaultdict(list)
        for atom in sorted(set(self._atom_of.values()), key=repr):
            for row in atom:
                self._atoms[row].append(atom)
        # Before the first release, number -1, nothing stood.
        self._masses = [*map(self._masses_of, range(len(self._standing))), Counter[_Atom]()]

    def rows(self, move: Move) -> list[Row]:
        """Return where the loads of a move stand, in all books."""
        return [row for atom in self._atoms[move.row] for row in atom]

    def changes(self) -> Unknowns:
        """Return what changed from one opening to the next."""
        times: dict[_Atom, list[int]] = defaultdict(lambda: [-1])
        for move in self._moves:
            for atom in self._atoms[move.row]:
                times[atom] += [move.release] * (times[atom][-1] != move.release)
        before = {(atom, now): last for atom, found in times.items() for last, now in pairwise(found)}
        return self._unknowns(
            [
                Counter(
                    (atom, now)
                    for atom in self._atoms[move.row]
                    for now in times[atom]
                    if move.since < now <= move.release
                )
                for move in self._moves
            ],
            lambda atom, now: self._mass(atom, now) - self._mass(atom, before[atom, now]),
            lambda atom, _: atom,
        )

    def standing(self) -> Unknowns:
        """Return what stood after an opening: what was taken back altogether is known to be gone."""
        return self._unknowns(
            [
                {(atom, now): sign for atom in self._atoms[move.row] for now, sign in _span(move)}
                for move in self._moves
            ],
            self._mass,
            lambda atom, _: atom,
        )

    def statements(self) -> Unknowns:
        """Return what single statements say: it is known which were corrected, and which were moved."""
        sums: list[_Sum] = []
        rows: dict[tuple[int, int], set[Row]] = defaultdict(set)
        for move in self._moves:
            found: Counter[tuple[int, int]] = Counter()
            for now, sign in _span(move):
                for number, load, mass_g in self._told(now):
                    if any(move.row in atom for atom in [self._atom_of.get(load, ())]):
                        found[number, mass_g] += sign
                        rows[number, mass_g] |= {*self._atom_of[load]}
            sums.append(found)
        return self._unknowns(sums, lambda _, mass_g: mass_g, lambda *of: sorted(rows[of], key=repr))

    def _told(self, release: int) -> list[tuple[int, Load, int]]:
        standing = self._standing[release].items() if release >= 0 else ()
        return [(number, told.load, told.mass_g) for number, told in standing if told.mass_g]

    def _mass(self, atom: _Atom, release: int) -> int:
        return self._masses[release][atom]

    def _masses_of(self, release: int) -> Counter[_Atom]:
        found: Counter[_Atom] = Counter()
        for _, load, mass_g in self._told(release):
            if load in self._atom_of:
                found[self._atom_of[load]] += mass_g
        return found

    def _unknowns(
        self,
        sums: Sequence[_Sum],
        amount: Callable[[Any, int], int],
        rows: Callable[[Any, int], Sequence[Row]],
    ) -> Unknowns:
        number: dict[Any, int] = {}
        for made_of in sums:
            for unknown in made_of:
                number.setdefault(unknown, len(number))
        amounts = np.array([amount(*unknown) for unknown in number], dtype=np.float64)
        entries = [count for made_of in sums for count in made_of.values()]
        columns = [number[unknown] for made_of in sums for unknown in made_of]
        starts = np.cumsum([0, *map(len, sums)])
        moves = csr_array((entries, columns, starts), shape=(len(sums), len(number)), dtype=np.int64)
        wrong = moves @ amounts != [move.mass_g for move in self._moves]
        assert not wrong.any(), "the attacker does not understand what moved"
        return Unknowns(moves, amounts, [rows(*unknown) for unknown in number])


def _span(move: Move) -> list[tuple[int, int]]:
    """Return the releases between which a row moved, and with which sign they count."""
    return [(move.release, 1), (move.since, -1)]
