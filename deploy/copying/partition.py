"""One partition as it is read: what is committed there, with the offsets that nobody sees between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AdminClient,
    OffsetSpec,
)

from schemas import topics
from schemas.errors import Awaited, RetriableError
from schemas.runtime import clients
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings

_CHUNK_RECORDS = 500
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 90.0


class Found(NamedTuple):
    """A committed record with everything that travels.

    Attributes:
        timestamp_ms: As its writer gave it.
    """

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple[tuple[str, bytes | None], ...]


def end(admin: AdminClient, topic: str, number: int) -> int:
    """Return the offset of what is written next, open transactions and markers counted.

    Raises:
        RetriableError: The broker does not answer.
    """
    place = TopicPartition(topic, number)
    futures = admin.list_offsets(
        {place: OffsetSpec.latest()},  # type: ignore[no-untyped-call]  # untyped in the client
        isolation_level=IsolationLevel.READ_UNCOMMITTED,
        request_timeout=clients.REQUEST_TIMEOUT_SECONDS,
    )
    try:
        return int(futures[place].result(clients.REQUEST_TIMEOUT_SECONDS * 2).offset)
    except KafkaException as error:
        raise classified(error, f"read {topic}") from error


def records(kafka: KafkaSettings, topic: str, number: int, until: int) -> Iterator[Found]:
    """Yield what is committed before an offset, in order.

    Raises:
        RetriableError: The broker does not answer, or a transaction stays open.
    """
    reader = clients.consumer(
        kafka, topics.reader_group(topic), **{"enable.partition.eof": True, "auto.offset.reset": "earliest"}
    )
    reader.assign([TopicPartition(topic, number, 0)])
    reached, deadline = 0, time.monotonic() + _PATIENCE_SECONDS
    try:
        while reached < until:
            if time.monotonic() > deadline:
                raise RetriableError(
                    f"{topic} has a transaction that stays open",
                    hint="stop its writer, and run again in a minute",
                    awaited=Awaited.TRANSACTION,
                )
            for record in reader.consume(_CHUNK_RECORDS, _POLL_SECONDS):
                deadline = time.monotonic() + _PATIENCE_SECONDS
                error = record.error()
                if error is None:
                    found = _found(record)
                    reached = found.offset + 1
                    if found.offset < until:
                        yield found
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # librdkafka's public code
                    reached = max(reached, int(record.offset() or 0))
                else:
                    raise classified(error, f"read {topic}")
    finally:
        clients.leave(reader)


def _found(record: Any) -> Found:
    return Found(
        int(record.offset()),
        record.key(),
        record.value(),
        int(record.timestamp()[1]),
        tuple((name, value) for name, value in record.headers() or ()),
    )
