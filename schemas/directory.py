"""The directory of an exchange: who its members are, and the public keys by which they are known.

A TOML file that every member keeps, handed round like the exchange's keys but no secret:

    [members.GB-EA]
    signing_keys = ["<64 hexadecimal digits>"]
    opening_key = "<64 hexadecimal digits>"
    countries = ["GB"]
    sides = ["ORIGIN", "DESTINATION", "TRANSIT"]

A hub counts what a signing key of the named agency signed. An agency seals a movement to the
members whose country it leaves, reaches or crosses, if they see that side.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from schemas import topics
from schemas.errors import ConfigurationError
from schemas.movement import CountryCode, Side

_KEY_BYTES = 32


def _from_hexadecimal(text: object) -> bytes:
    if not isinstance(text, str):
        raise ValueError("hexadecimal digits in quotation marks")  # noqa: TRY004  # pydantic passes a TypeError on
    return bytes.fromhex(text)


PublicKey = Annotated[
    bytes,
    BeforeValidator(_from_hexadecimal),
    Field(min_length=_KEY_BYTES, max_length=_KEY_BYTES),
]


class Member(BaseModel):
    """One member of the exchange.

    Attributes:
        signing_keys: Ed25519 public keys; the old one stays until nothing it signed is new any more.
        opening_key: X25519 public key; None where nothing is sealed to it.
        countries: Whose movements it may know in clear.
        sides: From which side of a movement.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    signing_keys: tuple[PublicKey, ...] = ()
    opening_key: PublicKey | None = None
    countries: frozenset[CountryCode] = frozenset()
    sides: frozenset[Side] = frozenset({Side.ORIGIN, Side.DESTINATION, Side.TRANSIT})


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    members: Mapping[Annotated[str, Field(pattern=topics.AGENCY)], Member]


@dataclass(frozen=True, slots=True)
class Directory:
    """The members of an exchange by their names."""

    members: Mapping[str, Member]

    def signing_keys(self, agency: str) -> tuple[bytes, ...]:
        """Return the public keys that sign for an agency; none for whom nobody knows."""
        member = self.members.get(agency)
        return member.signing_keys if member is not None else ()

    def recipients(self, origin: str, destination: str, transit: tuple[str, ...]) -> Iterator[str]:
        """Yield who may know a movement in clear: countries by ISO 3166-1, in the order of names."""
        ends = {Side.ORIGIN: {origin}, Side.DESTINATION: {destination}, Side.TRANSIT: set(transit)}
        for name, member in sorted(self.members.items()):
            seen = set[str]().union(*(ends.get(side, set()) for side in member.sides))
            if member.opening_key is not None and seen & member.countries:
                yield name


def load(path: Path) -> Directory:
    """Read a directory.

    Raises:
        ConfigurationError: It is absent or malformed; the message says where.
    """
    try:
        found = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ConfigurationError(
            f"no directory at {path}", hint="ask the exchange for it, or `weighbridge directory add`"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no TOML: {error}", hint="restore it from the exchange") from None
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise ConfigurationError(f"{path}: {places}", hint="restore it from the exchange") from None
    return Directory(found.members)
