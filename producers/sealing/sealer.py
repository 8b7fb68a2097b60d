"""The sealer: for each event one part for each recipient of its countries, all of the same shape.

A recipient gets a part whether or not there is anything to tell it, so that neither the number
of parts nor their absence says whose movement it is. The agency seals nothing to itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from producers.changes import Event
from producers.sealing import proof
from producers.sealing.data_keys import DataKeys
from schemas import contract, sealing, topics
from schemas.directory import Directory
from schemas.headers import Headers, cloud_event
from schemas.identity import Keys
from schemas.sealing import WrappedKey
from schemas.topics import Topic

_ROUTES_MAX = 4096


class Sending(NamedTuple):
    """A record that goes into the transaction of its event; its value still lacks the framing."""

    topic: str
    key: bytes
    body: bytes
    headers: Headers


class Sealer:
    """What one agency seals to the other members of an exchange."""

    def __init__(self, agency: str, keys: Keys, directory: Directory) -> None:
        """Take the agency's secrets and the members of the exchange; raises as `DataKeys`."""
        self._agency = agency
        self._data_keys = DataKeys(agency, keys, directory)
        self._directory = directory
        self._seal_key = keys.seal_key
        self._is_proven = False
        self._recipients = lru_cache(_ROUTES_MAX)(
            lambda *route: tuple(name for name in directory.recipients(*route) if name != agency)
        )

    def topics(self) -> tuple[Topic, ...]:
        """Return the topics that it may write to."""
        others = sorted(
            name
            for name, member in self._directory.members.items()
            if member.opening_key is not None and name != self._agency
        )
        return (topics.keys_topic(), *map(topics.sealed_topic, others))

    def restore(self, topic_key: bytes, fields: Mapping[str, Any] | None) -> None:
        """Take over a record of the keys topic, None for a tombstone."""
        self._data_keys.restore(topic_key, fields)

    def sendings(self, event: Event, value: bytes) -> Iterator[Sending]:
        """Yield the parts of an event, and before them the data keys that their recipients lack.

        Args:
            event: As it is published.
            value: Its framed value on the movements topic.
        """
        apart = event.sealable
        recipients = self._recipients(
            apart.origin_country, apart.destination_country, apart.transit_countries
        )
        if not recipients:
            return
        quarter = sealing.quarter(apart.occurred_on)
        key, drawn = self._data_keys.key_of(apart.company, quarter)
        for wrapped in drawn:
            yield _key_sending(wrapped)
        content = contract.encoded_bytes(value) + apart.content
        headers = cloud_event(event.event_id, self._agency, "SealedPart", event.recorded_at.date())
        for recipient in recipients:
            wrapped_for = self._data_keys.wrapped_for(key, recipient, quarter)
            if wrapped_for is not None:
                yield _key_sending(wrapped_for)
            part = sealing.seal(
                key,
                content,
                event_id=event.event_id,
                agency=self._agency,
                recipient=recipient,
                release_at=apart.release_at,
            )
            body = sealing.encoded_part(part)
            if not self._is_proven:
                proof.require_sealed(body, key, value)
                self._is_proven = True
            yield Sending(topics.sealed(recipient), event.event_id, body, headers)

    def sealed_original(self, document: bytes, place: bytes, digest: bytes) -> bytes:
        """Return a refused document sealed to the agency itself; parameters as of `sealing.seal_original`."""
        return sealing.seal_original(document, place, digest, self._seal_key)


def _key_sending(wrapped: WrappedKey) -> Sending:
    topic_key = sealing.key_topic_key(wrapped.key_id, wrapped.recipient)
    return Sending(topics.KEYS, topic_key, sealing.encoded_key(wrapped), [])
