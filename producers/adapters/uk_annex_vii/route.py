"""How the waste of a row travels: carriers, the place where it leaves, transit countries.

Of these the transit countries alone are published: there are no dates of the others. Carriers
and places of exit travel sealed, means of transport never.
"""

from __future__ import annotations

import re

from producers.adapters.uk_annex_vii import parties
from producers.adapters.uk_annex_vii.model import Entry
from producers.adapters.uk_annex_vii.noticing import Notice
from producers.adapters.uk_annex_vii.parties import Carrier
from producers.adapters.uk_annex_vii.waste import Kind

_MEANS = frozenset({"road", "rail", "sea", "air", "inlandwaterways"})
_MEANS_CHARACTERS_MAX = 200
_EXIT = re.compile(r"[A-Za-z0-9\-.,;'\s]{1,50}")


def check_carriers(entry: Entry, kind: Kind | None, notice: Notice) -> None:
    """Notice what is wrong with the carriers, of which the first is compulsory."""
    if 1 not in entry.carriers:
        parties.check(None, "carrier_1", notice)
    for number, carrier in entry.carriers.items():
        parties.check(carrier, f"carrier_{number}", notice)
        if kind is Kind.LISTED:
            _check_means(carrier, f"carrier_{number}", notice)
        elif kind is Kind.LABORATORY and (carrier.means or carrier.means_details):
            notice("annex7.means.laboratory", f"carrier_{number}_means")


def check_exit(entry: Entry, notice: Notice) -> None:
    """Notice a place of exit that is no list of names."""
    if entry.exit_location and _EXIT.fullmatch(entry.exit_location) is None:
        notice("annex7.exit.form", "exit_location")


def exits(stated: str) -> list[str]:
    """Return the places where the waste leaves, in order; none where the cell is no list of names."""
    return stated.split(";") if _EXIT.fullmatch(stated) else []


def transit_countries(entry: Entry, destination_country: str | None, notice: Notice) -> tuple[str, ...]:
    """Return the transit countries in order, each once."""
    if not entry.transit_countries:
        return ()
    stated = [parties.country_code(name) for name in entry.transit_countries.split(";")]
    importer = entry.importer
    ends = {parties.HOME, destination_country, parties.country_code(importer.country) if importer else None}
    found = tuple(dict.fromkeys(code for code in stated if code is not None))
    if None in stated:
        notice("annex7.transit.unknown", "transit_countries")
    if not ends.isdisjoint(found):
        notice("annex7.transit.end", "transit_countries")
    if len(found) < len(stated) - stated.count(None):
        notice("annex7.transit.repeated", "transit_countries")
    return found


def _check_means(carrier: Carrier, name: str, notice: Notice) -> None:
    if "".join(carrier.means.split()).casefold() not in _MEANS:
        notice("annex7.means.unknown", f"{name}_means")
    if len(carrier.means_details) > _MEANS_CHARACTERS_MAX:
        notice("annex7.text.long", f"{name}_means_details")
