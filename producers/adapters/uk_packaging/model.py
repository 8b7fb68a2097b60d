"""The cells of a packaging log row that are read, with the class of each.

It is not the whole row: suppliers, customers, contacts, plates, tickets and the operator's own
references have no field here and are never read. What is never serves a check, or leaves
as one of a few words. An empty cell, and one in which nothing was chosen, is None. What
only recipients of sealed parts read breaks no rule.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator

from producers.reading import dates
from producers.reading.native_model import Native, SealedText, refused
from producers.statement import When
from schemas.confidentiality import Confidentiality
from schemas.movement import Precision

PUBLIC = Confidentiality.PUBLIC
HUB = Confidentiality.HUB
SEALED = Confidentiality.SEALED
NEVER = Confidentiality.NEVER

TONNES_MAX = Decimal(1_000_000)
_EMPTY = frozenset({"", "Choose option"})
_ANSWERS = {"Yes": True, "No": False}
_DATE_CHARACTERS_MAX, _REMEMBERED_MAX = 40, 4096

RowType = Literal["received", "exported", "sentOn", "processed"]
ProcessingType = Literal[
    "EXPORTER",
    "EXPORTER_REGISTERED_ONLY",
    "REPROCESSOR_INPUT",
    "REPROCESSOR_OUTPUT",
    "REPROCESSOR_REGISTERED_ONLY",
]


class Upload(Native):
    """One complete log: whose it is, and when it was uploaded (UTC)."""

    organisation: Annotated[str, SEALED]
    registration: Annotated[str, SEALED]
    uploaded_at: Annotated[datetime, PUBLIC] = Field(alias="uploadedAt")


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip() in _EMPTY)


def _text(value: Any) -> str | None:
    """Return a text without blanks around it; spreadsheets make numbers of codes and ids."""
    if isinstance(value, str):
        text = value.strip()
        return None if text in _EMPTY else text
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise refused("uk.field.text")


def _tonnes(value: Any) -> Decimal | None:
    if _is_empty(value):
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise refused("uk.tonnage.number")
    if not 0 <= value <= TONNES_MAX:
        raise refused("uk.tonnage.range")
    return Decimal(value)


def _yes(value: Any) -> bool | None:
    if isinstance(value, str) and value in _ANSWERS:
        return _ANSWERS[value]
    if _is_empty(value):
        return None
    raise refused("uk.option.unknown")


def _on(value: Any) -> When | None:
    """Return the day or month as written: a zone says nothing, the cell holds a day."""
    if _is_empty(value):
        return None
    when = _day(value) if isinstance(value, str) and len(value) <= _DATE_CHARACTERS_MAX else None
    if when is None:
        raise refused("uk.date.impossible")
    return when


@lru_cache(_REMEMBERED_MAX)
def _day(text: str) -> When | None:
    """Return the day of a text; remembered by the text, as equal instants of two zones may be two days."""
    stamp = dates.stamp(text)
    if stamp is None:
        return None
    is_month = stamp.precision is Precision.MONTH
    return When(stamp.moment.date(), None, Precision.MONTH if is_month else Precision.DAY)


def _month(value: Any) -> When | None:
    when = _on(value)
    return None if when is None else When(when.on.replace(day=1), None, Precision.MONTH)


_Text = Annotated[str | None, PlainValidator(_text)]
_Tonnes = Annotated[Decimal | None, PlainValidator(_tonnes)]
_Yes = Annotated[bool | None, PlainValidator(_yes)]
_On = Annotated[When | None, PlainValidator(_on)]
_Month = Annotated[When | None, PlainValidator(_month)]


class Cells(Native):
    """The `data` of a row, whatever its type; the column's name is the field's in capitals."""

    model_config = ConfigDict(alias_generator=str.upper)

    processing_type: Annotated[ProcessingType, PUBLIC] = Field(alias="processingType")

    date_received_for_export: Annotated[_On, PUBLIC] = None
    date_received_for_reprocessing: Annotated[_On, PUBLIC] = None
    month_received_for_export: Annotated[_Month, PUBLIC] = None
    month_received_for_reprocessing: Annotated[_Month, PUBLIC] = None
    tonnage_received_for_export: Annotated[_Tonnes, HUB] = None
    tonnage_received_for_recycling: Annotated[_Tonnes, HUB] = None

    gross_weight: Annotated[_Tonnes, NEVER] = None
    tare_weight: Annotated[_Tonnes, NEVER] = None
    pallet_weight: Annotated[_Tonnes, NEVER] = None
    net_weight: Annotated[_Tonnes, NEVER] = None
    weight_of_non_target_materials: Annotated[_Tonnes, NEVER] = None
    recyclable_proportion_percentage: Annotated[_Tonnes, NEVER] = None
    bailing_wire_protocol: Annotated[_Yes, NEVER] = None

    date_of_export: Annotated[_On, PUBLIC] = None
    tonnage_of_uk_packaging_waste_exported: Annotated[_Tonnes, HUB] = None
    osr_id: Annotated[_Text, SEALED] = None
    osr_country: Annotated[_Text, PUBLIC] = None
    date_received_by_osr: Annotated[_On, PUBLIC] = None
    tonnage_received_by_osr: Annotated[_Tonnes, HUB] = None
    was_the_waste_refused: Annotated[_Yes, PUBLIC] = None
    was_the_waste_stopped: Annotated[_Yes, PUBLIC] = None
    date_the_refused_stopped_waste_repatriated: Annotated[_On, PUBLIC] = None

    date_load_left_site: Annotated[_On, PUBLIC] = None
    tonnage_of_uk_packaging_waste_sent_on: Annotated[_Tonnes, HUB] = None
    final_destination_facility_type: Annotated[_Text, PUBLIC] = None

    osr_name: Annotated[SealedText, SEALED] = None
    interim_site_id: Annotated[SealedText, SEALED] = None
    carrier_name: Annotated[SealedText, SEALED] = None
    cbd: Annotated[SealedText, SEALED] = None
    cbd_reg_number: Annotated[SealedText, SEALED] = None
    final_destination_name: Annotated[SealedText, SEALED] = None
    final_destination_address: Annotated[SealedText, SEALED] = None
    final_destination_postcode: Annotated[SealedText, SEALED] = None
    container_number: Annotated[SealedText, SEALED] = None
    customs_declaration_number: Annotated[SealedText, SEALED] = None
    bill_of_landing_reference_number: Annotated[SealedText, SEALED] = None
    waste_transfer_note: Annotated[SealedText, SEALED] = None

    product_tonnage: Annotated[_Tonnes, HUB] = None
    end_of_waste_standards: Annotated[_Yes, PUBLIC] = None

    ewc_code: Annotated[_Text, PUBLIC] = None
    description_waste: Annotated[_Text, NEVER] = None
    basel_export_code: Annotated[_Text, PUBLIC] = None
    customs_codes: Annotated[_Text, PUBLIC] = None

    @property
    def received(self) -> When | None:
        """Return when the load was received, from whichever column the template has."""
        return (
            self.date_received_for_export
            or self.date_received_for_reprocessing
            or self.month_received_for_export
            or self.month_received_for_reprocessing
        )

    @property
    def received_tonnes(self) -> Decimal | None:
        """Return the tonnage received, from whichever column the template has."""
        if self.tonnage_received_for_export is not None:
            return self.tonnage_received_for_export
        return self.tonnage_received_for_recycling

    @property
    def is_registered_only(self) -> bool:
        """Say whether the operator has no accreditation: other columns, no limits."""
        return self.processing_type.endswith("REGISTERED_ONLY")


class Row(Native):
    """A row that says which one it is; its cells are read apart, so that it can be rejected."""

    row_id: Annotated[int, SEALED] = Field(alias="rowId", strict=True, gt=0)
    row_type: Annotated[RowType, PUBLIC] = Field(alias="wasteRecordType")
