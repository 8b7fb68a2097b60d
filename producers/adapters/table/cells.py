"""Cells of tables, whatever they came in, to text, numbers and dates.

CSV holds text only; workbooks, Parquet and JSON hold numbers and dates too. What means the same
comes out the same. A number in a workbook is a binary one, of which fifteen digits are what its
author sees. Nothing is repaired: a cell that cannot be what it should be breaks a rule.
"""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from producers.adapters.table.date_format import ISO, DateFormat
from producers.reading.dates import Stamp
from producers.statement import When
from schemas.movement import Precision

# No code, name or number of this field is longer; a remark may be, and is no business of ours.
CHARACTERS_MAX = 200

_CACHED_TEXTS = 4096
# A binary number keeps fifteen decimal digits; so many a spreadsheet program shows.
_BINARY_DIGITS = 15
_DIGITS_MAX = 40
# Spreadsheet programs write their errors in the language of the country: #REF!, #BEZUG!, #VERW!.
_FORMULA_ERROR = re.compile(r"#[^\W\d_][\w/]*[!?]|#[A-Z]+/[A-Z0-9]+!?|#NV")
_MIDNIGHT = time()


class Flaw(StrEnum):
    """What a reader puts in the place of a cell that cannot be read: the rule that it breaks."""

    FORMULA = "table.cell.formula"
    KIND = "table.cell.kind"
    ENCODING = "table.cell.encoding"


class CellError(Exception):
    """A cell breaks a rule; the value stays in the cell."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def text(cell: object) -> str:
    """Return a cell as text with single blanks, nothing for an empty one.

    Raises:
        CellError: It holds no single value, or a formula failed.
    """
    if type(cell) is str:
        if len(cell) > CHARACTERS_MAX:
            raise CellError("table.cell.size")
        return _clean(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float | Decimal):
        return _number_text(cell)
    if isinstance(cell, date | time):
        return cell.isoformat()
    raise CellError(cell.value if isinstance(cell, Flaw) else Flaw.KIND)


def number(cell: object, decimal: str, thousands: str | None) -> Decimal | None:
    """Return a number as stated, None for an empty cell.

    Args:
        cell: Text in the table's notation, or a number.
        decimal: Sign before the fraction in text.
        thousands: Sign between groups of three digits in text, None where none may stand.

    Raises:
        CellError: It is no number.
    """
    if type(cell) is not str and isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return _decimal(cell)
    stated = text(cell)
    return _read_number(stated, decimal, thousands) if stated else None


def when(cell: object, form: DateFormat, zone: str) -> When | None:
    """Return when something happened, None for an empty cell.

    A time of midnight without a zone says no more than its day.

    Raises:
        CellError: It is no date.
    """
    stated = text(cell)
    if not stated:
        return None
    read = _when(stated, ISO if isinstance(cell, date) else form, zone)
    if read is None:
        raise CellError("table.date.form")
    return read


@lru_cache(_CACHED_TEXTS)
def folded(stated: str) -> str:
    """Return a word or name as it is compared: without case, with single blanks."""
    return " ".join(stated.split()).casefold()


def _clean(stated: str) -> str:
    # split() knows the no-break blanks of spreadsheets and every control that separates.
    clean = " ".join(stated.split())
    if clean.startswith("#") and _FORMULA_ERROR.fullmatch(clean):
        raise CellError(Flaw.FORMULA)
    return clean


def _decimal(value: float | Decimal) -> Decimal | None:
    """Return a number exactly; None for the one that Parquet files of data frames hold for nothing."""
    read = Decimal(format(value, f".{_BINARY_DIGITS}g")) if isinstance(value, float) else Decimal(value)
    if read.is_nan():
        return None
    if read.is_infinite():
        raise CellError("table.number.form")
    return read


def _number_text(cell: float | Decimal) -> str:
    """Return a number as a code or identifier, which has no point where it is whole."""
    value = _decimal(cell)
    if value is None:
        return ""
    if abs(value.adjusted()) >= (_BINARY_DIGITS if isinstance(cell, float) else _DIGITS_MAX):
        raise CellError("table.cell.digits")
    is_whole = value == value.to_integral_value()
    return str(int(value)) if is_whole else format(value, "f")


@lru_cache(_CACHED_TEXTS)
def _read_number(stated: str, decimal: str, thousands: str | None) -> Decimal:
    match = _notation(decimal, thousands).fullmatch(stated) if len(stated) <= _DIGITS_MAX else None
    if match is None:
        raise CellError("table.number.form")
    plain = stated.replace(thousands, "") if thousands is not None else stated
    return Decimal(plain.replace(decimal, "."))


@lru_cache
def _notation(decimal: str, thousands: str | None) -> re.Pattern[str]:
    groups = "" if thousands is None else rf"|[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+"
    return re.compile(rf"[+-]?(?:[0-9]+{groups})(?:{re.escape(decimal)}[0-9]+)?", re.ASCII)


@lru_cache(_CACHED_TEXTS)
def _when(stated: str, form: DateFormat, zone: str) -> When | None:
    stamp = form.stamp(stated)
    if stamp is None:
        return None
    if stamp.moment.tzinfo is None and stamp.moment.time() == _MIDNIGHT:
        stamp = Stamp(stamp.moment, min(stamp.precision, Precision.DAY, key=_ROUGHNESS.index))
    return stamp.when(zone)


_ROUGHNESS = (Precision.MONTH, Precision.DAY, Precision.MINUTE)
