"""Where a story is played: the real adapters, the real pipeline and a hub's real file, in one process."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import polars as pl

from consumers.hub import queries
from consumers.hub.store import Store
from consumers.release import calendar, tables
from consumers.release.decision import Attribution, Decision, decide
from producers import adapter as adapters
from producers.changes import Event
from producers.pipeline import Pipeline
from producers.positions import Positions
from schemas.identity import DEMONSTRATION_KEYS
from schemas.settings import ReleaseSettings, TableSettings
from tests.scenarios.story import Shown, Step, Story
from tests.support import hub as support

# After every story, so that none ever happens in the future.
NOW = datetime(2030, 1, 1, tzinfo=UTC)
RELEASE = ReleaseSettings(
    p_percent=10,
    countries=("GB",),
    measures=("DISPATCHED",),
    flows=("EXPORT",),
    tables=(TableSettings(name="movements", material="group"),),
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery led to: rules of its findings, each once, and the number of events."""

    finds: tuple[str, ...]
    publishes: int


class Asked(Protocol):
    """A hub whose views can be asked, wherever it is."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query over the views yields."""


@dataclass(slots=True)
class InProcess:
    """A stage without a broker.

    Attributes:
        published: All events, in order.
        releases: By epoch, in order, the cut and what was decided.
    """

    store: Store
    published: list[Event] = field(default_factory=list)
    releases: dict[str, tuple[dict[int, int], Decision]] = field(default_factory=dict)
    _positions: dict[tuple[str, str], Positions] = field(default_factory=dict)

    def deliver(self, step: Step) -> Delivered:
        """Hand a file to an agency's adapter; the hub stores its events as one batch."""
        positions = self._positions.setdefault((step.agency, step.adapter), Positions(step.adapter))
        adapter = adapters.create(step.adapter, step.settings)
        pipeline = Pipeline(adapter, step.agency, DEMONSTRATION_KEYS, positions, now=lambda: NOW)
        outcomes = list(pipeline.outcomes(io.BytesIO(step.content), step.name, step.delivered_at))
        events = [event for outcome in outcomes for event in outcome.events]
        self.take(events)
        rules = {finding.rule for outcome in outcomes for finding in outcome.findings}
        return Delivered(tuple(sorted(rules)), len(events))

    def take(self, events: Iterable[Event]) -> None:
        """Store events in the hub."""
        events = list(events)
        self.published += events
        support.stored_bodies(self.store, [(event.key, event.body) for event in events])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query over the hub's views yields."""
        return support.asked(self.store, query)

    def release(self, epoch: str) -> Decision:
        """Release what the hub holds now, and keep what was decided."""
        cut = self.store.next_offsets()
        before = [decision.attribution for _, decision in self.releases.values()]
        decision = self._decided(epoch, cut, before[-1] if before else Attribution())
        self.releases[epoch] = cut, decision
        return decision

    def released_again(self) -> Iterator[str]:
        """Yield the epochs whose release would now be another one."""
        before = Attribution()
        for epoch, (cut, decision) in self.releases.items():
            again = self._decided(epoch, cut, before)
            if not again.observations.equals(decision.observations):
                yield epoch
            before = again.attribution

    def _decided(self, epoch: str, cut: Mapping[int, int], before: Attribution) -> Decision:
        connection = self.store.cursor()
        queries.create_views(connection, cut)
        found = pl.DataFrame(connection.sql("FROM behind ORDER BY ALL").to_arrow_table())
        connection.close()
        return decide(found, before, calendar.parsed(epoch), tables.configured("north", RELEASE, bytes(32)))


def shown(stage: Asked, story: Story, what: Shown) -> list[tuple[str, ...]]:
    """Return the rows of a table as the hub has them, as text, sorted."""
    columns = ", ".join(f'"{name}"' for name in what.columns)
    rows = stage.rows(f"SELECT {columns} FROM {what.view}")  # noqa: S608  # names and views of our own stories
    return sorted(tuple(map(story.told, row)) for row in rows)


def cells_shown(stage: InProcess, decision: Decision, story: Story, what: Shown) -> list[tuple[str, ...]]:
    """Return the cells of a release of what the story is about, as a table shows them."""
    told = set(stage.rows("SELECT DISTINCT period, material FROM behind"))
    rows = (
        row for row in decision.observations.iter_rows(named=True) if (row["period"], row["material"]) in told
    )
    return sorted(tuple(story.told(row[name]) for name in what.columns) for row in rows)
