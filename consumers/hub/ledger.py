"""The movements topic as a hub reads it: whose it is, its partitions, its ends.

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

from consumers.hub.store import Identity
from schemas import topics
from schemas.runtime import clients
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings


class Ledger:
    """The movements topic of one cluster, read by one hub."""

    def __init__(self, settings: KafkaSettings, hub: str) -> None:
        self._hub = hub
        self._admin = clients.admin(settings)
        self.consumer: Consumer = clients.consumer(
            settings, topics.hub_group(hub), **{"enable.partition.eof": True}
        )
        self._assigned: set[int] = set()

    def identity(self) -> Identity:
        """Return whose file can be filled from here.

        Raises:
            FatalError: There is no movements topic.
            RetriableError: The broker does not answer.
        """
        cluster = _answered(
            self._admin.describe_cluster(request_timeout=clients.REQUEST_TIMEOUT_SECONDS).result
        )
        descriptions = self._admin.describe_topics(
            TopicCollection([topics.MOVEMENTS]), request_timeout=clients.REQUEST_TIMEOUT_SECONDS
        )
        described = _answered(descriptions[topics.MOVEMENTS].result)
        return Identity(self._hub, str(cluster.cluster_id), topics.MOVEMENTS, str(described.topic_id))

    def partitions(self) -> set[int]:
        """Return the topic's partitions; raises as `identity`."""
        metadata = _answered(
            lambda: self.consumer.list_topics(topics.MOVEMENTS, timeout=clients.REQUEST_TIMEOUT_SECONDS)
        )
        found = metadata.topics[topics.MOVEMENTS]
        if found.error is not None:
            raise classified(found.error, f"read {topics.MOVEMENTS}")
        return set(found.partitions)

    def assign(self, partitions: set[int], next_offsets: Mapping[int, int]) -> set[int]:
        """Read the partitions from where the file ends, and return those not read before."""
        new = partitions - self._assigned
        if new:
            places = [
                TopicPartition(topics.MOVEMENTS, partition, next_offsets.get(partition, 0))
                for partition in sorted(partitions)
            ]
            self.consumer.assign(places)
            self._assigned = set(partitions)
        return new

    def ends(self, *, is_stable: bool) -> dict[int, int]:
        """Return by partition the end of the log, or with `is_stable` of what transactions have settled.

        Raises:
            RetriableError: The broker does not answer.
        """
        level = IsolationLevel.READ_COMMITTED if is_stable else IsolationLevel.READ_UNCOMMITTED
        wanted = {
            TopicPartition(topics.MOVEMENTS, partition): OffsetSpec.latest()  # type: ignore[no-untyped-call]  # untyped in the client
            for partition in self._assigned
        }
        futures = _answered(
            lambda: self._admin.list_offsets(
                wanted, isolation_level=level, request_timeout=clients.REQUEST_TIMEOUT_SECONDS
            )
        )
        return {place.partition: _answered(future.result).offset for place, future in futures.items()}

    def show_progress(self, next_offsets: Mapping[int, int]) -> None:
        """Commit offsets to Kafka in the background, for lag tools."""
        places = [TopicPartition(topics.MOVEMENTS, *item) for item in next_offsets.items()]
        try:
            self.consumer.commit(offsets=places, asynchronous=True)
        except KafkaException:
            # Nothing depends on them; the next batch commits again.
            return

    def close(self) -> None:
        """Leave the broker."""
        self.consumer.close()


def _answered(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except KafkaException as error:
        raise classified(error, f"read {topics.MOVEMENTS}") from error
