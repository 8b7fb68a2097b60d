"""Sealing: what only a named member of the exchange can open, and only where it belongs.

A part of an event is sealed with a data key (AES-SIV, RFC 5297), and everything that stands
beside the ciphertext is bound to it: moved to another event, recipient, key or policy it never
opens. A data key is wrapped for each recipient (HPKE, RFC 9180) and signed by the agency that
drew it (Ed25519, RFC 8032). Nothing here reads or writes a topic.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import fastavro
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from schemas import contract
from schemas.confidentiality import avro_leaves, require_classes
from schemas.envelope import SIGNATURE_BYTES, decrypted, encrypted, framed, is_signed, sign
from schemas.errors import ConfigurationError, SealError
from schemas.sealed import PART

KEY_ID_BYTES = 16
# AES-256-SIV takes two keys of 32 bytes as one.
SECRET_BYTES = 64
# Sizes of what is sealed tell no more than one of a few classes: 64, 256, 1,024 bytes and so on.
_SMALLEST_BYTES, _STEP = 64, 4
_POLICY_BYTES = 16
_PART_DOMAIN = b"weighbridge.SealedPart"
_KEY_DOMAIN = b"weighbridge.DataKey"
_ORIGINAL_DOMAIN = b"weighbridge.Reject.original"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Ciphers at hand; making one takes as long as sealing with it.
_CIPHERS_MAX = 4096
# Recipients of an agency's parts, and ends of confidentiality.
_REMEMBERED_MAX = 4096


@dataclass(frozen=True, slots=True)
class DataKey:
    """What the parts of one company of one agency are sealed with in one quarter.

    Attributes:
        key_id: 16 bytes, random.
        secret: 64 bytes, random.
    """

    key_id: bytes
    secret: bytes = field(repr=False)


class SealedPart(NamedTuple):
    """One part as it travels; see the Avro schema for the fields."""

    event_id: bytes
    agency: str
    recipient: str
    part: str
    key_id: bytes
    policy: bytes
    release_at: datetime | None
    ciphertext: bytes


class WrappedKey(NamedTuple):
    """A data key as it travels; see the Avro schema for the fields."""

    key_id: bytes
    agency: str
    recipient: str
    quarter: str
    created_at: datetime
    wrapped: bytes


def drawn() -> DataKey:
    """Return a new data key."""
    return DataKey(secrets.token_bytes(KEY_ID_BYTES), secrets.token_bytes(SECRET_BYTES))


@lru_cache
def quarter(on: date) -> str:
    """Return the quarter that a day lies in, such as 2026-Q3."""
    return f"{on.year}-Q{(on.month + 2) // 3}"


@cache
def policy() -> bytes:
    """Return the digest of the classes under which this release seals."""
    return policy_of(contract.latest("movement"), contract.latest("sealed_content"))


def policy_of(movement: Any, sealed_content: Any) -> bytes:
    """Return the digest of the confidentiality classes of two schemas: 16 bytes.

    Raises:
        ContractError: A leaf has no class.
    """
    leaves = [("Movement", movement), ("SealedContent", sealed_content)]
    for name, schema in leaves:
        require_classes(avro_leaves(schema), f"schema {name}")
    lines = sorted(f"{name}.{path} {kind}" for name, schema in leaves for path, kind in avro_leaves(schema))
    return hashlib.sha256("\n".join(lines).encode()).digest()[:_POLICY_BYTES]


def seal(
    key: DataKey,
    content: bytes,
    *,
    event_id: bytes,
    agency: str,
    recipient: str,
    release_at: datetime | None,
) -> SealedPart:
    """Return a part of an event, sealed to one recipient; the same input gives the same bytes.

    Args:
        key: Of the company and the quarter.
        content: Avro bytes of a SealedContent.
        event_id: Of the event it belongs to.
        agency: Who seals it.
        recipient: Member that is to open it.
        release_at: When the content ceases to be confidential, None: never.
    """
    part = SealedPart(event_id, agency, recipient, PART, key.key_id, policy(), release_at, b"")
    text = _cipher(key.secret).encrypt(padded(content), associated_data(part))
    return SealedPart(event_id, agency, recipient, PART, key.key_id, part.policy, release_at, text)


def opened(key: DataKey, part: SealedPart) -> bytes:
    """Return the padded Avro bytes of the SealedContent of a part.

    Raises:
        SealError: The key is another one, or the part is not what was sealed.
    """
    try:
        return _cipher(key.secret).decrypt(part.ciphertext, associated_data(part))
    except (InvalidTag, ValueError, OverflowError):
        raise SealError(
            "a sealed part does not open", hint="it was altered or moved, or its key is another one"
        ) from None


def associated_data(part: SealedPart) -> list[bytes]:
    """Return what is bound to a ciphertext: the whole rest of its part, each value by itself."""
    event_id, agency, recipient, name, key_id, policy, release_at, _ = part
    return [*_bound_alike(name, agency, recipient), event_id, key_id, policy, _bound_instant(release_at)]


@lru_cache(_REMEMBERED_MAX)
def _bound_alike(name: str, agency: str, recipient: str) -> tuple[bytes, ...]:
    return _PART_DOMAIN, name.encode(), agency.encode(), recipient.encode()


@lru_cache(_REMEMBERED_MAX)
def _bound_instant(at: datetime | None) -> bytes:
    """Return an instant as microseconds since 1970, big-endian in 8 bytes; nothing where there is none."""
    if at is None:
        return b""
    since = at - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    return (seconds * 1_000_000 + since.microseconds).to_bytes(8, "big", signed=True)


def padded(content: bytes) -> bytes:
    """Return content with zeros behind it, up to the next class of sizes."""
    size = _SMALLEST_BYTES
    while size < len(content):
        size *= _STEP
    return content.ljust(size, b"\0")


def wrap(
    key: DataKey,
    *,
    agency: str,
    recipient: str,
    quarter: str,
    seal_key: bytes,
    signing: bytes,
    note: bytes = b"",
) -> bytes:
    """Return a data key that one member alone can unwrap.

    Args:
        key: The data key.
        agency: Who drew it.
        recipient: Member for whom it is wrapped.
        quarter: Of the events that it seals.
        seal_key: X25519 public key of the recipient.
        signing: Ed25519 private key of the agency.
        note: What else the recipient is told.

    Raises:
        ConfigurationError: The public key is none.
    """
    info = _key_info(key.key_id, agency, recipient, quarter)
    told = key.secret + note
    signature = sign(signing, info + told)
    try:
        return encrypted(told + signature, seal_key, info)
    except ValueError:
        raise ConfigurationError(
            f"the opening key of {recipient} is no X25519 key", hint="mend the directory"
        ) from None


def unwrapped(
    found: WrappedKey, openings: Iterable[bytes], signing_keys: Iterable[bytes]
) -> tuple[DataKey, bytes]:
    """Return a data key, and what else its recipient is told.

    Args:
        found: As it travelled.
        openings: X25519 private keys of the recipient, newest first.
        signing_keys: Ed25519 public keys of the agency, by which one knows that the key is its own.

    Raises:
        SealError: It is for somebody else, or was altered or forged.
    """
    info = _key_info(found.key_id, found.agency, found.recipient, found.quarter)
    payload = decrypted(found.wrapped, openings, info)
    if payload is None:
        raise SealError("a data key does not unwrap", hint="it is for another key than ours, or was altered")
    told, signature = payload[:-SIGNATURE_BYTES], payload[-SIGNATURE_BYTES:]
    if len(told) < SECRET_BYTES or not any(is_signed(key, signature, info + told) for key in signing_keys):
        raise SealError(
            "a data key is not signed by its agency",
            hint="somebody else wrote it; is the directory up to date?",
        )
    return DataKey(found.key_id, told[:SECRET_BYTES]), told[SECRET_BYTES:]


def key_topic_key(key_id: bytes, recipient: str) -> bytes:
    """Return the record key of a wrapped data key."""
    return key_id + recipient.encode()


def seal_original(document: bytes, place: bytes, digest: bytes, seal_key: bytes) -> bytes:
    """Return a refused document, sealed to the agency whose it is.

    Args:
        document: Its bytes.
        place: Record key of the reject, or of the position of its file where it is the whole file.
        digest: Of the file, as the reject has it.
        seal_key: X25519 public key of the agency.
    """
    # Not padded: the reject says in clear how large the file is.
    return encrypted(document, seal_key, framed(_ORIGINAL_DOMAIN, place, digest))


def opened_original(sealed: bytes, place: bytes, digest: bytes, openings: Iterable[bytes]) -> bytes:
    """Return a refused document; parameters as of `seal_original`, with all keys that may open it.

    Raises:
        SealError: It is of another document, file or agency, or was altered.
    """
    text = decrypted(sealed, openings, framed(_ORIGINAL_DOMAIN, place, digest))
    if text is None:
        raise SealError(
            "a refused document does not open", hint="give the keys of the agency that refused it"
        )
    return text


_PART_ENCODER = contract.Encoder(
    contract.latest("sealed_part"),
    {
        "event_id": False,
        "agency recipient part": True,
        "key_id policy": False,
        "release_at": True,
    },
)


def encoded_part(part: SealedPart) -> bytes:
    """Return the Avro body of a part."""
    head = _PART_ENCODER.encoded((part[0], part[1:4], part[4:6], part.release_at))
    return head + contract.encoded_bytes(part.ciphertext)


def encoded_key(found: WrappedKey) -> bytes:
    """Return the Avro body of a wrapped data key."""
    return contract.encoded(contract.parsed("data_key"), found._asdict())


def decoded_content(text: bytes) -> dict[str, Any]:
    """Return the fields of a SealedContent, which may have zeros behind it.

    Raises:
        SealError: It is none.
    """
    try:
        found: Any = fastavro.schemaless_reader(io.BytesIO(text), contract.parsed("sealed_content"), None)
    except Exception:  # noqa: BLE001  # what a member sealed may be anything
        raise SealError("what was sealed is no content", hint="ask the agency that sealed it") from None
    return dict(found)


@lru_cache(_CIPHERS_MAX)
def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(secret)


def _key_info(key_id: bytes, agency: str, recipient: str, quarter: str) -> bytes:
    return framed(_KEY_DOMAIN, key_id, agency.encode(), recipient.encode(), quarter.encode())
