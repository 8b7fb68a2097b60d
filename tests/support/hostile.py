"""Histories that are built to hurt: many state the same, and what they stated moves until one load is left.

All happens in few places. Much goes together from one material, way or period to another, where
others state little or nothing. Made from a seed alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

from consumers.release.decision import decide
from tests.support.histories import Decide, History, Telling, week
from tests.support.stages import MORE_STAGES, STAGES, Stage
from tests.support.stages import stage as staged
from tests.support.worlds import Group, Load, Scene, Statement

_STAGES = (*MORE_STAGES, *STAGES)
# Some with last blocks of the first quarter, some before, some behind them.
_WEEKS = (
    *((8, 9), (8, 9, 16), (8, 16), (9, 10, 11), (16,)),
    *((10, 16, 17), (8, 9, 10, 16), (8, 10, 16, 18), (16, 17), (16, 17, 18)),
)
_PERIODS = ("2026-Q1", "2025-Q4")
_MATERIALS = ("GLASS", "PAPER", "FERROUS")
_EVEN_G = 900
_UNEVEN_G = (1_000, 100, 5_000, 1_300, 40)
# Some things happen with so many times as much.
_SCALES = (1, 1, 1, 30, 1_000, 10**6)

# Origin, destination, material, operation and period of a load.
_Place: TypeAlias = tuple[str, str, str, str, str]
# What a hub sees as one sum: a book, a place, a period, and two companies.
_Row: TypeAlias = tuple[object, ...]


def history(seed: int, decide: Decide = decide) -> History:
    """Return the history of a seed; seeds in a row are at all stages in turn."""
    chance = random.Random(seed)  # noqa: S311  # a history is not a secret
    name = _STAGES[seed % len(_STAGES)]
    found = _history(chance, staged(name, chance.choice((1, 1, 1, 2))), decide)
    found.happened[name] += 1
    return found


def history_at(stage: Stage, seed: int) -> History:
    """Return the history of a seed at a stage."""
    return _history(random.Random(seed), stage, decide)  # noqa: S311  # a history is not a secret


def _history(chance: random.Random, stage: Stage, decide: Decide) -> History:
    ways = list(stage.scene.ways)
    plot = Plot(
        chance=chance,
        scene=stage.scene,
        ways=chance.sample(ways, min(len(ways), chance.choice((1, 2, 2, 3)))),
        materials=_MATERIALS[: chance.choice((1, 2, 3))],
        periods=_PERIODS[: chance.choice((1, 2))],
        companies=chance.choice((3, 6, 9)),
        known=chance.choice((0, 0.2, 0.5)),
        unnamed=chance.choice((0, 0, 0.05, 0.3)),
        scales=chance.choice((_SCALES[:1], _SCALES)),
        offices="AB" if stage.scene.public else chance.choice(("A", "AB")),
        # A little that only one of two books has is known to be told where they do not name the other end.
        silent=chance.choice((0, 0.15)) if stage.scene.tells_both or len(stage.hubs) > 1 else 0,
        # In the books of another hub, or of another end where only one is named, it is known as another load.
        goes_far=stage.scene.tells_both and len(stage.hubs) == 1,
        are_two=len(stage.hubs) > 1,
    )
    telling = Telling(stage, decide)
    for number in chance.choice(_WEEKS):
        for tables in stage.hubs:
            plot.go_on()
            telling.release(tables, week(number), dict(plot.standing))
    return telling.history


@dataclass(slots=True, kw_only=True)
class Plot:
    """Statements as they stand, by number.

    Attributes:
        companies: How many there are at each end that have several loads.
        known: How often a company is one of them.
        unnamed: How often it is not known which company it is.
        scales: Some things happen with so many times as much.
        silent: How often one book or measure leaves a load out.
        goes_far: Whether loads are stated on other ways, too.
        are_two: Whether two hubs release in turn.
    """

    chance: random.Random
    scene: Scene
    ways: Sequence[tuple[str, str]]
    materials: Sequence[str]
    periods: Sequence[str]
    companies: int
    known: float
    unnamed: float
    scales: Sequence[int]
    offices: str
    silent: float
    goes_far: bool
    are_two: bool
    standing: dict[int, Statement] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _came_before: set[_Row] = field(default_factory=set)
    _left_before: set[_Row] = field(default_factory=set)

    def go_on(self) -> None:
        """Let some things happen; at first many loads."""
        weights = {
            self.many: 1,
            self.few: 1,
            self.one: 1,
            self.again: 1,
            self.move: 3,
            self.move_but_one: 1,
            self.withdraw: 1,
            self.withdraw_but_one: 1,
            self.correct: 1,
            self.exchange: 1,
            self.complete: 1,
        }
        before = dict(self.standing)
        times = self.chance.choice((1, 2, 3, 4) if self.standing else (2, 3, 5))
        for event in self.chance.choices(list(weights), list(weights.values()), k=times):
            event()
        self._keep_apart(before)
        if not self.standing:
            self.many()

    def many(self) -> None:
        """State loads of many companies in one place, mostly of the same mass."""
        self._state(self.chance.randint(4, 8), is_even=self.chance.random() < 0.7)

    def few(self) -> None:
        """State too few loads for a figure."""
        self._state(self.chance.randint(1, 3), is_even=self.chance.random() < 0.5)

    def one(self) -> None:
        """State a load of nobody else."""
        self._state(1, is_even=False)

    def again(self) -> None:
        """State other loads of the same companies, here or elsewhere, at times the other way round."""
        place, scale, is_turned = self._place(), self._scale(), self.chance.random() < 0.2
        for number in self._some(self._alike()):
            told = self.standing[number]
            ends = told.load.sender, told.load.receiver
            mass_g = self.chance.choice((told.mass_g or 0, _EVEN_G * scale))
            self._told(place, ends[::-1] if is_turned else ends, mass_g)

    def move(self) -> None:
        """State another place of loads in one place."""
        self._move(self._some(self._alike()))

    def move_but_one(self) -> None:
        """State another place of all loads in one place but one."""
        self._move(self._alike()[1:])

    def withdraw(self) -> None:
        """Take back loads in one place."""
        self._withdraw(self._some(self._alike()))

    def withdraw_but_one(self) -> None:
        """Take back all loads in one place but one."""
        self._withdraw(self._alike()[1:])

    def correct(self) -> None:
        """State other masses of one or two loads."""
        for number in self._alike()[:2]:
            told = self.standing[number]
            mass_g = int((told.mass_g or 0) * self.chance.uniform(0.3, 1.6))
            self.standing[number] = told._replace(mass_g=max(1, mass_g))

    def exchange(self) -> None:
        """State the ends of some loads the other way round, where books name both, and both are known."""
        alike = self._alike() if self.scene.tells_both else []
        for number in alike[: len(alike) // 2]:
            load = self.standing[number].load
            if load.sender and load.receiver:
                self._change([number], sender=load.receiver, receiver=load.sender)

    def complete(self) -> None:
        """State every load in all books and measures."""
        self._change(list(self.standing), silent="")

    def _keep_apart(self, before: Mapping[int, Statement]) -> None:
        """Undo what comes to rows that other loads leave, as to a hub each row is one sum.

        So it is with what happened before the other hub's release, where there are two.
        """
        came, left = self._came(self.standing, before), self._came(before, self.standing)
        rows_left = self._left_before.union(*left.values())
        undone = {number for number, rows in came.items() if rows & rows_left}
        undone |= {number for number, rows in left.items() if rows & self._came_before}
        for number in undone:
            self.standing.pop(number, None)
        self.standing |= {number: before[number] for number in undone if number in before}
        if self.are_two:
            self._came_before = set[_Row]().union(*self._came(self.standing, before).values())
            self._left_before = set[_Row]().union(*self._came(before, self.standing).values())

    def _came(
        self, now: Mapping[int, Statement], before: Mapping[int, Statement]
    ) -> dict[int, frozenset[_Row]]:
        """Return the rows of loads that were not in them."""
        rows = {number: self._rows(told) for number, told in now.items()}
        return {
            number: of
            for number, of in rows.items()
            if number not in before or of != self._rows(before[number])
        }

    def _rows(self, told: Statement) -> frozenset[_Row]:
        """Return in which rows a load would stand if nobody left it out, whoever is named first."""
        rows = self.scene.rows(told.load._replace(silent=""))
        return frozenset((*row[:7], frozenset(row.ends)) for row in rows)

    def _state(self, loads: int, *, is_even: bool) -> None:
        place, scale = self._place(), self._scale()
        for _ in range(loads):
            ends = self._company(b"s"), self._company(b"r")
            self._told(place, ends, scale * (_EVEN_G if is_even else self.chance.choice(_UNEVEN_G)))

    def _told(self, place: _Place, ends: tuple[Group, Group], mass_g: int) -> None:
        load = Load(*place, *ends, self.chance.choice(self.offices), self._silent())
        self.standing[next(self._numbers)] = Statement(load, mass_g)

    def _scale(self) -> int:
        return self.chance.choice(self.scales)

    def _place(self) -> _Place:
        origin, destination = self.chance.choice(self.ways)
        material, period = self.chance.choice(self.materials), self.chance.choice(self.periods)
        return origin, destination, material, "RECYCLING", period

    def _move(self, numbers: Sequence[int]) -> None:
        origin, destination, material, _, period = self._place()
        far = {"origin": origin, "destination": destination} if self.goes_far else {}
        self._change(numbers, material=material, period=period, **far)

    def _withdraw(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            del self.standing[number]

    def _company(self, end: bytes) -> Group:
        if self.chance.random() < self.unnamed:
            return None
        if self.chance.random() < self.known:
            return b"%s%d" % (end, self.chance.randrange(self.companies))
        return b"%s of %d" % (end, next(self._numbers))

    def _silent(self) -> str:
        """Return the measure or book that leaves a load out, if any."""
        if self.chance.random() >= self.silent:
            return ""
        return self.chance.choice((*self.scene.measures, "EXPORT", "IMPORT"))

    def _alike(self) -> list[int]:
        """Return the loads that are in one place, in any order."""
        if not self.standing:
            return []
        place = self.chance.choice(list(self.standing.values())).load[:5]
        alike = [number for number, told in self.standing.items() if told.load[:5] == place]
        return self.chance.sample(alike, len(alike))

    def _some(self, numbers: Sequence[int]) -> Sequence[int]:
        return numbers[: self.chance.randint(1, max(1, len(numbers)))]

    def _change(self, numbers: Sequence[int], **change: Any) -> None:
        for number in numbers:
            told = self.standing[number]
            self.standing[number] = told._replace(load=told.load._replace(**change))
