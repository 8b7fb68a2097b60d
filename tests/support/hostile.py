"""Histories that are built to hurt: many state the same, and what they stated moves until one load is left.

Much of it goes together from one material, way or period to another, where others state little or nothing.
Made from a seed alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from consumers.release.decision import decide
from tests.support.histories import Decide, History, Telling, week
from tests.support.stages import MORE_STAGES, STAGES, Stage
from tests.support.stages import stage as staged
from tests.support.worlds import Load, Scene, Statement

_STAGES = (*MORE_STAGES, *STAGES)
# Some with last blocks of the first quarter, some before, some behind them.
_WEEKS = ((8, 9), (8, 9, 16), (8, 16), (9, 10, 11), (16,), (10, 16, 17))
_PERIODS = ("2026-Q1", "2026-Q1", "2026-Q1", "2025-Q4")
_MATERIALS = ("GLASS", "PAPER", "FERROUS")
_EVEN_G = 900
# How often a company is one that has other loads too.
_KNOWN = 0.2


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
    plot = Plot(
        chance=chance,
        scene=stage.scene,
        materials=_MATERIALS[: chance.choice((1, 2, 3))],
        companies=chance.choice((6, 9, 14)),
        offices="AB" if stage.scene.public else chance.choice(("A", "AB")),
        # A little that only one of two books has is known to be told where they do not name the other end.
        silent=0.15 if stage.scene.tells_both or len(stage.hubs) > 1 else 0,
        # In the books of another hub, or of another end where only one is named, it is known as another load.
        goes_far=stage.scene.tells_both and len(stage.hubs) == 1,
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
        silent: How often one book or measure leaves a load out.
        goes_far: Whether loads are stated on other ways, too.
    """

    chance: random.Random
    scene: Scene
    materials: Sequence[str]
    companies: int
    offices: str
    silent: float
    goes_far: bool
    standing: dict[int, Statement] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def go_on(self) -> None:
        """Let some things happen; at first many loads."""
        if not self.standing:
            self.many()
        weights = {
            self.many: 4,
            self.few: 1,
            self.one: 1,
            self.move: 2,
            self.redate: 1,
            self.correct: 1,
            self.withdraw: 1,
            self.complete: 1,
        }
        times = self.chance.choice((2, 4, 6))
        for event in self.chance.choices(list(weights), list(weights.values()), k=times):
            event()

    def many(self) -> None:
        """State loads of many companies in one place, mostly of the same mass."""
        is_even = self.chance.random() < 0.8
        self._state(self.chance.randint(5, 8), is_even=is_even)

    def few(self) -> None:
        """State too few loads for a figure."""
        self._state(self.chance.randint(1, 3))

    def one(self) -> None:
        """State a load of nobody else."""
        self._state(1)

    def move(self) -> None:
        """State another material, or where that may be another way, of loads in one place."""
        origin, destination = self.chance.choice(self.scene.ways)
        if self.chance.random() < 0.5 and self.goes_far:
            self._change(self._alike(), origin=origin, destination=destination)
        else:
            material = self.chance.choice(self.materials)
            self._change(self._alike(), material=material)

    def redate(self) -> None:
        """State another period of loads in one place."""
        self._change(self._alike(), period=self.chance.choice(_PERIODS))

    def correct(self) -> None:
        """State other masses of one or two loads."""
        for number in self._alike()[:2]:
            told = self.standing[number]
            mass_g = int((told.mass_g or 0) * self.chance.uniform(0.3, 1.6))
            self.standing[number] = told._replace(mass_g=max(1, mass_g))

    def withdraw(self) -> None:
        """Take back loads in one place."""
        for number in self._alike():
            del self.standing[number]

    def complete(self) -> None:
        """State every load in all books and measures."""
        self._change(list(self.standing), silent="")

    def _state(self, loads: int, *, is_even: bool = False) -> None:
        origin, destination = self.chance.choice(self.scene.ways)
        material, period = self.chance.choice(self.materials), self.chance.choice(_PERIODS)
        for _ in range(loads):
            number = next(self._numbers)
            ends = self._company(b"s", number), self._company(b"r", number)
            office = self.chance.choice(self.offices)
            load = Load(origin, destination, material, "RECYCLING", period, *ends, office, self._silent())
            mass_g = _EVEN_G if is_even else int(1_000 * self.chance.paretovariate(1.2))
            self.standing[number] = Statement(load, mass_g)

    def _company(self, end: bytes, number: int) -> bytes:
        if self.chance.random() < _KNOWN:
            return b"%s%d" % (end, self.chance.randrange(self.companies))
        return b"%s of %d" % (end, number)

    def _silent(self) -> str:
        """Return the measure or book that leaves a load out, if any."""
        if self.chance.random() >= self.silent:
            return ""
        return self.chance.choice((*self.scene.measures, "EXPORT", "IMPORT"))

    def _alike(self) -> list[int]:
        """Return some of the loads that are where one of them is."""
        if not self.standing:
            return []
        place = self.chance.choice(list(self.standing.values())).load[:5]
        alike = [number for number, told in self.standing.items() if told.load[:5] == place]
        return self.chance.sample(alike, self.chance.randint(1, len(alike)))

    def _change(self, numbers: Sequence[int], **change: Any) -> None:
        for number in numbers:
            told = self.standing[number]
            self.standing[number] = told._replace(load=told.load._replace(**change))
