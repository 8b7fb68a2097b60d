"""Dead letters on their way from the hub's file to their topic.

The file has them first, in the transaction of their batch. A crash between sending and
noting it sends them again under the same key, and the repetition compacts away.
"""

from __future__ import annotations

import io

import fastavro
from confluent_kafka import KafkaException, Producer

from consumers.hub.store import DeadLetter, Identity, Store
from schemas import contract, framing, topics
from schemas.errors import RetriableError
from schemas.runtime import clients
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings

_AT_ONCE = 1_000


class Outbox:
    """The sender of one hub's dead letters; it connects when there is one to send."""

    def __init__(self, kafka: KafkaSettings, identity: Identity) -> None:
        self._kafka = kafka
        self._identity = identity
        self._topic = topics.hub_topics(identity.hub)[0]
        self._producer: Producer | None = None
        self._prefix = b""

    def send(self, store: Store) -> int:
        """Send some of what waits and return how many it were.

        Raises:
            ContractError: The schema of dead letters is not registered.
            RetriableError: Broker or registry do not answer; everything stays in the outbox.
        """
        letters = store.unsent(_AT_ONCE)
        if not letters:
            return 0
        producer = self._connected()
        try:
            producer.begin_transaction()
            for letter in letters:
                value = self._prefix + self._encoded(letter)
                producer.produce(self._topic.name, value=value, key=self._key(letter))
            producer.commit_transaction(clients.REQUEST_TIMEOUT_SECONDS)
        except (KafkaException, BufferError) as error:
            raise self._unsent() from error
        store.sent(letters)
        return len(letters)

    def _connected(self) -> Producer:
        if self._producer is None:
            self._prefix = framing.prefix(Registry(self._kafka.registry_url).id_to_write(self._topic))
            producer = clients.producer(self._kafka, f"weighbridge.{self._identity.hub}.deadletters")
            try:
                producer.init_transactions(clients.REQUEST_TIMEOUT_SECONDS)
            except KafkaException as error:
                raise self._unsent() from error
            self._producer = producer
        return self._producer

    def _unsent(self) -> RetriableError:
        # A new client aborts what the old one left open; the file has it.
        self._producer = None
        return RetriableError(
            f"dead letters do not reach {self._topic.name}", hint="weighbridge topics apply"
        )

    def _key(self, letter: DeadLetter) -> bytes:
        place = self._identity.cluster_id, self._identity.topic, letter.partition, letter.offset
        return "-".join(map(str, place)).encode()

    def _encoded(self, letter: DeadLetter) -> bytes:
        buffer = io.BytesIO()
        value = {
            "hub": self._identity.hub,
            "cluster": self._identity.cluster_id,
            "topic": self._identity.topic,
            "partition": letter.partition,
            "offset": letter.offset,
            "reasons": [reason.value for reason in letter.reasons],
            "agency": letter.agency,
        }
        fastavro.schemaless_writer(buffer, contract.parsed("dead_letter"), value)
        return buffer.getvalue()
