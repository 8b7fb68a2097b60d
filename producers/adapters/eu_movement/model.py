"""The blocks of a movement document that are read, with the class of each.

It is not the whole document: persons, contacts, composition, description, process, means of
transport and attachments have no field here and are never read. Of who signs, the name is
not read either: it may be a person's. Whatever syntax
a document comes in, its parser fills these fields; block numbers are those of Annex IB.
Annex VII has the same content under other numbers.

Source: Regulation (EU) 2024/1157, Annexes IB and VII.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import PlainValidator, StringConstraints

from producers.reading import dates
from producers.reading.dates import Stamp
from producers.reading.native_model import Native, SealedText, refused
from schemas.confidentiality import Confidentiality
from schemas.movement import Precision

PUBLIC = Confidentiality.PUBLIC
HUB = Confidentiality.HUB
SEALED = Confidentiality.SEALED
NEVER = Confidentiality.NEVER

PROFILE = "urn:weighbridge:trns:eu-movement:1"
UNITS = frozenset({"TNE", "KGM", "MTQ"})

_DIGITS_MAX = 40
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_ORDINAL = re.compile(r"0*[1-9][0-9]{0,3}", re.ASCII)
_ROLE = re.compile(r"(Carrier|Customs|Receiver|Facility)(?:[ -]?0*([1-9][0-9]?))?", re.ASCII)


class Kind(StrEnum):
    """What a document tells of its movement; each kind states stages of its own."""

    ANNOUNCEMENT = "ANNOUNCEMENT"
    DISPATCH = "DISPATCH"
    TRANSFER = "TRANSFER"
    BORDER = "BORDER"
    CONSIGNEE_RECEIPT = "CONSIGNEE-RECEIPT"
    FACILITY_RECEIPT = "FACILITY-RECEIPT"
    COMPLETION = "COMPLETION"
    CANCELLATION = "CANCELLATION"


class Condition(StrEnum):
    """What became of a line, or of the document: CANCELLED says that it happened not."""

    ACCEPTED = "ACCEPTED"
    PARTLY_REFUSED = "PARTLY-REFUSED"
    REFUSED = "REFUSED"
    CANCELLED = "CANCELLED"


class Role(StrEnum):
    """Who signs: block 8, 17, 18 or 19, 20 to 22."""

    CARRIER = "Carrier"
    RECEIVER = "Receiver"
    FACILITY = "Facility"
    CUSTOMS = "Customs"


_KINDS: Mapping[str | None, Kind] = {kind.value: kind for kind in Kind}
_CONDITIONS: Mapping[str | None, Condition] = {condition.value: condition for condition in Condition}


class Signatory(NamedTuple):
    """The role of a signature, and which of those with this role; None: in their order."""

    role: Role
    number: int | None


def _text(value: Any) -> str | None:
    stated = value.strip() if isinstance(value, str) else ""
    return stated or None


def _profile(value: Any) -> str:
    if _text(value) != PROFILE:
        raise refused("eu.profile.unknown")
    return PROFILE


def _kind(value: Any) -> Kind:
    kind = _KINDS.get(_text(value))
    if kind is None:
        raise refused("eu.type.unknown")
    return kind


def _condition(value: Any) -> Condition:
    condition = _CONDITIONS.get(_text(value))
    if condition is None:
        raise refused("eu.condition.unknown")
    return condition


def _stamp(value: Any) -> Stamp | None:
    if _text(value) is None:
        return None
    stamp = dates.stamp(value)
    if stamp is None:
        raise refused("eu.date.invalid")
    return stamp


def _issued(value: Any) -> Stamp:
    stamp = dates.stamp(value)
    if stamp is None or stamp.precision is Precision.MONTH:
        raise refused("eu.issued.missing")
    return stamp


def _decimal(value: Any) -> Decimal:
    stated = _text(value)
    if stated is None or len(stated) > _DIGITS_MAX or _DECIMAL.fullmatch(stated) is None:
        raise refused("eu.quantity.number")
    return Decimal(stated)


def _unit(value: Any) -> str:
    stated = _text(value)
    if stated not in UNITS:
        raise refused("eu.unit.unknown")
    return stated


def _ordinal(value: Any) -> int | None:
    stated = _text(value)
    if stated is None:
        return None
    if _ORDINAL.fullmatch(stated) is None:
        raise refused("eu.number.form")
    return int(stated)


def _count(value: Any) -> int | None:
    """Return a whole number; counts of UBL are decimals and nothing depends on this one."""
    stated = _text(value)
    return int(stated) if stated is not None and re.fullmatch(r"[0-9]{1,6}", stated, re.ASCII) else None


def _signatory(value: Any) -> Signatory | None:
    """Return who signed, None for roles that say nothing of a stage."""
    match = _ROLE.fullmatch(_text(value) or "")
    return Signatory(Role(match[1]), int(match[2]) if match[2] else None) if match is not None else None


_Text = Annotated[str, StringConstraints(strip_whitespace=True)] | None
_Stamp = Annotated[Stamp | None, PlainValidator(_stamp)]
_Ordinal = Annotated[int | None, PlainValidator(_ordinal)]


class Identifier(Native):
    """An identifier of a company and the scheme that it belongs to."""

    value: Annotated[_Text, SEALED] = None
    scheme: Annotated[_Text, PUBLIC] = None


class Site(Native):
    """Where something is."""

    country: Annotated[_Text, PUBLIC] = None
    region: Annotated[_Text, HUB] = None


class Address(Site):
    """Where something is, in full."""

    street: Annotated[SealedText, SEALED] = None
    building: Annotated[SealedText, SEALED] = None
    postal_code: Annotated[SealedText, SEALED] = None
    city: Annotated[SealedText, SEALED] = None


class Party(Site):
    """A company: who it is and where, not its name."""

    identifier: Identifier | None = None
    legal: Identifier | None = None
    tax: Identifier | None = None


class Company(Party, Address):
    """A company with its name and address."""

    name: Annotated[SealedText, SEALED] = None
    registered_name: Annotated[SealedText, SEALED] = None


class Port(Native):
    """A port by its code, such as BEANR, and by its name."""

    code: Annotated[SealedText, SEALED] = None
    name: Annotated[SealedText, SEALED] = None


class Amount(Native):
    """A quantity as stated."""

    value: Annotated[Decimal, PlainValidator(_decimal), HUB]
    unit: Annotated[str, PlainValidator(_unit), HUB] = ""


class Line(Native):
    """One waste: blocks 5 and 14, and what of it was delivered.

    Attributes:
        codes: Each with the list it is taken from.
    """

    number: Annotated[_Ordinal, PUBLIC] = None
    quantity: Amount | None = None
    delivered: Amount | None = None
    codes: Annotated[tuple[tuple[_Text, _Text], ...], PUBLIC] = ()
    un_numbers: Annotated[tuple[str | None, ...], PUBLIC] = ()


class Carrier(Native):
    """Block 8: who carries, in which order."""

    order: Annotated[_Ordinal, PUBLIC] = None
    party: Company | None = None


class Part(Native):
    """How much of a line was accepted or refused."""

    condition: Annotated[Condition, PlainValidator(_condition), PUBLIC]
    amount: Amount


class Status(Native):
    """Block 18: what became of a line, or of all lines."""

    line: Annotated[_Ordinal, PUBLIC] = None
    condition: Annotated[Condition, PlainValidator(_condition), PUBLIC]
    parts: tuple[Part, ...] = ()


class Signature(Native):
    """Blocks 8 and 17 to 22: who of which role signed when, and where a customs office is."""

    signatory: Annotated[Signatory | None, PlainValidator(_signatory), PUBLIC] = None
    signed: Annotated[_Stamp, PUBLIC] = None
    party: Party | None = None


class Movement(Native):
    """One document about one movement.

    Attributes:
        notification: Block 1, or the number of an Annex VII document.
        serial, serial_total: Block 2.
        notifier: Block 3; Annex VII: who arranges the shipment.
        consignee: Block 4.
        delivered: What all lines together weighed at the facility.
        notified: What all movements under the notification may weigh together.
        dispatched, planned, delivered_on: Blocks 6, and 18.
        generator, site: Block 9.
        exit_port, entry_port: Where it leaves by ship, and where it arrives first.
    """

    profile: Annotated[str, PlainValidator(_profile), PUBLIC]
    kind: Annotated[Kind, PlainValidator(_kind), PUBLIC]
    issued: Annotated[Stamp, PlainValidator(_issued), PUBLIC]
    notification: Annotated[_Text, SEALED] = None
    serial: Annotated[_Text, SEALED] = None
    serial_total: Annotated[_Text, NEVER] = None
    notifier: Company | None = None
    consignee: Company | None = None
    recovery: Company | None = None
    disposal: Company | None = None
    generator: Company | None = None
    site: Address | None = None
    lines: tuple[Line, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    transit: Annotated[tuple[str | None, ...], PUBLIC] = ()
    exit_port: Port | None = None
    entry_port: Port | None = None
    containers: Annotated[tuple[SealedText, ...], SEALED] = ()
    packages: Annotated[int | None, PlainValidator(_count), HUB] = None
    planned: Annotated[_Stamp, PUBLIC] = None
    dispatched: Annotated[_Stamp, PUBLIC] = None
    delivered_on: Annotated[_Stamp, PUBLIC] = None
    delivered: Amount | None = None
    notified: Amount | None = None
    statuses: tuple[Status, ...] = ()
    signatures: tuple[Signature, ...] = ()
