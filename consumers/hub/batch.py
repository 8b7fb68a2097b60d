"""Collect records into batches: big enough for columns, short enough to be fresh.

Message objects are dropped at once, since keeping thousands of them costs more than all
else together. A batch knows for each partition where the next one has to begin.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from confluent_kafka import Consumer, KafkaError, Message

from schemas.errors import FatalError, RetriableError
from schemas.runtime.failures import classified
from schemas.runtime.logs import logger
from schemas.telemetry import LogEvent

# Larger chunks are slower: the client's objects fall out of the processor's cache.
_CHUNK_RECORDS = 500
_POLL_SECONDS = 0.1
_END = KafkaError._PARTITION_EOF  # noqa: SLF001  # librdkafka's public code, private by its name only
_OUT_OF_RANGE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}  # noqa: SLF001  # as above


@dataclass(slots=True)
class Batch:
    """Records as parallel lists.

    Attributes:
        next_offsets: By partition, the first offset that is not in this or an earlier batch.
        started_at: Monotonic instant of the first record, 0 while there is none.
    """

    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    partitions: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    next_offsets: dict[int, int] = field(default_factory=dict)
    started_at: float = 0.0

    def __len__(self) -> int:
        """Return how many records it holds."""
        return len(self.values)


def collect(
    consumer: Consumer, *, rows: int, seconds: float, is_over: Callable[[Batch], bool] = lambda _: False
) -> Batch:
    """Return the next batch; empty when nothing arrived within `seconds`.

    Args:
        consumer: Assigned to its partitions, with `enable.partition.eof`.
        rows: A batch is full at this many records, or one chunk more.
        seconds: Time from the first record, or from the call, after which it ends anyway.
        is_over: Asked after every chunk whether to end at once.

    Raises:
        FatalError: The stored offset is not in the topic any more, or the client is beyond repair.
        ConfigurationError: The topic may not be read.
    """
    batch = Batch()
    deadline = time.monotonic() + seconds
    while len(batch) < rows and time.monotonic() < deadline and not is_over(batch):
        was_empty = not batch.values
        _add_chunk(batch, consumer)
        if was_empty and batch.values:
            batch.started_at = time.monotonic()
            deadline = batch.started_at + seconds
    return batch


def _add_chunk(batch: Batch, consumer: Consumer) -> None:
    records = consumer.consume(_CHUNK_RECORDS, _POLL_SECONDS)
    errors = [record.error() for record in records]
    if any(errors):
        notices = [record for record, error in zip(records, errors, strict=True) if error is not None]
        records = [record for record, error in zip(records, errors, strict=True) if error is None]
    else:
        notices = []
    # Column by column: a loop over the records takes as long as all the rest of the batch.
    partitions = cast("list[int]", [record.partition() for record in records])
    offsets = cast("list[int]", [record.offset() for record in records])
    batch.keys += [record.key() for record in records]
    batch.values += [record.value() for record in records]
    batch.partitions += partitions
    batch.offsets += offsets
    batch.next_offsets |= {
        partition: offset + 1 for partition, offset in zip(partitions, offsets, strict=True)
    }
    for notice in notices:
        _take_notice(batch, notice)


def _take_notice(batch: Batch, notice: Message) -> None:
    """Take from the client where a partition ends: behind its last record, for markers of transactions."""
    if _is_end(cast("KafkaError", notice.error())):
        partition, offset = cast("int", notice.partition()), cast("int", notice.offset())
        batch.next_offsets[partition] = max(offset, batch.next_offsets.get(partition, 0))


def _is_end(error: KafkaError) -> bool:
    """Say whether the error only tells that the end of a partition is reached; raise what stops a hub."""
    code = error.code()
    if code == _END:
        return True
    if code in _OUT_OF_RANGE:
        raise FatalError(
            "the topic no longer holds the offset at which this hub would go on",
            hint="records are lost to it: restore the topic, or rebuild the hub into a new file",
        )
    failure = classified(error, "read the movements topic")
    if not isinstance(failure, RetriableError):
        raise failure
    logger().warning(LogEvent.WAITING, code=error.name())
    return False
