"""Checks between the cells of a packaging log row: formulas, limits and order of dates.

They need no other row. A part that is missing leaves its formula unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from producers.adapters.uk_packaging.model import Cells
from producers.adapters.uk_packaging.rules import RULES_BY_ID
from schemas.findings import Finding

# DEFRA's template calculates with binary floats and compares with this tolerance.
_TOLERANCE_TONNES = Decimal("1e-9")
# What the protocol deducts for the wire around bales.
_WITHOUT_WIRE = Decimal("0.9985")
_ACCREDITED_TONNES_MAX = 1000
_LIMITED = (
    "gross_weight",
    "tare_weight",
    "pallet_weight",
    "net_weight",
    "weight_of_non_target_materials",
    "tonnage_received_for_export",
    "tonnage_received_for_recycling",
    "tonnage_of_uk_packaging_waste_exported",
    "tonnage_received_by_osr",
    "tonnage_of_uk_packaging_waste_sent_on",
    "product_tonnage",
)


def checked(cells: Cells, path: str) -> Iterator[Finding]:
    """Yield what is wrong between the cells of one row."""
    for name in _LIMITED if not cells.is_registered_only else ():
        tonnes: Decimal | None = getattr(cells, name)
        if tonnes is not None and tonnes > _ACCREDITED_TONNES_MAX:
            yield RULES_BY_ID["uk.tonnage.limit"].at(f"{path}.data.{name.upper()}")
    if _differs(cells.net_weight, _net_tonnes(cells)):
        yield RULES_BY_ID["uk.tonnage.formula"].at(f"{path}.data.NET_WEIGHT")
    if _differs(cells.received_tonnes, _received_tonnes(cells)):
        yield RULES_BY_ID["uk.tonnage.formula"].at(f"{path}.data.TONNAGE_RECEIVED")
    if _is_out_of_order(cells):
        yield RULES_BY_ID["uk.date.order"].at(f"{path}.data")


def _differs(stated: Decimal | None, computed: Decimal | None) -> bool:
    return stated is not None and computed is not None and abs(stated - computed) > _TOLERANCE_TONNES


def _net_tonnes(cells: Cells) -> Decimal | None:
    if cells.gross_weight is None or cells.tare_weight is None or cells.pallet_weight is None:
        return None
    return cells.gross_weight - cells.tare_weight - cells.pallet_weight


def _received_tonnes(cells: Cells) -> Decimal | None:
    net, proportion = cells.net_weight, cells.recyclable_proportion_percentage
    if net is None or proportion is None:
        return None
    if cells.is_registered_only:
        return net * proportion
    non_target, has_wire = cells.weight_of_non_target_materials, cells.bailing_wire_protocol
    if non_target is None or has_wire is None:
        return None
    return (net - non_target) * proportion * (_WITHOUT_WIRE if has_wire else 1)


def _is_out_of_order(cells: Cells) -> bool:
    stated = (
        cells.received,
        cells.date_of_export,
        cells.date_received_by_osr,
        cells.date_the_refused_stopped_waste_repatriated,
    )
    days = [when.on for when in stated if when is not None]
    return days != sorted(days)
