"""An agency of the next release: it writes a schema that this release does not know, and bad records."""

from __future__ import annotations

import copy
import io
import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import fastavro
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from schemas import contract, framing, topics
from schemas.identity import Keys
from schemas.settings import KafkaSettings
from schemas.signing import Signer
from tests.support import events
from tests.support.signed import Scribe, Written

_GARBAGE = b"no event"
# All that it writes is received at home: where a hub counts its lines.
_PLACE = {"stage": "RECEIVED", "side": "DOMESTIC", "origin_country": "GB", "destination_country": "GB"}
PROGRESS = ("RECEIVED", False, True, False)


def next_schema() -> dict[str, Any]:
    """Return the movement's schema with a field more."""
    schema = copy.deepcopy(contract.latest("movement"))
    new = copy.deepcopy(next(item for item in schema["fields"] if item["name"] == "unit"))
    schema["fields"].append(new | {"name": "seal_unit", "doc": "A field of the next release."})
    return schema


@dataclass(slots=True)
class Newcomer:
    """The agency, which writes by itself and without transactions.

    Attributes:
        ids: Of the schemas of this release, by record.
        sent: Ids of the events that it wrote.
        letters: Partition and offset of what no hub can take.
    """

    kafka: KafkaSettings
    id: str
    keys: Keys
    ids: dict[str, int]
    sent: Counter[str] = field(default_factory=Counter)
    letters: Counter[Any] = field(default_factory=Counter)
    _scribe: Scribe | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _schema_id: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def upgrade(self) -> None:
        """Register the schema of the next release, and write in it from now on."""
        with SchemaRegistryClient({"url": self.kafka.registry_url}) as client:
            schema = Schema(json.dumps(next_schema()), "AVRO")
            self._schema_id = int(client.register_schema(topics.subject(topics.MOVEMENTS), schema))

    def write(self, count: int) -> None:
        """Write and sign events."""
        made = [events.movement(next(self._numbers), agency=self.id, **_PLACE) for _ in range(count)]
        with self._lock:
            self._sign((event["movement_key"], self._encoded(event)) for event in made)
        self.sent.update(event["event_id"].hex() for event in made)

    def poison(self, *, is_signed: bool) -> None:
        """Write what is no event."""
        record = [(b"key", _GARBAGE)]
        with self._lock:
            written = self._sign(record) if is_signed else self._writing.write(record)
        self.letters.update((found.partition, found.offset) for found in written)

    def hold(self) -> Producer:
        """Return a producer with a transaction that is open and holds something in each partition."""
        held = Producer(
            {
                "bootstrap.servers": self.kafka.bootstrap_servers,
                "transactional.id": f"{topics.agency_transactions(self.id)}held",
                "transaction.timeout.ms": 60_000,
                "log_level": 0,
            }
        )
        held.init_transactions(60)
        held.begin_transaction()
        for partition in held.list_topics(topics.MOVEMENTS, timeout=30).topics[topics.MOVEMENTS].partitions:
            held.produce(
                topics.MOVEMENTS, key=b"key", value=_GARBAGE, partition=partition, on_delivery=self._held
            )
        held.flush(60)
        return held

    def _held(self, error: KafkaError | None, _: Message) -> None:
        assert error is None, error.name()

    def _sign(self, records: Iterable[tuple[bytes | None, bytes | None]]) -> list[Written]:
        written = self._writing.write(records)
        self._writing.sign(self.id, written, Signer(self.id, self.keys.signing))
        return written

    @property
    def _writing(self) -> Scribe:
        if self._scribe is None:
            options = {"bootstrap.servers": self.kafka.bootstrap_servers, "enable.idempotence": True}
            self._scribe = Scribe(Producer(options | {"log_level": 0}), self.ids["signature"])
        return self._scribe

    def _encoded(self, event: dict[str, Any]) -> bytes:
        if not self._schema_id:
            return events.encoded(event, self.ids["movement"])
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, fastavro.parse_schema(next_schema()), event | {"seal_unit": None})
        return framing.prefix(self._schema_id) + buffer.getvalue()
