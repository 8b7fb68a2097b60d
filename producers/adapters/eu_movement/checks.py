"""Checks between the blocks of a movement document that the law makes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from producers.adapters.eu_movement.ends import Ends
from producers.adapters.eu_movement.model import Amount, Line, Movement
from producers.adapters.eu_movement.wastes import Waste, has_annex_vii_code
from producers.reading.notices import Notice
from schemas import places, units
from schemas.movement import UNKNOWN_COUNTRY, Hazardous

_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_LABORATORY_GRAMS_MAX = 250_000


def check_movement(movement: Movement, path: str, notice: Notice) -> None:
    """Check what holds for the document as a whole."""
    serial, total = (_whole(text) for text in (movement.serial, movement.serial_total))
    if serial is not None and total is not None and serial > total:
        notice("eu.serial.total", f"{path}.serial")
    if movement.notified is not None and _exceeds(movement.lines, movement.notified):
        notice("eu.quantity.notified", f"{path}.notified")
    if movement.statuses:
        _check_statuses(movement, path, notice)


def _check_statuses(movement: Movement, path: str, notice: Notice) -> None:
    """Check that there is one status for each line, and one for all others."""
    free = {None, *(line.number or index for index, line in enumerate(movement.lines, start=1))}
    for index, status in enumerate(movement.statuses):
        if status.line not in free:
            notice("eu.condition.line", f"{path}.statuses[{index}]")
        free.discard(status.line)


def check_leaving(line: Line, path: str, notice: Notice) -> None:
    """Check the quantity of a line that leaves or is to leave."""
    if line.quantity is None:
        notice("eu.quantity.missing", path)
    elif line.quantity.value <= 0:
        notice("eu.quantity.positive", f"{path}.quantity")


def check_annex_vii(line: Line, waste: Waste, path: str, notice: Notice) -> None:
    """Check that a line may travel without notification."""
    if not has_annex_vii_code(waste):
        notice("eu.annex7.code", path)
    if waste.hazardous is Hazardous.YES and not waste.is_laboratory:
        notice("eu.hazard.green", path)
    grams = _grams(line.quantity)
    if waste.is_laboratory and grams is not None and grams > _LABORATORY_GRAMS_MAX:
        notice("eu.laboratory.quantity", f"{path}.quantity")


def check_hazard(waste: Waste, path: str, notice: Notice) -> None:
    """Check that a waste with hazardous properties is one that may have them."""
    if waste.is_hazard_stated and waste.hazardous is Hazardous.NO:
        notice("eu.hazard.property", path)


def check_operation(waste: Waste, ends: Ends, issued_on: date, path: str, notice: Notice) -> None:
    """Check that a line has an operation, and one that its destination may carry out on a day."""
    if waste.operation is None and not waste.is_laboratory:
        notice("eu.operation.missing", path)
    is_disposal = waste.operation is not None and waste.operation.startswith("D")
    if is_disposal and _is_export(ends, issued_on):
        notice("eu.operation.export", path)


def _is_export(ends: Ends, on: date) -> bool:
    """Say whether a movement leaves the European Union and EFTA for a known country."""
    begins, arrives = (places.is_in_eu_or_efta(end.country, on) for end in (ends.origin, ends.destination))
    return begins and not arrives and ends.destination.country != UNKNOWN_COUNTRY


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and _COUNT.fullmatch(text) else None


def _exceeds(lines: Iterable[Line], total: Amount) -> bool:
    """Say whether lines of one unit are more than a total; in other units they are not compared."""
    whole = Decimal()
    for line in lines:
        if line.quantity is None:
            continue
        if line.quantity.unit != total.unit:
            return False
        whole += line.quantity.value
    return whole > total.value


def _grams(amount: Amount | None) -> int | None:
    return units.grams(amount.value, amount.unit, None) if amount is not None else None
