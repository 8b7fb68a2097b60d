"""Records that are read again: what it takes to hold them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from consumers.deadletters.letters import Place
from consumers.hub import reread
from consumers.hub.batch import Chunk
from consumers.hub.reread import Reread
from consumers.hub.signatures import Signatures
from schemas import topics
from schemas.directory import Directory
from schemas.settings import KafkaSettings
from schemas.signing import START, Signature, digest
from tests.support.hub import writers

RECORDS, RECORD_BYTES = 2_000, 10_000
ENDS = (0, RECORDS - 1)


def record(offset: int) -> bytes:
    """Return a record that is large."""
    return offset.to_bytes(RECORD_BYTES, "big")


class Wide(Signatures):
    """One signature, of the first record of a partition and of the last."""

    def fields(self, value: bytes | None) -> dict[str, Any] | None:  # noqa: ARG002  # the base's
        """Return what it says."""
        return {"firsts": [*ENDS], "counts": [1, 1]}

    def verified(self, value: bytes, fields: Mapping[str, Any], partition: int) -> Signature | None:  # noqa: ARG002  # the base's
        """Return it."""
        runs = [range(end, end + 1) for end in ENDS]
        signed = digest([None, None], [record(end) for end in ENDS])
        return Signature("GB-EA", b"w" * 16, 0, START, topics.MOVEMENTS, partition, runs, signed, b"l" * 32)


class Ledger:
    """A topic of which nothing is asked."""

    def __init__(self, *_: object) -> None:
        """Take what a ledger takes."""

    def close(self) -> None:
        """Leave nothing."""


def between(_: object, topic: str, *__: object) -> Iterator[Chunk]:
    """Yield the signature, or one record after another."""
    offsets = range(1 if topic == topics.SIGNATURES else RECORDS)
    return (Chunk([None], [record(offset)], [0], [offset], {0: offset + 1}) for offset in offsets)


def test_what_lies_between_signed_records_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that signs two records far from each other cannot have a hub hold all others."""
    monkeypatch.setattr(reread, "Ledger", Ledger)
    monkeypatch.setattr(reread, "_between", between)
    reader = Reread(KafkaSettings(), "north", Wide(Directory({}), writers()))
    tracemalloc.start()
    batch = reader.batch([Place(0, ENDS[1])])
    _, bytes_max = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (batch.values, batch.signers) == ([record(ENDS[1])], ["GB-EA"])
    assert bytes_max < RECORDS * RECORD_BYTES / 10
