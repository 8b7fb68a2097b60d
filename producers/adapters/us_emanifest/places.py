"""Where the sites of a US manifest are, and which local date an instant has there.

The service writes a day as an instant at midnight of Eastern time, wherever the site is:
such an instant is that day. Any other instant has the local date of the site's state,
Eastern where the state is unknown. A state of two zones has that of most of its people.
"""

from __future__ import annotations

import re

from producers.adapters.us_emanifest.model import Site
from producers.reading.dates import Stamp
from producers.reading.remembered import remembered
from producers.statement import Company, Place, When
from schemas import places
from schemas.movement import Precision

EASTERN = "America/New_York"
SITE_SCHEME = "US-EPA-SITE"
NOWHERE = Place()
UNITED_STATES = Place("US")

_CACHED_COMPANIES, _CACHED_PLACES = 8192, 1024

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
    return company_of(site.epa_site_id) if site is not None else None


@remembered(_CACHED_COMPANIES)
def company_of(site_id: str | None) -> Company | None:
    """Return the company of a site id as stated, None where it is none of EPA's."""
    compact = "".join((site_id or "").split()).upper()
    return Company(SITE_SCHEME, compact) if _SITE_ID.fullmatch(compact) else None


def place(site: Site | None) -> Place:
    """Return where a site is.

    Without an address it is the state of the site id, whose first two letters are the
    location of the activity (e-Manifest schema 1.3, EpaSiteId).
    """
    if site is None:
        return NOWHERE
    address = site.site_address
    country = address.country.code if address is not None and address.country is not None else None
    state = address.state.code if address is not None and address.state is not None else None
    found = located(country, state)
    if state is not None or found.country != "US":
        return found
    holder = company(site)
    home = located("US", holder.identifier[:2]) if holder is not None else found
    return home if address is not None or home.region is not None else NOWHERE


@remembered(_CACHED_PLACES)
def located(country: str | None, state: str | None) -> Place:
    """Return where an address with these codes is; without a country it is in the United States."""
    code = country_code(country) if country is not None else "US"
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
