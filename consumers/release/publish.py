"""Publication of a release: observations and release record in one Kafka transaction.

The transactional id fences every earlier releaser of the hub before the topic is read, so
two of them cannot both find an epoch missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from consumers.release.ledger import Entry, Ledger
from consumers.release.release import Release
from schemas import contract, framing, topics
from schemas.directory import Directory
from schemas.errors import ConfigurationError
from schemas.headers import Headers, cloud_event
from schemas.keystore.ceremony import HUB_FILE
from schemas.keystore.documents import HubDocument
from schemas.keystore.store import at
from schemas.runtime.decoding import Decoder
from schemas.runtime.logs import logger
from schemas.runtime.registry import Registry
from schemas.runtime.transaction import TransactionalWriter
from schemas.settings import KafkaSettings, ReleaseSettings
from schemas.telemetry import LogEvent

# The shared releases topic has one partition.
_PARTITION = 0
# What was published by this process has an offset that it does not need.
_JUST_NOW = -1


@dataclass(slots=True)
class Releaser:
    """The only one who publishes for a hub; `open` first, `close` at the end.

    Attributes:
        keys: Public keys by hub: whose records count.
        ledger: What was released before.
        on_step: Told the name of each step; crash tests stop the process there.
    """

    kafka: KafkaSettings
    hub: str
    keys: Mapping[str, Sequence[bytes]]
    ledger: Ledger
    on_step: Callable[[str], None] = lambda _: None
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
        self.ledger.add(entries(self.kafka), self.keys)
        for offset in self.ledger.ignored:
            logger().warning(
                LogEvent.RECORD_PASSED_OVER,
                hub=self.hub,
                offset=offset,
                hint="no hub of the ledger signed it",
            )
        self.on_step("read")

    def publish(self, release: Release) -> None:
        """Publish a release, whole or not at all; raises as `TransactionalWriter.commit`."""
        assert release.epoch not in {entry.epoch for entry in self.ledger.of(self.hub)}
        day = release.closed_at.date()
        try:
            for key, body in release.observations:
                headers = cloud_event(sha256(key).digest()[:16], self.hub, "Observation", day)
                self._send(topics.AGGREGATES, key, body, headers)
            headers = cloud_event(release.release_id, self.hub, "Release", day)
            self._send(topics.RELEASES, f"{self.hub}|{release.epoch}".encode(), release.body, headers)
            self._writer.commit()
        finally:
            self._writer.close()
        self.ledger.add([published(release)], self.keys)

    def _send(self, topic: str, key: bytes, body: bytes, headers: Headers) -> None:
        self._writer.send(topic, key, framing.prefix(self._ids[topic]) + body, headers, partition=_PARTITION)


def own_keys(settings: ReleaseSettings) -> HubDocument:
    """Return the hub's keys.

    Raises:
        ConfigurationError: There are none.
    """
    if settings.keys is None:
        raise ConfigurationError(
            "no keys of the hub, which sign its releases",
            hint="weighbridge keys create --hub --out hub-keys, then --keys hub-keys",
        )
    return HubDocument.read(at(settings.keys), HUB_FILE)


def releaser(
    hub: str, settings: ReleaseSettings, kafka: KafkaSettings, own: HubDocument, directory: Directory | None
) -> Releaser:
    """Return who publishes for a hub, not opened yet.

    Raises:
        ConfigurationError: The hub is not in the configured order, or keys of another hub are not known.
    """
    order = settings.order or (hub,)
    if hub not in order:
        raise ConfigurationError(
            f"{hub} is not among the hubs that release", hint="name it in order, of [hub.release]"
        )
    keys: dict[str, Sequence[bytes]] = (
        {} if directory is None else {name: member.signing_keys for name, member in directory.hubs.items()}
    )
    keys[hub] = own.verify_keys()
    if unknown := [name for name in order if not keys.get(name)]:
        raise ConfigurationError(
            f"no signing key of {', '.join(unknown)}", hint="give --directory, with an entry of each hub"
        )
    return Releaser(kafka, hub, keys, Ledger(order, settings.epoch))


def published(release: Release) -> Entry:
    """Return the entry that a release is now."""
    return Entry(_JUST_NOW, release.body, contract.decoded(contract.parsed("release"), release.body))


def entries(kafka: KafkaSettings) -> Iterator[Entry]:
    """Yield every release record that is on the topic now; what is none is passed over and told.

    Raises:
        RetriableError: Broker or registry do not answer.
    """
    for record, fields in Decoder("release", Registry(kafka)).found(kafka, topics.RELEASES):
        yield Entry(int(record.offset() or 0), (record.value() or b"")[framing.HEADER_BYTES :], fields)
