"""The United Kingdom's packaging summary log: complete logs of exporters and reprocessors.

Tonnes of two or three decimals; days without a clock. What arrived abroad is in the exporter's own
log. A row is never removed: what did not happen loses its date.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from producers.simulation import exact, words
from producers.simulation.claims import UNMAPPED, WEIGHED, Claim
from producers.simulation.movement import Fate, Movement
from producers.simulation.reports import Document, Report, Wave, by_course, course
from producers.simulation.wastes import PACKAGING, Waste

ROWS_PER_LOG_MAX = 250
_FIRST_ROW = 1000
# Between its arrival at the exporter and its export.
_STORED = timedelta(days=3)
_RETURNED = timedelta(days=9)
_COUNTRIES = {
    "NL": "Netherlands-NL",
    "PL": "Poland-PL",
    "TR": "Turkey-TR",
    "IN": "India-IN",
    "DE": "Germany-DE",
}
_FAULTS = (
    "uk.tonnage.number",
    "uk.tonnage.range",
    "uk.tonnage.limit",
    "uk.tonnage.formula",
    "uk.date.impossible",
    "uk.option.unknown",
)


class _Row(NamedTuple):
    """One row, and whose log it stands in."""

    organisation: str
    number: int
    movement: Movement
    waste: Waste
    kind: str
    decimals: int
    recorded_at: datetime

    def tonnes(self, mass_g: int) -> Decimal:
        """Return a mass as this operator rounds it."""
        return exact.stated(mass_g, exact.TONNE_G, self.decimals)

    @property
    def sent(self) -> Decimal:
        """Return the tonnes that were sent."""
        return self.tonnes(self.movement.loads[0].sent_g)

    @property
    def collection(self) -> str:
        """Return which log it stands in."""
        return f"{self.organisation}/{self.organisation.replace('ORG', 'REG')}"


class UkPackaging:
    """The system of the Environment Agency; rows are numbered as they come."""

    name = "uk-packaging"
    agency = "GB-EA"

    def __init__(self, recorded_at: datetime, rows_per_log: int) -> None:
        """Take the instant that stands for those of all uploads, and after how many rows a log is full."""
        self._recorded_at, self._rows_per_log = recorded_at, rows_per_log
        self._rows = Counter[str]()

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return one row in each of its states, and what stands of it."""
        row = self._row(movement, dice)
        way = course(dice)
        states, claims = _STATES[way](row, dice)
        documents = tuple(Document(wave, json.dumps(body), fault) for wave, body, fault in states)
        return Report(documents, claims, row.collection)

    def _row(self, movement: Movement, dice: Random) -> _Row:
        is_abroad = movement.destination.country != "GB"
        kind = "exported" if is_abroad else dice.choice(("received", "sentOn", "processed"))
        family = "EX" if is_abroad else "RE"
        log, place = divmod(self._rows[family], self._rows_per_log)
        self._rows[family] += 1
        return _Row(
            f"SIM-ORG-{family}{log}",
            _FIRST_ROW + place,
            movement,
            movement.loads[0].of(PACKAGING),
            kind,
            2 + log % 2,
            self._recorded_at,
        )


_States = tuple[tuple[tuple[Wave, dict[str, Any], str | None], ...], tuple[Claim, ...]]


def _plain(row: _Row, _: Random, wave: Wave = Wave.FIRST) -> _States:
    return ((wave, _whole(row), None),), _claims(row)


def _in_stages(row: _Row, _: Random) -> _States:
    return ((Wave.FIRST, _begun(row), None), (Wave.CORRECTIONS, _whole(row), None)), _claims(row)


def _corrected(row: _Row, dice: Random) -> _States:
    load = row.movement.loads[0]
    estimate = load._replace(sent_g=load.sent_g * dice.randrange(90, 111) // 100)
    guessed = row._replace(movement=row.movement._replace(loads=(estimate,)))
    return ((Wave.FIRST, _whole(guessed), None), (Wave.CORRECTIONS, _whole(row), None)), _claims(row)


def _without_receipt(row: _Row, _: Random) -> _States:
    body = _whole(row)
    for name in ("DATE_RECEIVED_BY_OSR", "TONNAGE_RECEIVED_BY_OSR"):
        body["data"].pop(name, None)
    claims = (claim for claim in _claims(row) if (claim.stage, claim.flow) != ("RECEIVED", "EXPORT"))
    return ((Wave.FIRST, body, None),), tuple(claims)


def _cancelled(row: _Row, _: Random) -> _States:
    states = ((Wave.FIRST, _whole(row), None), (Wave.CORRECTIONS, _begun(row), None))
    return states, tuple(claim for claim in _claims(row) if _is_begin(row, claim))


def _faulty(row: _Row, dice: Random) -> _States:
    fault = dice.choice(_FAULTS)
    return ((Wave.FIRST, _spoiled(row, fault), fault),), ()


def _repaired(row: _Row, dice: Random) -> _States:
    states, _ = _faulty(row, dice)
    return (*states, (Wave.CORRECTIONS, _whole(row), None)), _claims(row)


# A log is overtaken as a whole, not by the row.
_STATES = by_course(_plain, _in_stages, _corrected, _plain, _without_receipt, _cancelled, _faulty, _repaired)


def envelope(collection: str, uploaded_at: datetime) -> str:
    """Return the head of an upload, up to its first row."""
    organisation, _, registration = collection.partition("/")
    stated = {
        "organisation": organisation,
        "registration": registration,
        "uploadedAt": uploaded_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    return json.dumps(stated).removesuffix("}") + ', "rows": [\n'


def _sent_on(row: _Row) -> date:
    return row.movement.origin.day(row.movement.dispatched_at)


def _arrived_on(row: _Row) -> date:
    return row.movement.destination.day(row.movement.arrived_at)


def _begun(row: _Row) -> dict[str, Any]:
    """Return a row of which only the first fact is known; of most kinds that is none."""
    return _native(row, _first_cells(row) if row.kind == "exported" else {})


def _whole(row: _Row) -> dict[str, Any]:
    return _native(row, {**_first_cells(row), **(_export_cells(row) if row.kind == "exported" else {})})


def _native(row: _Row, cells: dict[str, Any]) -> dict[str, Any]:
    kind = "EXPORTER" if row.kind == "exported" else "REPROCESSOR_INPUT"
    common = {
        "ROW_ID": row.number,
        "processingType": kind,
        "EWC_CODE": row.waste.low,
        "DESCRIPTION_WASTE": row.waste.description,
        "SUPPLIER_NAME": words.company(row.movement.origin.number),
    }
    return {"rowId": row.number, "wasteRecordType": row.kind, "data": common | cells}


def _first_cells(row: _Row) -> dict[str, Any]:
    day, tonnes = _sent_on(row), row.sent
    if row.kind == "sentOn":
        return {
            "DATE_LOAD_LEFT_SITE": day.isoformat(),
            "TONNAGE_OF_UK_PACKAGING_WASTE_SENT_ON": float(tonnes),
            "FINAL_DESTINATION_FACILITY_TYPE": "Reprocessor",
        }
    if row.kind == "processed":
        standard = "Yes" if row.number % 2 else "No"
        return {
            "DATE_LOAD_LEFT_SITE": day.isoformat(),
            "PRODUCT_TONNAGE": float(tonnes),
            "END_OF_WASTE_STANDARDS": standard,
        }
    if row.kind == "received":
        return {
            "DATE_RECEIVED_FOR_REPROCESSING": day.isoformat(),
            "TONNAGE_RECEIVED_FOR_RECYCLING": float(tonnes),
            **_weights(tonnes),
        }
    return {
        "DATE_RECEIVED_FOR_EXPORT": (day - _STORED).isoformat(),
        "TONNAGE_RECEIVED_FOR_EXPORT": float(tonnes),
        **_weights(tonnes),
    }


def _weights(tonnes: Decimal) -> dict[str, Any]:
    """Return weights from which the template reckons the tonnage."""
    net = tonnes + Decimal("0.12")
    return {
        "GROSS_WEIGHT": float(net + Decimal("7.3")),
        "TARE_WEIGHT": 7.0,
        "PALLET_WEIGHT": 0.3,
        "NET_WEIGHT": float(net),
        "WEIGHT_OF_NON_TARGET_MATERIALS": 0.12,
        "RECYCLABLE_PROPORTION_PERCENTAGE": 1,
        "BAILING_WIRE_PROTOCOL": "No",
    }


def _export_cells(row: _Row) -> dict[str, Any]:
    movement = row.movement
    is_refused = movement.fate is Fate.REFUSED
    cells: dict[str, Any] = {
        "DATE_OF_EXPORT": _sent_on(row).isoformat(),
        "TONNAGE_OF_UK_PACKAGING_WASTE_EXPORTED": float(row.sent),
        "BASEL_EXPORT_CODE": row.waste.basel,
        "CUSTOMS_CODES": row.waste.customs,
        "OSR_ID": movement.destination.number % 900 + 100,
        "OSR_NAME": words.company(movement.destination.number),
        "OSR_COUNTRY": _COUNTRIES[movement.destination.country],
        "WAS_THE_WASTE_REFUSED": "Yes" if is_refused else "No",
        "WAS_THE_WASTE_STOPPED": "Yes" if _is_stopped(row) else "No",
    }
    if is_refused:
        cells["DATE_THE_REFUSED_STOPPED_WASTE_REPATRIATED"] = (_arrived_on(row) + _RETURNED).isoformat()
        return cells
    return cells | {
        "DATE_RECEIVED_BY_OSR": _arrived_on(row).isoformat(),
        "TONNAGE_RECEIVED_BY_OSR": float(row.tonnes(movement.loads[0].arrived_g)),
    }


def _is_stopped(row: _Row) -> bool:
    return row.movement.fate is Fate.REFUSED and row.number % 2 == 0


def _claims(row: _Row) -> tuple[Claim, ...]:
    """Return what a whole row says."""
    day, tonnes = _sent_on(row), row.sent
    if row.kind == "sentOn":
        return (_claim(row, "sent", "DISPATCHED", day, tonnes),)
    if row.kind == "processed":
        stage = "END_OF_WASTE" if row.number % 2 else "TREATED"
        return (_claim(row, "product", stage, day, tonnes),)
    if row.kind == "received":
        return (_claim(row, "in", "RECEIVED", day, tonnes),)
    said = [
        _claim(row, "in", "RECEIVED", day - _STORED, tonnes),
        _claim(row, "out", "DISPATCHED", day, tonnes),
    ]
    if row.movement.fate is Fate.ARRIVED:
        arrived = row.tonnes(row.movement.loads[0].arrived_g)
        return (*said, _claim(row, "out", "RECEIVED", _arrived_on(row), arrived))
    stages = ("REFUSED", "STOPPED") if _is_stopped(row) else ("REFUSED",)
    returned = _claim(row, "out", "REPATRIATED", _arrived_on(row) + _RETURNED, tonnes)
    return (*said, *(_claim(row, "out", stage, day, tonnes) for stage in stages), returned)


def _is_begin(row: _Row, claim: Claim) -> bool:
    return row.kind == "exported" and claim.flow == "DOMESTIC"


def _claim(row: _Row, leg: str, stage: str, on: date, tonnes: Decimal) -> Claim:
    is_abroad = leg == "out"
    return Claim(
        UkPackaging.agency,
        UkPackaging.name,
        f"GB-EPR:{row.collection}:{leg}:{row.number}",
        0,
        stage,
        0,
        "EXPORT" if is_abroad else "DOMESTIC",
        # The log tells no part of the country.
        "GB-ZZ",
        row.movement.destination.country if is_abroad else "GB",
        is_abroad,
        row.waste.material,
        row.waste.low,
        UNMAPPED,
        on,
        exact.grams(tonnes, exact.TONNE_G),
        WEIGHED,
        row.recorded_at,
        row.organisation,
    )


def _spoiled(row: _Row, fault: str) -> dict[str, Any]:
    """Return a row that breaks a rule."""
    body = _whole(row)
    cells: dict[str, Any] = body["data"]
    tonnage = next(name for name in cells if name.startswith(("TONNAGE", "PRODUCT_TONNAGE")))
    if fault == "uk.tonnage.formula":
        cells |= {"GROSS_WEIGHT": 20.0, "TARE_WEIGHT": 7.0, "PALLET_WEIGHT": 0.3, "NET_WEIGHT": 11.0}
        return body
    for name in _weights(row.sent):
        cells.pop(name, None)
    if fault == "uk.tonnage.number":
        cells[tonnage] = "12 t"
    elif fault == "uk.tonnage.range":
        cells[tonnage] = -1
    elif fault == "uk.tonnage.limit":
        cells[tonnage] = 1000.5
    elif fault == "uk.date.impossible":
        cells[next(name for name in cells if name.startswith("DATE"))] = "2025-02-30"
    else:
        cells["WAS_THE_WASTE_REFUSED"] = "Maybe"
    return body
