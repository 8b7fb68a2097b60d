"""The United Kingdom's digital waste tracking: receipts, each replaced as a whole by the next version.

Grams, kilograms or tonnes, and a part of each item for every operation; instants with the offset of
whoever wrote them.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from producers.simulation import exact, operations, words
from producers.simulation.claims import ESTIMATED, UNMAPPED, WEIGHED, Claim
from producers.simulation.movement import Load, Movement
from producers.simulation.reports import JSON_ARRAY, Document, Report, Wave, by_course, course, spoil
from producers.simulation.wastes import EVERYDAY, Waste

FORM = JSON_ARRAY
_LINES_OF_ITEM = 100
_UNITS = {
    "Grams": (exact.GRAM_G, 0),
    "Kilograms": (exact.KILOGRAM_G, 1),
    "Tonnes": (exact.TONNE_G, 3),
}
_OFFSETS = (0, 60, 120)
_ESTIMATED, _DIVIDED = 0.2, 0.4


class _Part(NamedTuple):
    """What of an item goes into one operation; nothing is told of the rest."""

    amount: Decimal
    operation: str | None


class _Item(NamedTuple):
    """One waste of a receipt."""

    waste: Waste
    metric: str
    parts: tuple[_Part, ...]
    is_estimate: bool

    @property
    def amount(self) -> Decimal:
        """Return the amount of the whole item."""
        return sum((part.amount for part in self.parts), Decimal())


class _Receipt(NamedTuple):
    """A receipt in one version."""

    movement: Movement
    items: tuple[_Item, ...]
    offset: timezone
    version: int = 1

    @property
    def id(self) -> str:
        """Return the waste tracking id."""
        return f"SIM{self.movement.number:012d}"

    @property
    def recorded_at(self) -> datetime:
        """Return when this version was sent."""
        return self.movement.arrived_at + timedelta(days=self.version)

    @property
    def on(self) -> date:
        """Return the local day."""
        return self.movement.destination.day(self.movement.arrived_at)


class UkReceipt:
    """The system of the four agencies of the United Kingdom."""

    name = "uk-receipt"
    agency = "GB-EA"

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return the versions of one receipt, and what stands of it."""
        offset = timezone(timedelta(minutes=dice.choice(_OFFSETS)))
        items = tuple(_item(load, dice) for load in movement.loads)
        receipt = _Receipt(movement, items, offset)
        return _REPORTS[course(dice)](receipt, dice)


def _plain(receipt: _Receipt, _: Random, wave: Wave = Wave.FIRST) -> Report:
    return Report((Document(wave, _body(receipt)),), _claims(receipt))


def _missing(_: _Receipt, __: Random) -> Report:
    return Report(())


def _corrected(receipt: _Receipt, dice: Random) -> Report:
    weighed = receipt._replace(version=2)
    guessed = Document(Wave.FIRST, _body(_guessed(receipt, dice)))
    return Report((guessed, Document(Wave.CORRECTIONS, _body(weighed))), _claims(weighed))


def _overtaken(receipt: _Receipt, dice: Random) -> Report:
    weighed = receipt._replace(version=2)
    guessed = Document(Wave.LATE, _body(_guessed(receipt, dice)))
    return Report((Document(Wave.FIRST, _body(weighed)), guessed), _claims(weighed))


def _faulty(receipt: _Receipt, dice: Random) -> Report:
    fault = dice.choice(tuple(_WRONG))
    return Report((Document(Wave.FIRST, _spoiled(receipt, fault), fault),))


def _repaired(receipt: _Receipt, dice: Random) -> Report:
    repaired = Document(Wave.CORRECTIONS, _body(receipt))
    return Report((*_faulty(receipt, dice).documents, repaired), _claims(receipt))


_REPORTS = by_course(_plain, _plain, _corrected, _overtaken, _missing, _plain, _faulty, _repaired)


def _item(load: Load, dice: Random) -> _Item:
    mass_g, metric = load.arrived_g, dice.choice(tuple(_UNITS))
    unit_g, decimals = _UNITS[metric]
    whole = exact.stated(mass_g, unit_g, decimals)
    if dice.random() < _DIVIDED:
        first = exact.stated(mass_g * dice.randrange(20, 60) // 100, unit_g, decimals)
        rest = dice.choice((None, *operations.USUAL))
        parts: tuple[_Part, ...] = (
            _Part(first, dice.choice(operations.USUAL)),
            _Part(whole - first, rest),
        )
    else:
        parts = (_Part(whole, dice.choice((None, *operations.USUAL))),)
    return _Item(load.of(EVERYDAY), metric, parts, dice.random() < _ESTIMATED)


def _guessed(receipt: _Receipt, dice: Random) -> _Receipt:
    """Return a receipt with other amounts, before anything was weighed."""
    percent = dice.randrange(80, 121)
    items = tuple(
        item._replace(
            is_estimate=True,
            parts=tuple(part._replace(amount=part.amount * percent / 100) for part in item.parts),
        )
        for item in receipt.items
    )
    return receipt._replace(items=items)


def _claims(receipt: _Receipt) -> tuple[Claim, ...]:
    return tuple(
        _claim(receipt, item, number * _LINES_OF_ITEM + place, part)
        for number, item in enumerate(receipt.items, 1)
        for place, part in _numbered(item)
    )


def _numbered(item: _Item) -> list[tuple[int, _Part]]:
    """Return the parts by number: operations from 1, and 0 for what has none."""
    return [(0 if part.operation is None else place, part) for place, part in enumerate(item.parts, 1)]


def _claim(receipt: _Receipt, item: _Item, line: int, part: _Part) -> Claim:
    unit_g, _ = _UNITS[item.metric]
    return Claim(
        UkReceipt.agency,
        UkReceipt.name,
        f"GB-DWT:{receipt.id}",
        line,
        "RECEIVED",
        0,
        "DOMESTIC",
        receipt.movement.destination.part.shown,
        "GB",
        is_abroad=False,
        material=item.waste.material,
        low=item.waste.low,
        operation=UNMAPPED if part.operation is None else operations.class_of(part.operation, receipt.on),
        on=receipt.on,
        mass_g=exact.grams(part.amount, unit_g),
        basis=ESTIMATED if item.is_estimate else WEIGHED,
        recorded_at=receipt.recorded_at,
        company=receipt.movement.destination.id,
    )


def _body(receipt: _Receipt) -> str:
    return json.dumps(_native(receipt))


def _native(receipt: _Receipt) -> dict[str, Any]:
    site = receipt.movement.destination
    return {
        "wasteTrackingId": receipt.id,
        "revision": receipt.version,
        "recordedAt": receipt.recorded_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "body": {
            "apiCode": "90000000-0000-4000-8000-000000000001",
            "dateTimeReceived": receipt.movement.arrived_at.astimezone(receipt.offset).isoformat(),
            "reasonForNoConsignmentCode": "NO_DOC_WITH_WASTE",
            "wasteItems": [_native_item(item) for item in receipt.items],
            "carrier": {
                "organisationName": words.company(receipt.movement.origin.number),
                "registrationNumber": f"CBDU9{receipt.movement.origin.number:05d}",
                "meansOfTransport": "Rail",
            },
            "receiver": {
                "siteName": words.company(site.number),
                "authorisationNumber": f"EPR/ZZ{site.number:04d}ZZ",
            },
            "receipt": {
                "address": {"fullAddress": words.town(site.number), "postcode": site.part.postcode},
            },
        },
    }


def _native_item(item: _Item) -> dict[str, Any]:
    treatments = [
        {"code": part.operation, "weight": _weight(item, part.amount)}
        for part in item.parts
        if part.operation is not None
    ]
    return {
        "ewcCodes": [item.waste.low],
        "physicalForm": "Solid",
        "numberOfContainers": 1,
        "typeOfContainers": "SKI",
        "weight": _weight(item, item.amount),
        "containsPops": False,
        "containsHazardous": item.waste.is_hazardous,
        "disposalOrRecoveryCodes": treatments,
    }


def _weight(item: _Item, amount: Decimal) -> dict[str, Any]:
    return {"metric": item.metric, "amount": float(amount), "isEstimate": item.is_estimate}


def _spoiled(receipt: _Receipt, fault: str) -> str:
    """Return a receipt that breaks a rule."""
    native = _native(receipt)
    spoil(native, _WRONG[fault])
    if fault == "receipt.operation.unknown":
        item = native["body"]["wasteItems"][0]
        item["disposalOrRecoveryCodes"] = [{"code": "R14", "weight": item["weight"]}]
    return json.dumps(native)


_ITEM = "body.wasteItems.0"
_WRONG: dict[str, dict[str, object]] = {
    "receipt.id.missing": {"wasteTrackingId": ""},
    "receipt.date.form": {"body.dateTimeReceived": "31/03/2025 10:00"},
    "receipt.weight.unit": {f"{_ITEM}.weight.metric": "Pounds"},
    "receipt.weight.range": {f"{_ITEM}.weight.amount": 0},
    # It needs the weight of its item.
    "receipt.operation.unknown": {},
    "receipt.ewc.unknown": {f"{_ITEM}.ewcCodes": ["999999"]},
    "receipt.carrier.vehicle": {"body.carrier.meansOfTransport": "Road"},
    "receipt.postcode.form": {"body.receipt.address.postcode": "Leeds"},
}
