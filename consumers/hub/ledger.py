"""The topics of the ledger, movements and signatures, as a hub reads them: partitions and ends.

Partitions are assigned at the offsets of the hub's file, never by group membership, so
there are no rebalances. The offsets committed to Kafka are for lag tools only and are
never read back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]  # public, not listed in __all__

from schemas import topics
from schemas.errors import RetriableError
from schemas.runtime import clients
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings


class Ledger:
    """One topic of one cluster, read by one hub."""

    def __init__(self, settings: KafkaSettings, hub: str, topic: str) -> None:
        self._topic = topic
        self._admin = clients.admin(settings)
        self.consumer: Consumer = clients.consumer(
            settings, topics.hub_group(hub), **{"enable.partition.eof": True}
        )
        self._assigned: set[int] = set()

    def cluster_id(self) -> str:
        """Return the cluster's name for itself; raises as `topic_id`."""
        # Not described: see `presence.listed`.
        found = self._listed().cluster_id
        if found is None:
            raise RetriableError("the broker does not tell its cluster", hint="is it up?")
        return str(found)

    def topic_id(self) -> str:
        """Return what tells the topic from another of its name.

        Raises:
            FatalError: There is no such topic.
            RetriableError: The broker does not answer.
        """
        descriptions = self._admin.describe_topics(
            TopicCollection([self._topic]), request_timeout=clients.REQUEST_TIMEOUT_SECONDS
        )
        return str(self._answered(descriptions[self._topic].result).topic_id)

    def partitions(self) -> set[int]:
        """Return the topic's partitions; raises as `topic_id`."""
        found = self._listed().topics[self._topic]
        if found.error is not None:
            raise classified(found.error, f"read {self._topic}")
        return set(found.partitions)

    def _listed(self) -> Any:
        return self._answered(
            lambda: self.consumer.list_topics(self._topic, timeout=clients.REQUEST_TIMEOUT_SECONDS)
        )

    def assign(self, partitions: set[int], next_offsets: Mapping[int, int]) -> set[int]:
        """Read the partitions from where the file ends, and return new ones; raises as `topic_id`."""
        new = partitions - self._assigned
        if new:
            places = [
                TopicPartition(self._topic, partition, next_offsets.get(partition, 0))
                for partition in sorted(partitions)
            ]
            self.consumer.assign(places)
            self._assigned = set(partitions)
            # The other client would not know of them, and could not ask for their ends, for minutes.
            self._answered(
                lambda: self._admin.list_topics(self._topic, timeout=clients.REQUEST_TIMEOUT_SECONDS)
            )
        return new

    def ends(self, *, is_stable: bool) -> dict[int, int]:
        """Return by partition the end of the log, or with `is_stable` of what transactions have settled.

        Raises:
            RetriableError: The broker does not answer.
        """
        level = IsolationLevel.READ_COMMITTED if is_stable else IsolationLevel.READ_UNCOMMITTED
        return self._offsets(self._assigned, OffsetSpec.latest(), level)  # type: ignore[no-untyped-call]  # untyped in the client

    def starts(self) -> dict[int, int]:
        """Return by partition the first offset that is still there; raises as `ends`."""
        level = IsolationLevel.READ_UNCOMMITTED
        return self._offsets(self.partitions(), OffsetSpec.earliest(), level)  # type: ignore[no-untyped-call]  # as above

    def _offsets(self, partitions: set[int], which: OffsetSpec, level: IsolationLevel) -> dict[int, int]:
        wanted = {TopicPartition(self._topic, partition): which for partition in partitions}
        futures = self._answered(
            lambda: self._admin.list_offsets(
                wanted, isolation_level=level, request_timeout=clients.REQUEST_TIMEOUT_SECONDS
            )
        )
        return {place.partition: self._answered(future.result).offset for place, future in futures.items()}

    def show_progress(self, next_offsets: Mapping[int, int]) -> None:
        """Commit offsets to Kafka in the background, for lag tools."""
        places = [TopicPartition(self._topic, *item) for item in next_offsets.items()]
        try:
            self.consumer.commit(offsets=places, asynchronous=True)
        except KafkaException:
            # Nothing depends on them; the next batch commits again.
            return

    def close(self) -> None:
        """Leave the broker."""
        clients.leave(self.consumer)

    def _answered(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except KafkaException as error:
            raise classified(error, f"read {self._topic}") from error
