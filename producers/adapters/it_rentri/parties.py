"""The parties of a form: which company, in which place, and what was wrong with either."""

from __future__ import annotations

import re

from producers.adapters.it_rentri import places
from producers.adapters.it_rentri.model import Address, Party, Producer, Recipient
from producers.reading.notices import Notice
from producers.reading.remembered import remembered
from producers.statement import Company, Place

_CACHED_CODES = 16_384
_NOWHERE = Place()
_ITALIAN_SCHEME = "IT-CF"
_ITALIAN = re.compile(r"[0-9]{11}|[A-Z0-9]{16}", re.ASCII)
_FOREIGN = re.compile(r"(?=.*[0-9])[A-Z0-9./-]{5,20}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


def company(party: Party | None, path: str, notice: Notice) -> Company | None:
    """Return the company behind a party, None where there is none or its code has not the form of one."""
    if party is None:
        return None
    found = identified(party)
    if found is None:
        notice("rentri.company.form", f"{path}.codice_fiscale")
    return found


def identified(party: Party) -> Company | None:
    """Return the company behind a party, None where its code has not the form of one."""
    return _company(party.codice_fiscale, party.nazione_id)


def is_person(company: Company) -> bool:
    """Say whether a code is that of a natural person: it is made of their name and day of birth."""
    return company.scheme == _ITALIAN_SCHEME and not company.identifier.isdigit()


def origin(producer: Producer | None, original: Party | None, path: str, notice: Notice) -> Place:
    """Return where the waste comes from: the place of production, else the producer's own.

    Of the producer of another form, which part of went on with this one, only the country
    of its code is known.
    """
    if producer is None:
        return _somewhere_in(original.nazione_id) if original is not None else _NOWHERE
    if producer.luogo_produzione is not None:
        return _place(producer, producer.luogo_produzione, f"{path}.luogo_produzione", notice)
    return _place(producer, producer.indirizzo, f"{path}.indirizzo", notice)


def destination(recipient: Recipient | None, path: str, notice: Notice) -> Place:
    """Return where the waste goes."""
    if recipient is None:
        return _NOWHERE
    return _place(recipient, recipient.indirizzo, f"{path}.indirizzo", notice)


def _place(party: Party, address: Address | None, path: str, notice: Notice) -> Place:
    if address is None:
        return _somewhere_in(party.nazione_id)
    city = address.citta
    found = _city(city.nazione_id, city.comune_id)
    if found.country == places.HOME and found.region is None:
        notice("rentri.place.unknown", f"{path}.citta.comune_id")
    return found


def _somewhere_in(stated: str | None) -> Place:
    return Place(_country(stated))


@remembered(_CACHED_CODES)
def _city(stated: str | None, municipality: str | None) -> Place:
    country = _country(stated)
    return Place(country, places.region(municipality or "") if country == places.HOME else None)


def _country(stated: str | None) -> str:
    """Return a country as stated, Italy where none is; what is no code is rejected later."""
    return (stated or "").strip().upper() or places.HOME


@remembered(_CACHED_CODES)
def _company(stated: str, nation: str | None) -> Company | None:
    code, country = "".join(stated.split()).upper(), _country(nation)
    if country == places.HOME:
        return Company(_ITALIAN_SCHEME, code) if _ITALIAN.fullmatch(code) else None
    is_code = _COUNTRY.fullmatch(country) is not None and _FOREIGN.fullmatch(code) is not None
    return Company(f"{country}-TAX", code) if is_code else None
