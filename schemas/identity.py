"""Keyed identities: event ids, statement and movement keys, pseudonyms.

Native identifiers (manifest and VAT numbers) can be enumerated, so a plain hash of one
is as good as the number itself. Every identity that leaves an adapter is therefore an
HMAC-SHA256 (RFC 2104), cut to 16 bytes, under a key that hubs never hold. Parts are
joined with a length before each, so that ("ab", "c") and ("a", "bc") differ.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from schemas.errors import ConfigurationError

KEY_BYTES = 32
AGENCY_FILE = "agency.json"
EXCHANGE_FILE = "exchange.json"
_PRIVATE_MODE = 0o600
# What the agency shares with nobody: the keys of `AGENCY_FILE`.
_OWN = ("agency", "signing", "opening")
# Some megabytes, enough for the companies of most national systems.
_REMEMBERED_MAX = 16_384
# An agency's keys with each kind of identity, and one for each year.
_KEYS_MAX = 512


@dataclass(frozen=True, slots=True)
class Keys:
    """Secrets of one agency.

    Attributes:
        agency: Known to this agency alone: statement keys, event ids, document ids.
        movement: Shared by all agencies, never rotated: both ends of a movement meet.
        pseudonym: Shared by all agencies, one for each year of the event.
        signing: Ed25519 private key (RFC 8032) that signs what this agency publishes.
        opening: X25519 private key (RFC 7748) that opens what is sealed to this agency.
        former_opening: The ones before it, newest first: they open what was sealed before.
        is_demonstration: True for the published keys that protect nothing.
    """

    agency: bytes
    movement: bytes
    pseudonym: Mapping[int, bytes]
    signing: bytes
    opening: bytes
    former_opening: tuple[bytes, ...] = ()
    is_demonstration: bool = False

    def __repr__(self) -> str:
        """Show no secret."""
        return f"Keys(years={sorted(self.pseudonym)}, is_demonstration={self.is_demonstration})"

    @property
    def verify_key(self) -> bytes:
        """The public key that verifies what `signing` signed: 32 bytes, for the directory."""
        return Ed25519PrivateKey.from_private_bytes(self.signing).public_key().public_bytes_raw()

    @property
    def seal_key(self) -> bytes:
        """The public key to which others seal what `opening` opens: 32 bytes, for the directory."""
        return X25519PrivateKey.from_private_bytes(self.opening).public_key().public_bytes_raw()

    @property
    def openings(self) -> tuple[bytes, ...]:
        """All private keys that open what was ever sealed to this agency, newest first."""
        return (self.opening, *self.former_opening)

    def check_value(self) -> bytes:
        """Return what tells these keys from others and nothing more; further years change nothing."""
        return _digest(self.agency, b"check", self.movement)

    def document_key(self, *parts: str) -> bytes:
        """Return what stands for a native document, file or collection in topic keys."""
        return _digest(self.agency, b"document", *_encoded(parts))

    def collection_key(self, collection: str) -> bytes:
        """Return what stands for a complete set in the positions of its members."""
        return _remembered(self.agency, b"document", b"collection", collection.encode())

    def statement_key(
        self, document_id: str, reference: str, line_number: int, stage: str, step: int
    ) -> bytes:
        """Return the identity of a fact that later revisions restate.

        The movement reference is part of it because one document may speak of two
        movements, as a log line about a load received and sent abroad does.
        """
        return _digest(
            self.agency, b"statement", *_encoded((document_id, reference, str(line_number), stage, str(step)))
        )

    def event_id(self, statement_key: bytes, revision: int, edition: int, content_digest: bytes) -> bytes:
        """Return the identity of one statement; the same document read twice gives the same."""
        return _digest(
            self.agency, b"event", statement_key, b"%d" % revision, b"%d" % edition, content_digest
        )

    def content_digest(self, content: bytes) -> bytes:
        """Return the digest of canonical content or of a file."""
        return _digest(self.agency, b"content", content)

    def movement_key(self, reference: str) -> bytes:
        """Return the key of the movement reference that both ends know."""
        return _remembered(self.movement, b"movement", reference.encode())

    def pseudonym_of(self, scheme: str, identifier: str, year: int) -> bytes:
        """Return the pseudonym of a company in the year of the event.

        Raises:
            KeyError: There is no key for that year.
        """
        return _remembered(self.pseudonym[year], b"company", scheme.encode(), identifier.encode())


DEMONSTRATION_KEYS = Keys(
    agency=b"weighbridge demonstration agency",
    movement=b"weighbridge demonstration moving",
    pseudonym={year: b"weighbridge demonstration %06d" % year for year in range(1900, 2101)},
    signing=b"weighbridge demonstration signer",
    opening=b"weighbridge demonstration opener",
    is_demonstration=True,
)


def create(folder: Path, years: Iterable[int], exchange_keys: Path | None = None) -> None:
    """Write `agency.json` and `exchange.json` to a folder, readable by the owner alone.

    Args:
        folder: Made if absent; a key file that exists is never overwritten.
        years: Years of events for which pseudonym keys are drawn.
        exchange_keys: The `exchange.json` that the agencies share. Without it a new one
            is drawn, as the first agency of an exchange does.

    Raises:
        ConfigurationError: A key file exists, or the shared one cannot be read.
    """
    shared = _shared(exchange_keys) if exchange_keys else _new_exchange_keys(years)
    if not shared["pseudonym"]:
        raise ConfigurationError("no year has a key", hint="let --last-year follow --first-year")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (AGENCY_FILE, EXCHANGE_FILE):
        if (folder / name).exists():
            raise ConfigurationError(
                f"{folder / name} exists", hint="keys are never overwritten: choose another folder"
            )
    _write(folder / AGENCY_FILE, {name: secrets.token_hex(KEY_BYTES) for name in _OWN})
    _write(folder / EXCHANGE_FILE, shared)


def load(place: Path | str) -> Keys:
    """Read the keys of a folder.

    Raises:
        ConfigurationError: A file is absent, malformed, or readable by others.
    """
    folder = Path(place)
    own, shared = _read(folder / AGENCY_FILE), _shared(folder / EXCHANGE_FILE)
    with _well_formed(folder / AGENCY_FILE):
        return Keys(
            agency=_key(own["agency"]),
            movement=_key(shared["movement"]),
            pseudonym={int(year): _key(text) for year, text in shared["pseudonym"].items()},
            signing=_key(own["signing"]),
            opening=_key(own["opening"]),
            former_opening=tuple(map(_key, own.get("former_opening", ()))),
        )


def extend(folder: Path, years: Iterable[int]) -> list[int]:
    """Draw pseudonym keys for further years into the folder's `exchange.json`; return the years added.

    One agency does it and hands the file to the others, as with a new one.

    Raises:
        ConfigurationError: The file is absent, malformed, or readable by others.
    """
    path = folder / EXCHANGE_FILE
    shared = _shared(path)
    added = [year for year in years if str(year) not in shared["pseudonym"]]
    shared["pseudonym"] |= {str(year): secrets.token_hex(KEY_BYTES) for year in added}
    temporary = path.with_suffix(".new")
    _write(temporary, shared)
    temporary.replace(path)
    return added


def _shared(path: Path) -> dict[str, Any]:
    shared = _read(path)
    with _well_formed(path):
        _key(shared["movement"])
        for year, text in shared["pseudonym"].items():
            int(year), _key(text)
    return shared


@contextmanager
def _well_formed(path: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError):
        # The cause is cut off: its text would show part of a secret.
        raise ConfigurationError(f"{path} is malformed", hint="restore it from your backup") from None


def _new_exchange_keys(years: Iterable[int]) -> dict[str, Any]:
    return {
        "movement": secrets.token_hex(KEY_BYTES),
        "pseudonym": {str(year): secrets.token_hex(KEY_BYTES) for year in years},
    }


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ConfigurationError(f"no keys at {path}", hint=f"weighbridge keys create --out {path.parent}")
    if path.stat().st_mode & 0o077:
        raise ConfigurationError(f"{path} can be read by others", hint=f"chmod 600 {path}")
    with _well_formed(path):
        return dict(json.loads(path.read_text()))


def _write(path: Path, document: dict[str, Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_MODE)
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file, indent=2)


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != KEY_BYTES:
        raise ValueError("length")
    return key


def _encoded(parts: Iterable[str]) -> list[bytes]:
    return [part.encode() for part in parts]


def _digest(key: bytes, label: bytes, *parts: bytes) -> bytes:
    started = _started(key, label).copy()
    started.update(b"".join(map(_framed, parts)))
    return started.finalize()[:16]


@lru_cache(_KEYS_MAX)
def _started(key: bytes, label: bytes) -> HMAC:
    """Return a hash that has taken the key and the kind of identity: a copy of it costs half of a new one."""
    started = HMAC(key, SHA256())
    started.update(_framed(label))
    return started


def _framed(part: bytes) -> bytes:
    return b"%d:%b" % (len(part), part)


@lru_cache(_REMEMBERED_MAX)
def _remembered(key: bytes, *parts: bytes) -> bytes:
    """Return the digest of what most statements of a document, and many documents, name alike."""
    return _digest(key, *parts)
