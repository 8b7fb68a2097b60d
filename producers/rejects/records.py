"""Rejects as they stand on the agency's topic, and which of them nothing newer has settled.

A reject is settled when its document was published since, or its file read again with
other content. What was rejected twice is listed once, as it was last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas import sealing, topics
from schemas.errors import RejectedRecordError, SealError
from schemas.findings import Finding, Severity
from schemas.runtime import reading
from schemas.runtime.decoding import Decoder
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Rejected:
    """One refused document.

    Attributes:
        number: Its offset on the topic, which people call it by.
        topic_key: Source and keyed document, as in the positions topic.
        file_key: Keyed name of the file or resource.
        path: Place of the document within it.
        digest: Of the file, and of what it was read with.
        findings: Everything that was found, errors first.
    """

    number: int
    topic_key: bytes
    source_id: str
    file_key: bytes
    path: str
    rejected_at: datetime
    size_bytes: int
    digest: bytes
    findings: tuple[Finding, ...]

    @property
    def rule(self) -> str:
        """The first rule that the document breaks."""
        return self.findings[0].rule if self.findings else ""

    @property
    def file_topic_key(self) -> bytes:
        """The key of its file in the positions topic."""
        return self.source_id.encode() + b"\0" + self.file_key


def all_rejects(kafka: KafkaSettings, agency: str) -> list[Rejected]:
    """Return every document that was refused, as it was last, oldest first.

    Raises:
        RetriableError: Broker or registry do not answer.
    """
    last: dict[tuple[bytes, str], Rejected] = {}
    for item, _ in _records(kafka, agency):
        # A file may hold several documents that do not say which they are.
        place = (item.topic_key, item.path)
        last.pop(place, None)
        last[place] = item
    return list(last.values())


def original(kafka: KafkaSettings, agency: str, number: int, openings: tuple[bytes, ...]) -> bytes | None:
    """Return a refused document as it was read, or the file that it stands in; None where neither travels.

    A file travels with one of its rejects.

    Args:
        kafka: Where to read.
        agency: Whose it is.
        number: As people call it.
        openings: The agency's private keys, newest first.

    Raises:
        SealError: The keys are another agency's.
        RetriableError: Broker or registry do not answer.
    """
    wanted = next((found for found in _records(kafka, agency) if found[0].number == number), None)
    if wanted is None:
        return None
    refused, sealed = wanted
    if sealed is not None:
        return _opened(refused, sealed, openings)[0]
    for other, sealed in _records(kafka, agency):
        if sealed is not None and _is_same_file(other, refused):
            document, is_file = _opened(other, sealed, openings)
            if is_file:
                return document
    return None


def open_rejects(kafka: KafkaSettings, agency: str) -> list[Rejected]:
    """Return the refused documents that nothing newer has settled, oldest first.

    Raises:
        RetriableError: Broker or registry do not answer.
    """
    rejected = all_rejects(kafka, agency)
    known = _positions(kafka, agency, rejected)
    return [item for item in rejected if not _is_settled(item, known)]


def _records(kafka: KafkaSettings, agency: str) -> Iterator[tuple[Rejected, bytes | None]]:
    """Yield every reject, with the sealed original that travels with it."""
    decoder = Decoder("reject", Registry(kafka))
    for record in reading.records(kafka, topics.rejects(agency)):
        try:
            fields = decoder.decoded(record.value())
        except RejectedRecordError:
            # Somebody else wrote it; `topics` tells who may.
            continue
        yield _rejected(int(record.offset() or 0), record.key() or b"", fields), fields["original"]


def _is_same_file(one: Rejected, other: Rejected) -> bool:
    """Say whether two documents were refused in one file of the same content."""
    return (one.file_topic_key, one.digest) == (other.file_topic_key, other.digest)


def _opened(item: Rejected, sealed: bytes, openings: tuple[bytes, ...]) -> tuple[bytes, bool]:
    """Return the original that travels with a reject, and whether it is the whole file."""
    try:
        return sealing.opened_original(sealed, item.file_topic_key, item.digest, openings), True
    except SealError:
        return sealing.opened_original(sealed, item.topic_key, item.digest, openings), False


def _rejected(number: int, key: bytes, fields: Mapping[str, Any]) -> Rejected:
    return Rejected(
        number=number,
        topic_key=key,
        source_id=fields["source_id"],
        file_key=fields["file_key"],
        path=fields["path"],
        rejected_at=fields["rejected_at"],
        size_bytes=fields["size_bytes"],
        digest=fields["digest"],
        findings=tuple(
            Finding(item["path"], item["rule"], Severity(item["severity"]), item["hint"])
            for item in fields["findings"]
        ),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """The last position of a document or file: when it was written, and the digest."""

    written_ms: int
    digest: bytes


def _positions(kafka: KafkaSettings, agency: str, rejected: Iterable[Rejected]) -> dict[bytes, _Known]:
    wanted = {key for item in rejected for key in (item.topic_key, item.file_topic_key)}
    return dict(_last_positions(kafka, agency, wanted)) if wanted else {}


def _last_positions(kafka: KafkaSettings, agency: str, wanted: set[bytes]) -> Iterator[tuple[bytes, _Known]]:
    decoder = Decoder("position", Registry(kafka))
    for record in reading.records(kafka, topics.positions(agency)):
        key = record.key() or b""
        if key in wanted and record.value() is not None:
            yield key, _Known(record.timestamp()[1], decoder.decoded(record.value())["digest"])


def _is_settled(item: Rejected, known: Mapping[bytes, _Known]) -> bool:
    rejected_ms = int(item.rejected_at.timestamp() * 1000)
    document, file = known.get(item.topic_key), known.get(item.file_topic_key)
    if document is not None and document.written_ms > rejected_ms:
        return True
    return file is not None and file.written_ms > rejected_ms and file.digest != item.digest
