"""Positions: what was last published of each document, as the positions topic holds it.

The adapter reads the topic once at its start and keeps the encoded values in memory, with
their keys some 0.5 kB a document; they are decoded when a document is read again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import fastavro

from schemas import contract

# Parts of a position, and whether they repeat: a document states many lines at the same stages.
_PARTS: contract.Parts = {
    "subject": True,
    "revision": True,
    "edition": True,
    "digest": False,
    "collection": False,
    "cursor": True,
    "statements": {
        "statement_key": False,
        "digest": False,
        "revision": True,
        "edition": True,
        "movement_key": False,
        "line_number stage step side occurred_on precision origin_country destination_country "
        "transit_countries": True,
    },
    "silent_stages": True,
}
_DOCUMENT = 2 * contract.enum_symbols("position", "subject").index("DOCUMENT")


class Facts(NamedTuple):
    """What a cancellation repeats of a statement besides its movement key: wire values."""

    line_number: int
    stage: str
    step: int
    side: str
    occurred_on: date
    precision: str
    origin_country: str
    destination_country: str
    transit_countries: tuple[str, ...]


class Standing(NamedTuple):
    """One statement that stands published, under the revision and edition that last changed it."""

    statement_key: bytes
    digest: bytes
    revision: int
    edition: int
    movement_key: bytes
    facts: Facts


class Position(NamedTuple):
    """What stands published of one document, the digest of a file that was read, or how far a source is.

    Attributes:
        subject: DOCUMENT, FILE or SOURCE.
        digest: Of a file: of its bytes. Of a document: of all its statements. Of a source: of
            what it reads, such as a table.
        cursor: Of a file that is not read to its end: how many of its documents are. Of a
            source: in its own terms.
        silent_stages: Stages that the document has moved past.
    """

    subject: str
    revision: int
    edition: int
    digest: bytes
    collection: bytes | None = None
    cursor: str | None = None
    statements: tuple[Standing, ...] = ()
    silent_stages: tuple[str, ...] = ()


class Positions:
    """The positions of one source, by the key of the document or file."""

    def __init__(self, source_id: str) -> None:
        self._prefix = source_id.encode() + b"\0"
        self._values: dict[bytes, bytes] = {}

    def topic_key(self, key: bytes) -> bytes:
        """Return the record key of a document or file."""
        return self._prefix + key

    def owns(self, topic_key: bytes) -> bool:
        """Say whether a record of the topic belongs to this source."""
        return topic_key.startswith(self._prefix)

    def restore(self, topic_key: bytes, body: bytes | None) -> None:
        """Take over a record of the topic that is this source's, None for a tombstone."""
        key = topic_key[len(self._prefix) :]
        if body is None:
            self._values.pop(key, None)
        else:
            self._values[key] = body

    def get(self, key: bytes) -> Position | None:
        """Return what is known of a document or file."""
        body = self._values.get(key)
        return None if body is None else _decoded(body)

    def put(self, key: bytes, position: Position) -> bytes:
        """Remember a position and return its Avro body."""
        body = _encoder().encoded(position)
        self._values[key] = body
        return body

    def forget(self, key: bytes) -> None:
        """Know nothing of a document or file any more."""
        self._values.pop(key, None)

    def body(self, key: bytes) -> bytes:
        """Return the Avro body of a position that was put."""
        return self._values[key]

    def has_documents(self) -> bool:
        """Say whether anything was ever published."""
        # The subject is written first, as the number of its symbol.
        return any(body[0] == _DOCUMENT for body in self._values.values())

    def members(self, collection: bytes) -> Iterator[tuple[bytes, Position]]:
        """Yield the documents of a complete set, by key."""
        for key, body in self._values.items():
            # Cheap before exact: most positions belong to no or another collection.
            if collection in body and (position := _decoded(body)).collection == collection:
                yield key, position

    def __len__(self) -> int:
        """Return the number of documents and files."""
        return len(self._values)


def encoded(found: Mapping[str, Any]) -> bytes:
    """Return the Avro body of a position that was decoded from an older schema."""
    return _encoder().encoded(_position(found))


@cache
def _encoder() -> contract.Encoder:
    assert tuple(name for part in _PARTS for name in part.split()) == contract.field_names("position")
    return contract.Encoder(contract.latest("position"), _PARTS)


def _decoded(body: bytes) -> Position:
    found: Any = fastavro.schemaless_reader(io.BytesIO(body), contract.parsed("position"), None)
    return _position(found)


def _position(found: Mapping[str, Any]) -> Position:
    statements = tuple(map(_standing, found["statements"]))
    return Position(**{**found, "statements": statements, "silent_stages": tuple(found["silent_stages"])})


def _standing(found: Mapping[str, Any]) -> Standing:
    values = {name: found[name] for name in Facts._fields}
    facts = Facts(**{**values, "transit_countries": tuple(found["transit_countries"])})
    return Standing(**{name: found[name] for name in Standing._fields if name != "facts"}, facts=facts)
