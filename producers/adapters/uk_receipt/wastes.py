"""Waste items of a receipt: codes, hazard, and the lines into which treatment divides them.

A line is the part of an item that one operation is intended for, and a remainder without
operation. Where the operations weigh more than the item, nothing can be divided. Every
sum is exact; what was weighed in another unit is not rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import NamedTuple

from producers.adapters.uk_receipt.model import Treatment, WasteItem, Weight
from producers.reading import waste_codes
from producers.reading.notices import Notice
from producers.reading.remembered import remembered
from producers.statement import Quantity, WasteCode
from schemas import codes
from schemas.movement import Basis, Hazardous

LINES_OF_ITEM = 100
_CACHED_LISTS = 4096
_REC20 = {"Grams": "GRM", "Kilograms": "KGM", "Tonnes": "TNE"}
_GRAMS_EXPONENT = {"Grams": 0, "Kilograms": 3, "Tonnes": 6}
# Holds the difference of a hundred weights within the model's limits, in grams.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
# A property of the service's own list; the regulation has no such number.
_HP_POP = "HP_POP"


class Line(NamedTuple):
    """One part of one item; its number is that of the item, times 100, and of the operation."""

    number: int
    codes: tuple[WasteCode, ...]
    hazardous: Hazardous
    quantity: Quantity
    operation_code: str | None
    container_count: int | None


class _Part(NamedTuple):
    """What one operation is intended for, counted from 1; 0 is the whole item, or its remainder."""

    number: int
    quantity: Quantity
    operation_code: str | None = None


class _Listed(NamedTuple):
    """What the codes of an item say by the List of Waste, and which rule breaks at which of them."""

    codes: tuple[WasteCode, ...]
    is_hazardous: bool
    broken: tuple[tuple[str, int], ...]


def lines(item: WasteItem, number: int, path: str, notice: Notice) -> Iterator[Line]:
    """Yield the lines of an item, the n-th of its receipt from 1.

    `notice` is told each rule that it breaks, and where.
    """
    found = _codes(item, path, notice)
    hazardous = _hazardous(item, path, notice)
    # Containers belong to the item: counted once, on its first line.
    count: int | None = item.number_of_containers
    for part, quantity, operation in _parts(item, path, notice):
        yield Line(number * LINES_OF_ITEM + part, found, hazardous, quantity, operation, count)
        count = None


def is_hazardous(item: WasteItem) -> bool:
    """Say whether the List of Waste calls any code of an item hazardous."""
    return _listed(*item.ewc_codes).is_hazardous


def _parts(item: WasteItem, path: str, notice: Notice) -> Iterator[_Part]:
    treatments = item.disposal_or_recovery_codes or []
    place = f"{path}.disposalOrRecoveryCodes"
    if not treatments:
        notice("receipt.operation.missing", place)
        yield _Part(0, _quantity(item.weight))
        return
    if len(treatments) >= LINES_OF_ITEM:
        notice("receipt.operation.count", place)
        return
    operations = _operations(treatments, place, notice)
    left = _left(item.weight, treatments)
    if left < 0:
        notice("receipt.operation.excess", place)
        yield _Part(0, _quantity(item.weight))
        return
    if left:
        rest = _EXACT.scaleb(left, -_GRAMS_EXPONENT[item.weight.metric])
        is_estimate = item.weight.is_estimate or any(part.weight.is_estimate for part in treatments)
        yield _Part(0, Quantity(rest, _REC20[item.weight.metric], _basis(is_estimate)))
    for number, (part, operation) in enumerate(zip(treatments, operations, strict=True), start=1):
        yield _Part(number, _quantity(part.weight), operation)


def _left(weight: Weight, treatments: list[Treatment]) -> Decimal:
    """Return the grams that no operation is stated for, negative where there is too much."""
    left = _grams(weight)
    for part in treatments:
        left = _EXACT.subtract(left, _grams(part.weight))
    return left


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
    listed = _listed(*item.ewc_codes)
    for rule, index in listed.broken:
        notice(rule, f"{path}.ewcCodes[{index}]")
    if item.hazardous is None or not item.hazardous.haz_codes:
        return listed.codes
    properties = _properties(item.hazardous.haz_codes, f"{path}.hazardous.hazCodes", notice)
    return (*listed.codes, *dict.fromkeys(properties))


@remembered(_CACHED_LISTS)
def _listed(*stated: str) -> _Listed:
    found: dict[WasteCode, None] = {}
    broken = []
    read = [waste_codes.low(text) for text in stated]
    for index, low in enumerate(read):
        if low is None or not codes.find("LOW", low.code.code):
            broken.append(("receipt.ewc.unknown", index))
            continue
        if low.code in found:
            broken.append(("receipt.ewc.repeated", index))
        found[low.code] = None
    has_hazard = any(low is not None and low.hazardous is Hazardous.YES for low in read)
    return _Listed(tuple(found), has_hazard, tuple(broken))


def _properties(stated: list[str], place: str, notice: Notice) -> Iterator[WasteCode]:
    for index, text in enumerate(stated):
        code = waste_codes.hazard_property(text)
        if code is not None:
            yield code
        elif text != _HP_POP:
            notice("receipt.hazard.code", f"{place}[{index}]")
