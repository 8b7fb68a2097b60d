"""Dead letters on their way from the hub's file to their topic.

The file has them first, in the transaction of their batch. A crash between sending and
noting it sends them again under the same key, and the repetition compacts away.
"""

from __future__ import annotations

from consumers.deadletters.letters import DeadLetter
from consumers.hub.store import Identity, Store
from schemas import contract, framing, topics
from schemas.errors import WeighbridgeError
from schemas.runtime import presence
from schemas.runtime.registry import Registry
from schemas.runtime.transaction import TransactionalWriter
from schemas.settings import KafkaSettings

_AT_ONCE = 1_000


class Outbox:
    """The sender of one hub's dead letters; it connects when there is one to send."""

    def __init__(self, kafka: KafkaSettings, identity: Identity) -> None:
        self._kafka = kafka
        self._identity = identity
        self._topic = topics.hub_topics(identity.hub)[0]
        self._writer: TransactionalWriter | None = None
        self._prefix = b""

    def send(self, store: Store) -> int:
        """Send some of what waits and return how many it were.

        Raises:
            WeighbridgeError: Broker or registry do not take them; everything stays in the outbox.
        """
        letters = store.letterbox.unsent(_AT_ONCE)
        if not letters:
            return 0
        try:
            writer = self._connected()
            for letter in letters:
                writer.send(self._topic.name, self._key(letter), self._prefix + self._encoded(letter), [])
            writer.commit()
        except WeighbridgeError:
            # A new writer shuts out what this one left open; the file has it.
            self._writer = None
            raise
        store.sent(letters)
        return len(letters)

    def _connected(self) -> TransactionalWriter:
        if self._writer is None:
            presence.require(self._kafka, [self._topic.name])
            self._prefix = framing.prefix(Registry(self._kafka).id_to_write(self._topic))
            self._writer = TransactionalWriter(
                self._kafka, f"{topics.hub_transactions(self._identity.hub)}deadletters"
            )
            self._writer.fence()
        return self._writer

    def _key(self, letter: DeadLetter) -> bytes:
        place = self._identity.cluster_id, self._identity.topic, letter.partition, letter.offset
        return "-".join(map(str, place)).encode()

    def _encoded(self, letter: DeadLetter) -> bytes:
        value = {
            "hub": self._identity.hub,
            "cluster": self._identity.cluster_id,
            "topic": self._identity.topic,
            "partition": letter.partition,
            "offset": letter.offset,
            "reasons": [str(reason) for reason in letter.reasons],
            "agency": letter.agency,
            "redriven": letter.redriven,
        }
        return contract.encoded(contract.parsed("dead_letter"), value)
