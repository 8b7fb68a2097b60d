"""The directory of an exchange: who its members are, and the public keys by which they are known.

A TOML file that every member keeps, handed round like the exchange's keys but no secret:

    [members.GB-EA]
    signing_keys = ["<64 hexadecimal digits>"]
    opening_key = "<64 hexadecimal digits>"
    countries = ["GB"]
    sides = ["ORIGIN", "DESTINATION", "TRANSIT"]

    [hubs.north]
    signing_keys = ["<64 hexadecimal digits>"]

A hub counts what a signing key of the named agency signed. An agency seals a movement to the
members whose country it leaves, reaches or crosses, if they see that side.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas import refusals, topics
from schemas.errors import ConfigurationError
from schemas.keystore.documents import Key
from schemas.movement import CountryCode, Side

_FINGERPRINT_BYTES = 16
_GROUP_BYTES = 2


class Member(BaseModel):
    """One member of the exchange.

    Attributes:
        signing_keys: Ed25519 public keys; former ones stay, or what they signed could not be read again.
        opening_key: X25519 public key; None where nothing is sealed to it.
        countries: Whose movements it may know in clear.
        sides: From which side of a movement.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    signing_keys: tuple[Key, ...] = ()
    opening_key: Key | None = None
    countries: frozenset[CountryCode] = frozenset()
    sides: frozenset[Side] = frozenset({Side.ORIGIN, Side.DESTINATION, Side.TRANSIT})


class HubMember(BaseModel):
    """One hub: it sees what all hubs see, so nothing is sealed to it.

    Attributes:
        signing_keys: Ed25519 public keys; former ones stay, as its releases do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    signing_keys: tuple[Key, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    members: Mapping[Annotated[str, Field(pattern=topics.AGENCY)], Member] = {}
    hubs: Mapping[Annotated[str, Field(pattern=topics.HUB)], HubMember] = {}

    @model_validator(mode="after")
    def _check_somebody(self) -> Self:
        if not self.members and not self.hubs:
            raise ValueError("names nobody")
        return self


@dataclass(frozen=True, slots=True)
class Directory:
    """The agencies and the hubs of an exchange by their names."""

    members: Mapping[str, Member]
    hubs: Mapping[str, HubMember] = field(default_factory=dict)

    def signing_keys(self, agency: str) -> tuple[bytes, ...]:
        """Return the public keys that sign for an agency; none for whom nobody knows."""
        member = self.members.get(agency)
        return member.signing_keys if member is not None else ()

    def hub_keys(self, hub: str) -> tuple[bytes, ...]:
        """Return the public keys that sign for a hub; none for which nobody knows."""
        member = self.hubs.get(hub)
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
        return parsed(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise ConfigurationError(
            f"no directory at {path}", hint="ask the exchange for it, or `weighbridge directory add`"
        ) from error
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8", hint="restore it from the exchange") from None


def parsed(text: str, place: str) -> Directory:
    """Return the directory that a text holds; `place` is where it stands.

    Raises:
        ConfigurationError: It is malformed; the message says where.
    """
    try:
        found = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"{place} is no TOML: {error}", hint="restore it from the exchange"
        ) from None
    except ValidationError as error:
        raise ConfigurationError(
            f"{place}: {refusals.told(error)}", hint="restore it from the exchange"
        ) from None
    return Directory(found.members, found.hubs)


def entry(name: str, member: Member) -> str:
    """Return the lines of a member, always the same for the same member."""
    lines = [f"[members.{name}]", f"signing_keys = {_listed(key.hex() for key in member.signing_keys)}"]
    if member.opening_key is not None:
        lines.append(f'opening_key = "{member.opening_key.hex()}"')
    lines += [f"countries = {_listed(sorted(member.countries))}", f"sides = {_listed(sorted(member.sides))}"]
    return "\n".join(lines) + "\n"


def hub_entry(name: str, hub: HubMember) -> str:
    """Return the lines of a hub, always the same for the same hub."""
    return f"[hubs.{name}]\nsigning_keys = {_listed(key.hex() for key in hub.signing_keys)}\n"


def text(directory: Directory) -> str:
    """Return the whole file, members in the order of their names, then hubs."""
    members = [entry(name, member) for name, member in sorted(directory.members.items())]
    hubs = [hub_entry(name, hub) for name, hub in sorted(directory.hubs.items())]
    return "\n".join([*members, *hubs])


def fingerprint(entries: str) -> str:
    """Return what two people compare by telephone to know that both have the same entries.

    Half of a SHA-256 digest: nobody finds a second text that has it.
    """
    return grouped(hashlib.sha256(entries.encode()).digest()[:_FINGERPRINT_BYTES])


def grouped(digest: bytes) -> str:
    """Return a digest in hexadecimal digits that are easy to read to somebody."""
    return digest.hex(" ", -_GROUP_BYTES)


def _listed(values: Iterable[str]) -> str:
    """Return an array of TOML; countries, sides and hexadecimal digits need no escapes."""
    return f"[{', '.join(f'{chr(34)}{value}{chr(34)}' for value in values)}]"
