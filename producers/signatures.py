"""What a source signs of each transaction: the events that it wrote to each partition.

The offsets of events are known once the broker has them, so they are signed between the
flush and the commit. The end of the source's chain is kept among its positions, in the same
transaction: whatever ends the process, the next one continues the chain of what was
committed, without reading the signatures of everybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from confluent_kafka import KafkaError, Message

from producers.positions import Position, Positions
from schemas import topics
from schemas.signing import Chain, Signer

# The position that holds the end of the chain; no keyed hash is so short.
CHAIN = b"chain"


@dataclass(slots=True)
class Signatures:
    """The signatures of one source.

    Attributes:
        signer: Signs in the name of the agency.
        is_lost: True once an event could not be written; its transaction can only be aborted.
    """

    signer: Signer
    is_lost: bool = False
    _end: Chain = field(default_factory=Chain)
    _delivered: list[Message] = field(default_factory=list)

    def restore(self, positions: Positions) -> None:
        """Continue the chain that is among the positions; without one another begins."""
        known = positions.get(CHAIN)
        if known is not None:
            self._end = Chain(bytes.fromhex(known.cursor or ""), known.revision, known.digest)

    def report(self, error: KafkaError | None, event: Message) -> None:
        """Take what the client says of an event: where it is, or that it could not be written."""
        if error is not None:
            self.is_lost = True
        # Called for each event: what has to be done is done once for all.
        self._delivered.append(event)

    @property
    def written(self) -> int:
        """How many events of the transaction the broker has."""
        return 0 if self.is_lost else len(self._delivered)

    def signed(self) -> Iterator[tuple[int, bytes]]:
        """Yield by partition the Avro body of the signature of what was written there."""
        written = defaultdict(list)
        for event in self._delivered:
            # Both are known of what is written.
            partition, offset = cast("int", event.partition()), cast("int", event.offset())
            written[partition].append((offset, event.key(), event.value()))
        self._delivered.clear()
        for partition, records in sorted(written.items()):
            # Each agency's reports come in the order of offsets, but for those that were repeated.
            records.sort()
            yield partition, self.signer.signed(self._end, topics.MOVEMENTS, partition, records)

    def position(self) -> Position:
        """Return the position that holds the end of the chain."""
        return Position("SOURCE", self._end.sequence, 0, self._end.previous, cursor=self._end.writer.hex())
