"""Reading a partition to its end, as of the moment of asking."""

from __future__ import annotations

import time
from collections.abc import Iterator

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AdminClient,
    OffsetSpec,
)

from schemas import topics
from schemas.errors import Awaited, RetriableError
from schemas.runtime import clients
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings

# An open transaction ends after 20 s, and the broker looks every 10 s.
_PATIENCE_SECONDS = 90.0
_CHUNK_RECORDS = 500
# The client waits so long for a chunk to fill: at the end of a topic nothing fills it.
_POLL_SECONDS = 0.02


def records(kafka: KafkaSettings, topic: str) -> Iterator[Message]:
    """Yield every committed record of a topic of one partition, waiting for transactions that are still open.

    The end is the high watermark: a reader of committed records that stopped at the last
    stable offset would miss what lies behind an open transaction.

    Raises:
        RetriableError: The broker does not answer, or a transaction stays open too long.
    """
    last = end(clients.admin(kafka), topic, 0)
    reader = clients.consumer(kafka, topics.reader_group(topic), **{"enable.partition.eof": True})
    reader.assign([TopicPartition(topic, 0, 0)])
    try:
        yield from until(reader, topic, last)
    finally:
        clients.leave(reader)


def latest(kafka: KafkaSettings, topic: str) -> Iterator[Message]:
    """Yield the last record of each key of a compacted topic, in the order of the topic.

    Keys that ended with a tombstone are left out, whether or not the broker has compacted them away.
    What is written meanwhile is left out too. Raises as `records`.
    """
    last: dict[bytes, int | None] = {}
    for record in records(kafka, topic):
        last[record.key() or b""] = record.offset() if record.value() is not None else None
    # Read twice: to keep where they are takes a tenth of the memory of the records.
    for record in records(kafka, topic):
        if record.offset() == last.get(record.key() or b""):
            yield record


def until(reader: Consumer, topic: str, end: int) -> Iterator[Message]:
    """Yield what is committed before an offset, and what comes along with it.

    Args:
        reader: Assigned to one partition, with `enable.partition.eof`.
        topic: For errors.
        end: The offset; raises as `records`.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    reached = seen = 0
    while reached < end:
        if reached > seen:
            # Patience is for what does not move: a long topic takes as long as it takes.
            deadline, seen = time.monotonic() + _PATIENCE_SECONDS, reached
        if time.monotonic() > deadline:
            raise RetriableError(
                f"{topic} has a transaction that stays open",
                hint="its writer hangs: stop it, and its transaction ends within a minute",
                awaited=Awaited.TRANSACTION,
            )
        for record in reader.consume(_CHUNK_RECORDS, timeout=_POLL_SECONDS):
            error = record.error()
            if error is None:
                reached = int(record.offset() or 0) + 1
                yield record
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # librdkafka's public code
                reached = max(reached, int(record.offset() or 0))
            else:
                raise classified(error, f"read {topic}")


def end(admin: AdminClient, topic: str, partition: int) -> int:
    """Return the offset of what is written next, open transactions and markers counted.

    Raises:
        RetriableError: The broker does not answer.
    """
    place = TopicPartition(topic, partition)
    futures = admin.list_offsets(
        {place: OffsetSpec.latest()},  # type: ignore[no-untyped-call]  # untyped in the client
        isolation_level=IsolationLevel.READ_UNCOMMITTED,
        request_timeout=clients.REQUEST_TIMEOUT_SECONDS,
    )
    try:
        return int(futures[place].result(clients.REQUEST_TIMEOUT_SECONDS * 2).offset)
    except KafkaException as error:
        raise classified(error, f"read {topic}") from error
    except TimeoutError as error:
        raise RetriableError(f"read {topic}: no answer", hint="is the broker up?") from error
