"""One release: its identity, its observations and its record, encoded but for the framing.

The same hub, epoch, cut, decision and predecessor give the same bytes, wherever and how often
they are made: nothing here looks at a clock or draws anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consumers.hub.releases import REDRIVEN
from consumers.release.blocks import PLACE
from consumers.release.calendar import Epoch
from consumers.release.decision import Decision
from schemas import contract, envelope, signing
from schemas.envelope import SIGNATURE_BYTES
from schemas.keystore.documents import verify_key_of

RELEASED, SKIPPED = "RELEASED", "SKIPPED"
ID_BYTES = 16
# One key signs several kinds of things: none can pass for another.
_DOMAIN = b"weighbridge.Release\0"
# What a long of Avro takes at most.
_LONG_BYTES = 10
_NO_ID = bytes(ID_BYTES)
_PLACE = ("period", *PLACE)


@dataclass(frozen=True, slots=True)
class Release:
    """What one epoch publishes.

    Attributes:
        observations: (record key, Avro body) of each cell.
        digest: Of the observations.
        certificate_digest: Of what proves them; None where the epoch is skipped.
        body: Avro body of the release record.
    """

    release_id: bytes
    hub: str
    epoch: str
    closed_at: datetime
    observations: tuple[tuple[bytes, bytes], ...]
    digest: bytes
    certificate_digest: bytes | None
    body: bytes

    def says_the_same(self, record: Mapping[str, Any]) -> bool:
        """Say whether a release record is of the same observations, proved by the same certificates."""
        return (record["observations_digest"], record["certificate_digest"]) == (
            self.digest,
            self.certificate_digest,
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a release stands: whose it is, of which epoch, and after which one.

    Attributes:
        closed_at: When the epoch closed.
        predecessor: The release before it on the ledger.
        order: Hubs of the ledger in the order in which they release.
    """

    hub: str
    epoch: Epoch
    closed_at: datetime
    predecessor: bytes | None
    order: tuple[str, ...]


def composed(
    slot: Slot, decision: Decision, cut: Mapping[int, int], configuration: bytes, key: bytes
) -> Release:
    """Return the release of an epoch.

    Args:
        slot: Where it stands.
        decision: Every cell of every table, in cell order, and what proves them.
        cut: By partition of the movements topic, the first offset that is left out; `REDRIVEN` beside them.
        configuration: Digest of what the tables mean.
        key: Ed25519 private key of the hub.
    """
    records = [
        {"hub": slot.hub, "epoch": slot.epoch.name, "release_id": _NO_ID, **row}
        for row in decision.observations.iter_rows(named=True)
    ]
    encoded = [(record, observation_body(record)) for record in records]
    identity = release_id(slot.hub, slot.epoch.name, (body for _, body in encoded), slot.predecessor)
    bodies = tuple((observation_key(record), identified(body, record, identity)) for record, body in encoded)
    digest, proof = digest_of(body for _, body in bodies), certificates_digest(decision.certificates)
    fields = {
        "status": RELEASED,
        "release_id": identity,
        "cut": [
            {"partition": partition, "offset": offset}
            for partition, offset in sorted(cut.items())
            if partition != REDRIVEN
        ],
        "redriven": cut.get(REDRIVEN, 0),
        "observations": len(bodies),
        "observations_digest": digest,
        "configuration_digest": configuration,
        "certificate_digest": proof,
    }
    body = _signed(slot, fields, key)
    return Release(identity, slot.hub, slot.epoch.name, slot.closed_at, bodies, digest, proof, body)


def skipped(slot: Slot, key: bytes) -> Release:
    """Return the record of an epoch that a hub does not release."""
    identity = release_id(slot.hub, slot.epoch.name, (), slot.predecessor)
    fields = {
        "status": SKIPPED,
        "release_id": identity,
        "cut": [],
        "redriven": 0,
        "observations": 0,
        "observations_digest": digest_of(()),
        "configuration_digest": b"",
        "certificate_digest": None,
    }
    body = _signed(slot, fields, key)
    return Release(identity, slot.hub, slot.epoch.name, slot.closed_at, (), digest_of(()), None, body)


def release_id(hub: str, epoch: str, bodies: Iterable[bytes], predecessor: bytes | None) -> bytes:
    """Return the identity of a release, which is bound to everything that it says.

    Args:
        hub: Name of the hub.
        epoch: Name of the epoch.
        bodies: Its observations, with zeros in place of the identity.
        predecessor: The release before it.
    """
    parts = (hub.encode(), epoch.encode(), digest_of(bodies), predecessor or b"")
    return hashlib.sha256(envelope.framed(*parts)).digest()[:ID_BYTES]


def observation_body(record: Mapping[str, Any]) -> bytes:
    """Return the Avro body of an observation; it is as long with any value as with none."""
    mass_g = record["mass_g"]
    filled = _LONG_BYTES - (0 if mass_g is None else _long_bytes(mass_g))
    return contract.encoded(contract.parsed("observation"), {**record, "padding": bytes(filled)})


def observation_key(record: Mapping[str, Any]) -> bytes:
    """Return the key of an observation's Kafka record: the cell and its epoch."""
    place = (record[name] or "" for name in _PLACE)
    return "|".join((record["hub"], record["table"], record["epoch"], *place)).encode()


def identified(body: bytes, record: Mapping[str, Any], identity: bytes = _NO_ID) -> bytes:
    """Return the body of an observation with another identity of its release in it, by default zeros.

    Args:
        body: As it was written, by whichever version of the schema.
        record: Its fields, of which the first three stand before the identity.
        identity: 16 bytes.
    """
    before = (contract.encoded_bytes(str(record[name]).encode()) for name in ("hub", "table", "epoch"))
    # One byte tells how long the identity is.
    start = sum(map(len, before)) + 1
    return body[:start] + identity + body[start + ID_BYTES :]


def digest_of(bodies: Iterable[bytes]) -> bytes:
    """Return the SHA-256 of bodies with a length before each."""
    digest = hashlib.sha256()
    for body in bodies:
        digest.update(b"%d:%b" % (len(body), body))
    return digest.digest()


def certificates_digest(certificates: Mapping[str, bytes]) -> bytes:
    """Return the SHA-256 of certificates and their names, in the order of these."""
    return digest_of(part for name, text in sorted(certificates.items()) for part in (name.encode(), text))


def is_signed(body: bytes, record: Mapping[str, Any], keys: Iterable[bytes]) -> bool:
    """Say whether one of some Ed25519 public keys has signed a release record.

    Args:
        body: As it was written, by whichever version of the schema.
        record: The fields decoded from it.
        keys: Those of the hub that it names.
    """
    signature = record["signature"]
    # What is decoded has to be what is signed: nothing stands behind it.
    is_whole = len(signature) == SIGNATURE_BYTES and body.endswith(signature)
    return is_whole and any(
        signing.key_id(key) == record["key_id"]
        and envelope.is_signed(key, signature, _DOMAIN + body[:-SIGNATURE_BYTES])
        for key in keys
    )


def _signed(slot: Slot, fields: Mapping[str, Any], key: bytes) -> bytes:
    record = {
        "hub": slot.hub,
        "epoch": slot.epoch.name,
        # By the clock and not by the run: the moment of a run may depend on data.
        "released_at": slot.closed_at.astimezone(UTC),
        "predecessor": slot.predecessor,
        "order": list(slot.order),
        "key_id": signing.key_id(verify_key_of(key)),
        "signature": bytes(SIGNATURE_BYTES),
        **fields,
    }
    unsigned = contract.encoded(contract.parsed("release"), record)[:-SIGNATURE_BYTES]
    return unsigned + envelope.sign(key, _DOMAIN + unsigned)


def _long_bytes(number: int) -> int:
    """Return how many bytes a long takes in Avro: zigzag, seven bits a byte."""
    zigzag = (number << 1) ^ (number >> 63)
    return max(1, -(-zigzag.bit_length() // 7))
