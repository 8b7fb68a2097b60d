"""A transactional writer: what is sent between two commits is seen whole or not at all.

A stable transactional id fences the predecessor. What fails in a transaction aborts it
and raises; the caller starts again from what was committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.confidentiality import HEADER_CLASSES
from schemas.errors import ContractError, FencedError, RetriableError, WeighbridgeError
from schemas.headers import Headers
from schemas.runtime import clients
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings

_ATTEMPTS_MAX = 3
_POLL_SECONDS = 0.1
# What librdkafka calls unassigned: the key decides.
BY_KEY = -1

Report = Callable[[KafkaError | None, Message], None]


@dataclass(slots=True)
class TransactionalWriter:
    """The only writer under one transactional id.

    Attributes:
        on_step: Told the name of each step; crash tests stop the process there.
    """

    kafka: KafkaSettings
    transactional_id: str
    on_step: Callable[[str], None] = lambda _: None
    is_open: bool = False
    _producer: Producer = field(init=False)
    _begun_at: float = 0.0

    def fence(self) -> None:
        """Connect and shut out every earlier writer; blocks up to half a minute.

        Raises:
            RetriableError: The broker does not answer.
        """
        self._producer = clients.producer(self.kafka, self.transactional_id)
        self._guarded("fence", lambda: self._producer.init_transactions(clients.REQUEST_TIMEOUT_SECONDS))
        self.on_step("fenced")

    def send(
        self,
        topic: str,
        key: bytes,
        value: bytes | None,
        headers: Headers,
        *,
        partition: int = BY_KEY,
        report: Report | None = None,
    ) -> None:
        """Add a record to the transaction, beginning one where none is open; raises as `commit`.

        A value of None is a tombstone: on a compacted topic the key ends with it. `report` is
        called by `flush` at the latest, once the record is written or cannot be.

        Raises:
            ContractError: A header has no confidentiality class.
        """
        if not all(name in HEADER_CLASSES for name, _ in headers):
            raise ContractError("a header without a confidentiality class", hint="add it to HEADER_CLASSES")
        if not self.is_open:
            self._guarded("begin", self._producer.begin_transaction)
            self.is_open = True
            self._begun_at = time.monotonic()
            self.on_step("begun")
        try:
            self._queue(topic, key=key, value=value, headers=headers, partition=partition, on_delivery=report)
        except KafkaException as error:
            raise self._judged(error, "produce") from error
        self.on_step("produced")

    def commit(self) -> None:
        """Commit what was sent; without anything sent there is nothing to do.

        Raises:
            FencedError: Another writer took over.
            FatalError: A record is too large, or the client failed for good.
            RetriableError: The transaction was aborted; start again from what was committed.
        """
        if not self.is_open:
            return
        self.flush()
        self._guarded("commit", self._producer.commit_transaction)
        self.is_open = False
        self.on_step("committed")

    def flush(self) -> None:
        """Wait until the broker has what was sent, or will not take it; raises as `commit`."""
        self.on_step("before flush")
        self._guarded("flush", lambda: self._producer.flush(clients.TRANSACTION_TIMEOUT_MS / 1000))
        self.on_step("flushed")

    def look(self, topic: str) -> None:
        """Ask the broker for a topic, which has to exist, and want only an answer; raises as `fence`."""
        self._guarded("look", lambda: self._producer.list_topics(topic, clients.REQUEST_TIMEOUT_SECONDS))

    def close(self) -> None:
        """Abort what is open; nothing of it is ever seen."""
        if not self.is_open:
            return
        self.is_open = False
        # Without an answer the broker ends the transaction itself, after its time-out.
        with suppress(KafkaException):
            # An abort straight after a produce can be fatal: librdkafka issue 4849.
            _called(lambda: self._producer.flush(clients.REQUEST_TIMEOUT_SECONDS))
            _called(lambda: self._producer.abort_transaction(clients.REQUEST_TIMEOUT_SECONDS))

    def _guarded(self, what: str, call: Callable[..., Any]) -> None:
        try:
            _repeated(call)
        except KafkaException as error:
            raise self._judged(error, what) from error

    def _queue(self, topic: str, **record: Any) -> None:
        while True:
            try:
                self._producer.produce(topic, **record)
            except BufferError:
                # Back-pressure: wait for the broker rather than keep more in memory.
                self._guarded("produce", lambda: self._producer.poll(_POLL_SECONDS))
            else:
                # What becomes of it is told by the flush.
                return

    def _judged(self, error: KafkaException, what: str) -> WeighbridgeError:
        """Return the error to raise, after an abort where the client asks for one."""
        judged = classified(self._reason(error), what)
        if isinstance(judged, FencedError) and self._has_timed_out():
            # To the client the broker's own end of an old transaction looks like a successor.
            # Starting again takes over from a successor, if there is one after all.
            return RetriableError(
                f"{what}: the transaction outlived its time-out",
                hint="nothing is lost; was the process or the broker suspended?",
            )
        if error.args[0].txn_requires_abort():
            self.close()
        return judged

    def _reason(self, error: KafkaException) -> KafkaException:
        """Return why the client failed for good; what fails after that says only that it did."""
        if error.args[0].code() != KafkaError._FATAL:  # noqa: SLF001  # librdkafka's public code
            return error
        try:
            _called(lambda: self._producer.abort_transaction(clients.REQUEST_TIMEOUT_SECONDS))
        except KafkaException as reason:
            return reason
        return error

    def _has_timed_out(self) -> bool:
        age_seconds = time.monotonic() - self._begun_at
        return self.is_open and age_seconds * 1000 >= clients.TRANSACTION_TIMEOUT_MS


def _repeated(call: Callable[[], Any]) -> None:
    """Repeat a transactional call that the client says may be repeated as it is."""
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        try:
            _called(call)
        except KafkaException as error:
            if not error.args[0].retriable() or attempt == _ATTEMPTS_MAX:
                raise
        else:
            return


def _called(call: Callable[[], Any]) -> None:
    """Call the client, and raise its own error where it makes Python raise another one."""
    try:
        call()
    except SystemError as error:
        # The client sets its fatal error between two reports, and Python minds in the second.
        if not isinstance(error.__cause__, KafkaException):
            raise
        raise error.__cause__ from None
