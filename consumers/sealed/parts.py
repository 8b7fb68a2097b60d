"""Sealed parts as their recipient reads them: from its own topic and the topic of keys, and from no ledger.

    for part in opened(kafka, "GB-EA", keys, directory):
        part.content["parties"], part.event["stage"], part.is_released(now)

What does not open is passed over and told, by its offset and the reason; nothing of it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confluent_kafka import Message

from schemas import topics
from schemas.directory import Directory
from schemas.errors import RejectedRecordError, SealError
from schemas.identity import Keys
from schemas.keyring import Keyring
from schemas.runtime import reading
from schemas.runtime.decoding import Decoder
from schemas.runtime.logs import logger
from schemas.runtime.registry import Registry
from schemas.sealing import KEY_ID_BYTES, SealedPart, WrappedKey
from schemas.settings import KafkaSettings
from schemas.telemetry import LogEvent


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """What one event says to us alone.

    Attributes:
        agency: Who sealed it.
        release_at: End of its confidentiality, UTC; None: it does not end.
        event: Fields of the event, as on the movements topic.
        content: Fields of the SealedContent but the event.
    """

    agency: str
    release_at: datetime | None
    event: Mapping[str, Any]
    content: Mapping[str, Any]

    def is_released(self, now: datetime) -> bool:
        """Say whether its text may be handed on."""
        return self.release_at is not None and self.release_at <= now


def opened(kafka: KafkaSettings, member: str, keys: Keys, directory: Directory) -> Iterator[OpenedPart]:
    """Yield what was sealed to a member, as it stands: the last part of each event.

    Args:
        kafka: Where to read.
        member: Whose topic.
        keys: That open it.
        directory: By which signatures of agencies are known.

    Raises:
        RetriableError: Broker or registry do not answer.
    """
    registry = Registry(kafka)
    keyring = Keyring(member, keys.openings, directory)
    _take_keys(keyring, reading.latest(kafka, topics.KEYS), Decoder("data_key", registry))
    parts, events = Decoder("sealed_part", registry), Decoder("movement", registry)
    for record in reading.latest(kafka, topics.sealed(member)):
        try:
            yield _opened(record, keyring, parts, events)
        except RejectedRecordError as error:
            _tell(record, error)


def _take_keys(keyring: Keyring, records: Iterator[Message], decoder: Decoder) -> None:
    ours = keyring.member.encode()
    for record in records:
        if (record.key() or b"")[KEY_ID_BYTES:] != ours:
            continue
        try:
            keyring.take(WrappedKey(**decoder.decoded(record.value())))
        except RejectedRecordError as error:
            _tell(record, error)


def _opened(record: Message, keyring: Keyring, parts: Decoder, events: Decoder) -> OpenedPart:
    part = SealedPart(**parts.decoded(record.value()))
    content = keyring.open(part)
    event = events.decoded(content.pop("event"))
    said = (event["event_id"], event["agency"], event["release_at"])
    if record.key() != part.event_id or said != (part.event_id, part.agency, part.release_at):
        raise SealError("a sealed part holds another event", hint="ask the agency that sealed it")
    return OpenedPart(part.agency, part.release_at, event, content)


def _tell(record: Message, error: RejectedRecordError) -> None:
    logger().warning(
        LogEvent.RECORD_PASSED_OVER,
        topic=record.topic(),
        offset=record.offset(),
        error=str(error),
        hint=error.hint,
    )
