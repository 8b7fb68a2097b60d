"""Signatures of the ledger: what an agency wrote, so that a change of any of it is found.

A broker cannot check who is named inside a record. In each transaction an agency therefore
signs (Ed25519, RFC 8032), for each partition, the offsets and the digest of the records it
wrote there. The signatures of one writer are a chain: each has a number and the digest of
the one before, so that a missing, repeated or exchanged one is found too.

Keys and values are signed. Headers are not: they only repeat what the value says, no hub
reads them, and to take them out of the client costs a hub more than everything else here.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from itertools import chain, pairwise
from operator import add
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schemas import contract
from schemas.directory import Directory

WRITER_BYTES = 16
# What stands before the first signature of a chain.
START = bytes(32)
_SIGNATURE_BYTES = 64
_KEY_ID_BYTES = 8
# An Ed25519 key signs other things than signatures of records one day: none can pass for another.
_DOMAIN = b"weighbridge.Signature\0"
_ABSENT = -1
_KEYS_MAX = 1024
# What one signature may claim, as a hub waits for it: more than an agency writes in a transaction.
RECORDS_MAX = 200_000


@dataclass(slots=True)
class Chain:
    """The end of a writer's chain: what its next signature says.

    Attributes:
        writer: 16 bytes that name the writer and say nothing about it.
        sequence: Number of the next signature.
        previous: SHA-256 of what the last one signed.
    """

    writer: bytes = field(default_factory=lambda: secrets.token_bytes(WRITER_BYTES))
    sequence: int = 0
    previous: bytes = START


class Signature(NamedTuple):
    """What a signature says; see the Avro schema for the fields.

    Attributes:
        runs: Offsets of the records, rising; between two runs there are others.
        link: SHA-256 of the signed bytes: what the next signature of the chain names as previous.
    """

    agency: str
    writer: bytes
    sequence: int
    previous: bytes
    topic: str
    partition: int
    runs: list[range]
    digest: bytes
    link: bytes

    @property
    def last(self) -> int:
        """The last offset that it covers."""
        return self.runs[-1][-1]

    @property
    def records(self) -> int:
        """How many records it covers."""
        return sum(map(len, self.runs))


class Signer:
    """Signs in the name of an agency."""

    def __init__(self, agency: str, private_key: bytes) -> None:
        self._agency = agency
        self._key = Ed25519PrivateKey.from_private_bytes(private_key)
        self._key_id = key_id(self._key.public_key().public_bytes_raw())

    def signed(
        self,
        end: Chain,
        topic: str,
        partition: int,
        records: Sequence[tuple[int, bytes | None, bytes | None]],
    ) -> bytes:
        """Return the Avro body of the next signature of a chain, and move the chain on.

        Args:
            end: The end of the writer's chain.
            topic: Topic of the records.
            partition: Their partition.
            records: Offset, key and value of each, offsets rising.
        """
        offsets, keys, values = zip(*records, strict=True)
        firsts, counts = _counted(offsets)
        body = contract.encoded(
            contract.parsed("signature"),
            {
                "agency": self._agency,
                "writer": end.writer,
                "sequence": end.sequence,
                "previous": end.previous,
                "topic": topic,
                "partition": partition,
                "firsts": firsts,
                "counts": counts,
                "digest": digest(keys, values),
                "key_id": self._key_id,
                "signature": bytes(_SIGNATURE_BYTES),
            },
        )
        message = _message(body)
        end.sequence += 1
        end.previous = sha256(message).digest()
        return body[:-_SIGNATURE_BYTES] + self._key.sign(message)


def verified(body: bytes, fields: Mapping[str, Any], directory: Directory) -> Signature | None:
    """Return what a signature says, None where no key of the agency that it names has signed it.

    Args:
        body: Its Avro body.
        fields: The fields decoded from it.
        directory: Whose keys count.
    """
    public_key = _public_keys(directory.signing_keys(fields["agency"])).get(fields["key_id"])
    message = _message(body)
    runs = _runs(fields["firsts"], fields["counts"])
    # What is decoded has to be what is signed: nothing stands behind it.
    is_whole = len(fields["signature"]) == _SIGNATURE_BYTES and body.endswith(fields["signature"])
    if public_key is None or not is_whole or runs is None:
        return None
    try:
        public_key.verify(body[-_SIGNATURE_BYTES:], message)
    except InvalidSignature:
        return None
    stated = {name: fields[name] for name in Signature._fields if name in fields}
    return Signature(**stated, runs=runs, link=sha256(message).digest())


def digest(keys: Sequence[bytes | None], values: Sequence[bytes | None]) -> bytes:
    """Return the SHA-256 of records: their number, the sizes of keys and values, the keys, the values.

    Numbers are four bytes, big-endian, the size of what is absent is -1. All records are
    hashed in one pass: a digest of each would double the cost, and could not be told apart
    either, as only the digest of all is signed.
    """
    sizes = [_ABSENT if part is None else len(part) for part in chain(keys, values)]
    found = sha256(struct.pack(f">{1 + len(sizes)}i", len(values), *sizes))
    found.update(_joined(keys))
    found.update(_joined(values))
    return found.digest()


def key_id(public_key: bytes) -> bytes:
    """Return the 8 bytes that say which of an agency's keys has signed."""
    return sha256(public_key).digest()[:_KEY_ID_BYTES]


def _message(body: bytes) -> bytes:
    return _DOMAIN + body[:-_SIGNATURE_BYTES]


def _joined(parts: Sequence[bytes | None]) -> bytes:
    try:
        return b"".join(parts)  # type: ignore[arg-type]  # what is absent is rare, and looked for below
    except TypeError:
        return b"".join([part for part in parts if part is not None])


def _counted(offsets: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the first offset of each run, and how many follow one another from there."""
    breaks = [place for place, (one, other) in enumerate(pairwise(offsets), 1) if other != one + 1]
    counts = [end - start for start, end in pairwise([0, *breaks, len(offsets)])]
    return [offsets[place] for place in (0, *breaks)], counts


def _runs(firsts: list[int], counts: list[int]) -> list[range] | None:
    """Return runs of offsets, None for none, negative, overlapping or falling ones, or too many records.

    Counts are claims: nothing here takes memory for what they say.
    """
    if not firsts or len(firsts) != len(counts) or firsts[0] < 0 or min(counts) < 1:
        return None
    runs = [*map(range, firsts, map(add, firsts, counts))]
    is_rising = all(one.stop < other.start for one, other in pairwise(runs))
    return runs if is_rising and sum(counts) <= RECORDS_MAX else None


@lru_cache(_KEYS_MAX)
def _public_keys(found: tuple[bytes, ...]) -> dict[bytes, Ed25519PublicKey]:
    return {key_id(raw): Ed25519PublicKey.from_public_bytes(raw) for raw in found}
