"""Manifests of the United States, and their versions as the JSON that the service returns.

Whole numbers in eight units, four of them volumes; instants, or days as midnight of Eastern time; one
quantity for each line, so that a correction changes what was shipped and what has arrived alike.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from producers.simulation import exact, words
from producers.simulation.claims import UNMAPPED
from producers.simulation.movement import Fate, Load, Movement
from producers.simulation.places import Site, drawn
from producers.simulation.reports import spoil
from producers.simulation.wastes import AMERICAN, AmericanWaste

_EASTERN = ZoneInfo("America/New_York")
_MASSES = {
    "K": exact.KILOGRAM_G,
    "M": exact.TONNE_G,
    "P": exact.POUND_G,
    "T": exact.SHORT_TON_G,
}
# Gallons with a density are pounds; other volumes stay without a mass.
_UNITS = ("K", "P", "M", "T", "G", "L", "Y", "N")
_UNIT_WEIGHTS = (30, 30, 8, 8, 16, 4, 2, 2)
# Management methods, and the class of operation that each leads to.
METHODS = {
    "H010": "RECYCLING",
    "H020": "RECYCLING",
    "H040": "DISPOSAL",
    "H050": "ENERGY",
    "H061": "INTERIM",
    "H132": "DISPOSAL",
    "H141": "INTERIM",
    "H039": UNMAPPED,
}
_SECOND_CARRIER = 0.15
_DAY_ONLY = 0.4
_DENSITY = 0.8


class Line(NamedTuple):
    """A line of a manifest in one unit: its final figure, and an earlier estimate."""

    waste: AmericanWaste
    unit: str
    value: int
    estimate: int
    has_density: bool
    method: str

    def mass_g(self, value: int) -> int | None:
        """Return the mass of a figure."""
        if self.unit in _MASSES:
            return exact.grams(Decimal(value), _MASSES[self.unit])
        if not self.has_density:
            return None
        return exact.grams(value * Decimal(self.waste.density_lb_per_gal) / 100, exact.POUND_G)

    @property
    def is_volume(self) -> bool:
        """Say whether the unit is one of volume."""
        return self.unit not in _MASSES


class Manifest(NamedTuple):
    """One manifest in all its versions."""

    number: str
    movement: Movement
    lines: tuple[Line, ...]
    carriers: tuple[Site, ...]
    is_by_day: bool
    is_partial: bool

    @property
    def is_import(self) -> bool:
        """Say whether the waste comes from abroad."""
        return self.movement.origin.country != "US"


def manifest_of(movement: Movement, dice: Random) -> Manifest:
    """Draw how a movement is written down."""
    carriers = 2 if dice.random() < _SECOND_CARRIER else 1
    serial, series = movement.number % 10**9, movement.number // 10**9
    return Manifest(
        f"{serial:09d}S{chr(65 + series)}M",
        movement,
        tuple(_line(load, dice) for load in movement.loads),
        tuple(drawn("US", dice) for _ in range(carriers)),
        is_by_day=dice.random() < _DAY_ONLY,
        is_partial=movement.fate is Fate.REFUSED and dice.random() < 1 / 3,
    )


def _line(load: Load, dice: Random) -> Line:
    waste, unit = load.of(AMERICAN), dice.choices(_UNITS, _UNIT_WEIGHTS)[0]
    has_density = unit == "G" and dice.random() < _DENSITY
    unit_g = _MASSES.get(unit) or Decimal(waste.density_lb_per_gal) / 100 * exact.POUND_G
    return Line(
        waste,
        unit,
        max(1, int(exact.stated(load.arrived_g, unit_g))),
        max(1, int(exact.stated(load.sent_g * dice.randrange(90, 111) // 100, unit_g))),
        has_density,
        dice.choice(tuple(METHODS)),
    )


def _importer(manifest: Manifest) -> Site:
    """Return who signs as generator for a sender abroad."""
    return manifest.carriers[0]


def sender(manifest: Manifest) -> Site:
    """Return who signs as the generator."""
    return _importer(manifest) if manifest.is_import else manifest.movement.origin


def handed_over(manifest: Manifest) -> datetime:
    """Return when the second transporter took the waste over, UTC."""
    movement = manifest.movement
    return (movement.dispatched_at + (movement.arrived_at - movement.dispatched_at) / 2).replace(second=30)


def updated_at(manifest: Manifest, version: int) -> datetime:
    """Return when a version was written: days from receipt, or from dispatch where it is before."""
    movement = manifest.movement
    if version < 0:
        return movement.dispatched_at + timedelta(minutes=30, days=version + 1)
    return movement.arrived_at + timedelta(days=version, hours=1)


def version_of(manifest: Manifest, status: str, version: int, *, is_estimate: bool = False) -> str:
    """Return a version of a manifest as JSON, with its final figures or with the estimates before them."""
    movement = manifest.movement
    is_under_way = status != "Scheduled"
    has_arrived = status not in {"Scheduled", "InTransit"}
    native: dict[str, Any] = {
        "manifestTrackingNumber": manifest.number,
        "updatedDate": instant(updated_at(manifest, version)),
        "status": status,
        "submissionType": "FullElectronic",
        "generator": _site(sender(manifest)),
        "transporters": [
            _transporter(manifest, number, is_signed=is_under_way) for number in range(len(manifest.carriers))
        ],
        "designatedFacility": _site(movement.destination),
        "wastes": [
            _waste(line, number, is_estimate=is_estimate) for number, line in enumerate(manifest.lines, 1)
        ],
    }
    if status == "Scheduled":
        native["potentialShipDate"] = sender(manifest).day(movement.dispatched_at).isoformat()
    if is_under_way:
        native["shippedDate"] = _happened(manifest, sender(manifest), movement.dispatched_at)
    if has_arrived:
        native["receivedDate"] = _happened(manifest, movement.destination, movement.arrived_at)
        native |= _rejection(manifest)
    if manifest.is_import:
        native |= _import(movement.origin)
    return json.dumps(native)


def _rejection(manifest: Manifest) -> dict[str, Any]:
    if manifest.movement.fate is not Fate.REFUSED:
        return {"rejection": False}
    kind = "PartialReject" if manifest.is_partial else "FullReject"
    return {"rejection": True, "rejectionInfo": {"rejectionType": kind, "newManifestTrackingNumbers": []}}


def _import(origin: Site) -> dict[str, Any]:
    generator = {"name": words.company(origin.number), "country": {"code": origin.country}}
    return {"import": True, "importInfo": {"importGenerator": generator}}


def _site(where: Site) -> dict[str, Any]:
    state = where.part.shown.removeprefix("US-")
    return {
        # No real number has a Z after its state.
        "epaSiteId": f"{state}Z{where.number:09d}",
        "name": words.company(where.number),
        "siteAddress": {
            "address1": f"{where.number} Simulation Road",
            "city": words.town(where.number),
            "state": {"code": state},
            "country": {"code": "US"},
            "zip": "00000",
        },
    }


def _transporter(manifest: Manifest, number: int, *, is_signed: bool) -> dict[str, Any]:
    found = _site(manifest.carriers[number]) | {"order": number + 1}
    if is_signed and number:
        found["electronicSignaturesInfo"] = [{"signatureDate": instant(handed_over(manifest))}]
    return found


def _waste(line: Line, number: int, *, is_estimate: bool) -> dict[str, Any]:
    native: dict[str, Any] = {
        "lineNumber": number,
        "dotHazardous": line.waste.un_number is not None,
        "epaWaste": bool(line.waste.federal),
        "pcb": False,
        "br": line.has_density,
        "quantity": {
            "containerNumber": number,
            "containerType": {"code": "DM"},
            "quantity": line.estimate if is_estimate else line.value,
            "unitOfMeasurement": {"code": line.unit},
        },
        "hazardousWaste": {"federalWasteCodes": [{"code": code} for code in line.waste.federal]},
        "managementMethod": {"code": line.method},
    }
    if line.waste.un_number is not None:
        native["dotInformation"] = {"idNumber": {"code": line.waste.un_number}}
    if line.has_density:
        density = line.waste.density_lb_per_gal / 100
        native["brInfo"] = {"density": density, "densityUnitOfMeasurement": {"code": "1"}}
    return native


def _happened(manifest: Manifest, where: Site, at: datetime) -> str:
    """Return an instant, or the local day as the service writes days: midnight of Eastern time."""
    if not manifest.is_by_day:
        return instant(at)
    return instant(datetime.combine(where.day(at), time(), _EASTERN).astimezone(UTC))


def instant(at: datetime) -> str:
    """Return an instant as the service writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def spoiled(body: str, fault: str) -> str:
    """Return a manifest that breaks a rule."""
    native = json.loads(body)
    spoil(native, _WRONG[fault])
    if fault == "us.dates.none":
        # The second transporter signs with a date of its own.
        del native["transporters"][1:]
    return json.dumps(native)


_QUANTITY = "wastes.0.quantity"
_WRONG: dict[str, dict[str, object]] = {
    "us.mtn.missing": {"manifestTrackingNumber": ""},
    "us.quantity.whole": {f"{_QUANTITY}.quantity": 1.5},
    "us.status.unknown": {"status": "Lost"},
    "us.date.invalid": {"shippedDate": "2025-02-30"},
    "us.unit.unknown": {f"{_QUANTITY}.unitOfMeasurement.code": "Q"},
    "us.dates.none": {"shippedDate": None, "receivedDate": None},
}
FAULTS = tuple(_WRONG)
