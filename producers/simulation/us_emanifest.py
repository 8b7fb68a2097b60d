"""The United States' e-Manifest: versions of manifests as its service returns them.

Whole numbers in eight units, four of them volumes; instants, or days as midnight of Eastern time; one
quantity for each line, so that a correction changes what was shipped and what has arrived alike.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from producers.simulation import exact, words
from producers.simulation.claims import CONVERTED, ESTIMATED, UNKNOWN, UNMAPPED, WEIGHED, Claim
from producers.simulation.movement import Fate, Load, Movement
from producers.simulation.places import Site, drawn
from producers.simulation.reports import JSON_ARRAY, Course, Document, Report, Wave, course
from producers.simulation.wastes import AMERICAN, AmericanWaste

FORM = JSON_ARRAY
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
# Management methods, and the class of operation that each leads to (DISPOSAL of D8 and INTERIM
# of D9 have no class together before 21 May 2026).
_METHODS = {
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
_FAULTS = (
    "us.mtn.missing",
    "us.quantity.whole",
    "us.status.unknown",
    "us.date.invalid",
    "us.unit.unknown",
    "us.dates.none",
)


class _Line(NamedTuple):
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


class _Manifest(NamedTuple):
    """One manifest in all its versions."""

    number: str
    movement: Movement
    lines: tuple[_Line, ...]
    carriers: tuple[Site, ...]
    is_by_day: bool
    is_partial: bool

    @property
    def is_import(self) -> bool:
        """Say whether the waste comes from abroad."""
        return self.movement.origin.country != "US"


class UsEmanifest:
    """The system of the Environmental Protection Agency."""

    name = "us-emanifest"
    agency = "US-EPA"

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return the versions of one manifest, and what stands of them."""
        manifest = _drawn(movement, dice)
        way = course(dice)
        return _REPORTS[way](manifest, dice)


def _plain(manifest: _Manifest, _: Random, wave: Wave = Wave.FIRST) -> Report:
    body = _version(manifest, "Signed", 0)
    return Report((Document(wave, body),), _arrived(manifest))


def _late(manifest: _Manifest, dice: Random) -> Report:
    return _plain(manifest, dice, Wave.LATE)


def _in_stages(manifest: _Manifest, _: Random) -> Report:
    announced = Document(Wave.FIRST, _version(manifest, "Scheduled", -3, is_estimate=True))
    under_way = Document(Wave.FIRST, _version(manifest, "InTransit", -1, is_estimate=True))
    signed = Document(Wave.CORRECTIONS, _version(manifest, "Signed", 0))
    return Report((announced, under_way, signed), (*_announced(manifest), *_arrived(manifest)))


def _corrected(manifest: _Manifest, _: Random) -> Report:
    signed = Document(Wave.FIRST, _version(manifest, "Signed", 0, is_estimate=True))
    draft = Document(Wave.CORRECTIONS, _version(manifest, "UnderCorrection", 1))
    corrected = Document(Wave.CORRECTIONS, _version(manifest, "Corrected", 2))
    return Report((signed, draft, corrected), _arrived(manifest, 2))


def _overtaken(manifest: _Manifest, _: Random) -> Report:
    """The last version comes first; of those before it only the announcement adds something."""
    corrected = Document(Wave.FIRST, _version(manifest, "Corrected", 2))
    signed = Document(Wave.CORRECTIONS, _version(manifest, "Signed", 0, is_estimate=True))
    announced = Document(Wave.LATE, _version(manifest, "Scheduled", -3, is_estimate=True))
    return Report((corrected, signed, announced), (*_announced(manifest), *_arrived(manifest, 2)))


def _without_receipt(manifest: _Manifest, _: Random) -> Report:
    under_way = Document(Wave.FIRST, _version(manifest, "InTransit", -1, is_estimate=True))
    return Report((under_way,), _dispatched(manifest, -1, is_estimate=True))


def _cancelled(manifest: _Manifest, _: Random) -> Report:
    announced = Document(Wave.FIRST, _version(manifest, "Scheduled", -3, is_estimate=True))
    gone = {
        "manifestTrackingNumber": manifest.number,
        "updatedDate": _instant(_updated(manifest, -2)),
        "body": {"code": "E_ManifestTrackingNumberNotFound ", "message": "not found"},
    }
    return Report((announced, Document(Wave.CORRECTIONS, json.dumps(gone))))


def _faulty(manifest: _Manifest, dice: Random) -> Report:
    fault = dice.choice(_FAULTS)
    return Report((Document(Wave.FIRST, _spoiled(_version(manifest, "Signed", 0), fault), fault),))


def _repaired(manifest: _Manifest, dice: Random) -> Report:
    repaired = Document(Wave.CORRECTIONS, _version(manifest, "Signed", 0))
    return Report((*_faulty(manifest, dice).documents, repaired), _arrived(manifest))


_REPORTS = {
    Course.PLAIN: _plain,
    Course.IN_STAGES: _in_stages,
    Course.CORRECTED: _corrected,
    Course.LATE: _late,
    Course.OVERTAKEN: _overtaken,
    Course.WITHOUT_RECEIPT: _without_receipt,
    Course.CANCELLED: _cancelled,
    Course.FAULTY: _faulty,
    Course.REPAIRED: _repaired,
}


def _drawn(movement: Movement, dice: Random) -> _Manifest:
    carriers = 2 if dice.random() < _SECOND_CARRIER else 1
    serial, series = movement.number % 10**9, movement.number // 10**9
    return _Manifest(
        f"{serial:09d}S{chr(65 + series)}M",
        movement,
        tuple(_line(load, dice) for load in movement.loads),
        tuple(drawn("US", dice) for _ in range(carriers)),
        is_by_day=dice.random() < _DAY_ONLY,
        is_partial=movement.fate is Fate.REFUSED and dice.random() < 1 / 3,
    )


def _line(load: Load, dice: Random) -> _Line:
    waste, unit = load.of(AMERICAN), dice.choices(_UNITS, _UNIT_WEIGHTS)[0]
    has_density = unit == "G" and dice.random() < _DENSITY
    unit_g = _MASSES.get(unit) or Decimal(waste.density_lb_per_gal) / 100 * exact.POUND_G
    return _Line(
        waste,
        unit,
        max(1, int(exact.stated(load.arrived_g, unit_g))),
        max(1, int(exact.stated(load.sent_g * dice.randrange(90, 111) // 100, unit_g))),
        has_density,
        dice.choice(tuple(_METHODS)),
    )


def _announced(manifest: _Manifest) -> tuple[Claim, ...]:
    on = manifest.movement.origin if not manifest.is_import else _importer(manifest)
    day = on.day(manifest.movement.dispatched_at)
    return _claims(manifest, "ANNOUNCED", day, -3, is_estimate=True)


def _dispatched(manifest: _Manifest, version: int, *, is_estimate: bool = False) -> tuple[Claim, ...]:
    day = _sender(manifest).day(manifest.movement.dispatched_at)
    sent = _claims(manifest, "DISPATCHED", day, version, is_estimate=is_estimate)
    if len(manifest.carriers) == 1:
        return sent
    second = manifest.carriers[1].day(_handed_over(manifest))
    return (*sent, *_claims(manifest, "TRANSFERRED", second, version, step=2, is_estimate=is_estimate))


def _arrived(manifest: _Manifest, version: int = 0) -> tuple[Claim, ...]:
    """Return what a signed manifest says."""
    day = manifest.movement.destination.day(manifest.movement.arrived_at)
    arrived: tuple[Claim, ...] = ()
    if manifest.movement.fate is Fate.ARRIVED or manifest.is_partial:
        arrived += _claims(manifest, "RECEIVED", day, version)
    if manifest.movement.fate is Fate.REFUSED:
        arrived += _claims(manifest, "REFUSED", day, version)
    return (*_dispatched(manifest, version), *arrived)


def _claims(
    manifest: _Manifest, stage: str, on: date, version: int, *, step: int = 0, is_estimate: bool = False
) -> tuple[Claim, ...]:
    return tuple(
        _claim(manifest, number, stage, on, version, step=step, is_estimate=is_estimate)
        for number in range(len(manifest.lines))
    )


def _claim(
    manifest: _Manifest, number: int, stage: str, on: date, version: int, *, step: int, is_estimate: bool
) -> Claim:
    line, movement = manifest.lines[number], manifest.movement
    is_at_end = stage in {"RECEIVED", "REFUSED"}
    mass_g = line.mass_g(line.estimate if is_estimate else line.value)
    if is_at_end and manifest.is_partial:
        # What was refused stands on other manifests, so neither part is known here.
        mass_g = None
    shown = movement.destination if manifest.is_import or is_at_end else movement.origin
    return Claim(
        UsEmanifest.agency,
        UsEmanifest.name,
        f"US:{manifest.number}",
        number + 1,
        stage,
        step,
        "IMPORT" if manifest.is_import else "DOMESTIC",
        shown.part.shown,
        movement.origin.country,
        manifest.is_import,
        line.waste.material,
        None,
        _METHODS[line.method] if stage == "RECEIVED" else UNMAPPED,
        on,
        mass_g,
        _basis(line, mass_g, is_at_end=is_at_end),
        _updated(manifest, version),
        _holder(manifest, stage).id,
    )


def _holder(manifest: _Manifest, stage: str) -> Site:
    """Return who has the waste at a stage."""
    if stage == "TRANSFERRED":
        return manifest.carriers[1]
    return manifest.movement.destination if stage in {"RECEIVED", "REFUSED"} else _sender(manifest)


def _basis(line: _Line, mass_g: int | None, *, is_at_end: bool) -> str:
    if mass_g is None:
        return UNKNOWN
    if line.is_volume:
        return CONVERTED
    return WEIGHED if is_at_end else ESTIMATED


def _importer(manifest: _Manifest) -> Site:
    """Return who signs as generator for a sender abroad."""
    return manifest.carriers[0]


def _sender(manifest: _Manifest) -> Site:
    return _importer(manifest) if manifest.is_import else manifest.movement.origin


def _handed_over(manifest: _Manifest) -> datetime:
    movement = manifest.movement
    return (movement.dispatched_at + (movement.arrived_at - movement.dispatched_at) / 2).replace(second=30)


def _updated(manifest: _Manifest, version: int) -> datetime:
    """Return when a version was written: days from receipt, or from dispatch where it is before."""
    movement = manifest.movement
    if version < 0:
        return movement.dispatched_at + timedelta(minutes=30, days=version + 1)
    return movement.arrived_at + timedelta(days=version, hours=1)


def _version(manifest: _Manifest, status: str, version: int, *, is_estimate: bool = False) -> str:
    movement = manifest.movement
    is_under_way = status != "Scheduled"
    has_arrived = status not in {"Scheduled", "InTransit"}
    native: dict[str, Any] = {
        "manifestTrackingNumber": manifest.number,
        "updatedDate": _instant(_updated(manifest, version)),
        "status": status,
        "submissionType": "FullElectronic",
        "generator": _site(_sender(manifest)),
        "transporters": [
            _transporter(manifest, number, is_signed=is_under_way) for number in range(len(manifest.carriers))
        ],
        "designatedFacility": _site(movement.destination),
        "wastes": [
            _waste(line, number, is_estimate=is_estimate) for number, line in enumerate(manifest.lines, 1)
        ],
    }
    if status == "Scheduled":
        native["potentialShipDate"] = _sender(manifest).day(movement.dispatched_at).isoformat()
    if is_under_way:
        native["shippedDate"] = _happened(manifest, _sender(manifest), movement.dispatched_at)
    if has_arrived:
        native["receivedDate"] = _happened(manifest, movement.destination, movement.arrived_at)
        native |= _rejection(manifest)
    if manifest.is_import:
        native |= _import(movement.origin)
    return json.dumps(native)


def _rejection(manifest: _Manifest) -> dict[str, Any]:
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


def _transporter(manifest: _Manifest, number: int, *, is_signed: bool) -> dict[str, Any]:
    found = _site(manifest.carriers[number]) | {"order": number + 1}
    if is_signed and number:
        found["electronicSignaturesInfo"] = [{"signatureDate": _instant(_handed_over(manifest))}]
    return found


def _waste(line: _Line, number: int, *, is_estimate: bool) -> dict[str, Any]:
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


def _happened(manifest: _Manifest, where: Site, at: datetime) -> str:
    """Return an instant, or the local day as the service writes days: midnight of Eastern time."""
    if not manifest.is_by_day:
        return _instant(at)
    return _instant(datetime.combine(where.day(at), time(), _EASTERN).astimezone(UTC))


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _spoiled(body: str, fault: str) -> str:
    """Return a manifest that breaks a rule."""
    native: dict[str, Any] = json.loads(body)
    quantity: dict[str, Any] = native["wastes"][0]["quantity"]
    if fault == "us.mtn.missing":
        native["manifestTrackingNumber"] = ""
    elif fault == "us.quantity.whole":
        quantity["quantity"] = 1.5
    elif fault == "us.status.unknown":
        native["status"] = "Lost"
    elif fault == "us.date.invalid":
        native["shippedDate"] = "2025-02-30"
    elif fault == "us.unit.unknown":
        quantity["unitOfMeasurement"]["code"] = "Q"
    else:
        native["shippedDate"] = native["receivedDate"] = None
        native["transporters"] = native["transporters"][:1]
    return json.dumps(native)
