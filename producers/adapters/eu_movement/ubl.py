"""OASIS UBL 2.5 WasteMovement: from an XML element to the members of the model.

One table says which elements are read and what they become; all others are never looked
at. Some systems wrap each role in a further Party element, both are read. Another syntax
needs another module like this one: `NAME`, `BINARIES`, `members` and `place`.

Source: OASIS UBL 2.5, committee specification 01, April 2026; PROFILE.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree

NAME = "WasteMovement"
BINARIES = "EmbeddedDocumentBinaryObject"

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_ROOT = f"{{{_UBL}WasteMovement-2}}{NAME}"
_AGGREGATE = f"{{{_UBL}CommonAggregateComponents-2}}"
_BASIC = f"{{{_UBL}CommonBasicComponents-2}}"

_CACHED_PLACES = 1024
_DATE_CHARACTERS = len("2026-06-01")
_ZONE = re.compile(r"(?:Z|[+-][0-9]{2}:[0-9]{2})$", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Element:
    """What becomes of one kind of element.

    Attributes:
        member: Name in the model; none where its children belong to the element around it.
        children: What becomes of the elements in it, by tag; None where it holds a text.
        attribute: XML attribute that is read with the text, and its name in the model; without a name
            the two are a pair.
        is_list: True where it may be repeated; else the first one counts.
        dates: Members of its children that are a date with, perhaps, a time of day.
    """

    member: str = ""
    children: Mapping[str, _Element] | None = None
    attribute: tuple[str, str] | None = None
    is_list: bool = False
    dates: tuple[str, ...] = ()
    is_text: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_text", self.children is None and self.attribute is None)


_LEAF = _Element()


def _basic(**members: str) -> dict[str, _Element]:
    """Return elements that hold a text."""
    return {_BASIC + name: _Element(member) for name, member in members.items()}


def _measured(**members: str) -> dict[str, _Element]:
    """Return elements that hold a number of a unit."""
    return {
        _BASIC + name: _Element(member, attribute=("unitCode", "unit")) for name, member in members.items()
    }


def _identifier(name: str, member: str) -> dict[str, _Element]:
    return {_BASIC + name: _Element(member, attribute=("schemeID", "scheme"))}


def _inside(name: str, *children: Mapping[str, _Element]) -> dict[str, _Element]:
    """Return an element whose children belong to the element around it."""
    return {_AGGREGATE + name: _Element(children=_all(*children))}


def _holding(
    name: str,
    member: str,
    *children: Mapping[str, _Element],
    is_list: bool = False,
    dates: tuple[str, ...] = (),
) -> dict[str, _Element]:
    """Return an element that is a member of its own."""
    return {_AGGREGATE + name: _Element(member, _all(*children), is_list=is_list, dates=dates)}


def _all(*tables: Mapping[str, _Element]) -> dict[str, _Element]:
    return {name: element for table in tables for name, element in table.items()}


_PLACE = _all(
    _basic(CountrySubentityCode="region"),
    _inside("Country", _basic(IdentificationCode="country")),
)
_ADDRESS = _all(
    _PLACE,
    _basic(StreetName="street", BuildingNumber="building", PostalZone="postal_code", CityName="city"),
)
_IDENTIFIERS = _all(
    _inside("PartyIdentification", _identifier("ID", "identifier")),
    _inside("PartyTaxScheme", _identifier("CompanyID", "tax")),
)
# Of who signs the name is not read: it may be a person's.
_SIGNATORY = _all(
    _IDENTIFIERS,
    _inside("PartyLegalEntity", _identifier("CompanyID", "legal")),
    _inside("PostalAddress", _PLACE),
)
_COMPANY = _all(
    _IDENTIFIERS,
    _inside("PartyName", _basic(Name="name")),
    _inside(
        "PartyLegalEntity", _identifier("CompanyID", "legal"), _basic(RegistrationName="registered_name")
    ),
    _inside("PostalAddress", _ADDRESS),
)
_PARTY = _all(_COMPANY, _inside("Party", _COMPANY))
_PORT = _basic(ID="code", Name="name")
_ITEM = _all(
    _inside(
        "CommodityClassification",
        {_BASIC + "ItemClassificationCode": _Element("codes", attribute=("listID", ""), is_list=True)},
    ),
    _inside("HazardousItem", {_BASIC + "UNDGCode": _Element("un_numbers", is_list=True)}),
)
_STATUS = _all(
    _basic(ConditionCode="condition", SequenceID="line"),
    _holding(
        "Condition", "parts", _basic(AttributeID="condition"), _measured(Measure="amount"), is_list=True
    ),
)
_SHIPMENT = _all(
    _basic(TotalTransportHandlingUnitQuantity="packages"),
    _inside(
        "Consignment",
        _holding("Status", "statuses", _STATUS, is_list=True),
        _inside("TransitCountry", {_BASIC + "IdentificationCode": _Element("transit", is_list=True)}),
    ),
    _holding(
        "GoodsItem",
        "lines",
        _basic(ID="number"),
        _measured(Quantity="quantity"),
        _inside("Item", _ITEM),
        _inside("Delivery", _measured(Quantity="delivered")),
        is_list=True,
    ),
    _holding(
        "ShipmentStage",
        "carriers",
        _basic(ID="order"),
        _holding("CarrierParty", "party", _PARTY),
        is_list=True,
    ),
    _inside(
        "TransportHandlingUnit",
        _inside("TransportEquipment", {_BASIC + "ID": _Element("containers", is_list=True)}),
    ),
    _holding("LastExitPortLocation", "exit_port", _PORT),
    _holding("FirstArrivalPortLocation", "entry_port", _PORT),
    _inside(
        "Delivery",
        _measured(Quantity="delivered", MaximumQuantity="notified"),
        _basic(ActualDeliveryDate="delivered_on", ActualDeliveryTime="delivered_on.time"),
        _inside(
            "Despatch",
            _basic(EstimatedDespatchDate="planned", EstimatedDespatchTime="planned.time"),
            _basic(ActualDespatchDate="dispatched", ActualDespatchTime="dispatched.time"),
            _holding("DespatchLocation", "site", _inside("Address", _ADDRESS)),
        ),
    ),
)
_MOVEMENT = _Element(
    children=_all(
        _basic(
            CustomizationID="profile",
            WasteMovementTypeCode="kind",
            IssueDate="issued",
            IssueTime="issued.time",
            SequenceNumberID="serial",
            ConsignmentQuantity="serial_total",
        ),
        _inside("WasteNotificationDocumentReference", _basic(ID="notification")),
        _holding("NotifierParty", "notifier", _PARTY),
        _holding("ReceiverParty", "consignee", _PARTY),
        _holding("RecoveryFacilityParty", "recovery", _PARTY),
        _holding("DisposalFacilityParty", "disposal", _PARTY),
        _holding("WasteProducerParty", "generator", _PARTY),
        _holding(
            "Signature",
            "signatures",
            _basic(ID="signatory", ValidationDate="signed", ValidationTime="signed.time"),
            _holding("SignatoryParty", "party", _SIGNATORY, _inside("Party", _SIGNATORY)),
            is_list=True,
            dates=("signed",),
        ),
        _inside("Shipment", _SHIPMENT),
    ),
    dates=("issued", "planned", "dispatched", "delivered_on"),
)


def members(element: etree._Element) -> dict[str, Any] | None:
    """Return the members of the model that a document states, None for any other element."""
    return _read(element, _MOVEMENT, {}) if element.tag == _ROOT else None


def place(path: str) -> str:
    """Return a place of the model, such as `$[0].lines[1].quantity`, as the place in the document."""
    document, _, member = path.partition(".")
    return f"{document}.{_way(member)}" if member else document


@lru_cache(_CACHED_PLACES)
def _way(path: str) -> str:
    holder, found = _MOVEMENT, []
    for step in path.split("."):
        member, bracket, index = step.partition("[")
        local, holder = dict(_places(holder)).get(member, ("", _LEAF))
        if local:
            found.append(f"{local}{bracket}{index}")
    return ".".join(found)


def _places(holder: _Element, before: str = "") -> Iterator[tuple[str, tuple[str, _Element]]]:
    """Yield the members that an element holds, with the way to each."""
    if holder.attribute is not None:
        attribute, member = holder.attribute
        yield member, (f"@{attribute}", _LEAF)
    for name, element in (holder.children or {}).items():
        way = f"{before}{name.rpartition('}')[2]}"
        if element.member:
            yield element.member, (way, element)
        else:
            yield from _places(element, f"{way}.")


def _read(element: etree._Element, holder: _Element, found: dict[str, Any]) -> dict[str, Any]:
    children = holder.children or {}
    # Taken all at once: an iterator for each of so many small elements costs more than they do.
    for child in element[:]:  # type: ignore[index]  # the stubs know no slices
        wanted = children.get(child.tag)
        if wanted is None:
            continue
        member = wanted.member
        if not member:
            _read(child, wanted, found)
            continue
        value = child.text if wanted.is_text else _value(child, wanted)
        if wanted.is_list:
            found.setdefault(member, []).append(value)
        elif member not in found:
            found[member] = value
    for name in holder.dates:
        if name in found:
            _join(found, name)
    return found


def _value(element: etree._Element, wanted: _Element) -> Any:
    if wanted.attribute is None:
        return _read(element, wanted, {})
    attribute, member = wanted.attribute
    stated = element.get(attribute)
    return {"value": element.text, member: stated} if member else (element.text, stated)


def _join(found: dict[str, Any], name: str) -> None:
    """Make one text of a date and a time of day; the zone of either is that of both.

    A date without a time of day is a local day, whatever its zone.
    """
    day, clock = (found.get(name) or "").strip(), (found.pop(f"{name}.time", None) or "").strip()
    if not day:
        return
    zone = day[_DATE_CHARACTERS:] if _ZONE.search(day, _DATE_CHARACTERS) else ""
    if not clock:
        found[name] = day.removesuffix(zone)
    else:
        found[name] = f"{day.removesuffix(zone)}T{clock}{'' if _ZONE.search(clock) else zone}"
