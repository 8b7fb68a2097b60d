"""Movement documents of Annex IB and Annex VII as UBL 2.5 WasteMovement XML.

Each kind of document is a document of its own: announcement, dispatch, receipt, completion.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from producers.simulation import exact, words
from producers.simulation.check_digits import luhn
from producers.simulation.movement import Fate, Movement
from producers.simulation.notified import annex_vii, is_green, notified
from producers.simulation.places import Site
from producers.simulation.reports import Document, Form, Wave
from producers.simulation.wastes import Waste

ANNOUNCEMENT, DISPATCH = "ANNOUNCEMENT", "DISPATCH"
RECEIPT, COMPLETION, CANCELLATION = "FACILITY-RECEIPT", "COMPLETION", "CANCELLATION"

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
# Decimals of each unit; of cubic metres no mass is known.
UNITS = {"TNE": (exact.TONNE_G, 2), "KGM": (exact.KILOGRAM_G, 0), "MTQ": (exact.TONNE_G, 2)}
TREATED_AFTER = timedelta(days=5)


class Goods(NamedTuple):
    """One waste, as it was stated when it left and when it arrived."""

    waste: Waste
    sent: Decimal
    arrived: Decimal


class Shipment(NamedTuple):
    """One movement in the books of one country."""

    agency: str
    home: str
    movement: Movement
    goods: tuple[Goods, ...]
    unit: str
    operation: str

    @property
    def is_refused(self) -> bool:
        """Say whether it was refused at the facility."""
        return self.movement.fate is Fate.REFUSED


def issued_at(shipment: Shipment, kind: str, version: int) -> datetime:
    """Return when a document was issued; of one kind a higher version is later."""
    movement = shipment.movement
    issued = {
        ANNOUNCEMENT: movement.dispatched_at - timedelta(days=2),
        CANCELLATION: movement.dispatched_at - timedelta(days=1),
        DISPATCH: movement.dispatched_at + timedelta(hours=1),
        RECEIPT: movement.arrived_at + timedelta(hours=1),
        COMPLETION: movement.arrived_at + TREATED_AFTER + timedelta(hours=1),
    }
    return issued[kind] + timedelta(hours=version)


def document(shipment: Shipment, kind: str, wave: Wave, *, version: int = 0) -> Document:
    """Return a document of a kind, of which a higher version is a later one."""
    issued = issued_at(shipment, kind, version)
    movement = shipment.movement
    body = (
        f"<WasteMovement {_NAMESPACES}>"
        f"<cbc:CustomizationID>{_PROFILE}</cbc:CustomizationID><cbc:ID>{movement.number}</cbc:ID>"
        f"<cbc:IssueDate>{issued:%Y-%m-%d}</cbc:IssueDate>"
        f"<cbc:IssueTime>{issued:%H:%M:%S}Z</cbc:IssueTime>"
        f"<cbc:WasteMovementTypeCode>{kind}</cbc:WasteMovementTypeCode>"
        f"{_serial(shipment)}{_signature(shipment, kind)}"
        f"{_party('ReceiverParty', movement.destination)}{_party('NotifierParty', movement.origin)}"
        f"{_party(_facility(shipment), movement.destination)}{_party('WasteProducerParty', movement.origin)}"
        f"{_goods_and_dates(shipment, kind)}"
        f"<cac:WasteNotificationDocumentReference><cbc:ID>{_number(shipment)}</cbc:ID>"
        "</cac:WasteNotificationDocumentReference></WasteMovement>"
    )
    return Document(wave, body)


def _number(shipment: Shipment) -> str:
    movement = shipment.movement
    return annex_vii(movement) if is_green(movement) else notified(movement).spaced


def _serial(shipment: Shipment) -> str:
    if is_green(shipment.movement):
        return ""
    serial = notified(shipment.movement).serial
    return (
        f"<cbc:SequenceNumberID>{serial}</cbc:SequenceNumberID>"
        "<cbc:ConsignmentQuantity>900</cbc:ConsignmentQuantity>"
    )


def _signature(shipment: Shipment, kind: str) -> str:
    if kind != COMPLETION:
        return ""
    on = shipment.movement.destination.day(shipment.movement.arrived_at) + TREATED_AFTER
    return (
        "<cac:Signature><cbc:ID>Facility</cbc:ID>"
        f"<cbc:ValidationDate>{on.isoformat()}</cbc:ValidationDate></cac:Signature>"
    )


def _facility(shipment: Shipment) -> str:
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


def _goods_and_dates(shipment: Shipment, kind: str) -> str:
    goods = "".join(_goods(shipment, item, number, kind) for number, item in enumerate(shipment.goods, 1))
    return (
        f"<cac:Shipment><cbc:ID>1</cbc:ID>{_status(shipment, kind)}{goods}"
        f"<cac:Delivery>{_delivery(shipment, kind)}</cac:Delivery></cac:Shipment>"
    )


def _status(shipment: Shipment, kind: str) -> str:
    if kind != RECEIPT:
        return ""
    condition = "REFUSED" if shipment.is_refused else "ACCEPTED"
    return (
        "<cac:Consignment><cbc:ID>1</cbc:ID><cac:Status>"
        f"<cbc:ConditionCode>{condition}</cbc:ConditionCode></cac:Status></cac:Consignment>"
    )


def _goods(shipment: Shipment, item: Goods, number: int, kind: str) -> str:
    codes = [("LOW", item.waste.starred), ("RD", shipment.operation)]
    if item.waste.basel is not None:
        codes.append(("BASEL", item.waste.basel))
    arrived = f'<cbc:Quantity unitCode="{shipment.unit}">{item.arrived}</cbc:Quantity>'
    is_sent = kind in {ANNOUNCEMENT, DISPATCH, CANCELLATION}
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


def _delivery(shipment: Shipment, kind: str) -> str:
    left = shipment.movement.origin.day(shipment.movement.dispatched_at)
    if kind in {ANNOUNCEMENT, CANCELLATION}:
        return _despatch("Estimated", left)
    arrived = shipment.movement.destination.day(shipment.movement.arrived_at)
    on = f"<cbc:ActualDeliveryDate>{arrived.isoformat()}</cbc:ActualDeliveryDate>"
    return (on if kind != DISPATCH else "") + _despatch("Actual", left)


def _despatch(kind: str, on: date) -> str:
    return f"<cac:Despatch><cbc:{kind}DespatchDate>{on.isoformat()}</cbc:{kind}DespatchDate></cac:Despatch>"


def spoiled(body: str, fault: str, unit: str) -> str:
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
FAULTS = tuple(_WRONG)
