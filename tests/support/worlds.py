"""A small world: who moved what from where to where, as it is stated, corrected and taken back.

Made from chance: few companies and few places, so that most of what happens is somebody's alone.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import polars as pl

from consumers.release import calendar
from consumers.release.blocks import BEHIND, LEAF
from consumers.release.calendar import Epoch
from schemas.settings import Calendar
from tests.support.contributed import CONTRIBUTIONS

Group = bytes | None
# What may happen beside loads, as counted.
HAPPENINGS = (
    "late",
    "without a mass",
    "corrected up",
    "corrected down",
    "withdrawn",
    "reclassified",
    "reclassified together",
    "left",
    "reversed",
)


class Load(NamedTuple):
    """Who moved what from where to where, and who told of it."""

    origin: str
    destination: str
    material: str
    operation: str
    period: str
    sender: Group
    receiver: Group
    office: str
    # The measure or the flow that does not tell of it, if any: it never arrived, or nobody reported it.
    silent: str = ""


class Row(NamedTuple):
    """What a hub hands over of a load: its place in a book, its period, and who is behind it."""

    measure: str
    flow: str
    region: str
    partner: str
    material: str
    operation: str
    period: str
    group: Group
    other: Group
    agency: str

    @property
    def ends(self) -> tuple[Group, Group]:
        """The groups at both ends; where the other one is not told it is the same."""
        return self.group, self.group if self.other is None else self.other


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a world is.

    Attributes:
        ways: Regions that loads go from and to.
        measures: As which each load is told.
        tells_both: Whether a book across a border names the company at its other end.
        public: Agencies whose records become public.
    """

    ways: Sequence[tuple[str, str]]
    measures: Sequence[str] = ("RECEIVED",)
    tells_both: bool = True
    public: frozenset[str] = frozenset()

    def rows(self, load: Load) -> list[Row]:
        """Return where a load stands: in one book of each measure inside a country, else in two."""
        origin, destination = load.origin[:2], load.destination[:2]
        what = load[2:5]
        if origin == destination:
            who = (load.sender, load.receiver, f"{destination}-{load.office}")
            # The place is where the waste is at that stage.
            places = {
                measure: load.origin if measure == "DISPATCHED" else load.destination
                for measure in self.measures
            }
            rows = [Row(of, "DOMESTIC", place, destination, *what, *who) for of, place in places.items()]
            return _told(load, rows)
        ends = load.sender, load.receiver
        told = ends[::-1] if self.tells_both else (None, None)
        books = (
            ("EXPORT", load.origin, destination, *what, ends[0], told[0], f"{origin}-{load.office}"),
            ("IMPORT", load.destination, origin, *what, ends[1], told[1], f"{destination}-{load.office}"),
        )
        return _told(load, [Row(measure, *book) for measure in self.measures for book in books])


def _told(load: Load, rows: list[Row]) -> list[Row]:
    return [row for row in rows if load.silent not in {row.measure, row.flow}] or rows


class Statement(NamedTuple):
    """What is told of a load; without a mass it counts nowhere, and is known to be there."""

    load: Load
    mass_g: int | None


Standing = Mapping[int, Statement]


def contributions(standing: Standing, scene: Scene) -> pl.DataFrame:
    """Return what a hub hands over of the statements that stand."""
    masses: dict[Row, int] = defaultdict(int)
    unconverted = Counter[Row]()
    for load, mass_g in standing.values():
        for row in scene.rows(load):
            masses[row] += mass_g or 0
            unconverted[row] += mass_g is None
    rows: list[tuple[object, ...]] = [
        (*row, [], [], row.agency in scene.public, mass, unconverted[row])
        for row, mass in sorted(masses.items(), key=lambda found: repr(found[0]))
    ]
    return pl.DataFrame(rows, schema=CONTRIBUTIONS, orient="row").sort(*LEAF, *BEHIND)


@dataclass(slots=True, kw_only=True)
class World:
    """Statements as they stand, by number.

    Attributes:
        senders: How many there are; the first ones may be receivers too.
        tail: How alike masses are: the larger, the more.
        lost: Which part of loads one of several measures or books does not tell.
        skew: How often the first companies move something: the larger, the more; 0 where all do alike.
        day: Today, in the epoch that is open.
        happened: How often each kind of thing did.
    """

    chance: random.Random
    scene: Scene
    senders: int
    receivers: int
    materials: Sequence[str]
    offices: str
    lost: float
    tail: float
    skew: float
    is_mixed: bool
    day: Epoch
    standing: dict[int, Statement] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=count)
    _losing: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311  # not a secret

    def happen(self, times: int) -> None:
        """Let some things happen, so many times as much; at first mostly loads."""
        weights = {
            self.load: 60,
            self.late: 10,
            self.unknown: 1,
            self.reverse: 2,
            self.correct: 16,
            self.withdraw: 9,
            self.reclassify: 3,
            self.leave: 1,
        }
        kinds, often = list(weights), list(weights.values())
        for _ in range(0 if self.standing else times * self.chance.choice((0, 20, 40))):
            self.load()
        for event in self.chance.choices(kinds, often, k=times * self.chance.choice((1, 4, 12, 30))):
            event()

    def load(self) -> None:
        """State a load of this quarter."""
        self.state(self._load(self._quarter()), self._mass())

    def late(self) -> None:
        """State a load of the quarter before."""
        self.happened["late"] += 1
        before = calendar.of_day(Calendar.QUARTER, self._quarter().start - timedelta(days=1))
        self.state(self._load(before), self._mass())

    def unknown(self) -> None:
        """State a load without its mass."""
        self.happened["without a mass"] += 1
        self.state(self._load(self._quarter()), None)

    def correct(self) -> None:
        """State another mass of a load, or at last one."""
        for number in self._some(1):
            load, mass_g = self.standing[number]
            new = self._mass() if mass_g is None else max(1, int(mass_g * self.chance.uniform(0.2, 2)))
            self.happened["corrected up" if new > (mass_g or 0) else "corrected down"] += 1
            self.standing[number] = Statement(load, new)

    def withdraw(self) -> None:
        """Take back a load."""
        for number in self._some(1):
            self.happened["withdrawn"] += 1
            del self.standing[number]

    def reclassify(self) -> None:
        """State another material, or another period, of a load; now and then of all like it."""
        for number in self._some(1):
            load, _ = self.standing[number]
            new = self._load(self._quarter())
            changed: dict[str, Any] = (
                {"material": new.material} if self.chance.random() < 0.7 else {"period": new.period}
            )
            alike = [other for other, told in self.standing.items() if told.load[:5] == load[:5]]
            several = self._losing.random() < _TOGETHER
            self.happened["reclassified together" if several and len(alike) > 1 else "reclassified"] += 1
            for other in alike if several else [number]:
                told = self.standing[other]
                self.standing[other] = told._replace(load=told.load._replace(**changed))

    def leave(self) -> None:
        """Take back all that a company stated."""
        for number in self._some(1):
            self.happened["left"] += 1
            gone = self.standing[number].load.sender
            for other in [n for n, told in self.standing.items() if told.load.sender == gone]:
                del self.standing[other]

    def reverse(self) -> None:
        """State the same mass of many companies, or take it back of all but one."""
        alike = [number for number, told in self.standing.items() if told.mass_g == _EVEN]
        if alike:
            self.happened["reversed"] += 1
            alike.remove(self.chance.choice(alike))
            for number in alike:
                del self.standing[number]
            return
        load = self._load(self._quarter())
        for company in range(5):
            self.state(load._replace(sender=b"g%d" % company, receiver=b"r%d" % company), _EVEN)

    def state(self, load: Load, mass_g: int | None) -> None:
        """State a load."""
        self.standing[next(self._numbers)] = Statement(load, mass_g)

    def _some(self, most: int) -> list[int]:
        return self.chance.sample(list(self.standing), min(most, len(self.standing)))

    def _quarter(self) -> Epoch:
        return calendar.of_day(Calendar.QUARTER, self.day.start)

    def _load(self, quarter: Epoch) -> Load:
        origin, destination = self.chance.choice(self.scene.ways)
        return Load(
            origin,
            destination,
            self.chance.choice(self.materials),
            "RECYCLING",
            quarter.name,
            self._company(b"g", self.senders, origin),
            self._company(
                b"g" if self.is_mixed and self.chance.random() < 0.5 else b"r", self.receivers, destination
            ),
            self.chance.choice(self.offices),
            self._silent(),
        )

    def _silent(self) -> str:
        if self._losing.random() >= self.lost:
            return ""
        return self._losing.choice((*self.scene.measures[:2], "EXPORT", "IMPORT"))

    def _company(self, kind: bytes, companies: int, region: str) -> Group:
        number = (
            min(int(self.chance.paretovariate(self.skew)), companies) - 1
            if self.skew
            else self.chance.randrange(companies)
        )
        if self.chance.random() < 0.02:
            return None
        # Some of them are everywhere.
        return (
            b"%s%d" % (kind, number)
            if number < _EVERYWHERE
            else b"%s%d %s" % (kind, number, region[:2].encode())
        )

    def _mass(self) -> int:
        return int(min(self.chance.paretovariate(self.tail), 10_000) * 10_000)


_EVEN = 10_000_000
# How often a correction of the place of a load is one of all loads there.
_TOGETHER = 0.3
_EVERYWHERE = 2
