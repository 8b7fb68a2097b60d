"""A movements topic of a test's own, and hubs that read it.

Run as a program it is a hub that ends itself, as a crash would, at a chosen step. Arguments:
brokers, registry, file, step, at which occurrence of it to die (0: never), and `--on` to run on behind
the end of the topic.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from confluent_kafka import KafkaError, KafkaException, Producer

from consumers.hub import queries
from consumers.hub.batch import Batch
from consumers.hub.check import check
from consumers.hub.decode import decode
from consumers.hub.hub import Hub
from consumers.hub.store import Accepted, Store
from consumers.hub.writers import Writers
from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from schemas import contract, framing, topics
from schemas.directory import Directory
from schemas.runtime import clients, logs
from schemas.runtime.health import Health
from schemas.runtime.metrics import Metrics
from schemas.runtime.registry import Registry
from schemas.settings import HubSettings, KafkaSettings
from schemas.signing import Chain
from tests.support import events
from tests.support.signed import ANYBODY, Scribe
from tests.support.waiting import eventually

SCHEMA_ID = 7
# By which hubs of tests close epochs: the day on which a test runs changes nothing.
CLOCK = datetime(2026, 11, 20, tzinfo=UTC)


def no_step(_: str) -> None:
    """Take a step and say nothing."""


def writers() -> Writers:
    """Return the schema that this release writes, under an id of its own, and no registry."""
    return Writers({SCHEMA_ID: contract.latest("movement")}, lookup=_no_registry)


def _no_registry(schema_id: int) -> dict[str, Any]:
    raise AssertionError(f"the registry is asked for schema {schema_id}")


def batch_of(movements: Iterable[Mapping[str, Any]], partition: int = 0, start: int = 0) -> Batch:
    """Return events as a hub collects them from one partition."""
    return _batch(
        ((event["movement_key"], events.encoded(event, SCHEMA_ID)) for event in movements), partition, start
    )


def _batch(records: Iterable[tuple[bytes, bytes]], partition: int, start: int) -> Batch:
    batch = Batch()
    for offset, (key, value) in enumerate(records, start):
        batch.keys.append(key)
        batch.values.append(value)
        batch.partitions.append(partition)
        batch.offsets.append(offset)
        batch.signers.append(None)
    batch.next_offsets[partition] = start + len(batch)
    return batch


def stored(store: Store, movements: Iterable[Mapping[str, Any]], partition: int = 0) -> None:
    """Append events to a store as the next batch of a partition."""
    _append(store, batch_of(movements, partition, store.next_offsets().get(partition, 0)))


def stored_bodies(store: Store, bodies: Iterable[tuple[bytes, bytes]], partition: int = 0) -> None:
    """Append record keys and Avro bodies, as an adapter publishes them, likewise."""
    framed = ((key, framing.prefix(SCHEMA_ID) + body) for key, body in bodies)
    _append(store, _batch(framed, partition, store.next_offsets().get(partition, 0)))


def _append(store: Store, batch: Batch) -> None:
    accepted, broken = check(decode(batch.values, writers()).events, batch.keys)
    assert not broken
    store.append(batch, Accepted(accepted))


# Connections that have the views of a file that many tests share.
_viewing: dict[Store, duckdb.DuckDBPyConnection] = {}


@contextmanager
def views_kept(store: Store) -> Iterator[None]:
    """Make the views of a file once for all queries of the block."""
    with closing(store.cursor()) as connection:
        queries.create_views(connection)
        _viewing[store] = connection
        yield
        del _viewing[store]


def asked(store: Store, query: str) -> list[tuple[Any, ...]]:
    """Return what a query over the views yields."""
    if store in _viewing:
        return _viewing[store].execute(query).fetchall()
    connection = store.cursor()
    try:
        queries.create_views(connection)
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def read(file: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what a query over the views of a file yields that no hub holds."""
    connection = duckdb.connect(file, read_only=True)
    try:
        queries.create_views(connection)
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def opened_elsewhere(file: Path) -> str:
    """Return what another process is told that opens the file for itself."""
    code = "import sys, pathlib; from consumers.hub.store import Store; Store(pathlib.Path(sys.argv[1]))"
    return subprocess.run(
        [sys.executable, "-c", code, str(file)],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
        text=True,
    ).stderr


@dataclass(slots=True)
class LedgerTopic:
    """The movements topic of one test, empty at first."""

    kafka: KafkaSettings
    schema_ids: dict[str, int]
    sent: list[dict[str, Any]] = field(default_factory=list)
    chains: dict[str, Chain] = field(default_factory=dict)
    directory: Directory = ANYBODY
    _kept: Scribe | None = None

    @property
    def schema_id(self) -> int:
        """The id under which movements are written."""
        return self.schema_ids["movement"]

    @property
    def scribe(self) -> Scribe:
        """Who writes and signs, knowing the partitions there were at first use."""
        if self._kept is None:
            self._kept = Scribe(new_producer(self.kafka), self.schema_ids["signature"], self.chains)
        return self._kept

    def publish(self, movements: Iterable[dict[str, Any]], partition: int | None = None) -> None:
        """Write events as an adapter does, keyed by movement, each signed by the agency it names."""
        sent = [*movements]
        self.sent += sent
        for agency in {event["agency"] for event in sent}:
            own = (event for event in sent if event["agency"] == agency)
            records = ((event["movement_key"], events.encoded(event, self.schema_id)) for event in own)
            self.scribe.sign(agency, self.scribe.write(records, partition))

    def reconnect(self) -> None:
        """Forget which partitions there are."""
        self._kept = None

    def publish_raw(
        self, key: bytes | None, value: bytes | None, partition: int = 0, agency: str = "GB-EA"
    ) -> None:
        """Write any record, signed by an agency."""
        self.scribe.sign(agency, self.scribe.write([(key, value)], partition))

    def hub(self, file: Path, *, on_step: Callable[[str], None] = no_step, **settings: Any) -> Hub:
        """Return a hub that is not opened yet."""
        usual: dict[str, Any] = {"name": "test", "file": file, "metrics_port": 0, "batch_seconds": 0.2}
        return Hub(
            settings=HubSettings(**usual | settings),
            kafka=self.kafka,
            directory=self.directory,
            metrics=Metrics(),
            health=Health(None),
            on_step=on_step,
            clock=lambda: CLOCK,
        )

    def run_to_end(self, file: Path, **settings: Any) -> Hub:
        """Run a hub until it has what is there now."""
        hub = self.hub(file, **settings)
        try:
            hub.open()
            hub.run(until_end=True)
        finally:
            hub.close()
        return hub


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    """Run a hub in a thread and stop it at the end."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            hub.run()
        except BaseException as error:  # noqa: BLE001  # handed to the test
            failures.append(error)

    hub.open()
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield hub
    finally:
        hub.stop.set()
        thread.join(60)
        hub.close()
        if failures:
            # Whatever else a test missed, this is why.
            raise failures[0]


def new_producer(kafka: KafkaSettings) -> Producer:
    """Return a producer without transactions."""
    return Producer({"bootstrap.servers": kafka.bootstrap_servers, "acks": "all", "compression.type": "zstd"})


def new_ledger(exchange: Exchange, partitions: int = 3, hub: str = "test") -> LedgerTopic:
    """Make the topics of movements and signatures anew, and those of a hub."""
    kafka = KafkaSettings(bootstrap_servers=exchange.bootstrap_servers, registry_url=exchange.registry_url)
    wanted = (*topics.exchange_topics(partitions)[:2], *topics.hub_topics(hub))
    delete_topics(kafka, [topic.name for topic in wanted])
    deployed.apply(kafka, wanted)
    registry = Registry(kafka)
    return LedgerTopic(kafka, {topic.record: registry.register(topic) for topic in wanted})


def delete_topics(kafka: KafkaSettings, names: list[str]) -> None:
    """Delete topics and wait until they are gone."""
    admin = clients.admin(kafka)
    for future in admin.delete_topics(names).values():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
    assert eventually(lambda: not set(names) & set(admin.list_topics(timeout=10).topics))


def main() -> None:
    """Run until the end of the topic, or the chosen step."""
    brokers, registry, file, step, occurrence, *goes_on = sys.argv[1:]
    left = int(occurrence)
    logs.configure()

    def on_step(name: str) -> None:
        nonlocal left
        left -= name == step
        if name == step and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    hub = Hub(
        settings=HubSettings(name="test", file=Path(file), batch_rows=500, batch_seconds=0.2, metrics_port=0),
        kafka=KafkaSettings(bootstrap_servers=brokers, registry_url=registry),
        directory=ANYBODY,
        metrics=Metrics(),
        health=Health(None),
        on_step=on_step,
    )
    hub.open()
    hub.run(until_end=not goes_on)
    hub.close()


if __name__ == "__main__":
    main()
