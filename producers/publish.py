"""Publication: events, positions and rejects in one Kafka transaction.

A stable transactional id fences the predecessor, so a killed adapter goes on where the
last committed transaction left it: nothing is lost, nothing doubled, and no local disk
is needed. What fails in a transaction ends the process or the session; both start again
from the positions topic, which is the only memory.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import fastavro
from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec

from producers.changes import Event
from producers.positions import Positions
from schemas import contract, framing, topics
from schemas.errors import FatalError, FencedError, RetriableError
from schemas.findings import Finding
from schemas.runtime import clients
from schemas.runtime.logs import logger
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings
from schemas.telemetry import LogEvent

# An open transaction of another adapter ends after 20 s, and the broker looks every 10 s.
POSITIONS_TIMEOUT_SECONDS = 90.0
_FENCED = {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}  # noqa: SLF001  # librdkafka's public code, private by its name only
_POLL_SECONDS = 0.1

Headers = list[tuple[str, str | bytes | None]]


@dataclass(frozen=True, slots=True)
class Reject:
    """A refused document; see the Avro schema for the fields."""

    key: bytes
    name: str
    path: str
    rejected_at: datetime
    size_bytes: int
    sha256: bytes | None
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Committed:
    """What one committed transaction held."""

    events: int = 0
    positions: int = 0
    rejects: int = 0


@dataclass(frozen=True, slots=True)
class _SchemaIds:
    movement: int
    position: int
    reject: int


@dataclass(slots=True)
class Publisher:
    """The only writer of one source of one agency.

    `open` first, then `publish`, `remember` and `reject` in any order, then `commit`.

    Attributes:
        on_step: Told the name of each step; crash tests stop the process there.
    """

    kafka: KafkaSettings
    agency: str
    source_id: str
    on_step: Callable[[str], None] = lambda _: None
    pending: Committed = field(default_factory=Committed)
    _producer: Producer = field(init=False)
    _ids: _SchemaIds = field(init=False)
    _is_open: bool = False

    def open(self, registry: Registry, positions: Positions) -> None:
        """Fence the predecessor, then restore the positions it committed.

        Raises:
            ContractError: A schema is not registered.
            RetriableError: Broker or registry do not answer.
        """
        movements, position, reject = topics.exchange_topics()[0], *topics.agency_topics(self.agency)
        self._ids = _SchemaIds(*(registry.id_to_write(topic) for topic in (movements, position, reject)))
        transactional_id = f"weighbridge.{self.agency.lower()}.{self.source_id}"
        self._producer = clients.producer(self.kafka, transactional_id)
        self._guarded("fence", lambda: self._producer.init_transactions(clients.REQUEST_TIMEOUT_SECONDS * 3))
        self.on_step("fenced")
        restore(self.kafka, position.name, positions)
        self.on_step("restored")

    def publish(self, event: Event, headers: Headers) -> None:
        """Add an event to the transaction."""
        value = framing.prefix(self._ids.movement) + event.body
        self._send(topics.MOVEMENTS, event.key, value, headers)
        self.pending.events += 1

    def remember(self, key: bytes, body: bytes) -> None:
        """Add a position, by its record key, to the transaction."""
        self._send(topics.positions(self.agency), key, framing.prefix(self._ids.position) + body, [])
        self.pending.positions += 1

    def reject(self, reject: Reject, topic_key: bytes) -> None:
        """Add a refused document to the transaction."""
        value = framing.prefix(self._ids.reject) + self._encoded(reject)
        self._send(topics.rejects(self.agency), topic_key, value, [])
        self.pending.rejects += 1

    def commit(self) -> Committed:
        """Commit what was added and return how much it was.

        Raises:
            FencedError: Another instance took over.
            RetriableError: The transaction was aborted; open a new publisher.
        """
        if not self._is_open:
            return Committed()
        self.on_step("before flush")
        self._producer.flush(clients.TRANSACTION_TIMEOUT_MS / 1000)
        self.on_step("flushed")
        self._guarded("commit", self._producer.commit_transaction)
        self._is_open = False
        self.on_step("committed")
        done, self.pending = self.pending, Committed()
        return done

    def close(self) -> None:
        """Abort what is open; nothing of it is ever seen."""
        if self._is_open:
            # An abort straight after a produce can be fatal: librdkafka issue 4849.
            self._producer.flush(clients.REQUEST_TIMEOUT_SECONDS)
            self._producer.abort_transaction(clients.REQUEST_TIMEOUT_SECONDS)
            self._is_open = False

    def _send(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        if not self._is_open:
            self._guarded("begin", self._producer.begin_transaction)
            self._is_open = True
            self.on_step("begun")
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, headers=headers)
            except BufferError:
                # Back-pressure: wait for the broker rather than keep more in memory.
                self._producer.poll(_POLL_SECONDS)
            except KafkaException as error:
                raise _classified(error, "produce") from error
            else:
                break
        self._producer.poll(0)
        self.on_step("produced")

    def _guarded(self, what: str, call: Callable[[], Any]) -> None:
        try:
            _retried(call)
        except KafkaException as error:
            if error.args[0].txn_requires_abort():
                self.close()
            raise _classified(error, what) from error

    def _encoded(self, reject: Reject) -> bytes:
        buffer = io.BytesIO()
        findings = [
            {"path": item.path, "rule": item.rule, "severity": item.severity.value, "hint": item.hint}
            for item in reject.findings
        ]
        fastavro.schemaless_writer(
            buffer,
            contract.parsed("reject"),
            {
                "agency": self.agency,
                "source_id": self.source_id,
                "name": reject.name,
                "path": reject.path,
                "rejected_at": reject.rejected_at,
                "size_bytes": reject.size_bytes,
                "sha256": reject.sha256,
                "findings": findings,
            },
        )
        return buffer.getvalue()


def restore(kafka: KafkaSettings, topic: str, positions: Positions) -> None:
    """Read a positions topic to its end, waiting for transactions that are still open.

    The end is the high watermark: a reader of committed records that stopped at the last
    stable offset would miss what lies behind another adapter's open transaction.

    Raises:
        RetriableError: The broker does not answer, or a transaction stays open too long.
    """
    end = _high_watermark(kafka, topic)
    reader = clients.consumer(kafka, "weighbridge.positions", **{"enable.partition.eof": True})
    reader.assign([TopicPartition(topic, 0, 0)])
    try:
        _read_until(reader, end, positions)
    finally:
        reader.close()


def _read_until(reader: Consumer, end: int, positions: Positions) -> None:
    deadline = time.monotonic() + POSITIONS_TIMEOUT_SECONDS
    reached = 0
    while reached < end:
        if time.monotonic() > deadline:
            raise RetriableError(
                "the positions topic has a transaction that stays open",
                hint="another adapter of this agency hangs: stop it, its transaction ends within a minute",
            )
        for record in reader.consume(500, timeout=_POLL_SECONDS):
            error = record.error()
            if error is None:
                positions.restore(record.key() or b"", record.value())
            elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  # librdkafka's public code
                raise _classified(KafkaException(error), "read positions")
            reached = max(reached, int(record.offset() or 0) + (error is None))
    logger().info(LogEvent.POSITIONS_READ, count=len(positions))


def _high_watermark(kafka: KafkaSettings, topic: str) -> int:
    partition = TopicPartition(topic, 0)
    futures = clients.admin(kafka).list_offsets(
        {partition: OffsetSpec.latest()},  # type: ignore[no-untyped-call]  # untyped in the client
        isolation_level=IsolationLevel.READ_UNCOMMITTED,
        request_timeout=clients.REQUEST_TIMEOUT_SECONDS,
    )
    try:
        return int(futures[partition].result().offset)
    except KafkaException as error:
        raise _classified(error, "read positions") from error


def _retried(call: Callable[[], Any], attempts: int = 5) -> None:
    """Repeat a transactional call that the client says may be repeated as it is."""
    for attempt in range(attempts):
        try:
            call()
        except KafkaException as error:
            if not error.args[0].retriable() or attempt == attempts - 1:
                raise
        else:
            return


def _classified(error: KafkaException, what: str) -> Exception:
    cause: KafkaError = error.args[0]
    if cause.code() in _FENCED:
        return FencedError(
            "another instance of this adapter took over",
            hint="run one adapter for each source, or give each its own --source-id",
        )
    if cause.fatal():
        return FatalError(f"{what}: {cause.name()}", hint="start the adapter again")
    if cause.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return FatalError(f"{what}: a topic is missing", hint="weighbridge topics apply")
    return RetriableError(f"{what}: {cause.name()}", hint="is the broker up? weighbridge exchange status")
