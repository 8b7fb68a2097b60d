"""Releases on a real exchange: once an epoch, whole or not at all, and nothing that betrays."""

from __future__ import annotations

import csv
import io
import itertools
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from consumers.release.release import release_id
from consumers.release.run import Outcome, run
from consumers.subscribe import writing
from consumers.subscribe.observations import observations
from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from schemas import topics
from schemas.runtime.decoding import Decoder
from schemas.runtime.registry import Registry
from schemas.settings import HubSettings, KafkaSettings, ReleaseSettings
from tests.support import events
from tests.support.hub import LedgerTopic, new_ledger
from tests.support.samples import ROOT

NOW = datetime(2026, 11, 1, tzinfo=UTC)
_NAMES = itertools.count()


@pytest.fixture
def hub(exchange: Exchange, tmp_path: Path) -> Filled:
    """Return a hub with a name of its own that stored one open and one dominated cell."""
    name = f"release-{next(_NAMES)}"
    ledger = new_ledger(exchange, hub=name)
    wanted = topics.exchange_topics()[2:]
    deployed.apply(ledger.kafka, wanted)
    for topic in wanted:
        Registry(ledger.kafka.registry_url).register(topic)
    return Filled(ledger, name, tmp_path / "hub.duckdb")


class Filled:
    """A hub's file, and the ledger it was filled from."""

    def __init__(self, ledger: LedgerTopic, name: str, file: Path) -> None:
        self.ledger = ledger
        self.name = name
        self.file = file
        self.store(_cell("150107", 40, 40, 40), _cell("150102", 90, 5, 5))

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach the exchange."""
        return self.ledger.kafka

    @property
    def settings(self) -> HubSettings:
        """The hub's settings."""
        return HubSettings(name=self.name, file=self.file, release=ReleaseSettings(min_groups=3, p_percent=15))

    def store(self, *cells: list[dict[str, Any]]) -> None:
        """Publish movements and let the hub store them."""
        self.ledger.publish(event for cell in cells for event in cell)
        self.ledger.run_to_end(self.file, name=self.name)

    def release(self, epoch: str) -> Outcome:
        """Release an epoch."""
        return run(self.settings, self.kafka, epoch, NOW)

    def published(self) -> list[dict[str, Any]]:
        """Return what a subscriber sees of this hub."""
        return list(observations(self.kafka, self.name))

    def releases(self) -> list[dict[str, Any]]:
        """Return the release records of this hub."""
        decoder = Decoder("release", Registry(self.kafka.registry_url))
        records = decoder.records(self.kafka, topics.RELEASES)
        return [record for record in records if record["hub"] == self.name]


_numbers = itertools.count(1)


def _cell(low_code: str, *tonnes: int) -> list[dict[str, Any]]:
    """Return received loads of different companies that make up one cell."""
    return [
        events.movement(
            next(_numbers),
            low_code=low_code,
            mass_g=mass * 1_000_000,
            side="DOMESTIC",
            origin_country="FR",
            destination_country="FR",
            operation_code="R5",
            occurred_on="2026-02-03",
            contributor=events.key("company", number),
        )
        for number, mass in enumerate(tonnes)
    ]


def test_free_cells_show_their_mass_and_confidential_ones_nothing(hub: Filled) -> None:
    """An even cell is published to the gram; a dominated one is there without value or reason."""
    outcome = hub.release("2026-10")

    cells = {cell["material"]: (cell["mass_g"], cell["conf_status"]) for cell in hub.published()}
    assert Outcome(hub.name, "2026-10", is_new=True, free=1, confidential=1) == outcome
    assert cells == {"GLASS": (120_000_000, "FREE"), "PLASTIC": (None, "CONFIDENTIAL")}


def test_an_epoch_is_released_once(hub: Filled) -> None:
    """A second run of an epoch publishes nothing, whatever came in between; the next epoch follows it."""
    hub.release("2026-09")
    before = hub.published()
    hub.store(_cell("150107", 50, 50, 50))

    again, after = hub.release("2026-09"), hub.published()
    hub.release("2026-10")

    assert not again.is_new
    assert before == after
    first, second = hub.releases()
    assert second["predecessor"] == first["release_id"] == release_id(hub.name, "2026-09")
    assert sum(offset["offset"] for offset in second["cut"]) > sum(o["offset"] for o in first["cut"])


@pytest.mark.parametrize(
    ("step", "times"),
    [
        ("fenced", 1),
        ("read", 1),
        ("begun", 1),
        ("produced", 1),
        ("produced", 2),
        ("produced", 3),
        ("before flush", 1),
        ("flushed", 1),
        ("committed", 1),
    ],
)
def test_a_killed_release_is_published_whole_or_not_at_all(hub: Filled, step: str, times: int) -> None:
    """Killed at any step and run again, each cell and the release record are there exactly once."""
    child = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.support.release_child",
            str(hub.file),
            hub.kafka.bootstrap_servers,
            hub.kafka.registry_url,
            "2026-10",
            step,
            str(times),
        ],
        check=False,
        cwd=ROOT,
        capture_output=True,
    )
    hub.release("2026-10")

    assert child.returncode < 0, child.stderr.decode()
    assert sorted(cell["material"] for cell in hub.published()) == ["GLASS", "PLASTIC"]
    assert [record["observations"] for record in hub.releases()] == [2]


def test_a_release_says_nothing_of_its_rules(hub: Filled) -> None:
    """Other parameters with the same decision give the same release: nothing in it tells them."""
    hub.release("2026-10")
    (record,) = hub.releases()
    settings = HubSettings(name=hub.name, file=hub.file, release=ReleaseSettings(min_groups=3, p_percent=25))
    run(settings, hub.kafka, "2026-11", NOW)

    other = hub.releases()[-1]

    assert record["configuration_digest"] == other["configuration_digest"]
    assert record["observations"] == other["observations"]


def test_subscribers_get_the_same_in_every_format(hub: Filled, tmp_path: Path) -> None:
    """CSV, JSON lines and Parquet hold the same observations; a confidential value is empty in each."""
    hub.release("2026-10")
    found = hub.published()

    table, lines, parquet = io.StringIO(), io.StringIO(), tmp_path / "aggregates.parquet"
    written = {
        writing.write_csv(found, table),
        writing.write_json_lines(found, lines),
        writing.write_parquet(found, parquet),
    }

    masses = [cell["mass_g"] for cell in found]
    assert {2} == written
    rows = list(csv.DictReader(io.StringIO(table.getvalue())))
    assert masses == [int(row["mass_g"]) if row["mass_g"] else None for row in rows]
    assert found == [json.loads(line) for line in lines.getvalue().splitlines()]
    assert masses == pl.read_parquet(parquet)["mass_g"].to_list()
