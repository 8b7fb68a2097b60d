"""The part of a US e-Manifest document that is read, with the class of every leaf.

It is not the whole schema: what has no field here is never read, such as contacts,
signers, telephones, comments and brokers. Types are strict, as the schema's are; dates,
units and statuses are checked here, so that every finding has the path of its field. What
only recipients of sealed parts read breaks no rule. Where a leaf is of class never, at
most a keyed hash of it leaves.
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

DRAFT_STATUSES = frozenset({"NotAssigned", "Pending", "UnderCorrection", "MtnValidationFailed"})
# Every status that is published but the first has moved past the announcement.
ANNOUNCED_STATUS = "Scheduled"
ARRIVED_STATUSES = frozenset({"ReadyForSignature", "Signed", "Corrected"})
PUBLISHED_STATUSES = ARRIVED_STATUSES | {ANNOUNCED_STATUS, "InTransit"}
_STATUSES = PUBLISHED_STATUSES | DRAFT_STATUSES
QUANTITY_MAX = 99_999_999_999

_MTN = re.compile(r"[0-9]{9}[A-Z]{3}", re.ASCII)


def is_mtn(value: object) -> bool:
    """Say whether a value is a manifest tracking number."""
    return isinstance(value, str) and _MTN.fullmatch(value) is not None


def _mtn(value: Any) -> str:
    if not is_mtn(value):
        raise refused("us.mtn.missing")
    return str(value)


def _updated(value: Any) -> datetime:
    if value is None:
        raise refused("us.updated.missing")
    found = dates.instant(value)
    # A revision counts milliseconds from the epoch and is never negative.
    if found is None or dates.milliseconds(found) < 0:
        raise refused("us.date.invalid")
    return found


def _stamp(value: Any) -> Stamp | None:
    found = dates.stamp(value)
    if found is None and value is not None:
        raise refused("us.date.invalid")
    return found


def _status(value: Any) -> str:
    if not isinstance(value, str) or value not in _STATUSES:
        raise refused("us.status.unknown")
    return value


def _whole(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= QUANTITY_MAX:
        raise refused("us.quantity.whole")
    return value


def _number(value: Any) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise refused("us.field.type")
    return Decimal(value)


_Date = Annotated[Stamp | None, PlainValidator(_stamp)]


class _Native(Native):
    model_config = ConfigDict(alias_generator=to_camel, strict=True)


class Code(_Native):
    """A code of any list; its description is never read."""

    code: Annotated[str, PUBLIC]


class _Address(_Native):
    street_number: Annotated[SealedText, SEALED] = None
    address1: Annotated[SealedText, SEALED] = None
    address2: Annotated[SealedText, SEALED] = None
    city: Annotated[SealedText, SEALED] = None
    zip: Annotated[SealedText, SEALED] = None
    state: Code | None = None
    country: Code | None = None


class _Signature(_Native):
    signature_date: Annotated[_Date, HUB] = None


class Site(_Native):
    """A handler: generator, transporter or designated facility."""

    epa_site_id: Annotated[str | None, SEALED] = None
    name: Annotated[SealedText, SEALED] = None
    site_address: _Address | None = None
    paper_signature_info: _Signature | None = None
    electronic_signatures_info: list[_Signature] | None = None
    order: Annotated[int | None, Field(ge=1, le=999), PUBLIC] = None


class _Unit(_Native):
    code: Annotated[Literal["P", "T", "K", "M", "G", "L", "Y", "N"], Breaking("us.unit.unknown"), HUB]


class _Quantity(_Native):
    container_number: Annotated[int | None, Field(ge=0, le=99_999), HUB] = None
    quantity: Annotated[int | None, PlainValidator(_whole), HUB] = None
    unit_of_measurement: _Unit | None = None


class _DensityUnit(_Native):
    code: Annotated[str | None, HUB] = None


class _BiennialReport(_Native):
    density: Annotated[Decimal | None, PlainValidator(_number), HUB] = None
    density_unit_of_measurement: _DensityUnit | None = None


class _HazardousWaste(_Native):
    federal_waste_codes: list[Code] | None = None
    generator_state_waste_codes: list[Code] | None = None
    tsdf_state_waste_codes: list[Code] | None = None
    tx_waste_codes: Annotated[list[str] | None, PUBLIC] = None


class _Dot(_Native):
    id_number: Code | None = None


class AdditionalInfo(_Native):
    """Links to earlier manifests and the consent; stands at the manifest and at each line."""

    consent_number: Annotated[SealedText, SEALED] = None
    original_manifest_tracking_numbers: Annotated[list[str] | None, NEVER] = None
    new_manifest_destination: Annotated[
        Literal["OriginalGenerator", "Tsdf"] | None, Breaking("us.destination.unknown"), PUBLIC
    ] = None


class Waste(_Native):
    """One line; `br` and `dot_hazardous` are read for the shape of the line only."""

    line_number: Annotated[int, Field(ge=1, le=9999), PUBLIC]
    dot_hazardous: Annotated[bool, NEVER]
    epa_waste: Annotated[bool, PUBLIC]
    pcb: Annotated[bool, PUBLIC]
    br: Annotated[bool, NEVER]
    quantity: _Quantity | None = None
    br_info: _BiennialReport | None = None
    hazardous_waste: _HazardousWaste | None = None
    dot_information: _Dot | None = None
    management_method: Code | None = None
    additional_info: AdditionalInfo | None = None


class _Rejection(_Native):
    rejection_type: Annotated[
        Literal["FullReject", "PartialReject"] | None, Breaking("us.rejection.type"), PUBLIC
    ] = None
    new_manifest_tracking_numbers: Annotated[list[str] | None, NEVER] = None


class ImportGenerator(_Native):
    """The generator abroad, for whom an importer signs as the generator."""

    name: Annotated[SealedText, SEALED] = None
    address: Annotated[SealedText, SEALED] = None
    city: Annotated[SealedText, SEALED] = None
    province: Annotated[SealedText, SEALED] = None
    postal_code: Annotated[SealedText, SEALED] = None
    country: Code | None = None


class _PortState(_Native):
    code: Annotated[SealedText, SEALED] = None


class _Port(_Native):
    city_port: Annotated[SealedText, SEALED] = None
    state: Annotated[_PortState | None, OrAbsent()] = None


class _Import(_Native):
    import_generator: ImportGenerator | None = None
    port_of_entry: Annotated[_Port | None, OrAbsent()] = None


class Manifest(_Native):
    """One version of one manifest, as the service returns it."""

    manifest_tracking_number: Annotated[str, PlainValidator(_mtn), SEALED]
    updated_date: Annotated[datetime, PlainValidator(_updated), PUBLIC]
    status: Annotated[str, PlainValidator(_status), PUBLIC]
    submission_type: Annotated[str | None, PUBLIC] = None
    # A text in the schema; one that is no date is a warning.
    potential_ship_date: Annotated[str | None, HUB] = None
    shipped_date: Annotated[_Date, HUB] = None
    received_date: Annotated[_Date, HUB] = None
    certified_date: Annotated[_Date, HUB] = None
    generator: Site | None = None
    transporters: list[Site] | None = None
    designated_facility: Site | None = None
    wastes: list[Waste] | None = None
    rejection: Annotated[bool | None, PUBLIC] = None
    rejection_info: _Rejection | None = None
    residue_new_manifest_tracking_numbers: Annotated[list[str] | None, NEVER] = None
    is_import: Annotated[bool | None, Field(alias="import"), PUBLIC] = None
    import_info: _Import | None = None
    additional_info: AdditionalInfo | None = None
