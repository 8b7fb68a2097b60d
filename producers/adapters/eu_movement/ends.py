"""The two ends of a movement: who sends and who receives, where, and through which countries."""

from __future__ import annotations

from typing import NamedTuple

from producers.adapters.eu_movement import model, parties
from producers.adapters.eu_movement.model import Movement, Party, Site
from producers.reading.notices import Notice
from producers.statement import Company, Place
from schemas import places
from schemas.movement import UNKNOWN_COUNTRY, Side


class Ends(NamedTuple):
    """The two ends of a movement.

    Attributes:
        shipper: The generator; with Annex VII who arranges the shipment.
        facility: Who recovers or disposes of the waste.
        side: Which end, or neither, the agency's country is.
    """

    shipper: Company | None
    facility: Company | None
    origin: Place
    destination: Place
    transit: tuple[str, ...]
    side: Side


def ends(movement: Movement, country: str, *, is_annex_vii: bool, path: str, notice: Notice) -> Ends:
    """Return the two ends of a movement.

    Args:
        movement: The document.
        country: Country of the agency that publishes.
        is_annex_vii: True where who arranges the shipment stands for the generator.
        path: Place of the document.
        notice: Told what is wrong, and where.
    """
    shipper = "notifier" if is_annex_vii else "generator"
    facility = facility_of(movement)
    name = "disposal" if facility is movement.disposal and facility is not None else "recovery"
    origin = _place(movement, ("site", "generator", "notifier"), path, notice)
    destination = _place(movement, (name, "consignee"), path, notice)
    transit = _transit(movement, {origin.country, destination.country}, path, notice)
    side = _side(country, origin.country, destination.country, transit)
    if side is None:
        notice("eu.side.foreign", path)
    return Ends(
        shipper=company(getattr(movement, shipper), f"{path}.{shipper}", notice),
        facility=company(facility, f"{path}.{name}", notice),
        origin=origin,
        destination=destination,
        transit=transit,
        side=side or Side.TRANSIT,
    )


def facility_of(movement: Movement) -> model.Company | None:
    """Return the facility; where one for each kind of operation is named, the operation says which."""
    if movement.recovery is None or movement.disposal is None:
        return movement.recovery or movement.disposal
    operations = (operation for line in movement.lines for operation, scheme in line.codes if scheme == "RD")
    is_disposal = next(((operation or "").startswith("D") for operation in operations), False)
    return movement.disposal if is_disposal else movement.recovery


def company(party: Party | None, path: str, notice: Notice) -> Company | None:
    """Return the company behind a party, and tell where there is none."""
    found = parties.company(party)
    if found is None:
        notice("eu.company.unknown", path)
    return found


def _place(movement: Movement, names: tuple[str, ...], path: str, notice: Notice) -> Place:
    """Return the place of the first of several members that states a country."""
    for name in names:
        site: Site | None = getattr(movement, name)
        if site is None or not site.country:
            continue
        found = parties.place(site)
        if found is not None:
            return found
        notice("eu.country.unknown", f"{path}.{name}.country")
        return Place()
    notice("eu.country.missing", f"{path}.{names[0]}")
    return Place()


def _transit(movement: Movement, both: set[str], path: str, notice: Notice) -> tuple[str, ...]:
    found: list[str] = []
    for number, stated in enumerate(movement.transit):
        code = places.country((stated or "").strip().upper())
        place = f"{path}.transit[{number}]"
        if code is None:
            notice("eu.country.unknown", place)
        elif code in both:
            notice("eu.transit.end", place)
        elif code in found:
            notice("eu.transit.repeated", place)
        else:
            found.append(code)
    return tuple(found)


def _side(country: str, origin: str, destination: str, transit: tuple[str, ...]) -> Side | None:
    """Return which part of the way a country is; None where it is none of it."""
    if country == origin:
        return Side.DOMESTIC if country == destination else Side.ORIGIN
    if country == destination:
        return Side.DESTINATION
    is_on_the_way = country in transit or UNKNOWN_COUNTRY in {origin, destination}
    return Side.TRANSIT if is_on_the_way else None
