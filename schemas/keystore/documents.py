"""Secret documents: an agency's own keys, those that the agencies of an exchange share, and a hub's.

All are JSON with keys in hexadecimal. They are values: what changes one returns another.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import MAXYEAR, MINYEAR, date
from typing import Annotated, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)

from schemas.errors import ConfigurationError
from schemas.keystore.store import KeyStore

KEY_BYTES = 32
_CHECK_BYTES = 16


def _from_hexadecimal(text: object) -> bytes:
    if isinstance(text, bytes):
        return text
    if not isinstance(text, str):
        raise ValueError("hexadecimal digits in quotation marks")  # noqa: TRY004  # pydantic passes a TypeError on
    return bytes.fromhex(text)


Hexadecimal = Annotated[
    bytes, BeforeValidator(_from_hexadecimal), PlainSerializer(bytes.hex, return_type=str)
]
Key = Annotated[Hexadecimal, Field(min_length=KEY_BYTES, max_length=KEY_BYTES)]


def verify_key_of(signing: bytes) -> bytes:
    """Return the public key that verifies what an Ed25519 private key signs: 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(signing).public_key().public_bytes_raw()


def seal_key_of(opening: bytes) -> bytes:
    """Return the public key to which others seal what an X25519 private key opens: 32 bytes."""
    return X25519PrivateKey.from_private_bytes(opening).public_key().public_bytes_raw()


class _Document(BaseModel):
    """A secret document of a name of its own, which `str` and `repr` do not show."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr__(self) -> str:
        """Show no secret."""
        return f"{type(self).__name__}(...)"

    __str__ = __repr__

    @classmethod
    def parsed(cls, text: bytes, place: str) -> Self:
        """Return the document that a text holds.

        Raises:
            ConfigurationError: It is malformed; nothing of it is shown.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            # The cause is cut off: its text would show part of a secret.
            raise ConfigurationError(f"{place} is malformed", hint="restore it from your backup") from None

    @classmethod
    def read(cls, store: KeyStore, name: str) -> Self:
        """Return the document of a store.

        Raises:
            ConfigurationError: It is absent, malformed or not safe there.
        """
        text = store.read(name)
        if text is None:
            raise ConfigurationError(f"no {name} in {store}", hint=f"weighbridge keys create --out {store}")
        return cls.parsed(text, f"{name} in {store}")

    def text(self) -> bytes:
        """Return what is kept."""
        return self.model_dump_json(indent=2).encode()


class _Signing(_Document):
    """Keys of whoever signs.

    Attributes:
        signing: Ed25519 private key.
        next_signing: Drawn, not in use before all members know its public key.
        former_signing: Public keys: what they verify stays.
        drawn_on: Day on which keys were drawn last, UTC.
    """

    signing: Key
    next_signing: Key | None = None
    former_signing: tuple[Key, ...] = ()
    drawn_on: date

    def rotated(self, today: date) -> Self:
        """Draw the next signing key, in use when `adopted`.

        Raises:
            ConfigurationError: The last rotation has not been adopted yet.
        """
        if self.next_signing is not None:
            raise ConfigurationError(
                "the next signing key is drawn already", hint="weighbridge keys rotate --finish"
            )
        return self.model_copy(update={"next_signing": _drawn(), "drawn_on": today})

    def adopted(self) -> Self:
        """Sign with the next key from now on.

        Raises:
            ConfigurationError: There is no next key.
        """
        if self.next_signing is None:
            raise ConfigurationError("no next signing key is drawn", hint="weighbridge keys rotate")
        return self.model_copy(
            update={
                "signing": self.next_signing,
                "next_signing": None,
                "former_signing": (verify_key_of(self.signing), *self.former_signing),
            }
        )

    def verify_keys(self) -> tuple[bytes, ...]:
        """Return the public keys by which others know who signs: in use, next and former ones.

        Their order does not tell which is which: a rotation that is finished changes nothing for others.
        """
        coming = () if self.next_signing is None else (verify_key_of(self.next_signing),)
        return tuple(sorted((verify_key_of(self.signing), *coming, *self.former_signing)))


class AgencyDocument(_Signing):
    """What an agency shares with nobody.

    Attributes:
        agency: For statement keys, event ids and document ids; never rotated.
        opening: X25519 private key.
        former_opening: Private keys, newest first: they open what was sealed before.
    """

    agency: Key
    opening: Key
    former_opening: tuple[Key, ...] = ()

    @classmethod
    def new(cls, today: date) -> Self:
        """Draw all keys."""
        return cls(agency=_drawn(), signing=_drawn(), opening=_drawn(), drawn_on=today)

    def rotated(self, today: date) -> Self:
        """Draw a new opening key, in use at once, and the next signing key, in use when `adopted`.

        Raises:
            ConfigurationError: The last rotation has not been adopted yet.
        """
        next_one = super().rotated(today)
        return next_one.model_copy(
            update={"opening": _drawn(), "former_opening": (self.opening, *self.former_opening)}
        )


class HubDocument(_Signing):
    """What a hub shares with nobody; it signs the hub's releases.

    Attributes:
        hub: For what must not be guessed, such as by how much a rule is raised; never rotated.
    """

    hub: Key

    @classmethod
    def new(cls, today: date) -> Self:
        """Draw all keys."""
        return cls(hub=_drawn(), signing=_drawn(), drawn_on=today)


class ExchangeDocument(_Document):
    """What all agencies of an exchange share, and no hub has.

    Attributes:
        movement: For movement keys; never rotated, or the ends of a movement would not meet.
        pseudonym: One key for each year of events.
    """

    movement: Key
    pseudonym: Mapping[Annotated[int, Field(ge=MINYEAR, le=MAXYEAR)], Key]

    @classmethod
    def new(cls, years: Iterable[int]) -> Self:
        """Draw the keys of a new exchange."""
        return cls(movement=_drawn(), pseudonym={}).extended(years)

    def check_value(self) -> bytes:
        """Return what agencies compare to know that they share the same keys, and nothing more."""
        value = HMAC(self.movement, SHA256())
        value.update(b"weighbridge check of shared keys")
        for year, key in sorted(self.pseudonym.items()):
            value.update(b"%d:%b" % (year, key))
        return value.finalize()[:_CHECK_BYTES]

    def joined(self, other: ExchangeDocument) -> Self:
        """Return the keys of two copies, of which either may have years that the other one lacks.

        Raises:
            ConfigurationError: They are of different exchanges, or differ in a year.
        """
        common = self.pseudonym.keys() & other.pseudonym.keys()
        if self.movement != other.movement or any(
            self.pseudonym[year] != other.pseudonym[year] for year in common
        ):
            raise ConfigurationError(
                "these are keys of another exchange",
                hint="one agency draws the shared keys, all others take them",
            )
        return self.model_copy(update={"pseudonym": dict(other.pseudonym) | dict(self.pseudonym)})

    def extended(self, years: Iterable[int]) -> Self:
        """Draw keys for the years that have none."""
        return self.model_copy(
            update={"pseudonym": {year: _drawn() for year in years} | dict(self.pseudonym)}
        )


def _drawn() -> bytes:
    return secrets.token_bytes(KEY_BYTES)
