"""Where the waste of a row goes, and what is to be done with it there.

Listed waste goes to recovery facilities, by an interim site or not; unlisted waste goes
to one laboratory. The first of them is the destination, whatever country the importer
has; without any it is the importer's.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from producers.adapters.uk_annex_vii import parties
from producers.adapters.uk_annex_vii.model import Entry
from producers.adapters.uk_annex_vii.noticing import Notice
from producers.adapters.uk_annex_vii.parties import Party, Site
from producers.adapters.uk_annex_vii.waste import Kind
from producers.reading import waste_codes
from schemas import places

_INTERIM = frozenset({"R12", "R13"})


class Destination(NamedTuple):
    """The last place: its country (None unknown), its operation, and that of an interim site."""

    country: str | None
    operation_code: str | None
    interim_code: str | None


def destination(entry: Entry, kind: Kind | None, notice: Notice) -> Destination:
    """Return where the waste goes; `notice` is told each rule that the sites break, and where."""
    _check_presence(entry, kind, notice)
    interim_code = _interim(entry.interim, notice)
    operation_code = _laboratory(entry.laboratory_site, notice)
    for number, facility in entry.facilities.items():
        recovery_code = _facility(facility, f"facility_{number}", notice)
        operation_code = operation_code or recovery_code
    last = entry.laboratory_site or next(iter(entry.facilities.values()), entry.importer)
    country = _country(last)
    _check_countries(entry, country, notice)
    return Destination(country, operation_code, interim_code)


def check_disposal(where: Destination, on: date, notice: Notice) -> None:
    """Notice an export for disposal to a country that is neither in the EU nor in EFTA on a day."""
    is_disposal = (where.operation_code or "").startswith("D")
    if is_disposal and where.country is not None and not places.is_in_eu_or_efta(where.country, on):
        notice("annex7.disposal.country", "laboratory_code")


def _check_presence(entry: Entry, kind: Kind | None, notice: Notice) -> None:
    """Notice sites that the kind of waste lacks, or has no use for."""
    if kind is Kind.LABORATORY:
        if entry.laboratory_site is None:
            notice("annex7.facility.missing", "laboratory_organisation")
        if entry.interim is not None:
            notice("annex7.facility.laboratory", "interim_organisation")
        for number in entry.facilities:
            notice("annex7.facility.laboratory", f"facility_{number}_organisation")
    if kind is Kind.LISTED:
        if 1 not in entry.facilities:
            notice("annex7.facility.missing", "facility_1_organisation")
        if entry.laboratory_site is not None:
            notice("annex7.laboratory.listed", "laboratory_organisation")


def _interim(site: Site | None, notice: Notice) -> str | None:
    if site is None:
        return None
    parties.check(site, "interim", notice)
    code = _operation(site)
    if code not in _INTERIM:
        notice("annex7.operation.interim", "interim_code")
    return code


def _laboratory(site: Site | None, notice: Notice) -> str | None:
    if site is None:
        return None
    parties.check(site, "laboratory", notice)
    code = _operation(site)
    if not code.startswith("D"):
        notice("annex7.operation.disposal", "laboratory_code")
    return code


def _facility(site: Site, name: str, notice: Notice) -> str:
    parties.check(site, name, notice)
    code = _operation(site)
    if not code.startswith("R"):
        notice("annex7.operation.recovery", f"{name}_code")
    return code


def _operation(site: Site) -> str:
    return waste_codes.operation(site.code) or ""


def _country(party: Party | None) -> str | None:
    return parties.country_code(party.country) if party is not None else None


def _check_countries(entry: Entry, destination_country: str | None, notice: Notice) -> None:
    parts: list[tuple[str, Party | None]] = [("importer", entry.importer), ("interim", entry.interim)]
    parts += [(f"facility_{number}", site) for number, site in entry.facilities.items()]
    for name, party in parts:
        if party is not None and _country(party) not in {None, destination_country}:
            notice("annex7.destination.differs", f"{name}_country")
