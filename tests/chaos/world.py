"""What a story happens to: agencies, a hub and their topics, on a cluster that outlives the story."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from consumers.hub import service
from deploy import topics as deployed
from deploy.exchange.waiting import until
from schemas import topics
from schemas.directory import Directory
from schemas.errors import EXIT_FAILURE, EXIT_USAGE, WeighbridgeError
from schemas.keystore import ceremony
from schemas.runtime import clients
from schemas.runtime.registry import Registry
from tests.chaos.cluster import Cluster
from tests.chaos.disk import Disk
from tests.chaos.inbox import Inbox
from tests.chaos.newcomer import Newcomer
from tests.chaos.process import ADAPTER_STEPS, HUB_STEPS, RELEASE_STEPS, Process
from tests.chaos.proxy import Link
from tests.chaos.report import Tally
from tests.chaos.simulated import Reported, Simulated, simulated
from tests.support import sealed
from tests.support.agency import Agency
from tests.support.hub import delete_topics

SOURCES = 3
LINKS = (*(f"SOURCE{number}" for number in range(SOURCES)), "HUB")
PARTITIONS = 3
# Small transactions and batches, so that there are many of them.
_SETTINGS = {
    "WEIGHBRIDGE_AGENCY__COMMIT_EVENTS": "4",
    "WEIGHBRIDGE_AGENCY__POLL_INTERVAL_SECONDS": "0.1",
    "WEIGHBRIDGE_HUB__BATCH_SECONDS": "0.2",
    "WEIGHBRIDGE_HUB__BATCH_ROWS": "10",
}
HUB_KEYS = "hub-keys"
_NEWCOMER = "XX-NEXT"
_PATIENCE_SECONDS = 60.0
_HUB_MEBIBYTES = 96


@dataclass(frozen=True, slots=True)
class HubSite:
    """Where a hub is.

    Attributes:
        disk: Where its file is.
    """

    name: str
    file: Path
    disk: Disk


@dataclass(slots=True)
class World:
    """One story's agencies and hub.

    Attributes:
        newcomer: An agency of the next release, which writes by itself.
        adapters: In the order of the inboxes.
        release: Of the hub; it runs at times only.
        turns: The inboxes in turns, endlessly and numbered.
    """

    cluster: Cluster
    simulated: Simulated
    inboxes: list[Inbox]
    adapters: list[Process]
    hub: Process
    release: Process
    site: HubSite
    newcomer: Newcomer
    tally: Tally
    turns: Iterator[tuple[int, Inbox]]

    @property
    def processes(self) -> list[Process]:
        """Return adapters and hub."""
        return [*self.adapters, self.hub]

    @property
    def events(self) -> Counter[str]:
        """Return the ids of all events there are to be in the end."""
        found = Counter(self.newcomer.sent)
        for inbox in self.inboxes:
            found.update(event_id for event_id, *_ in inbox.events.elements())
        return found

    def progress(self) -> tuple[int, int, int] | None:
        """Return events and dead letters of the running hub, and how many letters wait; None: no answer."""
        try:
            found = service.ask(self.site.file, "status")
        except (OSError, ValueError, WeighbridgeError):
            return None
        return found["events"], found["dead_letters"], found["dead_letters_unsent"]


@contextmanager
def new_world(cluster: Cluster, folder: Path, name: str, dice: random.Random) -> Iterator[World]:
    """Make agencies, hub and topics of a story, all of them new."""
    told = simulated(folder / "simulated", dice, SOURCES)
    agencies = sorted({reported.agency for reported in told.reported} | {_NEWCOMER})
    members = _members(agencies, f"hub-{name}", folder / HUB_KEYS)
    ids = _new_topics(cluster, agencies, f"hub-{name}")
    for agency in agencies:
        sealed.write_keys(folder / f"keys-{agency}", sealed.keys_of(agency))
    sealed.write_directory(folder / "directory.toml", members)
    inboxes = [_inbox(cluster, folder, reported, name, members) for reported in told.reported]
    with Disk.of(folder / "hub", _HUB_MEBIBYTES) as disk:
        tally, site = Tally(), HubSite(f"hub-{name}", disk.folder / "hub.duckdb", disk)
        world = World(
            cluster,
            told,
            inboxes,
            [_adapter(folder, *both, tally) for both in zip(inboxes, cluster.links, strict=False)],
            _hub(folder, site, cluster, tally),
            _release(folder, site, cluster, tally),
            site,
            Newcomer(cluster.kafka, _NEWCOMER, sealed.keys_of(_NEWCOMER), ids),
            tally,
            enumerate(itertools.cycle(inboxes)),
        )
        try:
            yield world
        finally:
            for process in (*world.processes, world.release):
                process.end_for_good()


def _members(agencies: list[str], hub: str, keys: Path) -> Directory:
    found = sealed.exchange_of({agency: sealed.keys_of(agency) for agency in agencies})
    ceremony.begin_hub(keys)
    return Directory(found.members, {hub: ceremony.hub_member(keys)})


def _new_topics(cluster: Cluster, agencies: list[str], hub: str) -> dict[str, int]:
    """Make all topics anew, and return the ids of their schemas by record."""
    admin = clients.admin(cluster.kafka)
    is_whole = until(
        lambda: len(admin.list_topics(timeout=30).brokers) == len(cluster.nodes),
        timeout_seconds=_PATIENCE_SECONDS,
    )
    assert is_whole, "a broker does not come back"
    wanted = topics.all_topics(agencies, [hub], PARTITIONS)
    delete_topics(cluster.kafka, [topic.name for topic in wanted])
    deployed.apply(cluster.kafka, wanted)
    return {topic.record: Registry(cluster.kafka).register(topic) for topic in wanted}


def _inbox(cluster: Cluster, folder: Path, reported: Reported, name: str, members: Directory) -> Inbox:
    agency = Agency(
        cluster.kafka,
        reported.agency,
        reported.adapter,
        sealed.keys_of(reported.agency),
        members,
        dict(reported.values),
    )
    own = folder / "inboxes" / reported.name
    own.mkdir(parents=True)
    # A name of this story's: what a killed writer of another one left open is none of ours.
    return Inbox(agency, f"{reported.name}-{name}", reported, own)


def _adapter(folder: Path, inbox: Inbox, link: Link, tally: Tally) -> Process:
    agency = inbox.agency
    arguments = [
        *("adapter", "run", agency.adapter, str(inbox.folder)),
        *(part for name, value in agency.values.items() for part in ("--set", f"{name}={value}")),
        *("--agency", agency.id, "--source-id", inbox.source_id, "--keys", str(folder / f"keys-{agency.id}")),
        *_common(folder, link, agency.kafka.registry_url),
    ]
    return Process(inbox.reported.name, arguments, folder, _SETTINGS, ADAPTER_STEPS, tally)


def _hub(folder: Path, site: HubSite, cluster: Cluster, tally: Tally) -> Process:
    arguments = [
        *("hub", "run", "--name", site.name, "--file", str(site.file)),
        *_common(folder, cluster.links[-1], cluster.registry_url),
    ]
    # A release reads the file while no hub runs; a hub that starts just then finds it taken.
    usual = frozenset({EXIT_FAILURE, EXIT_USAGE})
    return Process("hub", arguments, folder, _SETTINGS, HUB_STEPS, tally, usual)


def _release(folder: Path, site: HubSite, cluster: Cluster, tally: Tally) -> Process:
    link = cluster.links[-1]
    arguments = [
        *("release", "run", "--file", str(site.file), "--keys", str(folder / HUB_KEYS)),
        *("--directory", str(folder / "directory.toml")),
        *("--bootstrap-servers", link.address, "--registry-url", cluster.registry_url),
    ]
    # It has nothing to do, or the hub is killed while it answers, or has not got as far.
    usual = frozenset({0, EXIT_FAILURE, EXIT_USAGE})
    return Process("release", arguments, folder, _SETTINGS, RELEASE_STEPS, tally, usual)


def _common(folder: Path, link: Link, registry_url: str) -> tuple[str, ...]:
    return (
        *("--directory", str(folder / "directory.toml"), "--metrics-port", "0"),
        *("--bootstrap-servers", link.address, "--registry-url", registry_url),
    )
