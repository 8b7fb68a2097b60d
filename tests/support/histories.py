"""Histories of a hub: what its contributions are at each release, and what it then publishes.

A history is made from a seed: loads, late loads, corrections and retractions between releases
on demand, of few companies, so that most of what happens is somebody's alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import polars as pl
import pytest

from consumers.release import calendar
from consumers.release.blocks import BEHIND, LEAF
from consumers.release.calendar import Epoch
from consumers.release.decision import Attribution, Decision, decide
from consumers.release.tables import Tables, configured
from schemas.settings import Calendar, ReleaseSettings, TableSettings
from tests.support.contributed import CONTRIBUTIONS

SETTINGS = ReleaseSettings(
    epoch=Calendar.WEEK,
    final_epochs=2,
    countries=("FR",),
    measures=("RECEIVED",),
    flows=("DOMESTIC",),
    tables=(
        TableSettings(name="materials", material="group"),
        TableSettings(name="regions", region="part"),
    ),
)
TABLES = configured("north", SETTINGS, b"a key of the hub")
_MATERIALS = ("COPPER", "GLASS", "PAPER")
_REGIONS = ("FR-BRE", "FR-IDF")
_AGENCIES = ("FR-A", "FR-B")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the number of histories that attackers look at."""
    parser.addoption(
        "--histories", type=int, default=6, help="how many histories of releases are attacked (default 6)"
    )


@dataclass(slots=True)
class World:
    """Statements as they stand: by number, where, who and how much."""

    random: random.Random
    groups: int
    others: int
    leaves: int
    agencies: int
    has_public: bool
    day: Epoch
    statements: dict[int, tuple[tuple[str | bytes | None, ...], int]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def contributions(self) -> pl.DataFrame:
        """Return what a hub computes of the statements."""
        rows = [
            (*who, self.has_public and who[-1] == "FR-B", mass, 0) for who, mass in self.statements.values()
        ]
        frame = pl.DataFrame(rows, schema=CONTRIBUTIONS, orient="row")
        keys = [*LEAF, *BEHIND, "is_public"]
        return (
            frame.group_by(keys).agg(pl.col("mass_g", "unconverted").sum()).select(*CONTRIBUTIONS).sort(keys)
        )

    def load(self) -> None:
        """State something new: most of it of this quarter, some late."""
        quarter = calendar.of_day(Calendar.QUARTER, self.day.start)
        if self.random.random() < 0.3:  # late
            quarter = calendar.of_day(Calendar.QUARTER, quarter.start - timedelta(days=1))
        group, other = self._company(self.groups), self._company(self.others)
        place = ("RECEIVED", "DOMESTIC", *self._leaf())
        self.state(
            (
                *place,
                quarter.name,
                b"g%d" % group,
                b"c%d" % other,
                self.random.choice(_AGENCIES[: self.agencies]),
            ),
            self._mass(),
        )

    def state(self, who: tuple[str | bytes | None, ...], mass_g: int) -> int:
        """State a load and return its number."""
        number = next(self._numbers)
        self.statements[number] = who, mass_g
        return number

    def change(self) -> None:
        """Correct or withdraw something that stands."""
        if not self.statements:
            return
        number = self.random.choice(list(self.statements))
        who, mass = self.statements.pop(number)
        if self.random.random() < 0.5:  # half of them are withdrawn
            self.statements[number] = who, max(1, int(mass * self.random.uniform(0.2, 2)))

    def reverse(self) -> None:
        """State the same load of many companies, or withdraw it of all but one."""
        alike = [number for number, (_, mass) in self.statements.items() if mass == _EVEN]
        if alike:
            alike.remove(self.random.choice(alike))
            for number in alike:
                del self.statements[number]
            return
        quarter = calendar.of_day(Calendar.QUARTER, self.day.start).name
        place = ("RECEIVED", "DOMESTIC", *self._leaf())
        for group in range(5):
            self.state((*place, quarter, b"g%d" % group, b"c%d" % group, "FR-A"), _EVEN)

    def _leaf(self) -> tuple[str, ...]:
        region, material = divmod(self.random.randrange(self.leaves), len(_MATERIALS))
        return _REGIONS[region], "FR", _MATERIALS[material], "RECYCLING"

    def _company(self, companies: int) -> int:
        return min(int(self.random.paretovariate(0.5)), companies) - 1

    def _mass(self) -> int:
        return int(self.random.paretovariate(2) * 10_000)


_EVEN = 10_000_000


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a history: what stood at its cut, and what was decided."""

    epoch: Epoch
    contributions: pl.DataFrame
    decision: Decision


Decide = Callable[[pl.DataFrame, Attribution, Epoch, Tables], Decision]


def history(
    seed: int, releases: int = 8, decision_of: Decide = decide, tables: Tables = TABLES
) -> list[Release]:
    """Return the releases of the history of a seed."""
    chance = random.Random(seed)  # noqa: S311  # a history is not a secret
    epoch = week(chance.randint(6, 12))
    world = World(
        chance,
        groups=chance.randint(3, 12),
        others=chance.randint(3, 12),
        leaves=chance.randint(2, 6),
        agencies=chance.randint(1, 2),
        has_public=chance.random() < 0.2,
        day=epoch,
    )
    attribution, found = Attribution(), []
    for _ in range(releases):
        _happen(world)
        contributions = world.contributions()
        decision = decision_of(contributions, attribution, epoch, tables)
        found.append(Release(epoch, contributions, decision))
        attribution = decision.attribution
        for _ in range(chance.choice((1, 1, 2))):
            epoch = calendar.following(Calendar.WEEK, epoch)
        world.day = epoch
    return found


def _happen(world: World) -> None:
    for _ in range(world.random.choice((2, 10, 40))):
        chance = world.random.random()
        if chance < 0.75:
            world.load()
        elif chance < 0.97:
            world.change()
        else:
            world.reverse()


def week(number: int) -> Epoch:
    """Return a week of 2026."""
    return calendar.named(Calendar.WEEK, f"2026-W{number:02}")
