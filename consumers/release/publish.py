"""Publication of a release: observations and release record in one Kafka transaction.

The transactional id fences every earlier releaser of the hub before the topic is read, so
two of them cannot both find an epoch missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from consumers.release.release import Release
from schemas import framing, topics
from schemas.headers import Headers, cloud_event
from schemas.runtime.decoding import Decoder
from schemas.runtime.registry import Registry
from schemas.runtime.transaction import TransactionalWriter
from schemas.settings import KafkaSettings


@dataclass(slots=True)
class Releaser:
    """The only one who publishes for a hub; `open` first.

    Attributes:
        on_step: Told the name of each step; crash tests stop the process there.
        released: Release records of this hub by epoch, in the order of the topic.
    """

    kafka: KafkaSettings
    hub: str
    on_step: Callable[[str], None] = lambda _: None
    released: dict[str, dict[str, Any]] = field(default_factory=dict)
    _writer: TransactionalWriter = field(init=False)
    _ids: dict[str, int] = field(default_factory=dict)

    def open(self) -> None:
        """Shut out other releasers of the hub and read what was released before.

        Raises:
            ContractError: A schema is not registered.
            RetriableError: Broker or registry do not answer.
        """
        registry = Registry(self.kafka)
        *_, aggregates, releases = topics.exchange_topics()
        self._ids = {topic.name: registry.id_to_write(topic) for topic in (aggregates, releases)}
        self._writer = TransactionalWriter(
            self.kafka, f"{topics.hub_transactions(self.hub)}release", self.on_step
        )
        self._writer.fence()
        for release in Decoder("release", registry).records(self.kafka, topics.RELEASES):
            if release["hub"] == self.hub:
                self.released[release["epoch"]] = release
        self.on_step("read")

    @property
    def predecessor(self) -> bytes | None:
        """The hub's newest release."""
        return next((bytes(item["release_id"]) for item in reversed(self.released.values())), None)

    def publish(self, release: Release) -> None:
        """Publish a release, whole or not at all; raises as `TransactionalWriter.commit`."""
        assert release.epoch not in self.released
        day = release.released_at.date()
        try:
            for key, body in release.observations:
                headers = cloud_event(sha256(key).digest()[:16], self.hub, "Observation", day)
                self._send(topics.AGGREGATES, key, body, headers)
            headers = cloud_event(release.release_id, self.hub, "Release", day)
            self._send(topics.RELEASES, f"{self.hub}|{release.epoch}".encode(), release.body, headers)
            self._writer.commit()
        finally:
            self._writer.close()

    def _send(self, topic: str, key: bytes, body: bytes, headers: Headers) -> None:
        self._writer.send(topic, key, framing.prefix(self._ids[topic]) + body, headers)
