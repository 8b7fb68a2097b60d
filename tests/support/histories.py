"""Histories of hubs: what stands at each cut, what they then publish, and what happened in between.

A history is made from a seed alone. Many are small: a few releases of few companies find most.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl
import pytest

from consumers.release import calendar
from consumers.release.calendar import Epoch
from consumers.release.decision import Attribution, Decision, decide
from consumers.release.tables import Tables
from schemas.settings import Calendar
from tests.support.stages import STAGES, Stage
from tests.support.stages import stage as staged
from tests.support.worlds import Scene, Standing, World, contributions


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add which histories attackers look at."""
    parser.addoption(
        "--histories", type=int, default=12, help="how many histories of releases are attacked (default 12)"
    )
    parser.addoption("--first", type=int, default=0, help="seed of the first history (default 0)")


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a hub: what stood at its cut, what was decided, and which last blocks were due."""

    tables: Tables
    epoch: Epoch
    standing: Standing
    contributions: pl.DataFrame
    decision: Decision
    due: frozenset[str] = frozenset()


@dataclass(slots=True)
class History:
    """Releases in their order.

    Attributes:
        countries: How many countries it is about.
        happened: How often each kind of thing did.
    """

    scene: Scene
    countries: int
    releases: list[Release] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)


SKIPPED = "epochs that a hub skips"
Decide = Callable[[pl.DataFrame, Attribution, Epoch, Tables, pl.DataFrame | None], Decision]


def history(seed: int, decide: Decide = decide) -> History:
    """Return the history of a seed."""
    chance = random.Random(seed)  # noqa: S311  # a history is not a secret
    name = chance.choice(STAGES)
    stage = staged(name, chance.choice((1, 4, 12, 12)))
    is_long = chance.random() < 0.1
    epoch = week(chance.randint(5, 14))
    world = World(
        chance=chance,
        scene=stage.scene,
        senders=chance.randint(3, 9),
        receivers=chance.randint(2, 9),
        materials=("COPPER", "GLASS", "PAPER", "FERROUS")[: chance.choice((1, 1, 2, 4))],
        # By another chance, so that a seed keeps its loads.
        lost=random.Random(~seed).choice((0, 0, 0.1, 0.3)),  # noqa: S311  # not a secret
        offices="AB"[: chance.choice((1, 2)) if not stage.scene.public else 2],
        tail=chance.choice((0.6, 1.2, 2, 5)),
        skew=chance.choice((0, 0, 0.5)),
        is_mixed=chance.random() < 0.4,
        day=epoch,
    )
    told = Telling(stage, decide)
    told.history.happened[name] += 1
    for _ in range(chance.randint(6, 9) if is_long else chance.randint(2, 4)):
        world.day = epoch
        for tables in stage.hubs:
            if not told.history.releases or chance.random() < 0.8:
                world.happen(stage.countries)
            if chance.random() < 0.9:
                told.release(tables, epoch, dict(world.standing))
            else:
                told.history.happened[SKIPPED] += 1
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            epoch = calendar.following(Calendar.WEEK, epoch)
    told.history.happened += world.happened
    return told.history


def told(
    *weeks: tuple[int, Standing], name: str = "linked tables", size: int = 1, decide: Decide = decide
) -> History:
    """Return the releases of the one hub of a stage of some size in some weeks, of what stood then."""
    stage = staged(name, size)
    telling, (tables,) = Telling(stage, decide), stage.hubs
    for number, standing in weeks:
        telling.release(tables, week(number), standing)
    return telling.history


class Telling:
    """Hubs that release one after the other."""

    def __init__(self, stage: Stage, decide: Decide = decide) -> None:
        """Start before the first release."""
        self.history = History(stage.scene, stage.countries)
        self._decide = decide
        self._before: dict[str, Attribution] = {}

    def release(self, tables: Tables, epoch: Epoch, standing: Standing) -> None:
        """Let a hub release what stands."""
        given = contributions(standing, self.history.scene)
        before = self._before.get(tables.hub, Attribution())
        decision = self._decide(given, before, epoch, tables, self._published(epoch))
        self._before[tables.hub] = decision.attribution
        due = frozenset(decision.attribution.final) - {*before.final}
        self.history.releases.append(Release(tables, epoch, standing, given, decision, due))

    def _published(self, epoch: Epoch) -> pl.DataFrame | None:
        found = [
            release.decision.observations.with_columns(hub=pl.lit(release.tables.hub))
            for release in self.history.releases
            if release.epoch == epoch
        ]
        return pl.concat(found) if found else None


def week(number: int) -> Epoch:
    """Return a week of 2026."""
    return calendar.named(Calendar.WEEK, f"2026-W{number:02}")
