"""How much a row states, in which unit, and whether that is an estimate."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from producers.adapters.uk_annex_vii.model import Entry
from producers.adapters.uk_annex_vii.noticing import Notice
from producers.adapters.uk_annex_vii.waste import Kind
from producers.statement import Quantity
from schemas.movement import Basis

ESTIMATE, ACTUAL = "estimate", "actual"

_UNITS = {"tonnes": "TNE", "cubic_metres": "MTQ", "kilograms": "KGM"}
_BASES = {ACTUAL: Basis.WEIGHED, ESTIMATE: Basis.ESTIMATED}
_BULK_MAX, _KILOGRAMS_MAX = 1_000_000, 25
_DECIMALS = 2
_CENT = Decimal("0.01")
# Both a whole part and decimals may be absent, but not both.
_NUMBER = re.compile(r"(?=\.?[0-9])[0-9]{0,15}(?:\.[0-9]{1,10})?", re.ASCII)


def flag(stated: str) -> str:
    """Return `estimate` or `actual` as a cell says it, in whatever case; other text is neither."""
    return "".join(stated.split()).casefold()


def quantity(entry: Entry, kind: Kind | None, notice: Notice) -> Quantity | None:
    """Return the quantity, None where it is wrong; `notice` is told why, and where."""
    column = _column(entry, notice)
    value = _value(getattr(entry, column), column, notice) if column is not None else None
    basis = _BASES.get(flag(entry.quantity_flag))
    if basis is None:
        notice("annex7.flag.unknown", "quantity_flag")
    if column is None or value is None or basis is None:
        return None
    if column == "kilograms" and kind is Kind.LISTED:
        notice("annex7.kilograms.listed", column)
    if column != "kilograms" and kind is Kind.LABORATORY:
        notice("annex7.kilograms.missing", "kilograms")
    return Quantity(value, _UNITS[column], basis)


def _column(entry: Entry, notice: Notice) -> str | None:
    stated = [column for column in _UNITS if getattr(entry, column)]
    if len(stated) == 1:
        return stated[0]
    if stated:
        notice("annex7.quantity.several", stated[1])
    else:
        notice("annex7.quantity.missing", "tonnes")
    return None


def _value(stated: str, column: str, notice: Notice) -> Decimal | None:
    if _NUMBER.fullmatch(stated) is None:
        notice("annex7.quantity.number", column)
        return None
    value = _rounded(Decimal(stated))
    if column == "kilograms":
        is_possible, rule = 0 < value <= _KILOGRAMS_MAX, "annex7.kilograms.range"
    else:
        is_possible, rule = 0 < value < _BULK_MAX, "annex7.quantity.range"
    if not is_possible:
        notice(rule, column)
    return value if is_possible else None


def _rounded(value: Decimal) -> Decimal:
    """Return a quantity with at most two decimals, as the service keeps it.

    Half up, on the digits as they are written. The service computes with binary floats:
    where the third decimal is a last 5, its own figure may be a hundredth lower.
    """
    _, _, exponent = value.as_tuple()
    return value if int(exponent) >= -_DECIMALS else value.quantize(_CENT, ROUND_HALF_UP)
