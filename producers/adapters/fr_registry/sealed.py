"""What a register line says to the authorities of its countries alone: its number, companies and sites.

Texts about parties are looked up, never checked, and looked at only where the line is a fact. Of a party
that is a natural person, or households, nothing is said; nor of one without a type, whose name may be a
person's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic.alias_generators import to_camel

from producers.adapters.fr_registry import companies
from producers.adapters.fr_registry.model import Key, Line, Parties
from producers.adapters.fr_registry.registers import Register
from producers.reading import sealed_values
from producers.reading.remembered import remembered
from producers.statement import Party, Reference, Sealed
from schemas import places
from schemas.movement import UNKNOWN_COUNTRY
from schemas.sealed import PartyRole, ReferenceKind

Members = tuple[str, ...]

_One = Callable[[Any], Any]
_Several = Callable[[Any], tuple[str, ...]]

_CACHED_PARTIES = 4096
_CACHED_CHARACTERS_MAX = 400
# Stands between texts: no text has it.
_END = "\x1f"
# Declarations of shipments under Annex VII, which leave or enter.
_DECLARATIONS = ("A7E", "A7I")
_COMPANY = ("type", "org_id", "name", "address", "postal_code", "city", "country_code")
_SITE = ("address", "postal_code", "city", "country_code")


def _members(**of: tuple[str, ...]) -> Members:
    """Return the members of a party, each of which has a class."""
    names = [f"{name}_{part}" for name, parts in of.items() for part in parts]
    assert Parties.model_fields.keys() | Line.model_fields.keys() >= set(names)
    return tuple(map(to_camel, names))


_OWN_SITE = _members(report_for_pickup_site=_SITE)
_PARTIES = (
    (PartyRole.GENERATOR, _members(initial_emitter_company=_COMPANY)),
    (PartyRole.SENDER, _members(emitter_company=_COMPANY, emitter_pickup_site=_SITE)),
    *((PartyRole.CARRIER, _members(**{f"transporter{number}_company": _COMPANY})) for number in range(1, 6)),
    (PartyRole.FACILITY, _members(destination_company=_COMPANY, destination_drop_site=_SITE)),
)


class Said(NamedTuple):
    """The texts of a line about its parties, each set of them as one text that is looked up at once.

    Attributes:
        site: Of its owner: street, postal code, town, country.
        parties: Of each party its role, and type, number, name, address as above, and that of its site.
    """

    site: str
    parties: list[tuple[PartyRole, str]]


class Takers:
    """What takes the texts about parties out of a line, a row or an object."""

    def __init__(self, one: Callable[[str], _One], several: Callable[[Members], _Several]) -> None:
        """Make the takers: `one` returns what takes a member, `several` what takes some."""
        self._site = several(_OWN_SITE)
        self._parties = [(role, one(members[0]), several(members)) for role, members in _PARTIES]

    def said(self, line: Any) -> Said:
        """Return what a line says of its parties, of those alone that have a type."""
        parties = [(role, _END.join(take(line))) for role, kind, take in self._parties if kind(line)]
        return Said(_END.join(self._site(line)), parties)


def member(name: str) -> _One:
    """Return what takes a member of an object of the interface."""
    return lambda native: native.get(name)


def members(names: Members) -> _Several:
    """Return what takes members of an object of the interface; what is no text says nothing."""

    def take(native: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple([value if isinstance(value := native.get(name), str) else "" for name in names])

    return take


def sealed(register: Register, key: Key, line: Line, said: Said) -> Sealed:
    """Return the values of a line of a register that travel sealed."""
    owner = _owner(register.owner, key.report_for_company_siret, said.site)
    parties = [owner, *[_party(role, texts) for role, texts in said.parties]]
    return Sealed(key.public_id, tuple([party for party in parties if party is not None]), _references(line))


def _references(line: Line) -> tuple[Reference, ...]:
    number = line.ttd_import_number or line.gistrid_number
    if number is None:
        return ()
    is_declaration = number.startswith(_DECLARATIONS)
    return (Reference(ReferenceKind.ANNEX_VII if is_declaration else ReferenceKind.NOTIFICATION, number),)


@remembered(_CACHED_PARTIES, _CACHED_CHARACTERS_MAX)
def _owner(role: PartyRole, siret: str, site: str) -> Party | None:
    return sealed_values.party(
        role, companies.establishment(siret), None, _address(*_parted(site, len(_SITE)))
    )


@remembered(_CACHED_PARTIES, _CACHED_CHARACTERS_MAX)
def _party(role: PartyRole, texts: str) -> Party | None:
    """Return a party by its texts, None where its type is none of a company."""
    kind, number, name, *where = _parted(texts, len(_COMPANY) + len(_SITE))
    kind = kind.strip().upper()
    if kind not in companies.KINDS or kind in companies.PRIVATE_KINDS:
        return None
    office, site = where[: len(_SITE)], where[len(_SITE) :]
    country = places.country(office[-1].strip().upper()) or UNKNOWN_COUNTRY
    company = companies.company(kind, number, country)
    return sealed_values.party(role, company, name, _address(*(site if any(site) else office)))


def _parted(texts: str, count: int) -> list[str]:
    """Return texts that were made one; none says anything where one of them holds the sign between them."""
    found = texts.split(_END)
    return found + [""] * (count - len(found)) if len(found) <= count else [""] * count


def _address(street: str, postal_code: str, city: str, country: str) -> tuple[str, ...]:
    return street, f"{postal_code} {city}".strip(), country
