"""What attackers of a history would like to know, and who they are."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from tests.support.histories import History
from tests.support.moves import Move
from tests.support.worlds import Group, Row

# So many companies attack a window, of those that know most of it.
_RIVALS = 3
# Of long histories of many countries so many amounts are looked at, whichever they are.
_WANTED_MAX = 4_000

_Flags = NDArray[np.bool_]
_Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Eye:
    """Who knows all records of some agencies, and if it is a company, its own.

    An agency does not share its records, so it is no company: coalitions of both are not reckoned with.
    """

    agencies: frozenset[str]
    rival: Group = None

    def knows(self, row: Row) -> bool:
        """Say whether it knows what stands in a row."""
        is_own = self.rival is not None and self.rival in row.ends
        return is_own or row.agency in self.agencies


@dataclass(frozen=True, slots=True)
class Wanted:
    """A group's amount in a window.

    Attributes:
        moves: Numbers of the moves that make it up.
        p_permille: How far from the truth it must be conceivable, of what is not known of it.
        name: Whose, and of what.
    """

    moves: tuple[int, ...]
    eye: Eye
    p_permille: int
    name: str


def wanted(history: History, moves: Sequence[Move], rows: Sequence[Sequence[Row]]) -> list[Wanted]:
    """Return the amount of every group in every leaf, book and figure, in every window of releases.

    Each is wanted by companies that know much of it, without and with public records, and by agencies.

    Args:
        history: What happened.
        moves: What hubs told of.
        rows: For each move, where its loads stand, in all books.
    """
    seekers = _Seekers(moves, rows, history.scene.public)
    found: dict[tuple[tuple[int, ...], Eye], Wanted] = {}
    for numbers, name in _places(history, moves).items():
        releases = np.array([moves[number].release for number in numbers])
        p_permille = history.releases[releases[0]].tables.p_permille
        for first, last in combinations_with_replacement(np.unique(releases).tolist(), 2):
            inside = np.array(numbers)[(releases >= first) & (releases <= last)]
            for end in (0, 1):
                for eye, of_group in seekers.seek(inside, end):
                    group = moves[of_group[0]].row.ends[end]
                    name_of = f"{group!r} at end {end} of {name} in {first}-{last}"
                    want = Wanted(tuple(of_group.tolist()), eye, p_permille, name_of)
                    found.setdefault((want.moves, eye), want)
    all_wanted = list(found.values())
    chance = random.Random(len(all_wanted))  # noqa: S311  # a sample is not a secret
    return chance.sample(all_wanted, min(len(all_wanted), _WANTED_MAX))


def _places(history: History, moves: Sequence[Move]) -> dict[tuple[int, ...], str]:
    """Return the moves of each leaf, book and figure of each hub, each once, and what they are of."""
    found: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, move in enumerate(moves):
        tables, row = history.releases[move.release].tables, move.row
        found[tables.hub, *row[:7]].append(number)
        found[tables.hub, row.measure, row.flow].append(number)
        for figure in move.figures(tables):
            found[tables.hub, *figure, row.period].append(number)
            found[tables.hub, *figure].append(number)
    return {tuple(numbers): " ".join(map(str, place)) for place, numbers in found.items()}


class _Seekers:
    """Who looks at moves, and what each of them does not know."""

    def __init__(self, moves: Sequence[Move], rows: Sequence[Sequence[Row]], public: frozenset[str]) -> None:
        self._rows, self._public = rows, public
        self._mass = np.array([move.mass_g for move in moves], dtype=np.int64)
        self._agencies = [{row.agency for row in of} for of in rows]
        groups = {group for move in moves for group in move.row.ends}
        self._groups: list[Group] = [None, *sorted(groups - {None}, key=str)]
        number = {group: place for place, group in enumerate(self._groups)}
        self._ends = np.array([[number[group] for group in move.row.ends] for move in moves]).reshape(-1, 2)
        self._known: dict[Eye, _Flags] = {}

    def seek(self, numbers: _Numbers, end: int) -> Iterator[tuple[Eye, _Numbers]]:
        """Yield who looks at some moves, and those of each group that it does not know."""
        for eye in self._eyes(numbers):
            unknown = self._unknown(eye, numbers)
            groups = self._ends[unknown, end]
            for group in np.unique(groups).tolist():
                yield eye, unknown[groups == group]

    def _eyes(self, numbers: _Numbers) -> Iterator[Eye]:
        """Yield who looks: nobody and companies, without and with public records, and agencies."""
        for of in dict.fromkeys([frozenset[str](), self._public]):
            yield from self._with_rivals(Eye(of), numbers)
        for agency in sorted(set[str]().union(*(self._agencies[number] for number in numbers))):
            for of in dict.fromkeys([frozenset({agency}), self._public | {agency}]):
                yield Eye(of)

    def _with_rivals(self, eye: Eye, numbers: _Numbers) -> Iterator[Eye]:
        """Yield somebody, and as the companies that know most of what it does not know yet."""
        yield eye
        unknown = self._unknown(eye, numbers)
        known = np.zeros(len(self._groups), dtype=np.int64)
        for end in (0, 1):
            np.add.at(known, self._ends[unknown, end], np.abs(self._mass[unknown]))
        known[0] = 0  # who is not known is nobody
        for rival in np.argsort(-known, kind="stable")[:_RIVALS]:
            if known[rival]:
                yield replace(eye, rival=self._groups[rival])

    def _unknown(self, eye: Eye, numbers: _Numbers) -> _Numbers:
        if eye not in self._known:
            self._known[eye] = np.array([any(map(eye.knows, rows)) for rows in self._rows], dtype=np.bool_)
        return numbers[~self._known[eye][numbers]]
