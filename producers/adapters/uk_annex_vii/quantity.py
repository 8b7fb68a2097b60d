"""How much a row states, in which unit, and whether that is an estimate."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

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
# Both a whole part and decimals may be absent, but not both; a longer text is no number.
_NUMBER = re.compile(r"(?=\.?[0-9])[0-9]{0,15}(?:\.[0-9]{1,10})?", re.ASCII)
_CHARACTERS_MAX, _REMEMBERED_MAX = 26, 4096


def flag(stated: str) -> str:
    """Return `estimate` or `actual` as a cell says it, in whatever case; other text is neither."""
    return stated if stated in _BASES else "".join(stated.split()).casefold()


def quantity(entry: Entry, kind: Kind | None, notice: Notice) -> Quantity | None:
    """Return the quantity, None where it is wrong; `notice` is told why, and where."""
    column, stated = _stated(entry, notice)
    value = _value(stated, column, notice) if column is not None else None
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


def _stated(entry: Entry, notice: Notice) -> tuple[str | None, str]:
    """Return the one column that is filled in, and what it says."""
    stated = [(column, cell) for column in _UNITS if (cell := getattr(entry, column))]
    if len(stated) == 1:
        return stated[0]
    if stated:
        notice("annex7.quantity.several", stated[1][0])
    else:
        notice("annex7.quantity.missing", "tonnes")
    return None, ""


def _value(stated: str, column: str, notice: Notice) -> Decimal | None:
    value, rule = (
        _read(stated, column) if len(stated) <= _CHARACTERS_MAX else (None, "annex7.quantity.number")
    )
    if rule is not None:
        notice(rule, column)
    return value


@lru_cache(_REMEMBERED_MAX)
def _read(stated: str, column: str) -> tuple[Decimal | None, str | None]:
    """Return the value of a short text, None where it is impossible, and the rule that it breaks."""
    if _NUMBER.fullmatch(stated) is None:
        return None, "annex7.quantity.number"
    value = _rounded(Decimal(stated))
    if column == "kilograms":
        return (value, None) if 0 < value <= _KILOGRAMS_MAX else (None, "annex7.kilograms.range")
    return (value, None) if 0 < value < _BULK_MAX else (None, "annex7.quantity.range")


def _rounded(value: Decimal) -> Decimal:
    """Return a quantity with at most two decimals, as the service keeps it.

    Half up, on the digits as they are written. The service computes with binary floats:
    where the third decimal is a last 5, its own figure may be a hundredth lower.
    """
    _, _, exponent = value.as_tuple()
    return value if int(exponent) >= -_DECIMALS else value.quantize(_CENT, ROUND_HALF_UP)
