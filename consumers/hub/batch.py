"""Records as parallel lists: chunks as the client gives them, batches as the file takes them.

Message objects are dropped at once, since keeping thousands of them costs more than all
else together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from confluent_kafka import Consumer, KafkaError, Message

from consumers.hub.custody import Custody
from schemas.errors import FatalError, RetriableError
from schemas.reasons import Breach
from schemas.runtime.failures import classified
from schemas.runtime.logs import logger
from schemas.telemetry import LogEvent

# Larger chunks are slower: the client's objects fall out of the processor's cache.
_CHUNK_RECORDS = 500
_END = KafkaError._PARTITION_EOF  # noqa: SLF001  # librdkafka's public code, private by its name only
_OUT_OF_RANGE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}  # noqa: SLF001  # as above

Parts = list[bytes | None]


class Broken(NamedTuple):
    """One thing that is wrong with the ledger: what, whose, and the place of the signature.

    Attributes:
        agency: None where it is not known.
        partition, offset: Of the signatures topic; None of a signature that is missing.
    """

    breach: Breach
    agency: str | None
    partition: int | None = None
    offset: int | None = None


@dataclass(slots=True)
class Batch:
    """Records whose signatures are checked, ordered within what one signature covers.

    Attributes:
        signers: The agency whose signature covers a record, None where nobody's does.
        broken: What is wrong with the ledger.
        next_offsets: By partition, the first offset that is neither in this batch nor before it.
        custody: The same of the signatures.
        started_at: Monotonic instant of the first record that it waited for, 0 while there is none.
    """

    keys: Parts = field(default_factory=list)
    values: Parts = field(default_factory=list)
    partitions: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    signers: list[str | None] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    next_offsets: dict[int, int] = field(default_factory=dict)
    custody: Custody = field(default_factory=Custody)
    started_at: float = 0.0

    def __len__(self) -> int:
        """Return how many records it holds."""
        return len(self.values)

    def unsigned(self) -> list[int]:
        """Return the places of records that no signature covers."""
        return [place for place, signer in enumerate(self.signers) if signer is None]

    def add(self, partition: int, offsets: list[int], keys: Parts, values: Parts, signer: str | None) -> None:
        """Add records of one partition that one signature covers, or none."""
        self.keys += keys
        self.values += values
        self.offsets += offsets
        self.partitions += [partition] * len(offsets)
        self.signers += [signer] * len(offsets)


@dataclass(slots=True)
class Chunk:
    """Records as they were read.

    Attributes:
        next_offsets: By partition, the first offset that was not read yet.
    """

    keys: Parts
    values: Parts
    partitions: list[int]
    offsets: list[int]
    next_offsets: dict[int, int]

    def by_partition(self) -> Iterator[tuple[int, list[int], Parts, Parts]]:
        """Yield partition, offsets, keys and values of what was read of each."""
        found = set(self.partitions)
        if len(found) == 1:
            yield found.pop(), self.offsets, self.keys, self.values
            return
        for partition in found:
            chosen = [place for place, other in enumerate(self.partitions) if other == partition]
            columns = (self.offsets, self.keys, self.values)
            offsets, keys, values = ([column[place] for place in chosen] for column in columns)
            yield partition, cast("list[int]", offsets), cast("Parts", keys), cast("Parts", values)


def read(consumer: Consumer, what: str, seconds: float) -> Chunk:
    """Return the next records; none when nothing arrived within `seconds`.

    Args:
        consumer: Assigned to its partitions, with `enable.partition.eof`.
        what: Topic, for messages.
        seconds: How long to wait for a full chunk.

    Raises:
        FatalError: The stored offset is not in the topic any more, or the client is beyond repair.
        ConfigurationError: The topic may not be read.
    """
    records = consumer.consume(_CHUNK_RECORDS, seconds)
    errors = [record.error() for record in records]
    if any(errors):
        notices = [record for record, error in zip(records, errors, strict=True) if error is not None]
        records = [record for record, error in zip(records, errors, strict=True) if error is None]
    else:
        notices = []
    # Column by column: a loop over the records takes as long as all the rest of the batch.
    partitions = cast("list[int]", [record.partition() for record in records])
    offsets = cast("list[int]", [record.offset() for record in records])
    keys, values = [record.key() for record in records], [record.value() for record in records]
    ends = {partition: offset + 1 for partition, offset in zip(partitions, offsets, strict=True)}
    for notice in notices:
        _take_notice(ends, notice, what)
    return Chunk(keys, values, partitions, offsets, ends)


def _take_notice(ends: dict[int, int], notice: Message, what: str) -> None:
    """Take from the client where a partition ends: behind its last record, for markers of transactions."""
    if _is_end(cast("KafkaError", notice.error()), what):
        partition, offset = cast("int", notice.partition()), cast("int", notice.offset())
        ends[partition] = max(offset, ends.get(partition, 0))


def _is_end(error: KafkaError, what: str) -> bool:
    """Say whether the error only tells that the end of a partition is reached; raise what stops a hub."""
    code = error.code()
    if code == _END:
        return True
    if code in _OUT_OF_RANGE:
        raise FatalError(
            "the topic no longer holds the offset at which this hub would go on",
            hint="records are lost to it: restore the topic, or rebuild the hub into a new file",
        )
    failure = classified(error, f"read {what}")
    if not isinstance(failure, RetriableError):
        raise failure
    logger().warning(LogEvent.CLIENT, code=error.name(), hint=failure.hint)
    return False
