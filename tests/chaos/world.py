"""What a story happens to: agencies, a hub and their topics, on a cluster that outlives the story."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from consumers.hub import service
from deploy import topics as deployed
from deploy.exchange.waiting import until
from schemas import topics
from schemas.errors import WeighbridgeError
from schemas.runtime import clients
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings
from tests.chaos.cluster import Cluster
from tests.chaos.disk import Disk
from tests.chaos.inbox import Inbox
from tests.chaos.newcomer import Newcomer
from tests.chaos.process import ADAPTER_STEPS, HUB_STEPS, Process
from tests.chaos.proxy import Link
from tests.chaos.report import Tally
from tests.support import sealed
from tests.support.agency import SOURCE, Agency
from tests.support.hub import delete_topics

LINKS = ("AGENCY1", "AGENCY2", "HUB")
PARTITIONS = 3
# Small transactions and batches, so that there are many of them.
_SETTINGS = {
    "WEIGHBRIDGE_AGENCY__COMMIT_EVENTS": "12",
    "WEIGHBRIDGE_AGENCY__POLL_INTERVAL_SECONDS": "0.1",
    "WEIGHBRIDGE_HUB__BATCH_SECONDS": "0.2",
    "WEIGHBRIDGE_HUB__BATCH_ROWS": "40",
}
_PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class World:
    """One story's agencies and hub.

    Attributes:
        newcomer: An agency of the next release, which writes by itself.
        adapters: By agency, in the order of the inboxes.
        turns: The inboxes in turns, endlessly and numbered.
    """

    cluster: Cluster
    folder: Path
    inboxes: list[Inbox]
    adapters: list[Process]
    hub: Process
    hub_name: str
    hub_file: Path
    disk: Disk
    newcomer: Newcomer
    tally: Tally
    turns: Iterator[tuple[int, Inbox]]

    @property
    def processes(self) -> list[Process]:
        """Return adapters and hub."""
        return [*self.adapters, self.hub]

    def progress(self) -> tuple[int, int, int] | None:
        """Return events and dead letters of the running hub, and how many letters wait; None: no answer."""
        try:
            found = service.ask(self.hub_file, "status")
        except (OSError, ValueError, WeighbridgeError):
            return None
        return found["events"], found["dead_letters"], found["dead_letters_unsent"]


@contextmanager
def new_world(cluster: Cluster, folder: Path, name: str, dice: random.Random) -> Iterator[World]:
    """Make agencies, hub and topics of a story, and take them away after it."""
    names = [f"US-{name}A".upper(), f"US-{name}B".upper()]
    next_name, hub_name = f"XX-{name}N".upper(), f"hub-{name}".lower()
    keys = {agency: sealed.keys_of(agency) for agency in (*names, next_name)}
    directory = sealed.exchange_of(keys)
    _wait_for_brokers(cluster)
    wanted = topics.all_topics([*names, next_name], [hub_name], PARTITIONS)
    delete_topics(cluster.kafka, [topic.name for topic in wanted])
    deployed.apply(cluster.kafka, wanted)
    ids = {topic.record: Registry(cluster.kafka).register(topic) for topic in wanted}
    folder.mkdir(parents=True)
    tally, members = Tally(), sealed.write_directory(folder / "directory.toml", directory)
    inboxes = []
    for agency in names:
        made = Agency(cluster.kafka, agency, "us-emanifest", keys[agency], directory)
        sealed.write_keys(folder / f"keys-{agency}", keys[agency])
        (folder / agency).mkdir()
        inboxes.append(Inbox(made, folder / agency, random.Random(dice.random())))  # noqa: S311  # documents, not secrets
    with Disk.of(folder / "hub") as disk:
        file = disk.folder / "hub.duckdb"
        adapters = [
            _adapter(folder, inbox, link, members, tally)
            for inbox, link in zip(inboxes, cluster.links, strict=False)
        ]
        hub = _hub(hub_name, file, cluster, members, tally)
        newcomer = Newcomer(cluster.kafka, next_name, keys[next_name], ids)
        world = World(
            cluster,
            folder,
            inboxes,
            adapters,
            hub,
            hub_name,
            file,
            disk,
            newcomer,
            tally,
            enumerate(itertools.cycle(inboxes)),
        )
        try:
            yield world
        finally:
            for process in world.processes:
                process.end_for_good()
    delete_topics(cluster.kafka, [topic.name for topic in wanted])


def _adapter(folder: Path, inbox: Inbox, link: Link, members: Path, tally: Tally) -> Process:
    agency = inbox.agency
    arguments = [
        *("adapter", "run", agency.adapter, str(inbox.folder)),
        *(part for name, value in agency.values.items() for part in ("--set", f"{name}={value}")),
        *("--agency", agency.id, "--source-id", SOURCE),
        *("--keys", str(folder / f"keys-{agency.id}"), "--directory", str(members)),
        *_reached(link, agency.kafka),
    ]
    return Process(agency.id, arguments, folder, _SETTINGS, ADAPTER_STEPS, tally)


def _hub(name: str, file: Path, cluster: Cluster, members: Path, tally: Tally) -> Process:
    arguments = [
        *("hub", "run", "--name", name, "--file", str(file), "--directory", str(members)),
        *_reached(cluster.links[-1], cluster.kafka),
    ]
    return Process(name, arguments, members.parent, _SETTINGS, HUB_STEPS, tally)


def _reached(link: Link, kafka: KafkaSettings) -> tuple[str, ...]:
    return (
        *("--bootstrap-servers", link.address, "--registry-url", kafka.registry_url),
        *("--metrics-port", "0"),
    )


def _wait_for_brokers(cluster: Cluster) -> None:
    admin = clients.admin(cluster.kafka)
    is_whole = until(
        lambda: len(admin.list_topics(timeout=30).brokers) == len(cluster.nodes),
        timeout_seconds=_PATIENCE_SECONDS,
    )
    assert is_whole, "a broker does not come back"
