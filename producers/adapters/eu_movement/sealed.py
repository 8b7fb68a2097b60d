"""What a movement document says to the authorities of its countries alone: numbers, companies, ports."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from producers.adapters.eu_movement import parties
from producers.adapters.eu_movement.ends import facility_of
from producers.adapters.eu_movement.model import Address, Company, Movement, Port, Role
from producers.reading import sealed_values
from producers.statement import Company as Identified
from producers.statement import Party, Reference, Sealed
from schemas.sealed import PartyRole, ReferenceKind

_CACHED_PARTIES = 2048
_COUNTRY_CHARACTERS_MAX = 60
# A document of a hundred thousand elements may list more; so many no movement has.
_LISTED_MAX = 20
_ANNEX_VII = "GLW"


def sealed(movement: Movement, reference: str, *, is_laboratory: bool) -> Sealed:
    """Return the values of a document that travel sealed.

    Args:
        movement: The document.
        reference: The movement, as both ends know it.
        is_laboratory: True where the waste is sent to be analysed.
    """
    facility = PartyRole.LABORATORY if is_laboratory else PartyRole.FACILITY
    stated = (
        (PartyRole.EXPORTER, movement.notifier, None),
        (PartyRole.GENERATOR, movement.generator, movement.site),
        *((PartyRole.CARRIER, carrier.party, None) for carrier in movement.carriers[:_LISTED_MAX]),
        (PartyRole.CONSIGNEE, movement.consignee, None),
        (facility, facility_of(movement), None),
    )
    found = [_party(role, company, site) for role, company, site in stated if company is not None]
    return Sealed(
        reference, tuple([party for party in found if party is not None]), _references(movement, reference)
    )


def _party(role: PartyRole, company: Company, site: Address | None) -> Party | None:
    """Return a company, at its site where that has an address of its own."""
    at: Address = site if site is not None and (site.street or site.city) else company
    name = company.name or company.registered_name
    country = at.country if len(at.country or "") <= _COUNTRY_CHARACTERS_MAX else None
    known = parties.company(company)
    return _made(role, known, name, at.street, at.building, at.postal_code, at.city, country)


# The texts are bounded where they are read.
@lru_cache(_CACHED_PARTIES)
def _made(
    role: PartyRole, company: Identified | None, name: str | None, *address: str | None
) -> Party | None:
    street, building, postal_code, city, country = (part or "" for part in address)
    lines = (f"{street} {building}".strip(), f"{postal_code} {city}".strip(), country)
    return sealed_values.party(role, company, name, lines)


def _references(movement: Movement, reference: str) -> tuple[Reference, ...]:
    if reference.startswith(_ANNEX_VII):
        number = Reference(ReferenceKind.ANNEX_VII, reference)
    else:
        number = Reference(ReferenceKind.NOTIFICATION, reference.partition(".")[0])
    return (
        number,
        *_customs(movement),
        *_port(ReferenceKind.EXIT_POINT, movement.exit_port),
        *_port(ReferenceKind.ENTRY_POINT, movement.entry_port),
        *_containers(movement),
    )


def _customs(movement: Movement) -> Iterator[Reference]:
    """Yield the offices of customs, each once, of which the document states an identifier."""
    offices = dict.fromkeys(
        parties.company(signature.party)
        for signature in movement.signatures[:_LISTED_MAX]
        if signature.signatory is not None and signature.signatory.role is Role.CUSTOMS
    )
    for office in offices:
        if office is not None:
            yield Reference(ReferenceKind.CUSTOMS, office.identifier)


def _containers(movement: Movement) -> tuple[Reference, ...]:
    stated = movement.containers[:_LISTED_MAX]
    return sealed_values.containers(" ".join(filter(None, stated))) if stated else ()


def _port(kind: ReferenceKind, port: Port | None) -> tuple[Reference, ...]:
    return sealed_values.place(kind, f"{port.code or ''} {port.name or ''}") if port is not None else ()
