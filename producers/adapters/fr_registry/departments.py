"""French places: the department of a postal code, as ISO 3166-2 has it.

A postal code begins with the number of its department, but in Corsica and overseas; a few
communes beside a border are served from the department next to theirs, and count there.
What lies overseas has a country code of its own too: departments and their neighbours count as
France here, whichever code is stated; the Pacific does not, unless France is.

Source: ISO 3166-2:FR as changed on 25 November 2021 (Paris FR-75C, overseas FR-971 to FR-976); Code
officiel géographique and postal codes: INSEE, La Poste. By its postal codes the metropolis of Lyon
(FR-69M) is not told from FR-69.
"""

from __future__ import annotations

import re

from producers.reading.remembered import remembered
from producers.statement import Place
from schemas.movement import UNKNOWN_COUNTRY

HOME = "FR"

_CACHED_TEXTS = 16_384
_POSTAL_CODE = re.compile(r"[0-9]{5}", re.ASCII)
# Number 20 was Corsica before it became two.
_DEPARTMENTS = {f"{number:02}": f"FR-{number:02}" for number in (*range(1, 20), *range(21, 96))}
_DEPARTMENTS["75"] = "FR-75C"
_BEGINNINGS = {
    # South and north of Corsica.
    "200": "FR-2A",
    "201": "FR-2A",
    "202": "FR-2B",
    "206": "FR-2B",
    "971": "FR-971",
    "972": "FR-972",
    "973": "FR-973",
    "974": "FR-974",
    "975": "FR-PM",
    "976": "FR-976",
    "977": "FR-BL",
    "978": "FR-MF",
    "984": "FR-TF",
    "986": "FR-WF",
    "987": "FR-PF",
    "988": "FR-NC",
}
# Both left Guadeloupe in 2007 and kept its postal codes.
_COMMUNES = {"97133": "FR-BL", "97150": "FR-MF"}
_OVERSEAS = {
    "GP": "FR-971",
    "MQ": "FR-972",
    "GF": "FR-973",
    "RE": "FR-974",
    "YT": "FR-976",
    **{code: f"FR-{code}" for code in ("BL", "MF", "PM")},
}


@remembered(_CACHED_TEXTS)
def place(country: str | None, postal_code: str | None) -> Place:
    """Return a country, in France with the department; unknown where no country is stated."""
    if country in _OVERSEAS:
        return Place(HOME, _OVERSEAS[country])
    return Place(country or UNKNOWN_COUNTRY, region(postal_code) if country == HOME else None)


def region(postal_code: str | None) -> str | None:
    """Return the ISO 3166-2 code of a French postal code's department, None where it has none."""
    code = "".join((postal_code or "").split())
    if _POSTAL_CODE.fullmatch(code) is None:
        return None
    return _COMMUNES.get(code) or _BEGINNINGS.get(code[:3]) or _DEPARTMENTS.get(code[:2])
