"""Movement documents of the European Union, Annex IB and Annex VII, as UBL 2.5 WasteMovement XML.

Each kind of document is a document of its own: announcement, dispatch, receipt, completion. Tonnes,
kilograms or cubic metres; what left is an estimate until the facility weighs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from producers.simulation import exact, operations, words
from producers.simulation.check_digits import luhn
from producers.simulation.claims import ESTIMATED, UNKNOWN, WEIGHED, Claim
from producers.simulation.movement import Fate, Movement
from producers.simulation.notified import annex_vii, is_green, notified, reference
from producers.simulation.places import Site
from producers.simulation.reports import Course, Document, Form, Report, Wave, course
from producers.simulation.wastes import EVERYDAY, GREEN, Waste

FORM = Form(
    "xml",
    head='<?xml version="1.0" encoding="UTF-8"?>\n<documents>\n',
    tail="\n</documents>\n",
    truncated="xml.truncated",
)
_NAMESPACES = (
    'xmlns="urn:oasis:names:specification:ubl:schema:xsd:WasteMovement-2" '
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)
_PROFILE = "urn:weighbridge:trns:eu-movement:1"
_ANNOUNCEMENT, _DISPATCH = "ANNOUNCEMENT", "DISPATCH"
_RECEIPT, _COMPLETION, _CANCELLATION = "FACILITY-RECEIPT", "COMPLETION", "CANCELLATION"
# Decimals of each unit; of cubic metres no mass is known.
_UNITS = {"TNE": (exact.TONNE_G, 2), "KGM": (exact.KILOGRAM_G, 0), "MTQ": (exact.TONNE_G, 2)}
_UNIT_WEIGHTS = (80, 12, 8)
_INTERIM = frozenset({"R12", "R13", "D8", "D9", "D15"})
_TREATED_AFTER = timedelta(days=5)
_FAULTS = (
    "eu.profile.unknown",
    "eu.type.unknown",
    "eu.reference.form",
    "eu.issued.missing",
    "eu.quantity.number",
    "eu.unit.unknown",
    "eu.country.unknown",
    "eu.date.invalid",
)


class _Goods(NamedTuple):
    """One waste, as it was stated when it left and when it arrived."""

    waste: Waste
    sent: Decimal
    arrived: Decimal


class _Shipment(NamedTuple):
    """One movement in the books of one country."""

    agency: str
    home: str
    movement: Movement
    goods: tuple[_Goods, ...]
    unit: str
    operation: str

    @property
    def is_refused(self) -> bool:
        """Say whether it was refused at the facility."""
        return self.movement.fate is Fate.REFUSED


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

    def _shipment(self, movement: Movement, dice: Random) -> _Shipment:
        unit = dice.choices(tuple(_UNITS), _UNIT_WEIGHTS)[0]
        unit_g, decimals = _UNITS[unit]
        green = is_green(movement)
        goods = tuple(
            _Goods(
                load.of(GREEN if green else EVERYDAY),
                exact.stated(load.sent_g, unit_g, decimals),
                exact.stated(load.arrived_g, unit_g, decimals),
            )
            for load in movement.loads
        )
        usual = operations.RECOVERY if green else operations.USUAL
        return _Shipment(self.agency, self.home, movement, goods, unit, dice.choice(usual))


def _plain(shipment: _Shipment, _: Random, wave: Wave = Wave.FIRST) -> Report:
    documents = (_document(shipment, _DISPATCH, wave), _document(shipment, _RECEIPT, wave))
    return Report(documents, (*_left(shipment), *_arrived(shipment)))


def _late(shipment: _Shipment, dice: Random) -> Report:
    return _plain(shipment, dice, Wave.LATE)


def _in_stages(shipment: _Shipment, _: Random) -> Report:
    begun = (
        _document(shipment, _ANNOUNCEMENT, Wave.FIRST),
        _document(shipment, _DISPATCH, Wave.FIRST),
    )
    ended = (_document(shipment, _RECEIPT, Wave.CORRECTIONS), _document(shipment, _COMPLETION, Wave.LATE))
    claims = (*_announced(shipment), *_left(shipment), *_arrived(shipment))
    if shipment.is_refused:
        return Report((*begun, ended[0]), claims)
    return Report((*begun, *ended), (*claims, *_treated(shipment)))


def _corrected(shipment: _Shipment, dice: Random) -> Report:
    guessed = _document(_guessed(shipment, dice), _DISPATCH, Wave.FIRST)
    corrected = _document(shipment, _DISPATCH, Wave.CORRECTIONS, version=1)
    return Report((guessed, corrected), _left(shipment, version=1))


def _overtaken(shipment: _Shipment, dice: Random) -> Report:
    """The receipt comes first, then the corrected dispatch, then the one that it corrects."""
    received = _document(shipment, _RECEIPT, Wave.FIRST)
    corrected = _document(shipment, _DISPATCH, Wave.CORRECTIONS, version=1)
    guessed = _document(_guessed(shipment, dice), _DISPATCH, Wave.LATE)
    return Report((received, corrected, guessed), (*_left(shipment, version=1), *_arrived(shipment)))


def _without_receipt(shipment: _Shipment, _: Random) -> Report:
    return Report((_document(shipment, _DISPATCH, Wave.FIRST),), _left(shipment))


def _cancelled(shipment: _Shipment, _: Random) -> Report:
    announced = _document(shipment, _ANNOUNCEMENT, Wave.FIRST)
    return Report((announced, _document(shipment, _CANCELLATION, Wave.CORRECTIONS)))


def _faulty(shipment: _Shipment, dice: Random) -> Report:
    fault = dice.choice(_FAULTS)
    body = _spoiled(_document(shipment, _DISPATCH, Wave.FIRST).body, fault, shipment.unit)
    return Report((Document(Wave.FIRST, body, fault),))


def _repaired(shipment: _Shipment, dice: Random) -> Report:
    repaired = _document(shipment, _DISPATCH, Wave.CORRECTIONS)
    return Report((*_faulty(shipment, dice).documents, repaired), _left(shipment))


_REPORTS: dict[Course, Callable[[_Shipment, Random], Report]] = {
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


def _guessed(shipment: _Shipment, dice: Random) -> _Shipment:
    percent = dice.randrange(90, 111)
    goods = tuple(item._replace(sent=item.sent * percent / 100) for item in shipment.goods)
    return shipment._replace(goods=goods)


def _announced(shipment: _Shipment) -> tuple[Claim, ...]:
    on = shipment.movement.origin.day(shipment.movement.dispatched_at)
    return _claims(shipment, "ANNOUNCED", on, _ANNOUNCEMENT)


def _left(shipment: _Shipment, version: int = 0) -> tuple[Claim, ...]:
    on = shipment.movement.origin.day(shipment.movement.dispatched_at)
    return _claims(shipment, "DISPATCHED", on, _DISPATCH, version=version)


def _arrived(shipment: _Shipment) -> tuple[Claim, ...]:
    on = shipment.movement.destination.day(shipment.movement.arrived_at)
    stage = "REFUSED" if shipment.is_refused else "RECEIVED"
    return _claims(shipment, stage, on, _RECEIPT, step=2)


def _treated(shipment: _Shipment) -> tuple[Claim, ...]:
    on = shipment.movement.destination.day(shipment.movement.arrived_at) + _TREATED_AFTER
    step = 1 if shipment.operation in _INTERIM else 2
    return _claims(shipment, "TREATED", on, _COMPLETION, step=step)


def _claims(
    shipment: _Shipment, stage: str, on: date, kind: str, *, step: int = 0, version: int = 0
) -> tuple[Claim, ...]:
    return tuple(
        _claim(shipment, item, stage, on, kind, step=step, version=version)._replace(line=number)
        for number, item in enumerate(shipment.goods, 1)
    )


def _claim(
    shipment: _Shipment, item: _Goods, stage: str, on: date, kind: str, *, step: int, version: int
) -> Claim:
    movement = shipment.movement
    is_export = movement.origin.country == shipment.home
    is_sent = kind in {_ANNOUNCEMENT, _DISPATCH}
    unit_g, _ = _UNITS[shipment.unit]
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
        recorded_at=_issued_at(shipment, kind, version),
        company=(movement.origin if is_sent else movement.destination).id,
    )


def _issued_at(shipment: _Shipment, kind: str, version: int) -> datetime:
    """Return when a document was issued; of one kind a higher version is later."""
    movement = shipment.movement
    issued_at = {
        _ANNOUNCEMENT: movement.dispatched_at - timedelta(days=2),
        _CANCELLATION: movement.dispatched_at - timedelta(days=1),
        _DISPATCH: movement.dispatched_at + timedelta(hours=1),
        _RECEIPT: movement.arrived_at + timedelta(hours=1),
        _COMPLETION: movement.arrived_at + _TREATED_AFTER + timedelta(hours=1),
    }
    return issued_at[kind] + timedelta(hours=version)


def _document(shipment: _Shipment, kind: str, wave: Wave, *, version: int = 0) -> Document:
    issued_at = _issued_at(shipment, kind, version)
    movement = shipment.movement
    body = (
        f"<WasteMovement {_NAMESPACES}>"
        f"<cbc:CustomizationID>{_PROFILE}</cbc:CustomizationID><cbc:ID>{movement.number}</cbc:ID>"
        f"<cbc:IssueDate>{issued_at:%Y-%m-%d}</cbc:IssueDate>"
        f"<cbc:IssueTime>{issued_at:%H:%M:%S}Z</cbc:IssueTime>"
        f"<cbc:WasteMovementTypeCode>{kind}</cbc:WasteMovementTypeCode>"
        f"{_serial(shipment)}{_signature(shipment, kind)}"
        f"{_party('ReceiverParty', movement.destination)}{_party('NotifierParty', movement.origin)}"
        f"{_party(_facility(shipment), movement.destination)}{_party('WasteProducerParty', movement.origin)}"
        f"{_goods_and_dates(shipment, kind)}"
        f"<cac:WasteNotificationDocumentReference><cbc:ID>{_number(shipment)}</cbc:ID>"
        "</cac:WasteNotificationDocumentReference></WasteMovement>"
    )
    return Document(wave, body)


def _number(shipment: _Shipment) -> str:
    movement = shipment.movement
    return annex_vii(movement) if is_green(movement) else notified(movement).spaced


def _serial(shipment: _Shipment) -> str:
    if is_green(shipment.movement):
        return ""
    serial = notified(shipment.movement).serial
    return (
        f"<cbc:SequenceNumberID>{serial}</cbc:SequenceNumberID>"
        "<cbc:ConsignmentQuantity>900</cbc:ConsignmentQuantity>"
    )


def _signature(shipment: _Shipment, kind: str) -> str:
    if kind != _COMPLETION:
        return ""
    on = shipment.movement.destination.day(shipment.movement.arrived_at) + _TREATED_AFTER
    return (
        "<cac:Signature><cbc:ID>Facility</cbc:ID>"
        f"<cbc:ValidationDate>{on.isoformat()}</cbc:ValidationDate></cac:Signature>"
    )


def _facility(shipment: _Shipment) -> str:
    return "DisposalFacilityParty" if shipment.operation.startswith("D") else "RecoveryFacilityParty"


def _party(role: str, site: Site) -> str:
    # No company's number begins with two nines.
    number = luhn(99 * 10**11 + site.number, 14)
    region = (
        f"<cbc:CountrySubentityCode>{site.part.shown}</cbc:CountrySubentityCode>" if site.part.code else ""
    )
    return (
        f'<cac:{role}><cac:PartyIdentification><cbc:ID schemeID="{site.country}-SIM">{number}</cbc:ID>'
        "</cac:PartyIdentification>"
        f"<cac:PartyName><cbc:Name>{words.company(site.number)}</cbc:Name></cac:PartyName>"
        f"<cac:PostalAddress><cbc:CityName>{words.town(site.number)}</cbc:CityName>{region}"
        f"<cac:Country><cbc:IdentificationCode>{site.country}</cbc:IdentificationCode></cac:Country>"
        f"</cac:PostalAddress></cac:{role}>"
    )


def _goods_and_dates(shipment: _Shipment, kind: str) -> str:
    goods = "".join(_goods(shipment, item, number, kind) for number, item in enumerate(shipment.goods, 1))
    return (
        f"<cac:Shipment><cbc:ID>1</cbc:ID>{_status(shipment, kind)}{goods}"
        f"<cac:Delivery>{_delivery(shipment, kind)}</cac:Delivery></cac:Shipment>"
    )


def _status(shipment: _Shipment, kind: str) -> str:
    if kind != _RECEIPT:
        return ""
    condition = "REFUSED" if shipment.is_refused else "ACCEPTED"
    return (
        "<cac:Consignment><cbc:ID>1</cbc:ID><cac:Status>"
        f"<cbc:ConditionCode>{condition}</cbc:ConditionCode></cac:Status></cac:Consignment>"
    )


def _goods(shipment: _Shipment, item: _Goods, number: int, kind: str) -> str:
    codes = [("LOW", item.waste.starred), ("RD", shipment.operation)]
    if item.waste.basel is not None:
        codes.append(("BASEL", item.waste.basel))
    arrived = f'<cbc:Quantity unitCode="{shipment.unit}">{item.arrived}</cbc:Quantity>'
    is_sent = kind in {_ANNOUNCEMENT, _DISPATCH, _CANCELLATION}
    return (
        f'<cac:GoodsItem><cbc:ID>{number}</cbc:ID><cbc:Quantity unitCode="{shipment.unit}">{item.sent}'
        f"</cbc:Quantity><cac:Item>{''.join(_code(name, code) for name, code in codes)}</cac:Item>"
        f"{'' if is_sent else f'<cac:Delivery>{arrived}</cac:Delivery>'}</cac:GoodsItem>"
    )


def _code(name: str, code: str) -> str:
    return (
        f'<cac:CommodityClassification><cbc:ItemClassificationCode listID="{name}">{code}'
        "</cbc:ItemClassificationCode></cac:CommodityClassification>"
    )


def _delivery(shipment: _Shipment, kind: str) -> str:
    left = shipment.movement.origin.day(shipment.movement.dispatched_at)
    if kind in {_ANNOUNCEMENT, _CANCELLATION}:
        return _despatch("Estimated", left)
    arrived = shipment.movement.destination.day(shipment.movement.arrived_at)
    on = f"<cbc:ActualDeliveryDate>{arrived.isoformat()}</cbc:ActualDeliveryDate>"
    return (on if kind != _DISPATCH else "") + _despatch("Actual", left)


def _despatch(kind: str, on: date) -> str:
    return f"<cac:Despatch><cbc:{kind}DespatchDate>{on.isoformat()}</cbc:{kind}DespatchDate></cac:Despatch>"


def _spoiled(body: str, fault: str, unit: str) -> str:
    """Return a dispatch that breaks a rule."""
    begin, end, wrong = (part.format(unit=unit) for part in _WRONG[fault])
    return re.sub(f"{re.escape(begin)}[^{end}]*", begin + wrong, body)


_WRONG: dict[str, Sequence[str]] = {
    "eu.profile.unknown": ("<cbc:CustomizationID>", "<", "urn:other"),
    "eu.type.unknown": ("<cbc:WasteMovementTypeCode>", "<", "LOST"),
    "eu.reference.form": ("<cac:WasteNotificationDocumentReference><cbc:ID>", "<", "UNKNOWN"),
    "eu.issued.missing": ("<cbc:IssueDate>", "<", ""),
    "eu.quantity.number": ('<cbc:Quantity unitCode="{unit}">', "<", "twelve"),
    "eu.unit.unknown": ('<cbc:Quantity unitCode="', '"', "LBR"),
    "eu.country.unknown": ("<cbc:IdentificationCode>", "<", "QQ"),
    "eu.date.invalid": ("<cbc:ActualDespatchDate>", "<", "2025-02-30"),
}
