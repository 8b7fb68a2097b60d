"""One record at a time with the client alone: fastavro, dictionaries, Kafka transactions.

    python -m tests.benchmarks.peers.loop EVENTS SUMS FOLDER

What many write who need no engine. Its state is lost with the process: it would have to read the
topic again.
"""

from __future__ import annotations

import time

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.benchmarks.peers import job

_TRANSACTION_EVENTS = 10_000
_POLL_SECONDS = 1.0


class Loop:
    """The state, and the one transaction after the other."""

    def __init__(self, asked: job.Asked) -> None:
        self._asked = asked
        self._decoded = job.decoder(asked.schema)
        self._last: dict[str, tuple[job.Version, int]] = {}
        self._sums: dict[str, int] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": asked.brokers,
                "group.id": asked.sums,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
            }
        )
        self._producer = Producer({"bootstrap.servers": asked.brokers, "transactional.id": asked.sums})

    def run(self) -> None:
        """Go on until all events are taken."""
        self._consumer.subscribe([job.TOPIC])
        self._producer.init_transactions()
        left = self._asked.events
        while left:
            left -= self._transaction(min(left, _TRANSACTION_EVENTS))
        self._consumer.close()

    def _transaction(self, events: int) -> int:
        touched: set[str] = set()
        offsets: dict[int, int] = {}
        taken, deadline = 0, time.monotonic() + job.COMMIT_SECONDS
        while taken < events and time.monotonic() < deadline:
            record = self._consumer.poll(_POLL_SECONDS)
            if record is None:
                continue
            assert record.error() is None, record.error()
            value, partition, offset = record.value(), record.partition(), record.offset()
            assert value is not None
            assert partition is not None
            assert offset is not None
            self._take(self._decoded(value), touched)
            offsets[partition] = offset + 1
            taken += 1
        self._commit(touched, offsets)
        return taken

    def _take(self, change: job.Change, touched: set[str]) -> None:
        known = self._last.get(change.statement)
        if known is not None and known[0] >= change.version:
            return
        self._last[change.statement] = (change.version, change.mass_g)
        before_g = known[1] if known else 0
        self._sums[change.cell] = self._sums.get(change.cell, 0) + change.mass_g - before_g
        touched.add(change.cell)

    def _commit(self, touched: set[str], offsets: dict[int, int]) -> None:
        self._producer.begin_transaction()
        for cell in touched:
            self._producer.produce(self._asked.sums, key=cell.encode(), value=job.value(self._sums[cell]))
            self._producer.poll(0)
        places = [TopicPartition(job.TOPIC, partition, offset) for partition, offset in offsets.items()]
        self._producer.send_offsets_to_transaction(places, self._consumer.consumer_group_metadata())
        self._producer.commit_transaction()


if __name__ == "__main__":
    Loop(job.asked()).run()
