"""A small exchange that is at work: one agency that has published, one hub that has counted, and a desk.

The desk is the folder in which runbooks are followed: keys, directory, documents, the hub's file
and its settings under the names that the pages use.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message

from deploy import topics as deployed
from deploy.exchange.exchange import Exchange, running_exchange
from schemas import directory, identity, topics
from schemas.directory import Directory
from schemas.keystore import ceremony
from schemas.runtime import clients
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings
from tests.support import program, sealed
from tests.support.agency import Agency, committed, kafka_of
from tests.support.hub import delete_topics, read
from tests.support.samples import ROOT

AGENCY, HUB = "US-EPA", "north"
DOCUMENTS = ROOT / "deploy" / "demo" / "documents"
FACTS = "SELECT agency, measure, material, sum(mass_g) FROM facts GROUP BY ALL ORDER BY ALL"
_SETTINGS = """\
[hub]
name = "north"
file = "north.duckdb"
directory = "directory.toml"
metrics_port = 0

[hub.release]
keys = "north-keys"
countries = ["US"]
measures = ["RECEIVED"]
flows = ["DOMESTIC"]
"""


@dataclass(slots=True)
class Site:
    """One exchange, and the desk of those who run it."""

    exchange: Exchange
    desk: Path

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach it."""
        return kafka_of(self.exchange)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of the exchange as variables."""
        return {
            "WEIGHBRIDGE_KAFKA__BOOTSTRAP_SERVERS": self.exchange.bootstrap_servers,
            "WEIGHBRIDGE_KAFKA__REGISTRY_URL": self.exchange.registry_url,
        }

    @property
    def members(self) -> Directory:
        """The directory on the desk."""
        return directory.load(self.desk / "directory.toml")

    def agency(self, name: str, adapter: str, keys: str) -> Agency:
        """Return an agency with its keys from the desk."""
        return Agency(self.kafka, name, adapter, identity.load(str(self.desk / keys)), self.members)

    def publish(self, inbox: str = "inbox") -> None:
        """Publish the documents of a folder of the desk."""
        self.agency(AGENCY, "us-emanifest", "us").run(self.desk / inbox, source_id="us-emanifest")

    def records(self, *names: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return every committed record of topics, byte by byte and in order."""
        return {name: sorted(map(_whole, committed(self.kafka, name))) for name in names}

    def facts(self, file: str) -> list[tuple[Any, ...]]:
        """Return what a hub's file on the desk counts."""
        return read(self.desk / file, FACTS)


def _whole(record: Message) -> tuple[Any, ...]:
    return (
        record.partition(), record.offset(), record.key(), record.value() or b"",
        record.timestamp(), record.headers() or [],
    )  # fmt: skip


@pytest.fixture(scope="module")
def own_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """Run an exchange that no other module of tests shares."""
    with running_exchange(tmp_path_factory.mktemp("own-exchange")) as running:
        yield running


@pytest.fixture
def site(own_exchange: Exchange, tmp_path: Path) -> Site:
    """Return an exchange whose topics are made anew, with what one agency has published."""
    return made(own_exchange, tmp_path)


def made(exchange: Exchange, desk: Path) -> Site:
    """Make topics and desk of a site; the hub has stored nothing yet."""
    found = Site(exchange, desk)
    wanted = topics.all_topics([AGENCY], [HUB])
    empty(exchange)
    deployed.apply(found.kafka, wanted)
    registry = Registry(found.kafka)
    for topic in wanted:
        registry.register(topic)
    sealed.write_keys(desk / "us", sealed.keys_of(AGENCY))
    ceremony.begin_hub(desk / "north-keys")
    members = sealed.exchange_of({AGENCY: sealed.keys_of(AGENCY)}).members
    hubs = {HUB: ceremony.hub_member(desk / "north-keys")}
    (desk / "directory.toml").write_text(directory.text(Directory(members, hubs)))
    (desk / "weighbridge.toml").write_text(_SETTINGS)
    shutil.copytree(DOCUMENTS / "us-emanifest", desk / "inbox")
    found.publish()
    return found


def empty(exchange: Exchange) -> None:
    """Delete all topics of an exchange."""
    kafka = kafka_of(exchange)
    existing = clients.admin(kafka).list_topics(timeout=10).topics
    if former := [name for name in existing if name.startswith("weighbridge.")]:
        delete_topics(kafka, former)


def done(site: Site, *arguments: str) -> str:
    """Run a command on the desk, and return what it prints."""
    answer = program.run(*arguments, cwd=site.desk, environment={**os.environ, **site.environment})
    assert answer.returncode == 0, answer.stderr.decode()
    return answer.stdout.decode()
