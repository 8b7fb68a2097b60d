"""An agency on the real exchange: its topics, its runs, and what they left behind.

As a program it is an adapter that ends itself, as a crash would, at a chosen step.
"""

from __future__ import annotations

import copy
import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stamina
from confluent_kafka import (
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]  # exported without saying so

from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from producers import adapter as adapters
from producers.convert import converted, event_json
from producers.run import Run
from producers.sources.folder import Folder
from producers.sources.place import source_at
from producers.sources.source import Source
from schemas import settings, topics
from schemas.directory import Directory
from schemas.identity import DEMONSTRATION_KEYS, Keys
from schemas.runtime import clients, logs
from schemas.runtime.decoding import Decoder
from schemas.runtime.health import Health
from schemas.runtime.metrics import Metrics
from schemas.runtime.registry import Registry
from schemas.settings import AgencySettings, KafkaSettings
from tests.support import program, sealed
from tests.support.program import Running

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "tests" / "documents"
SOURCE = "inbox"
PROGRAM = "from deploy.cli import main; main()"
_MOVEMENT_PARTITIONS = 3


def no_step(_: str) -> None:
    """Take a step and say nothing."""


def identity_of(event: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return which statement of which fact an event is, as readable text."""
    names = ("event_id", "statement_key", "revision", "edition", "change")
    values = (event[name] for name in names)
    return tuple(value.hex() if isinstance(value, bytes) else value for value in values)


@dataclass(frozen=True, slots=True)
class Record:
    """One committed record, as bytes and as fields."""

    raw: Message
    fields: dict[str, Any]

    @property
    def all_bytes(self) -> bytes:
        """Return everything that travels: key, headers and value."""
        headers = dict(self.raw.headers() or ())
        parts: list[bytes | str] = [self.raw.key() or b"", self.raw.value() or b""]
        for name, value in headers.items():
            parts += [name.encode(), value or b""]
        return b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts)


@dataclass(slots=True)
class Agency:
    """One agency with one adapter.

    Attributes:
        directory: None: the exchange has no other member.
    """

    kafka: KafkaSettings
    id: str
    adapter: str
    keys: Keys = DEMONSTRATION_KEYS
    directory: Directory | None = None
    values: dict[str, str] = field(default_factory=dict)
    metrics: Metrics = field(default_factory=Metrics)

    def made(
        self,
        place: Path,
        *,
        on_step: Callable[[str], None] = no_step,
        commit_events: int = 10_000,
        source_id: str = SOURCE,
        stop: threading.Event | None = None,
    ) -> Run:
        """Return a run that is not opened yet."""
        return Run(
            adapter=adapters.create(self.adapter, self.values),
            values=self.values,
            source=source_of(place),
            agency=AgencySettings(
                id=self.id, commit_events=commit_events, poll_interval_seconds=0.1, metrics_port=0
            ),
            kafka=self.kafka,
            keys=self.keys,
            directory=self.directory or sealed.alone(self.id, self.keys),
            source_id=source_id,
            metrics=self.metrics,
            health=Health(None),
            stop=stop or threading.Event(),
            on_step=on_step,
        )

    def run(self, place: Path, **options: Any) -> Run:
        """Read a source once, from the positions on the topic."""
        run = self.made(place, **options)
        try:
            run.open()
            run.once()
        finally:
            run.close()
        return run

    def truth(self, *files: Path) -> Counter[tuple[Any, ...]]:
        """Return the events that files give, read one after another, without a broker."""
        chosen = adapters.create(self.adapter, self.values)
        found = converted(chosen, self.id, self.keys, files)
        return Counter(identity_of(event_json(event)) for item in found for event in item.outcome.events)

    def published(self) -> Counter[tuple[Any, ...]]:
        """Return the committed events."""
        return Counter(identity_of(record.fields) for record in self.events())

    def events(self) -> list[Record]:
        """Return the committed events of this agency."""
        return self._records("movement", topics.MOVEMENTS, f"weighbridge/{self.id}".encode())

    def positions(self) -> list[Record]:
        """Return the committed positions."""
        return self._records("position", topics.positions(self.id))

    def rejects(self) -> list[Record]:
        """Return the committed rejects."""
        return self._records("reject", topics.rejects(self.id))

    def file_key(self, name: str) -> bytes:
        """Return what stands for a file of the source in rejects."""
        return self.keys.document_key("file", name)

    def sizes(self) -> tuple[int, int, int]:
        """Return how many events, positions and rejects are committed."""
        return len(self.events()), len(self.positions()), len(self.rejects())

    def child(
        self, folder: Path, *, commit_events: int = 10_000, step: str = "", occurrence: int = 0
    ) -> Running:
        """Start a run in a process of its own that dies at a step."""
        given = {
            "brokers": self.kafka.bootstrap_servers,
            "registry": self.kafka.registry_url,
            "agency": self.id,
            "adapter": self.adapter,
            "folder": str(folder),
            "commit_events": commit_events,
            "step": step,
            "occurrence": occurrence,
        }
        silent = Path(os.devnull)
        return program.start(
            json.dumps(given), entry="tests.support.agency:main", stdout=silent, stderr=silent
        )

    def command(self, folder: Path, keys: Path, *options: str) -> list[str]:
        """Return the arguments that run the adapter, in an exchange that has no other member."""
        directory = sealed.directory_beside(keys, self.id)
        return [
            *("adapter", "run", self.adapter, str(folder)),
            *("--agency", self.id, "--keys", str(keys), "--directory", str(directory)),
            *("--bootstrap-servers", self.kafka.bootstrap_servers),
            *("--registry-url", self.kafka.registry_url),
            *options,
        ]

    def _records(self, record: str, topic: str, source: bytes | None = None) -> list[Record]:
        """Return the records of a topic without its tombstones.

        Of a shared topic those of a source, as others may be no records.
        """
        decoder = Decoder(record, Registry(self.kafka))
        return [
            Record(raw, decoder.decoded(raw.value()))
            for raw in committed(self.kafka, topic)
            if raw.value() is not None
            and (source is None or dict(raw.headers() or ()).get("ce_source") == source)
        ]


def source_of(place: Path) -> Source:
    """Return the source at a place; a folder is not waited for."""
    return Folder(place, settle_seconds=0) if place.is_dir() else source_at(place, settings.load().source)


def kafka_of(exchange: Exchange) -> KafkaSettings:
    """Return how to reach an exchange."""
    return KafkaSettings(bootstrap_servers=exchange.bootstrap_servers, registry_url=exchange.registry_url)


def new_agency(exchange: Exchange, agency_id: str, adapter: str = "us-emanifest", **options: Any) -> Agency:
    """Make the topics and register the schemas of an agency."""
    kafka = kafka_of(exchange)
    wanted = (*ledger_topics(kafka), topics.keys_topic(), *topics.agency_topics(agency_id))
    deployed.apply(kafka, wanted)
    registry = Registry(kafka.registry_url)
    for topic in wanted:
        registry.register(topic)
    return Agency(kafka, agency_id, adapter, **options)


def ledger_topics(kafka: KafkaSettings) -> tuple[topics.Topic, ...]:
    """Return the topics of movements and signatures with the partitions that other tests chose."""
    found = clients.admin(kafka).list_topics(timeout=10).topics.get(topics.MOVEMENTS)
    return topics.exchange_topics(len(found.partitions) if found else _MOVEMENT_PARTITIONS)[:2]


def committed(
    kafka: KafkaSettings, topic: str, until: IsolationLevel = IsolationLevel.READ_UNCOMMITTED
) -> list[Message]:
    """Return the committed records of a topic, in the order of each partition.

    It waits for open transactions, or stops before the first of them: READ_COMMITTED.
    """
    ends = _offsets(kafka, topic, OffsetSpec.latest(), until)  # type: ignore[no-untyped-call]  # untyped in the client
    # Another test may have deleted the first records of the topic that all share. Told by its number: to
    # find the begin itself the client takes half a second.
    begins = _offsets(kafka, topic, OffsetSpec.earliest(), until)  # type: ignore[no-untyped-call]  # as above
    reader = clients.consumer(kafka, f"test.{topic}", **{"enable.partition.eof": True})
    reader.assign([TopicPartition(topic, partition, begin) for partition, begin in begins.items()])
    ends = {partition: end for partition, end in ends.items() if end > begins[partition]}
    found = []
    try:
        while ends:
            for record in reader.consume(500, timeout=0.02):
                error = record.error()
                if error is None:
                    found.append(record)
                elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  # librdkafka's public code
                    raise AssertionError(error.name())
                elif (record.offset() or 0) >= ends.get(record.partition() or 0, 0):
                    ends.pop(record.partition() or 0, None)
    finally:
        reader.close()
    return found


def _offsets(kafka: KafkaSettings, topic: str, which: OffsetSpec, until: IsolationLevel) -> dict[int, int]:
    admin = clients.admin(kafka)
    partitions = admin.list_topics(timeout=10).topics[topic].partitions
    asked = {TopicPartition(topic, partition): which for partition in partitions}
    # A broker that has just come back may not know its own epoch for a moment.
    for attempt in stamina.retry_context(KafkaException, timeout=20):
        with attempt:
            found = admin.list_offsets(asked, isolation_level=until, request_timeout=10)
            return {partition.partition: int(future.result(20).offset) for partition, future in found.items()}
    raise AssertionError  # the loop returns or raises


def manifest(number: int = 1, version: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a signed manifest of two lines; a higher version is a later update of it."""
    native: dict[str, Any] = json.loads((DOCUMENTS / "us_emanifest" / "signed.json").read_text())
    native |= {
        "manifestTrackingNumber": f"{number:09d}ELC",
        "updatedDate": f"2025-03-20T18:{version:02d}:00.000+0000",
    }
    native["wastes"][0]["quantity"]["quantity"] = 480 + version
    return native | copy.deepcopy(changes)


def write(folder: Path, name: str, content: Any) -> Path:
    """Write a file, bytes as they are and anything else as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def main() -> None:
    """Read a folder once, or until the chosen step."""
    given = json.loads(sys.argv[1])
    left = given["occurrence"]
    logs.configure()

    def on_step(name: str) -> None:
        nonlocal left
        left -= name == given["step"]
        if name == given["step"] and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    kafka = KafkaSettings(bootstrap_servers=given["brokers"], registry_url=given["registry"])
    agency = Agency(kafka, given["agency"], given["adapter"])
    agency.run(Path(given["folder"]), on_step=on_step, commit_events=given["commit_events"])
