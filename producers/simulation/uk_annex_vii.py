"""The United Kingdom's bulk upload for green-list exports: 145 columns, one account.

Tonnes or cubic metres, which the service keeps with two decimals; estimates become actuals under the same
reference. Rows have no version: of two estimates, or two actuals, that which is delivered last counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import NamedTuple

from producers.simulation import exact, operations, words
from producers.simulation.claims import ESTIMATED, UNKNOWN, WEIGHED, Claim
from producers.simulation.movement import Movement
from producers.simulation.reports import Document, Form, Report, Wave, by_course, course
from producers.simulation.wastes import GREEN, Waste

ACCOUNT = "SIM-EXPORTER"
_ADDRESS = ("organisation name", "address")
_CONTACT = ("contact full name", "phone number", "fax number", "email address")
_SENDER = (
    "organisation name",
    "address line 1",
    "address line 2",
    "town or city",
    "country",
    "postcode",
    "contact full name",
    "contact phone number",
    "fax number",
    "email address",
)
_PARTY = (*_ADDRESS, "country", *_CONTACT)
_ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth")


def _headers() -> Iterator[str]:
    """Yield the headers of the template."""
    yield "Enter your own reference using only letters and numbers"
    yield from ("Basel annex IX code", "OECD code", "Annex IIIA code", "Annex IIIB code")
    yield from ("Unlisted waste going to laboratory", "All relevant EWC codes", "National code")
    yield "Enter waste description"
    yield from (f"Waste quantity in {unit}" for unit in ("tonnes", "cubic metres", "kilograms"))
    yield "Estimated or actual quantity"
    yield from (f"Exporter {name}" for name in _SENDER)
    yield from (f"Importer {name}" for name in _PARTY)
    yield from ("Waste collection date", "Estimated or actual waste collection date")
    for ordinal in _ORDINALS:
        yield from (f"{ordinal} carrier {name}" for name in _PARTY)
        yield from (f"{ordinal} carrier means of transport", f"{ordinal} carrier means of transport details")
    yield from (f"Waste collection {name}" for name in _SENDER)
    yield from ("Nearest town port or terminal where waste leaves UK", "Transit countries")
    yield from (f"Interim site {name}" for name in (*_PARTY, "recovery code"))
    yield from (f"Laboratory {name}" for name in (*_PARTY, "D code"))
    for ordinal in _ORDINALS:
        yield from (f"{ordinal} recovery facility {name}" for name in (*_PARTY, "R code"))


_COLUMNS = tuple(_headers())
_GUIDANCE = ",".join(["Fill in from row three"] + [""] * (len(_COLUMNS) - 1))
FORM = Form("csv", head=f"{_GUIDANCE}\n{','.join(_COLUMNS)}\n")
_NATIONS = {
    "GB-ENG": "England",
    "GB-SCT": "Scotland",
    "GB-WLS": "Wales",
    "GB-NIR": "Northern Ireland",
}
_COUNTRIES = {"NL": "Netherlands", "PL": "Poland", "TR": "Turkey", "IN": "India"}
# The service keeps two of the decimals that are stated.
_STATED, _KEPT = 4, Decimal("0.01")
_VOLUMES = 0.1

Cells = dict[str, str]


class _Record(NamedTuple):
    """One record, estimated or actual."""

    movement: Movement
    waste: Waste
    operation: str
    quantity: Decimal
    is_volume: bool
    recorded_at: datetime
    is_actual: bool = True

    @property
    def reference(self) -> str:
        """Return the exporter's own reference."""
        return f"SIM{self.movement.number:012d}"


class UkAnnexVii:
    """The service of the Environment Agency, as one account sees it."""

    name = "uk-annex-vii"
    agency = "GB-EA"

    def __init__(self, recorded_at: datetime) -> None:
        """Take the instant that stands for those of all deliveries."""
        self._recorded_at = recorded_at

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return the versions of one record, and what stands of it."""
        load = movement.loads[0]
        record = _Record(
            movement,
            load.of(GREEN),
            dice.choice(operations.RECOVERY),
            exact.stated(load.sent_g, exact.TONNE_G, _STATED),
            dice.random() < _VOLUMES,
            self._recorded_at,
        )
        return _REPORTS[course(dice)](record, dice)


def _plain(record: _Record, _: Random, wave: Wave = Wave.FIRST) -> Report:
    return Report((_row(record, wave),), (_claim(record),))


def _in_stages(record: _Record, dice: Random) -> Report:
    estimate = _estimate(record, dice)
    rows = (_row(estimate, Wave.FIRST), _row(record, Wave.CORRECTIONS))
    return Report(rows, (_claim(estimate), _claim(record)))


def _corrected(record: _Record, dice: Random) -> Report:
    wrong = _estimate(record, dice)._replace(is_actual=True)
    return Report((_row(wrong, Wave.FIRST), _row(record, Wave.CORRECTIONS)), (_claim(record),))


def _overtaken(record: _Record, dice: Random) -> Report:
    """An estimate that comes behind the actual figures is still that of the announcement."""
    estimate = _estimate(record, dice)
    rows = (_row(record, Wave.FIRST), _row(estimate, Wave.LATE))
    return Report(rows, (_claim(estimate), _claim(record)))


def _without_receipt(record: _Record, dice: Random) -> Report:
    """The record stays an estimate."""
    estimate = _estimate(record, dice)
    return Report((_row(estimate, Wave.FIRST),), (_claim(estimate),))


def _faulty(record: _Record, dice: Random) -> Report:
    fault = dice.choice(tuple(_WRONG))
    return Report((Document(Wave.FIRST, _text(_spoiled(record, fault)), fault),))


def _repaired(record: _Record, dice: Random) -> Report:
    repaired = _row(record, Wave.CORRECTIONS)
    return Report((*_faulty(record, dice).documents, repaired), (_claim(record),))


_REPORTS = by_course(_plain, _in_stages, _corrected, _overtaken, _without_receipt, _plain, _faulty, _repaired)


def _estimate(record: _Record, dice: Random) -> _Record:
    """Return the record as it was before the waste was weighed."""
    mass_g = record.movement.loads[0].sent_g * dice.randrange(85, 116) // 100
    return record._replace(quantity=exact.stated(mass_g, exact.TONNE_G, 0) + 1, is_actual=False)


def _claim(record: _Record) -> Claim:
    movement = record.movement
    on = movement.origin.day(movement.dispatched_at)
    kept = exact.rounded(record.quantity, _KEPT)
    basis = WEIGHED if record.is_actual else ESTIMATED
    return Claim(
        UkAnnexVii.agency,
        UkAnnexVii.name,
        f"GB-GLW:{ACCOUNT}:{record.reference}",
        1,
        "DISPATCHED" if record.is_actual else "ANNOUNCED",
        0,
        "EXPORT",
        movement.origin.part.shown,
        movement.destination.country,
        is_abroad=True,
        material=record.waste.material,
        low=record.waste.low,
        operation=operations.class_of(record.operation, on),
        on=on,
        mass_g=None if record.is_volume else exact.grams(kept, exact.TONNE_G),
        basis=UNKNOWN if record.is_volume else basis,
        recorded_at=record.recorded_at,
        company=ACCOUNT,
    )


def _row(record: _Record, wave: Wave) -> Document:
    return Document(wave, _text(_cells(record)))


def _text(cells: Cells) -> str:
    return ",".join(cells.get(column, "") for column in _COLUMNS)


def _cells(record: _Record) -> Cells:
    movement = record.movement
    flag = "Actual" if record.is_actual else "Estimate"
    unit = "cubic metres" if record.is_volume else "tonnes"
    country = _COUNTRIES[movement.destination.country]
    importer = _party("Importer", movement.destination.number, country)
    carrier = _party("First carrier", movement.origin.number, "England")
    facility = _party("First recovery facility", movement.destination.number, country)
    return {
        _COLUMNS[0]: record.reference,
        "Basel annex IX code": record.waste.basel or "",
        "All relevant EWC codes": record.waste.low,
        "Enter waste description": "simulated waste",
        f"Waste quantity in {unit}": str(record.quantity),
        "Estimated or actual quantity": flag,
        **_sender("Exporter", movement.origin.number, "England"),
        **importer,
        "Waste collection date": f"{movement.origin.day(movement.dispatched_at):%d/%m/%Y}",
        "Estimated or actual waste collection date": flag,
        **carrier,
        "First carrier means of transport": "Sea",
        **_sender("Waste collection", movement.origin.number, _NATIONS[movement.origin.part.shown]),
        **facility,
        "First recovery facility R code": record.operation,
    }


def _sender(role: str, number: int, nation: str) -> Cells:
    return {
        f"{role} organisation name": words.company(number),
        f"{role} address line 1": f"{number} Simulation Road",
        f"{role} town or city": words.town(number),
        f"{role} country": nation,
        f"{role} contact full name": "Simulated Contact",
        f"{role} contact phone number": "01632960000",
        f"{role} email address": "desk@simulation.example",
    }


def _party(role: str, number: int, country: str) -> Cells:
    return {
        f"{role} organisation name": words.company(number),
        f"{role} address": f"{number} Simulation Road",
        f"{role} country": country,
        f"{role} contact full name": "Simulated Contact",
        f"{role} phone number": "+310000000000",
        f"{role} email address": "desk@simulation.example",
    }


def _spoiled(record: _Record, fault: str) -> Cells:
    """Return a row that breaks a rule."""
    cells = _cells(record._replace(is_volume=False))
    column, wrong = _WRONG[fault]
    return cells | {column: wrong}


_WRONG = {
    "annex7.reference.form": (_COLUMNS[0], "SIM-1"),
    "annex7.basel.unknown": ("Basel annex IX code", "B9999"),
    "annex7.ewc.unknown": ("All relevant EWC codes", "999999"),
    "annex7.quantity.number": ("Waste quantity in tonnes", "12 t"),
    "annex7.quantity.range": ("Waste quantity in tonnes", "0"),
    "annex7.quantity.missing": ("Waste quantity in tonnes", ""),
    "annex7.flag.unknown": ("Estimated or actual quantity", "perhaps"),
    "annex7.date.form": ("Waste collection date", "31/02/2025"),
    "annex7.country.unknown": ("Importer country", "Nowhere"),
    "annex7.country.home": ("Importer country", "United Kingdom"),
    "annex7.operation.recovery": ("First recovery facility R code", "R14"),
}
