"""Publication: events, their signatures, positions and rejects in one Kafka transaction.

A stable transactional id fences the predecessor, so a killed adapter goes on where the
last committed transaction left it: nothing is lost, nothing doubled, and no local disk
is needed. What fails in a transaction ends the process or the session; both start again
from the positions topic, which is the only memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from producers.changes import Event
from producers.positions import Positions, encoded
from producers.rehearsal import Rehearsal
from producers.sealing import proof
from producers.sealing.sealer import Sealer
from producers.signatures import CHAIN, Signatures
from schemas import contract, framing, topics
from schemas.errors import RejectedRecordError, RetriableError
from schemas.findings import Finding
from schemas.headers import cloud_event
from schemas.runtime import presence, reading
from schemas.runtime.decoding import Decoder
from schemas.runtime.logs import logger
from schemas.runtime.registry import Registry
from schemas.runtime.transaction import TransactionalWriter
from schemas.settings import KafkaSettings
from schemas.telemetry import LogEvent

# Enough to mend a document by, and far below the largest record.
FINDINGS_MAX = 200


@dataclass(frozen=True, slots=True)
class Original:
    """What was refused, as it was read.

    Attributes:
        key: What it is the original of: a document, or a file.
        document: In clear; it is sealed to the agency itself.
    """

    key: bytes
    document: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reject:
    """A refused document; see the Avro schema for the fields."""

    file_key: bytes
    path: str
    rejected_at: datetime
    size_bytes: int
    digest: bytes
    findings: tuple[Finding, ...]
    original: Original | None = None


@dataclass(slots=True)
class Committed:
    """What one committed transaction held."""

    events: int = 0
    positions: int = 0
    rejects: int = 0


@dataclass(frozen=True, slots=True)
class _SchemaIds:
    movement: int
    signature: int
    position: int
    reject: int


@dataclass(slots=True)
class Publisher:
    """The only writer of one source of one agency.

    `open` first, then `publish`, `remember` and `reject` in any order, then `commit`.

    Attributes:
        sealer: Seals what goes to single recipients.
        signatures: Sign the events of each transaction.
        on_step: Told the name of each step; crash tests stop the process there.
        is_rehearsal: Do all but send, and leave a writer that is at work alone.
    """

    kafka: KafkaSettings
    agency: str
    source_id: str
    sealer: Sealer
    signatures: Signatures
    on_step: Callable[[str], None] = lambda _: None
    is_rehearsal: bool = False
    pending: Committed = field(default_factory=Committed)
    _writer: TransactionalWriter | Rehearsal = field(init=False)
    _ids: _SchemaIds = field(init=False)
    _sealed_ids: dict[str, int] = field(init=False)
    _unproven: dict[str, Any] | None = field(init=False)
    _positions: Positions = field(init=False)

    def __post_init__(self) -> None:
        """Name the writer; nothing is connected yet."""
        transactional_id = f"{topics.agency_transactions(self.agency)}{self.source_id}"
        writer = TransactionalWriter(self.kafka, transactional_id, self.on_step)
        self._writer = Rehearsal() if self.is_rehearsal else writer

    def open(self, registry: Registry, positions: Positions) -> None:
        """Fence the predecessor, then restore the positions it committed.

        Raises:
            ContractError: A schema is not registered.
            FatalError: A topic is missing.
            RetriableError: Broker or registry do not answer.
        """
        written = (*topics.exchange_topics()[:2], *topics.agency_topics(self.agency)[:2])
        self._ids = _SchemaIds(*(registry.id_to_write(topic) for topic in written))
        self._sealed_ids = {topic.name: registry.id_to_write(topic) for topic in self.sealer.topics()}
        self._unproven = registry.schema_of(self._ids.movement)
        presence.require(self.kafka, (*(topic.name for topic in written), *self._sealed_ids))
        self._writer.fence()
        self._positions = positions
        decoder = Decoder("position", registry)
        for record in reading.records(self.kafka, topics.positions(self.agency)):
            key = record.key() or b""
            if positions.owns(key):
                positions.restore(key, self._current(record.value(), decoder))
        self.signatures.restore(positions)
        logger().info(LogEvent.POSITIONS_READ, count=len(positions))
        self._restore_keys(registry)
        self.on_step("restored")

    def _restore_keys(self, registry: Registry) -> None:
        decoder = Decoder("data_key", registry)
        for record in reading.records(self.kafka, topics.KEYS):
            value = record.value()
            try:
                self.sealer.restore(record.key() or b"", None if value is None else decoder.decoded(value))
            except RejectedRecordError as error:
                # Another agency wrote it: nothing of ours is sealed with it.
                logger().warning(LogEvent.RECORD_PASSED_OVER, offset=record.offset(), hint=error.hint)

    def _current(self, value: bytes | None, decoder: Decoder) -> bytes | None:
        """Return the body of a position in the newest schema, whichever release wrote it."""
        if value is None or framing.schema_id(value) == self._ids.position:
            return value and value[framing.HEADER_BYTES :]
        return encoded(decoder.decoded(value))

    def publish(self, event: Event) -> None:
        """Add an event to the transaction, and what is sealed beside it.

        Raises:
            ContractError: Something in the first event must not be seen, or does not open.
        """
        value = framing.prefix(self._ids.movement) + event.body
        headers = cloud_event(event.event_id, self.agency, "Movement", event.recorded_at.date())
        if self._unproven is not None:
            proof.require_clear(value, headers, self._unproven)
            self._unproven = None
        # Before the event: where its parts cannot be sealed, it does not travel either.
        for sending in self.sealer.sendings(event, value):
            sealed = framing.prefix(self._sealed_ids[sending.topic]) + sending.body
            self._writer.send(sending.topic, sending.key, sealed, sending.headers)
        self._writer.send(topics.MOVEMENTS, event.key, value, headers, report=self.signatures.report)
        self.pending.events += 1

    def remember(self, key: bytes, body: bytes) -> None:
        """Add a position, by its record key, to the transaction."""
        value = framing.prefix(self._ids.position) + body
        self._writer.send(topics.positions(self.agency), key, value, [])
        self.pending.positions += 1

    def forget(self, key: bytes) -> None:
        """Add the end of a position to the transaction."""
        self._writer.send(topics.positions(self.agency), key, None, [])
        self.pending.positions += 1

    def reject(self, reject: Reject, topic_key: bytes) -> None:
        """Add a refused document to the transaction."""
        value = framing.prefix(self._ids.reject) + self._encoded(reject)
        self._writer.send(topics.rejects(self.agency), topic_key, value, [])
        self.pending.rejects += 1

    def commit(self) -> Committed:
        """Commit what was added and return how much it was; raises as `TransactionalWriter.commit`."""
        if self.pending.events and not self.is_rehearsal:
            self._sign()
        self._writer.commit()
        done, self.pending = self.pending, Committed()
        return done

    def _sign(self) -> None:
        """Add the signatures of the events, which have to be written for that."""
        self._writer.flush()
        if self.signatures.is_lost:
            # The client does not commit without an event that it gave up on, and says why.
            self._writer.commit()
        if self.signatures.written != self.pending.events:
            raise RetriableError("flush: some events are not written", hint="is the broker up?")
        for partition, body in self.signatures.signed():
            key = f"{self.agency}-{partition}".encode()
            value = framing.prefix(self._ids.signature) + body
            self._writer.send(topics.SIGNATURES, key, value, [], partition=partition)
        self.on_step("signed")
        self.remember(
            self._positions.topic_key(CHAIN), self._positions.put(CHAIN, self.signatures.position())
        )

    def look(self) -> None:
        """Ask the broker whether it is there.

        Raises:
            RetriableError: It does not answer.
        """
        self._writer.look(topics.MOVEMENTS)

    def close(self) -> None:
        """Abort what is open; nothing of it is ever seen."""
        self._writer.close()

    def _encoded(self, reject: Reject) -> bytes:
        # Errors before warnings: what the document was refused for is never cut off.
        findings = [
            {"path": item.path, "rule": item.rule, "severity": item.severity.value, "hint": item.hint}
            for item in sorted(reject.findings, key=lambda item: item.severity)[:FINDINGS_MAX]
        ]
        return contract.encoded(
            contract.parsed("reject"),
            {
                "agency": self.agency,
                "source_id": self.source_id,
                "file_key": reject.file_key,
                "path": reject.path,
                "rejected_at": reject.rejected_at,
                "size_bytes": reject.size_bytes,
                "digest": reject.digest,
                "findings": findings,
                "original": reject.original and self._sealed(reject.original, reject.digest),
            },
        )

    def _sealed(self, original: Original, digest: bytes) -> bytes:
        place = self._positions.topic_key(original.key)
        return self.sealer.sealed_original(original.document, place, digest)
