"""Writes one partition so that each record has the offset that it had elsewhere.

Offsets that nobody sees, of markers and of what was aborted, are passed over by transactions
that are aborted: of a gap of n, n-1 records that nobody ever sees, and the marker that ends
them; of a gap of one, the marker alone. So whatever ends a copy, what it has written is the
beginning of a partition, and the next one goes on there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient

from deploy.copying.partition import Found
from schemas.errors import FatalError, WeighbridgeError
from schemas.runtime import clients, reading
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings

_FILLERS_MAX = 5_000
# The transaction has to know the partition before it is aborted, and the record must not be sent by then.
_REGISTER_SECONDS = 0.02
_LINGER_MS = 15_000
_ATTEMPTS_MAX = 8
_MARKER_SECONDS = 10.0
_LOOK_SECONDS = 0.005
_BUFFER_SECONDS = 0.1


@dataclass(slots=True)
class Writer:
    """The only writer of one partition.

    Attributes:
        at: Offset of what is written next.
    """

    kafka: KafkaSettings
    topic: str
    number: int
    at: int = 0
    _admin: AdminClient = field(init=False)
    _records: Producer = field(init=False)
    _fillers: Producer = field(init=False)
    _failures: list[WeighbridgeError] = field(default_factory=list)

    def open(self) -> None:
        """Connect, end what a former writer left open, and find out where to go on.

        Raises:
            RetriableError: The broker does not answer.
        """
        self._admin = clients.admin(self.kafka)
        self._records = clients.untransacted(self.kafka)
        self._reopen_fillers()

    def write(self, record: Found) -> None:
        """Write a record at its offset, behind a gap if there is one; `flush` says if it came there."""
        self.fill(record.offset)
        if self.at != record.offset:
            raise _misplaced(self.topic)
        self._queue(record)
        self.at += 1

    def fill(self, offset: int) -> None:
        """Pass over what nobody sees before an offset.

        Raises:
            FatalError: The broker does not write what was asked for.
        """
        if offset <= self.at:
            return
        self.flush()
        while self.at < offset:
            count = min(offset - self.at, _FILLERS_MAX)
            if count == 1:
                self._mark()
            else:
                self._abort(count - 1, is_sent=True)
                self._await(self.at + count)

    def flush(self) -> None:
        """Wait until everything is written; raises as `fill`."""
        left = self._records.flush(clients.REQUEST_TIMEOUT_SECONDS * 6)
        if self._failures:
            raise self._failures[0]
        if left:
            raise FatalError(f"{self.topic} is not written", hint="is the broker up? then run again")

    def _queue(self, record: Found) -> None:
        expected = record.offset

        def report(error: KafkaError | None, written: Message) -> None:
            if error is not None:
                self._failures.append(classified(error, f"write {self.topic}"))
            elif written.offset() != expected:
                self._failures.append(_misplaced(self.topic))

        while True:
            try:
                self._records.produce(
                    self.topic, key=record.key, value=record.value, partition=self.number,
                    timestamp=record.timestamp_ms, headers=list(record.headers), on_delivery=report,
                )  # fmt: skip
            except BufferError:
                self._records.poll(_BUFFER_SECONDS)
            else:
                self._records.poll(0)
                return

    def _mark(self) -> None:
        """Write the marker of a transaction that has nothing in it."""
        wanted, seconds = self.at + 1, _REGISTER_SECONDS
        for _ in range(_ATTEMPTS_MAX):
            self._abort(1, is_sent=False, seconds=seconds)
            if self._has_come_to(wanted, seconds * 10):
                return
            # Whether it is late or never comes is certain once a successor has taken over.
            self._reopen_fillers()
            if self.at == wanted:
                return
            seconds *= 2
        raise FatalError(
            f"{self.topic}: no marker can be written", hint="is the broker overloaded? run again"
        )

    def _abort(self, count: int, *, is_sent: bool, seconds: float = 0.0) -> None:
        """Abort a transaction with some records, which are sent before or never."""
        try:
            self._fillers.begin_transaction()
            for _ in range(count):
                self._fillers.produce(self.topic, key=b"", value=b"", partition=self.number)
            if is_sent:
                self._fillers.flush(clients.REQUEST_TIMEOUT_SECONDS)
            else:
                time.sleep(seconds)
            self._fillers.abort_transaction(clients.REQUEST_TIMEOUT_SECONDS)
        except KafkaException as error:
            raise classified(error, f"write {self.topic}") from error

    def _await(self, wanted: int) -> None:
        if not self._has_come_to(wanted, _MARKER_SECONDS):
            raise _misplaced(self.topic)

    def _has_come_to(self, wanted: int, seconds: float) -> bool:
        """Wait for the marker, which the broker writes after it has answered."""
        deadline = time.monotonic() + seconds
        while True:
            self.at = reading.end(self._admin, self.topic, self.number)
            if self.at >= wanted or time.monotonic() > deadline:
                return self.at == wanted
            time.sleep(_LOOK_SECONDS)

    def _reopen_fillers(self) -> None:
        options = {"linger.ms": _LINGER_MS - 1_000, "message.timeout.ms": _LINGER_MS}
        transactional_id = f"weighbridge.copy.{self.topic}.{self.number}"
        self._fillers = clients.producer(self.kafka, transactional_id, **options)
        try:
            self._fillers.init_transactions(clients.REQUEST_TIMEOUT_SECONDS * 3)
        except KafkaException as error:
            raise classified(error, f"write {self.topic}") from error
        self.at = reading.end(self._admin, self.topic, self.number)


def _misplaced(topic: str) -> WeighbridgeError:
    return FatalError(
        f"{topic} is written by somebody else, or not as it should be",
        hint="nobody else may write there; run again, and delete the topic if that refuses it",
    )
