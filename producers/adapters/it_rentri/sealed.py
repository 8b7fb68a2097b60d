"""What a form says to the authorities of its countries alone: its number, companies, sites and permits.

Of a party whose code is that of a natural person, or none, nothing is said: its name may be a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from producers.adapters.it_rentri import parties
from producers.adapters.it_rentri.model import Address, Form, Transporter, fir
from producers.adapters.it_rentri.model import Party as Stated
from producers.reading import sealed_values
from producers.statement import Company, Party, Reference, Sealed
from schemas.sealed import PartyRole, ReferenceKind

_CACHED_PARTIES = 2048
# So many no form has; a longer list is no list of those who carried.
_LISTED_MAX = 20
_MUNICIPALITY = re.compile(r"[0-9]{6}", re.ASCII)


def sealed(form: Form, number: str) -> Sealed:
    """Return the values of a form that travel sealed.

    Args:
        form: The form.
        number: Its number.
    """
    carriers = list(_carriers(form))
    stated = (
        *_generators(form),
        *((PartyRole.CARRIER, carrier, None) for carrier in carriers),
        *_facilities(form),
    )
    found = [_party(role, party, address) for role, party, address in stated]
    references = (*_permits(carriers), *_origin(form))
    return Sealed(number, tuple([party for party in found if party is not None]), references)


def _generators(form: Form) -> Iterator[tuple[PartyRole, Stated, Address | None]]:
    producer, source = form.dati_partenza.produttore, form.dati_partenza.trasbordo_parziale_origine
    if producer is not None:
        yield PartyRole.GENERATOR, producer, producer.luogo_produzione or producer.indirizzo
    elif source is not None and source.produttore_originario is not None:
        yield PartyRole.GENERATOR, source.produttore_originario, None


def _facilities(form: Form) -> Iterator[tuple[PartyRole, Stated, Address | None]]:
    first = form.dati_partenza.destinatario
    further = (later.destinatario for later in (form.dati_destinazioni_successive or ())[:_LISTED_MAX])
    for recipient in (first, *further):
        if recipient is not None:
            yield PartyRole.FACILITY, recipient, recipient.indirizzo


def _carriers(form: Form) -> Iterator[Transporter]:
    yield from (form.dati_partenza.trasportatori or ())[:_LISTED_MAX]
    total = form.dati_trasbordo_totale
    if total is not None and total.trasportatore is not None:
        yield total.trasportatore


def _permits(carriers: list[Transporter]) -> tuple[Reference, ...]:
    """Return the entries of carriers in the register of those who may carry, each once."""
    numbers = dict.fromkeys(carrier.numero_iscrizione_albo for carrier in carriers)
    found = (sealed_values.reference(ReferenceKind.AUTHORISATION, number) for number in numbers)
    return tuple(reference for references in found for reference in references)


def _origin(form: Form) -> tuple[Reference, ...]:
    """Return the form whose load was transshipped in part to this one."""
    source = form.dati_partenza.trasbordo_parziale_origine
    number = fir(source.numero_fir_origine) if source is not None else None
    return (Reference(ReferenceKind.CONSIGNMENT, number),) if number is not None else ()


def _party(role: PartyRole, party: Stated, address: Address | None) -> Party | None:
    company = parties.identified(party)
    if company is None or parties.is_person(company):
        return None
    return _made(role, company, party.denominazione, *_lines(address))


def _lines(address: Address | None) -> tuple[str | None, ...]:
    """Return street with number, postal code, and the town by its code of the statistical office."""
    if address is None:
        return ()
    town = (address.citta.comune_id or "").strip()
    municipality = f"ISTAT {town}" if _MUNICIPALITY.fullmatch(town) else None
    return f"{address.indirizzo or ''} {address.civico or ''}".strip(), address.cap, municipality


# The texts are bounded where they are read.
@lru_cache(_CACHED_PARTIES)
def _made(role: PartyRole, company: Company, name: str | None, *address: str | None) -> Party | None:
    return sealed_values.party(role, company, name, address)
