"""Movement documents of the European Union: what an authority is told of a movement, and what stands of it.

Tonnes, kilograms or cubic metres; what left is an estimate until the facility weighs it.
"""

from __future__ import annotations

from datetime import date
from random import Random

from producers.simulation import exact, operations
from producers.simulation.claims import ESTIMATED, UNKNOWN, WEIGHED, Claim
from producers.simulation.movement import Movement
from producers.simulation.notified import is_green, reference
from producers.simulation.reports import Document, Report, Wave, by_course, course
from producers.simulation.waste_movements import (
    ANNOUNCEMENT,
    CANCELLATION,
    COMPLETION,
    DISPATCH,
    FAULTS,
    RECEIPT,
    TREATED_AFTER,
    UNITS,
    Goods,
    Shipment,
    document,
    issued_at,
    spoiled,
)
from producers.simulation.wastes import EVERYDAY, GREEN

# Operations after which another one follows, as the form counts them.
_INTERIM = frozenset({"R12", "R13", "D8", "D9", "D15"})
_UNIT_WEIGHTS = (80, 12, 8)


class EuMovement:
    """The system of one authority.

    Attributes:
        home: Country of the authority.
    """

    name = "eu-movement"

    def __init__(self, agency: str, home: str) -> None:
        """Take whose system it is."""
        self.agency = agency
        self.home = home

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return all documents of one movement, and what stands of them."""
        return _REPORTS[course(dice)](self._shipment(movement, dice), dice)

    def _shipment(self, movement: Movement, dice: Random) -> Shipment:
        unit = dice.choices(tuple(UNITS), _UNIT_WEIGHTS)[0]
        unit_g, decimals = UNITS[unit]
        green = is_green(movement)
        goods = tuple(
            Goods(
                load.of(GREEN if green else EVERYDAY),
                exact.stated(load.sent_g, unit_g, decimals),
                exact.stated(load.arrived_g, unit_g, decimals),
            )
            for load in movement.loads
        )
        usual = operations.RECOVERY if green else operations.USUAL
        return Shipment(self.agency, self.home, movement, goods, unit, dice.choice(usual))


def _plain(shipment: Shipment, _: Random, wave: Wave = Wave.FIRST) -> Report:
    documents = (document(shipment, DISPATCH, wave), document(shipment, RECEIPT, wave))
    return Report(documents, (*_left(shipment), *_arrived(shipment)))


def _in_stages(shipment: Shipment, _: Random) -> Report:
    begun = (
        document(shipment, ANNOUNCEMENT, Wave.FIRST),
        document(shipment, DISPATCH, Wave.FIRST),
    )
    ended = (document(shipment, RECEIPT, Wave.CORRECTIONS), document(shipment, COMPLETION, Wave.LATE))
    claims = (*_announced(shipment), *_left(shipment), *_arrived(shipment))
    if shipment.is_refused:
        return Report((*begun, ended[0]), claims)
    return Report((*begun, *ended), (*claims, *_treated(shipment)))


def _corrected(shipment: Shipment, dice: Random) -> Report:
    guessed = document(_guessed(shipment, dice), DISPATCH, Wave.FIRST)
    corrected = document(shipment, DISPATCH, Wave.CORRECTIONS, version=1)
    return Report((guessed, corrected), _left(shipment, version=1))


def _overtaken(shipment: Shipment, dice: Random) -> Report:
    """The receipt comes first, then the corrected dispatch, then the one that it corrects."""
    received = document(shipment, RECEIPT, Wave.FIRST)
    corrected = document(shipment, DISPATCH, Wave.CORRECTIONS, version=1)
    guessed = document(_guessed(shipment, dice), DISPATCH, Wave.LATE)
    return Report((received, corrected, guessed), (*_left(shipment, version=1), *_arrived(shipment)))


def _without_receipt(shipment: Shipment, _: Random) -> Report:
    return Report((document(shipment, DISPATCH, Wave.FIRST),), _left(shipment))


def _cancelled(shipment: Shipment, _: Random) -> Report:
    announced = document(shipment, ANNOUNCEMENT, Wave.FIRST)
    return Report((announced, document(shipment, CANCELLATION, Wave.CORRECTIONS)))


def _faulty(shipment: Shipment, dice: Random) -> Report:
    fault = dice.choice(FAULTS)
    body = spoiled(document(shipment, DISPATCH, Wave.FIRST).body, fault, shipment.unit)
    return Report((Document(Wave.FIRST, body, fault),))


def _repaired(shipment: Shipment, dice: Random) -> Report:
    repaired = document(shipment, DISPATCH, Wave.CORRECTIONS)
    return Report((*_faulty(shipment, dice).documents, repaired), _left(shipment))


_REPORTS = by_course(
    _plain, _in_stages, _corrected, _overtaken, _without_receipt, _cancelled, _faulty, _repaired
)


def _guessed(shipment: Shipment, dice: Random) -> Shipment:
    percent = dice.randrange(90, 111)
    goods = tuple(item._replace(sent=item.sent * percent / 100) for item in shipment.goods)
    return shipment._replace(goods=goods)


def _announced(shipment: Shipment) -> tuple[Claim, ...]:
    on = shipment.movement.origin.day(shipment.movement.dispatched_at)
    return _claims(shipment, "ANNOUNCED", on, ANNOUNCEMENT)


def _left(shipment: Shipment, version: int = 0) -> tuple[Claim, ...]:
    on = shipment.movement.origin.day(shipment.movement.dispatched_at)
    return _claims(shipment, "DISPATCHED", on, DISPATCH, version=version)


def _arrived(shipment: Shipment) -> tuple[Claim, ...]:
    on = shipment.movement.destination.day(shipment.movement.arrived_at)
    stage = "REFUSED" if shipment.is_refused else "RECEIVED"
    return _claims(shipment, stage, on, RECEIPT, step=2)


def _treated(shipment: Shipment) -> tuple[Claim, ...]:
    on = shipment.movement.destination.day(shipment.movement.arrived_at) + TREATED_AFTER
    step = 1 if shipment.operation in _INTERIM else 2
    return _claims(shipment, "TREATED", on, COMPLETION, step=step)


def _claims(
    shipment: Shipment, stage: str, on: date, kind: str, *, step: int = 0, version: int = 0
) -> tuple[Claim, ...]:
    return tuple(
        _claim(shipment, item, stage, on, kind, step=step, version=version)._replace(line=number)
        for number, item in enumerate(shipment.goods, 1)
    )


def _claim(
    shipment: Shipment, item: Goods, stage: str, on: date, kind: str, *, step: int, version: int
) -> Claim:
    movement = shipment.movement
    is_export = movement.origin.country == shipment.home
    is_sent = kind in {ANNOUNCEMENT, DISPATCH}
    unit_g, _ = UNITS[shipment.unit]
    is_known = shipment.unit != "MTQ"
    mass_g = exact.grams(item.sent if is_sent else item.arrived, unit_g) if is_known else None
    here, there = (
        (movement.origin, movement.destination) if is_export else (movement.destination, movement.origin)
    )
    return Claim(
        shipment.agency,
        EuMovement.name,
        reference(movement),
        1,
        stage,
        step,
        "EXPORT" if is_export else "IMPORT",
        here.part.shown,
        there.country,
        is_abroad=True,
        material=item.waste.material,
        low=item.waste.low,
        operation=operations.class_of(shipment.operation, on),
        on=on,
        mass_g=mass_g,
        basis=UNKNOWN if not is_known else ESTIMATED if is_sent else WEIGHED,
        recorded_at=issued_at(shipment, kind, version),
        company=(movement.origin if is_sent else movement.destination).id,
    )
