"""Where the sites of a US manifest are, and which local date an instant has there.

The service writes a day as an instant at midnight of Eastern time, wherever the site is:
such an instant is that day. Any other instant has the local date of the site's state,
Eastern where the state is unknown. A state of two zones has that of most of its people.
"""

from __future__ import annotations

import re
from functools import lru_cache

from producers.adapters.us_emanifest.model import Site
from producers.reading.dates import Stamp
from producers.statement import Company, Place, When
from schemas import places
from schemas.movement import Precision

EASTERN = "America/New_York"
SITE_SCHEME = "US-EPA-SITE"
NOWHERE = Place()
UNITED_STATES = Place("US")

_CACHED_PLACES = 1024

# Generators without an id of their own state a shorter one, shared by a state, or a citation.
_SITE_ID = re.compile(r"[A-Z]{2}[A-Z0-9]{10}", re.ASCII)
_STATES_BY_ZONE = {
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "Pacific/Pago_Pago": "AS",
    "Pacific/Guam": "GU MP",
    "America/Puerto_Rico": "PR VI",
}
_ZONES = {f"US-{state}": zone for zone, states in _STATES_BY_ZONE.items() for state in states.split()}


def company(site: Site | None) -> Company | None:
    """Return the company behind a site, None where its id is none of EPA's."""
    if site is None or site.epa_site_id is None:
        return None
    stated = "".join(site.epa_site_id.split()).upper()
    return Company(SITE_SCHEME, stated) if _SITE_ID.fullmatch(stated) else None


def place(site: Site | None) -> Place:
    """Return where a site is.

    Without an address it is the state of the site id, whose first two letters are the
    location of the activity (e-Manifest schema 1.3, EpaSiteId).
    """
    if site is None:
        return NOWHERE
    address = site.site_address
    country = address.country.code if address is not None and address.country is not None else "US"
    state = address.state.code if address is not None and address.state is not None else None
    found = _place(country, state)
    if state is not None or found.country != "US":
        return found
    holder = company(site)
    home = _place("US", holder.identifier[:2]) if holder is not None else found
    return home if address is not None or home.region is not None else NOWHERE


@lru_cache(_CACHED_PLACES)
def _place(country: str, state: str | None) -> Place:
    code = country_code(country)
    return Place(code, places.us_state(state) if code == "US" and state is not None else None)


def country_code(stated: str) -> str:
    """Return the ISO 3166-1 code of a country; what is none stays as stated and is rejected later."""
    return places.country(stated.strip().upper()) or stated


def local(stamp: Stamp, where: Place) -> When:
    """Return the local date of what happened at a place."""
    eastern = stamp.when(EASTERN)
    zone = _ZONES.get(where.region or "", EASTERN)
    if zone == EASTERN or eastern.precision is not Precision.MINUTE:
        return eastern
    return stamp.when(zone)
