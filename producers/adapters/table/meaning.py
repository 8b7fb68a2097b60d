"""Meanings: what a cell may say where the mapping asks for a code, a place or a word.

Each reads a text to its value, or to nothing where the text has not the form: only what has the
form of a code travels as a code. Constants and word lists of a mapping are held to the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from producers.reading import waste_codes
from producers.statement import WasteCode
from schemas import codes, places, units
from schemas.movement import Basis, Hazardous, Side

# ISO 3166-2 (`BE-VLG`) or a unit of the EU's NUTS (`BE2`).
_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}", re.ASCII)
_HS = re.compile(r"(?:[0-9]{2}){3,5}", re.ASCII)
_HS_DIGITS = 6
_DIVIDERS = re.compile(r"(?<=[A-Z0-9])[.-](?=[A-Z0-9])", re.ASCII)
_HAZARDOUS = {
    "yes": Hazardous.YES,
    "true": Hazardous.YES,
    "no": Hazardous.NO,
    "false": Hazardous.NO,
    "unknown": Hazardous.UNKNOWN,
}
_BASES = {"weighed": Basis.WEIGHED, "estimated": Basis.ESTIMATED, "unknown": Basis.UNKNOWN}
_SIDES = {side.value.lower(): side for side in Side}


class Meaning(NamedTuple):
    """What the cells of a column have to say.

    Attributes:
        rule: What a cell breaks that says something else.
        wanted: What to write, for people.
        read: Text to its value, None where it has not the form.
    """

    rule: str
    wanted: str
    read: Callable[[str], Any]


class Operation(NamedTuple):
    """An operation: R1 to R13 or D1 to D15, and the code as stated where that says more."""

    code: str | None
    native: str | None


def _region(stated: str) -> str | None:
    code = _compact(stated)
    return code if _REGION.fullmatch(code) else None


def _hs(stated: str) -> WasteCode | None:
    code = _compact(stated).replace(".", "")
    return WasteCode("HS", code[:_HS_DIGITS]) if _HS.fullmatch(code) else None


def _code(stated: str) -> str | None:
    # Points and hyphens divide a code; without them it has the form of any other.
    code = _compact(stated)
    return code if waste_codes.national(_DIVIDERS.sub("", code)) else None


def _operation(stated: str) -> Operation | None:
    """Return an operation; a code of another list travels as the agency's own."""
    code, native = waste_codes.operation(stated), _code(stated)
    if code is None and native is None:
        return None
    return Operation(code, None if native == code else native)


def _unit(stated: str) -> str | None:
    return stated.upper() if units.kind(stated.upper()) is not None else None


def _compact(stated: str) -> str:
    return "".join(stated.split()).upper()


COUNTRY = Meaning(
    "table.country.unknown", 'a country as two letters (ISO 3166-1), such as "BE"', places.country
)
REGION = Meaning("table.region.form", 'a region as ISO 3166-2, such as "BE-VLG"', _region)
LOW = Meaning("table.low.form", 'a List of Waste code of six digits, such as "16 03 07*"', waste_codes.low)
BASEL_OR_OECD = Meaning(
    "table.basel.form", 'one Basel or OECD code, such as "B3011" or "GC010"', waste_codes.basel_or_oecd
)
HS = Meaning("table.hs.form", 'a customs code of 6, 8 or 10 digits, such as "391510"', _hs)
OTHER = Meaning("table.code.form", "a code of up to eight letters and digits, with a digit", _code)
OPERATION = Meaning("table.operation.form", 'an operation, such as "R3" or "D 9 F"', _operation)
UNIT = Meaning(
    "table.unit.unknown",
    f"a unit of UN/ECE Recommendation 20: {', '.join(row['code'] for row in codes.rows('units'))}",
    _unit,
)
HAZARDOUS = Meaning(
    "table.hazardous.unknown", '"yes", "no" or "unknown"', lambda stated: _HAZARDOUS.get(stated.casefold())
)
BASIS = Meaning(
    "table.basis.unknown",
    '"weighed", "estimated" or "unknown"',
    lambda stated: _BASES.get(stated.casefold()),
)
SIDE = Meaning(
    "table.side.unknown",
    '"origin", "destination", "transit" or "domestic"',
    lambda stated: _SIDES.get(stated.casefold()),
)
