"""Waste items of a receipt: codes, hazard, and the lines into which treatment divides them.

A line is the part of an item that one operation is intended for, and a remainder without
operation. Where the operations weigh more than the item, nothing can be divided. Every
sum is exact; what was weighed in another unit is not rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Context, Decimal, Inexact, InvalidOperation

from producers.adapters.uk_receipt.model import Treatment, WasteItem, Weight
from producers.reading import waste_codes
from producers.statement import Quantity, WasteCode
from schemas import codes
from schemas.movement import Basis, Hazardous

Notice = Callable[[str, str], None]

LINES_OF_ITEM = 100
_REC20 = {"Grams": "GRM", "Kilograms": "KGM", "Tonnes": "TNE"}
_GRAMS_EXPONENT = {"Grams": 0, "Kilograms": 3, "Tonnes": 6}
# Holds the difference of a hundred weights within the model's limits, in grams.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
# A property of the service's own list; the regulation has no such number.
_HP_POP = "HP_POP"


@dataclass(frozen=True, slots=True)
class Line:
    """One part of one item; its number is that of the item, times 100, and of the operation."""

    number: int
    codes: tuple[WasteCode, ...]
    hazardous: Hazardous
    quantity: Quantity
    operation_code: str | None = None
    container_count: int | None = None


def lines(item: WasteItem, number: int, path: str, notice: Notice) -> Iterator[Line]:
    """Yield the lines of an item, the n-th of its receipt from 1.

    `notice` is told each rule that it breaks, and where.
    """
    whole = Line(
        number=number * LINES_OF_ITEM,
        codes=_codes(item, path, notice),
        hazardous=_hazardous(item, path, notice),
        quantity=_quantity(item.weight),
        container_count=item.number_of_containers,
    )
    for index, part in enumerate(_parts(item, whole, path, notice)):
        # Containers belong to the item: counted once, on its first line.
        yield replace(part, container_count=None) if index else part


def is_hazardous(item: WasteItem) -> bool:
    """Say whether the List of Waste calls any code of an item hazardous."""
    read = (waste_codes.low(stated) for stated in item.ewc_codes)
    return any(found.hazardous is Hazardous.YES for found in read if found is not None)


def _parts(item: WasteItem, whole: Line, path: str, notice: Notice) -> Iterator[Line]:
    place = f"{path}.disposalOrRecoveryCodes"
    treatments = item.disposal_or_recovery_codes or []
    rest = _rest(item.weight, treatments)
    if not treatments:
        notice("receipt.operation.missing", place)
        yield whole
    elif len(treatments) >= LINES_OF_ITEM:
        notice("receipt.operation.count", place)
    elif rest < 0:
        _operations(treatments, place, notice)
        notice("receipt.operation.excess", place)
        yield whole
    else:
        operations = _operations(treatments, place, notice)
        if rest:
            is_estimate = item.weight.is_estimate or any(part.weight.is_estimate for part in treatments)
            yield replace(whole, quantity=Quantity(rest, whole.quantity.unit, _basis(is_estimate)))
        for index, (part, operation) in enumerate(zip(treatments, operations, strict=True), start=1):
            quantity = _quantity(part.weight)
            yield replace(whole, number=whole.number + index, quantity=quantity, operation_code=operation)


def _rest(weight: Weight, treatments: list[Treatment]) -> Decimal:
    """Return what no operation is stated for, in the unit of the item; negative where there is too much."""
    left = _grams(weight)
    for part in treatments:
        left = _EXACT.subtract(left, _grams(part.weight))
    return _EXACT.scaleb(left, -_GRAMS_EXPONENT[weight.metric])


def _grams(weight: Weight) -> Decimal:
    return _EXACT.scaleb(weight.amount, _GRAMS_EXPONENT[weight.metric])


def _operations(treatments: list[Treatment], place: str, notice: Notice) -> list[str | None]:
    found = [waste_codes.operation(part.code) for part in treatments]
    for index, operation in enumerate(found):
        if operation is None:
            notice("receipt.operation.unknown", f"{place}[{index}].code")
    return found


def _quantity(weight: Weight) -> Quantity:
    return Quantity(weight.amount, _REC20[weight.metric], _basis(weight.is_estimate))


def _basis(is_estimate: bool) -> Basis:  # noqa: FBT001  # it is the only thing said
    return Basis.ESTIMATED if is_estimate else Basis.WEIGHED


def _hazardous(item: WasteItem, path: str, notice: Notice) -> Hazardous:
    is_listed = is_hazardous(item)
    if is_listed != item.contains_hazardous:
        notice("receipt.hazard.mismatch", f"{path}.containsHazardous")
    return Hazardous.YES if is_listed or item.contains_hazardous else Hazardous.NO


def _codes(item: WasteItem, path: str, notice: Notice) -> tuple[WasteCode, ...]:
    found = [
        *_ewc_codes(item, f"{path}.ewcCodes", notice),
        *_properties(item, f"{path}.hazardous.hazCodes", notice),
    ]
    return tuple(dict.fromkeys(found))


def _ewc_codes(item: WasteItem, place: str, notice: Notice) -> Iterator[WasteCode]:
    seen: set[WasteCode] = set()
    for index, stated in enumerate(item.ewc_codes):
        read = waste_codes.low(stated)
        if read is None or not codes.find("LOW", read.code.code):
            notice("receipt.ewc.unknown", f"{place}[{index}]")
            continue
        if read.code in seen:
            notice("receipt.ewc.repeated", f"{place}[{index}]")
        seen.add(read.code)
        yield read.code


def _properties(item: WasteItem, place: str, notice: Notice) -> Iterator[WasteCode]:
    stated = item.hazardous.haz_codes if item.hazardous is not None else None
    for index, text in enumerate(stated or ()):
        code = waste_codes.hazard_property(text)
        if code is not None:
            yield code
        elif text != _HP_POP:
            notice("receipt.hazard.code", f"{place}[{index}]")
