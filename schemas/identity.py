"""Keyed identities: event ids, statement and movement keys, pseudonyms.

Native identifiers (manifest and VAT numbers) can be enumerated, so a plain hash of one
is as good as the number itself. Every identity that leaves an adapter is therefore an
HMAC-SHA256 (RFC 2104), cut to 16 bytes, under a key that hubs never hold. Parts are
joined with a length before each, so that ("ab", "c") and ("a", "bc") differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from schemas.envelope import framed
from schemas.errors import ConfigurationError
from schemas.keystore import documents, private_file
from schemas.keystore.documents import AgencyDocument, ExchangeDocument, seal_key_of, verify_key_of
from schemas.keystore.store import at

KEY_BYTES = documents.KEY_BYTES
AGENCY_FILE = "agency.json"
EXCHANGE_FILE = "exchange.json"
# Some megabytes, enough for the companies of most national systems.
_REMEMBERED_MAX, _REMEMBERED_BYTES_MAX = 16_384, 256
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
        drawn_on: Day on which signing and opening keys were drawn last; None of published keys.
        is_demonstration: True for the published keys that protect nothing.
    """

    agency: bytes
    movement: bytes
    pseudonym: Mapping[int, bytes]
    signing: bytes
    opening: bytes
    former_opening: tuple[bytes, ...] = ()
    drawn_on: date | None = None
    is_demonstration: bool = False

    def __repr__(self) -> str:
        """Show no secret."""
        return f"Keys(years={sorted(self.pseudonym)}, is_demonstration={self.is_demonstration})"

    @property
    def verify_key(self) -> bytes:
        """The public key that verifies what `signing` signed: 32 bytes, for the directory."""
        return verify_key_of(self.signing)

    @property
    def seal_key(self) -> bytes:
        """The public key to which others seal what `opening` opens: 32 bytes, for the directory."""
        return seal_key_of(self.opening)

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


def create(place: Path | str, years: Iterable[int], exchange_keys: Path | None = None) -> None:
    """Draw keys into a store: a folder or another address.

    Args:
        place: Keys that exist there are never overwritten.
        years: Years of events for which pseudonym keys are drawn.
        exchange_keys: The `exchange.json` that the agencies share. Without it a new one
            is drawn, as the first agency of an exchange does.

    Raises:
        ConfigurationError: Keys exist, the store takes none, or the shared ones cannot be read.
    """
    store = at(place)
    shared = _handed_over(exchange_keys) if exchange_keys else ExchangeDocument.new(years)
    if not shared.pseudonym:
        raise ConfigurationError("no year has a key", hint="let --last-year follow --first-year")
    for name in (AGENCY_FILE, EXCHANGE_FILE):
        if store.read(name) is not None:
            raise ConfigurationError(
                f"{name} exists in {store}", hint="keys are never overwritten: choose another place"
            )
    store.write(AGENCY_FILE, AgencyDocument.new(_today()).text())
    store.write(EXCHANGE_FILE, shared.text())


def load(place: Path | str) -> Keys:
    """Read the keys of a store: a folder or another address.

    Raises:
        ConfigurationError: A document is absent, malformed, or not safe there.
    """
    store = at(place)
    own, shared = AgencyDocument.read(store, AGENCY_FILE), ExchangeDocument.read(store, EXCHANGE_FILE)
    return Keys(
        agency=own.agency,
        movement=shared.movement,
        pseudonym=shared.pseudonym,
        signing=own.signing,
        opening=own.opening,
        former_opening=own.former_opening,
        drawn_on=own.drawn_on,
    )


def extend(place: Path | str, years: Iterable[int]) -> list[int]:
    """Draw pseudonym keys for further years into a store; return the years added.

    One agency does it and hands the keys to the others, as with a new one.

    Raises:
        ConfigurationError: The document is absent, malformed, or not safe there.
    """
    store = at(place)
    known = ExchangeDocument.read(store, EXCHANGE_FILE)
    extended = known.extended(years)
    store.write(EXCHANGE_FILE, extended.text())
    return sorted(extended.pseudonym.keys() - known.pseudonym.keys())


def _handed_over(file: Path) -> ExchangeDocument:
    try:
        return ExchangeDocument.parsed(private_file.read(file), str(file))
    except FileNotFoundError:
        raise ConfigurationError(f"no keys at {file}", hint="ask the first agency for them") from None


def _today() -> date:
    return datetime.now(UTC).date()


def _encoded(parts: Iterable[str]) -> list[bytes]:
    return [part.encode() for part in parts]


def _digest(key: bytes, label: bytes, *parts: bytes) -> bytes:
    started = _started(key, label).copy()
    started.update(framed(*parts))
    return started.finalize()[:16]


@lru_cache(_KEYS_MAX)
def _started(key: bytes, label: bytes) -> HMAC:
    """Return a hash that has taken the key and the kind of identity: a copy of it costs half of a new one."""
    started = HMAC(key, SHA256())
    started.update(framed(label))
    return started


def _remembered(key: bytes, *parts: bytes) -> bytes:
    """Return the digest of what most statements of a document, and many documents, name alike.

    The last part is what a document states, and may be of any length: only short ones are remembered.
    """
    return (_known if len(parts[-1]) <= _REMEMBERED_BYTES_MAX else _digest)(key, *parts)


_known = lru_cache(_REMEMBERED_MAX)(_digest)
