"""One partition as it is read: what is committed there, with the offsets that nobody sees between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from confluent_kafka import TopicPartition

from schemas import topics
from schemas.runtime import clients, reading
from schemas.settings import KafkaSettings


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


def records(kafka: KafkaSettings, topic: str, number: int, until: int) -> Iterator[Found]:
    """Yield what is committed before an offset, in order.

    Raises:
        RetriableError: The broker does not answer, or a transaction stays open.
    """
    reader = clients.consumer(
        kafka, topics.reader_group(topic), **{"enable.partition.eof": True, "auto.offset.reset": "earliest"}
    )
    reader.assign([TopicPartition(topic, number, 0)])
    try:
        for record in reading.until(reader, topic, until):
            found = _found(record)
            if found.offset < until:
                yield found
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
