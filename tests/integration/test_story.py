"""A worked scenario on a real broker: what is told of a hub's file in one process holds there too."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.exchange.exchange import Exchange
from tests.scenarios.stage import shown
from tests.scenarios.story import FOLDER, Step, load
from tests.support import hub as support
from tests.support.agency import new_agency
from tests.support.hub import LedgerTopic

STORY = load(FOLDER / "09_both_sides.toml")


@dataclass(slots=True)
class OnBroker:
    """Agencies that publish to the real topic, each from its own inbox, and a hub that reads it."""

    exchange: Exchange
    ledger: LedgerTopic
    folder: Path

    def deliver(self, step: Step) -> int:
        """Put a file into an agency's inbox, run its adapter, then the hub; return the number of events."""
        inbox = self.folder / step.agency
        inbox.mkdir(exist_ok=True)
        file = inbox / step.name
        file.write_bytes(step.content)
        if step.delivered_at is not None:
            os.utime(file, times=(step.delivered_at.timestamp(),) * 2)
        agency = new_agency(self.exchange, step.agency, step.adapter, values=dict(step.settings))
        # A source of its own, so that it knows nothing of what other tests published.
        run = agency.run(inbox, source_id=self.folder.name)
        self.ledger.run_to_end(self.folder / "hub.duckdb")
        return run.totals.events

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query over the hub's views yields."""
        return support.read(self.folder / "hub.duckdb", query)


def test_a_story_is_the_same_on_a_real_broker(exchange: Exchange, tmp_path: Path) -> None:
    """Two agencies publish what they know of one shipment, and the hub shows what the story tells."""
    stage = OnBroker(exchange, support.new_ledger(exchange), tmp_path)
    for number, step in enumerate(STORY.steps, 1):
        assert stage.deliver(step) == step.publishes, f"step {number}"
        for what in step.shows:
            assert shown(stage, STORY, what) == what.rows, f"step {number}, {what.view}"
