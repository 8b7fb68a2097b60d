"""Records that are signed as agencies sign theirs, whatever they hold, and who trusts the signers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from confluent_kafka import KafkaError, Message, Producer

from schemas import framing, topics
from schemas.directory import Directory
from schemas.identity import DEMONSTRATION_KEYS
from schemas.runtime.transaction import Report
from schemas.signing import Chain, Signer
from tests.support import sealed

# The agencies of all tests, each of which has the demonstration's keys.
AGENCIES = ("BE-OVAM", "FR-DGPR", "GB-EA", "IT-MASE", "US-EPA", "XX-LOADS")
EVERYBODY: Directory = sealed.exchange_of(dict.fromkeys(AGENCIES, DEMONSTRATION_KEYS))


class _Anybody(Directory):
    """A directory that lists every agency there may be, each with the demonstration's key."""

    def signing_keys(self, agency: str) -> tuple[bytes, ...]:  # noqa: ARG002  # they are the same for all
        """Return the demonstration's key."""
        return (DEMONSTRATION_KEYS.verify_key,)


ANYBODY: Directory = _Anybody({})


class Written(NamedTuple):
    """A record of the movements topic and where it is."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Scribe:
    """Writes records to the movements topic, and the signatures of agencies, without transactions.

    Attributes:
        schema_id: Under which signatures are written.
        chains: The end of the chain of each agency.
    """

    producer: Producer
    schema_id: int
    chains: dict[str, Chain] = field(default_factory=dict)

    def write(
        self, records: Iterable[tuple[bytes | None, bytes | None]], partition: int | None = None
    ) -> list[Written]:
        """Write records by key and value, and return where they are; nobody signs them."""
        written: list[Written] = []

        def report(error: KafkaError | None, record: Message) -> None:
            assert error is None
            place = cast("int", record.partition()), cast("int", record.offset())
            written.append(Written(*place, record.key(), record.value()))

        for key, value in records:
            # What librdkafka calls unassigned lets the key decide.
            self._produce(topics.MOVEMENTS, key, value, -1 if partition is None else partition, report)
        assert self.producer.flush(60) == 0
        return written

    def sign(self, agency: str, written: Iterable[Written], signer: Signer | None = None) -> list[bytes]:
        """Sign records as an agency does in one transaction, and return the framed signatures."""
        by_partition: dict[int, list[tuple[int, bytes | None, bytes | None]]] = defaultdict(list)
        for partition, offset, key, value in written:
            by_partition[partition].append((offset, key, value))
        chain = self.chains.setdefault(agency, Chain())
        signing = signer or Signer(agency, DEMONSTRATION_KEYS.signing)
        values = []
        for partition, records in sorted(by_partition.items()):
            body = signing.signed(chain, topics.MOVEMENTS, partition, sorted(records))
            values.append(framing.prefix(self.schema_id) + body)
            self.put_signature(partition, values[-1])
        return values

    def put_signature(self, partition: int, value: bytes) -> None:
        """Write any bytes as a signature."""
        self._produce(topics.SIGNATURES, b"key", value, partition, None)
        assert self.producer.flush(60) == 0

    def _produce(
        self, topic: str, key: bytes | None, value: bytes | None, partition: int, report: Report | None
    ) -> None:
        while True:
            try:
                self.producer.produce(topic, key=key, value=value, partition=partition, on_delivery=report)
            except BufferError:
                self.producer.poll(0.1)
            else:
                return
