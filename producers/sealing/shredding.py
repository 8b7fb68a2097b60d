"""Crypto-shredding: the end of every wrapped copy of a company's data keys.

What was sealed with them stays where it is, and nothing on the topics opens it any more. The
broker drops the copies themselves when it compacts, within a day. A recipient that unwrapped a
key before may have kept it, or what it opened: that is a matter of contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from producers.sealing.data_keys import DataKeys
from producers.statement import Company
from schemas import sealing, topics
from schemas.directory import Directory
from schemas.errors import RejectedRecordError
from schemas.identity import Keys
from schemas.runtime import reading
from schemas.runtime.decoding import Decoder
from schemas.runtime.registry import Registry
from schemas.runtime.transaction import TransactionalWriter
from schemas.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Shredded:
    """One data key that ends.

    Attributes:
        quarter: Of the events that it seals.
        key_id: Its name on the topics.
        recipients: For whom it is wrapped, the agency itself too.
    """

    quarter: str
    key_id: bytes
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shredding:
    """One agency that shreds.

    Attributes:
        directory: By which it knows its own keys.
    """

    kafka: KafkaSettings
    agency: str
    keys: Keys
    directory: Directory

    def plan(self, company: Company, quarter: str | None) -> list[Shredded]:
        """Return the keys of a company, of one quarter or of all.

        Raises:
            RetriableError: Broker or registry do not answer.
        """
        data_keys = DataKeys(self.agency, self.keys, self.directory)
        decoder = Decoder("data_key", Registry(self.kafka))
        for record in reading.latest(self.kafka, topics.KEYS):
            try:
                data_keys.restore(record.key() or b"", decoder.decoded(record.value()))
            except RejectedRecordError:
                # Somebody else's: nothing of ours is sealed with it.
                continue
        return [
            Shredded(of, key.key_id, tuple(sorted(data_keys.recipients_of(key))))
            for of, key in data_keys.held_of(company, quarter)
        ]

    def shred(self, company: Company, quarter: str | None) -> list[Shredded]:
        """End the keys of a company and return them, after shutting out the agency's adapters.

        An adapter at work would go on sealing with them. It ends as if another had taken over,
        and draws new keys when it is started again.

        Raises:
            FatalError, RetriableError: Nothing was shredded.
        """
        for source_id in self._sources():
            TransactionalWriter(self.kafka, f"weighbridge.{self.agency.lower()}.{source_id}").fence()
        ended = self.plan(company, quarter)
        writer = TransactionalWriter(self.kafka, f"weighbridge.{self.agency.lower()}.keys/shredding")
        writer.fence()
        try:
            self._end(writer.send, ended)
            writer.commit()
        finally:
            writer.close()
        return ended

    def _end(self, send: Callable[..., None], ended: Iterable[Shredded]) -> None:
        for item in ended:
            for recipient in item.recipients:
                send(topics.KEYS, sealing.key_topic_key(item.key_id, recipient), None, [])

    def _sources(self) -> list[str]:
        """Return the sources that the agency ever published."""
        positions = reading.latest(self.kafka, topics.positions(self.agency))
        return sorted({(record.key() or b"").partition(b"\0")[0].decode() for record in positions})
