"""The part of a receipt that is read, with the class of every leaf.

It is not the whole request: contacts, descriptions, components, brokers and the parties' own
references have no field here and are never read. Of what only has to be there, such as
a number plate, the model keeps whether it is. Types are strict, as the service's are; what
only recipients of sealed parts read breaks no rule.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator
from pydantic.alias_generators import to_camel

from producers.reading import dates
from producers.reading.dates import Stamp
from producers.reading.native_model import Breaking, Native, OrAbsent, SealedText, refused
from schemas.confidentiality import Confidentiality

PUBLIC = Confidentiality.PUBLIC
HUB = Confidentiality.HUB
SEALED = Confidentiality.SEALED
NEVER = Confidentiality.NEVER

# Fewer digits than exact arithmetic holds, more than any weighbridge shows.
AMOUNT_MAX = Decimal(10**12)
DECIMALS_MAX = 12
EWC_CODES_MAX = 5
CONTAINERS_MAX = 1_000_000

_TRACKING_ID = re.compile(r"[A-Z0-9]{6,36}", re.ASCII)
# The service's documentation lists the labels, its own requests hold the codes.
_REASONS = frozenset(
    {
        "NON_HAZ_WASTE_TRANSFER",
        "NO_DOC_WITH_WASTE",
        "HWRC_RECEIPT",
        "Non-Haz Waste Transfer",
        "No documentation provided with Waste",
        "Household Waste Recycling Centre Receipt",
    }
)
_UUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"


def _tracking_id(value: Any) -> str:
    stated = value.strip().upper() if isinstance(value, str) else ""
    if _TRACKING_ID.fullmatch(stated) is None:
        raise refused("receipt.id.missing")
    return stated


def _revision(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise refused("receipt.revision.form")
    return value


def _recorded(value: Any) -> datetime | None:
    found = dates.instant(value)
    # A revision counts milliseconds from the epoch and is never negative.
    if value is not None and (found is None or dates.milliseconds(found) < 0):
        raise refused("receipt.recorded.form")
    return found


def _received(value: Any) -> Stamp:
    found = dates.stamp(value)
    if found is None or found.moment.tzinfo is None:
        raise refused("receipt.date.form")
    return found


def _reason(value: Any) -> bool:
    if _is_stated(value) and value not in _REASONS:
        raise refused("receipt.consignment.reason")
    return _is_stated(value)


def _is_stated(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _stated(value: Any) -> str | None:
    return value if _is_stated(value) else None


def _amount(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise refused("receipt.field.type")
    # Compared before it is looked at closer: a number of any exponent may stand there.
    amount = Decimal(value)
    if not 0 < amount <= AMOUNT_MAX or -int(amount.as_tuple().exponent) > DECIMALS_MAX:
        raise refused("receipt.weight.range")
    return amount


_Presence = Annotated[bool, PlainValidator(_is_stated)]
# It breaks no rule but that it may have to be there, in whatever form.
_Stated = Annotated[str | None, PlainValidator(_stated)]


class _Native(Native):
    model_config = ConfigDict(alias_generator=to_camel, strict=True)


class Envelope(_Native):
    """Which receipt it is, and which version of it; the service keeps it outside the body."""

    waste_tracking_id: Annotated[str, PlainValidator(_tracking_id), SEALED]
    revision: Annotated[int | None, PlainValidator(_revision), PUBLIC] = None
    recorded_at: Annotated[datetime | None, PlainValidator(_recorded), PUBLIC] = None


class Weight(_Native):
    """A weight as stated; `is_estimate` is the receiver's own word."""

    metric: Annotated[Literal["Grams", "Kilograms", "Tonnes"], Breaking("receipt.weight.unit"), HUB]
    amount: Annotated[Decimal, PlainValidator(_amount), HUB]
    is_estimate: Annotated[bool, PUBLIC]


class Treatment(_Native):
    """What is intended with a part of an item."""

    code: Annotated[str, PUBLIC]
    weight: Weight


class _Hazards(_Native):
    haz_codes: Annotated[list[str] | None, PUBLIC] = None


class WasteItem(_Native):
    """One waste of a receipt; `contains_pops` is read for the shape of the item only."""

    ewc_codes: Annotated[list[str], Field(min_length=1, max_length=EWC_CODES_MAX), PUBLIC]
    number_of_containers: Annotated[int, Field(ge=0, le=CONTAINERS_MAX), HUB]
    weight: Weight
    contains_pops: Annotated[bool, NEVER]
    contains_hazardous: Annotated[bool, PUBLIC]
    hazardous: _Hazards | None = None
    disposal_or_recovery_codes: list[Treatment] | None = None


class _CarrierAddress(_Native):
    full_address: Annotated[SealedText, SEALED] = None
    postcode: Annotated[SealedText, SEALED] = None


class Carrier(_Native):
    """Who brought the waste; one without a registration may be a person."""

    registration_number: Annotated[_Stated, SEALED] = None
    organisation_name: Annotated[SealedText, SEALED] = None
    address: Annotated[_CarrierAddress | None, OrAbsent()] = None
    reason_for_no_registration_number: Annotated[_Presence, NEVER] = False
    means_of_transport: Annotated[
        Literal["Road", "Rail", "Air", "Sea", "Inland Waterway", "Piped", "Other"], NEVER
    ]
    vehicle_registration: Annotated[_Presence, NEVER] = False


class _Receiver(_Native):
    authorisation_number: Annotated[str, SEALED]
    site_name: Annotated[SealedText, SEALED] = None


class _Address(_Native):
    full_address: Annotated[SealedText, SEALED] = None
    postcode: Annotated[str, SEALED]


class _Site(_Native):
    address: _Address


class Receipt(_Native):
    """The body of a request; what has no default the service requires."""

    api_code: Annotated[str, Field(pattern=_UUID), NEVER]
    date_time_received: Annotated[Stamp, PlainValidator(_received), PUBLIC]
    hazardous_waste_consignment_code: Annotated[_Stated, SEALED] = None
    reason_for_no_consignment_code: Annotated[bool, PlainValidator(_reason), NEVER] = False
    waste_items: Annotated[list[WasteItem], Field(min_length=1)]
    carrier: Carrier
    receiver: _Receiver
    receipt: _Site
