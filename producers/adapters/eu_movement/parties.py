"""Companies and places of a movement document.

A company is the first identifier that it states together with the register it is taken from. Names
never stand in for one.
"""

from __future__ import annotations

import re

from producers.adapters.eu_movement.model import Identifier, Party, Site
from producers.reading.remembered import remembered
from producers.statement import Company, Place
from schemas import places

_CACHED_TEXTS = 16_384
# Every identifier has a digit; letters alone may be a name, or say that there is none.
_IDENTIFIER = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9./:*+_-]{0,63}", re.ASCII)
_SCHEME = re.compile(r"[A-Z0-9][A-Z0-9:._-]{0,31}", re.ASCII)
_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}", re.ASCII)
# ISO 6523: 0009 is the French directory's number of an establishment.
_SCHEMES = {"0009": "FR-SIRET", "SIRET": "FR-SIRET", "VAT": "EU-VAT"}


def company(party: Party | None) -> Company | None:
    """Return the company behind a party, None where it states no identifier.

    A register number without a scheme is one of the party's country.
    """
    if party is None:
        return None
    return (
        _stated(party.identifier, "")
        or _stated(party.legal, _register(party.country or ""))
        or _stated(party.tax, "VAT")
    )


def _stated(identifier: Identifier | None, scheme: str) -> Company | None:
    """Return the company of an identifier, of a scheme where it states none itself."""
    if identifier is None or not identifier.value:
        return None
    return _company(identifier.scheme or scheme, identifier.value)


def _register(country: str) -> str:
    code = places.country(country)
    return f"{code}-REGISTER" if code is not None else ""


@remembered(_CACHED_TEXTS)
def _company(scheme: str, identifier: str) -> Company | None:
    register, number = _spelled(scheme), _spelled(identifier)
    if _SCHEME.fullmatch(register) is None or _IDENTIFIER.fullmatch(number) is None:
        return None
    return Company(_SCHEMES.get(register, register), number)


def place(site: Site) -> Place | None:
    """Return where something is; None where what stands for its country is no country."""
    return _place(site.country or "", site.region or "")


@remembered(_CACHED_TEXTS)
def _place(country: str, region: str) -> Place | None:
    if not country:
        return Place()
    code = places.country(country.upper())
    if code is None:
        return None
    is_part = _REGION.fullmatch(region) is not None and region.startswith(f"{code}-")
    return Place(code, region if is_part else None)


def _spelled(text: str) -> str:
    return "".join(text.split()).upper()
