"""Hubs that release on a real exchange, for tests: each with topics, keys and a name of its own."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consumers.release.decision import Decision
from consumers.release.ledger import Entry
from consumers.release.publish import entries
from consumers.release.run import Outcome, Run
from consumers.subscribe.observations import observations
from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from schemas import topics
from schemas.directory import Directory
from schemas.keystore import ceremony
from schemas.runtime import reading
from schemas.runtime.registry import Registry
from schemas.settings import HubSettings, KafkaSettings, ReleaseSettings, TableSettings
from tests.support import events
from tests.support.hub import LedgerTopic, new_ledger
from tests.support.samples import ROOT

# Twenty days after the end of October: it is closed, and November is not.
NOW = datetime(2026, 11, 20, tzinfo=UTC)
OCTOBER = "2026-10"
# One table that is small enough to be looked at, and to be released many times.
SMALL: dict[str, Any] = {
    "countries": ("FR",),
    "measures": ("RECEIVED",),
    "flows": ("DOMESTIC",),
    "tables": (TableSettings(name="movements", material="group"),),
}
_names, _numbers = itertools.count(), itertools.count(1)


@dataclass(slots=True, kw_only=True)
class Releasing:
    """A hub with a file, keys, and the ledger from which it is filled.

    Attributes:
        release: Its settings, beside its keys.
        directory: Knows the hubs of its ledger.
    """

    name: str
    file: Path
    keys: Path
    topic: LedgerTopic
    release: dict[str, Any] = field(default_factory=lambda: dict(SMALL))
    directory: Directory | None = None

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach the exchange."""
        return self.topic.kafka

    @property
    def settings(self) -> HubSettings:
        """The hub's settings."""
        release = ReleaseSettings(keys=str(self.keys), **self.release)
        return HubSettings(name=self.name, file=self.file, metrics_port=0, release=release)

    def store(self, *cells: list[dict[str, Any]]) -> None:
        """Publish movements and let the hub store what is there."""
        self.topic.publish(event for cell in cells for event in cell)
        self.catch_up()

    def catch_up(self) -> None:
        """Let the hub store what is there."""
        self.topic.run_to_end(self.file, name=self.name)

    def run(self, now: datetime = NOW, **changes: Any) -> Outcome:
        """Release what is due."""
        run = Run(settings=self.settings, kafka=self.kafka, now=now, directory=self.directory, **changes)
        return run.run()

    def child(self, step: str, times: int = 1, now: datetime = NOW) -> subprocess.Popen[bytes]:
        """Start a release that kills itself at a step."""
        arguments = {
            "settings": self.settings.model_dump(mode="json"),
            "kafka": self.kafka.model_dump(mode="json"),
            "now": now.isoformat(),
            "step": step,
            "times": times,
        }
        command = [sys.executable, "-m", "tests.support.release_child", json.dumps(arguments)]
        return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)

    def published(self) -> list[dict[str, Any]]:
        """Return what a subscriber sees of this hub."""
        return list(observations(self.kafka, self.name))

    def ledger(self) -> list[Entry]:
        """Return the release records of this hub."""
        return [entry for entry in entries(self.kafka) if entry.hub == self.name]

    def records(self) -> list[tuple[bytes | None, bytes | None, Any]]:
        """Return key, value and headers of every record of this hub, as any consumer gets them."""
        start = f"{self.name}|".encode()
        return [
            (record.key(), record.value(), record.headers())
            for topic in (topics.AGGREGATES, topics.RELEASES)
            for record in reading.records(self.kafka, topic)
            if (record.key() or b"").startswith(start)
        ]


def make_topics(kafka: KafkaSettings) -> None:
    """Make what all hubs release on, where it is absent."""
    wanted = topics.exchange_topics()[3:]
    deployed.apply(kafka, wanted)
    for shared in wanted:
        Registry(kafka.registry_url).register(shared)


def new_hub(exchange: Exchange, folder: Path, **release: Any) -> Releasing:
    """Return a hub on movements topics that are made anew, and that holds nothing yet."""
    name = f"release-{next(_names)}"
    topic = new_ledger(exchange, hub=name)
    make_topics(topic.kafka)
    return hub_on(topic, name, folder, **release)


def hub_on(topic: LedgerTopic, name: str, folder: Path, **release: Any) -> Releasing:
    """Return a hub of a name on a movements topic."""
    deployed.apply(topic.kafka, topics.hub_topics(name))
    for dead_letters in topics.hub_topics(name):
        Registry(topic.kafka.registry_url).register(dead_letters)
    keys = folder / f"{name}-keys"
    if not keys.exists():
        ceremony.begin_hub(keys)
    return Releasing(
        name=name, file=folder / f"{name}.duckdb", keys=keys, topic=topic, release=SMALL | release
    )


def known(*hubs: Releasing) -> Directory:
    """Return a directory of hubs."""
    return Directory({}, {hub.name: ceremony.hub_member(hub.keys) for hub in hubs})


def loads(low_code: str, *tonnes: int, **changes: Any) -> list[dict[str, Any]]:
    """Return received loads of different companies that make up one cell of the last quarter."""
    place: dict[str, Any] = {
        "side": "DOMESTIC",
        "origin_country": "FR",
        "destination_country": "FR",
        "operation_code": "R5",
        "occurred_on": "2026-09-03",
        "counterparty": None,
    }
    return [
        events.movement(
            next(_numbers),
            low_code=low_code,
            mass_g=mass * 1_000_000,
            contributor=events.key("company", number),
            **place | changes,
        )
        for number, mass in enumerate(tonnes)
    ]


def die(*_: Any) -> Decision:
    """End the process of a decision as a machine without memory would."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def fail(*_: Any) -> Decision:
    """Fail with a text that shows a value."""
    raise ValueError("secret")
