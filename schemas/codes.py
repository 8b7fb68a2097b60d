"""Code lists: what a waste or operation code means, and on which days it is valid.

The lists are CSV files in `codelists/`, with the legal source of every row. They are read
once, at the first question. A code that is in no list, or not valid on the day, is said to
be so; nothing is guessed. The crosswalk to materials is read by the hub's views alone.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

VERSION = "2026.11"
TABLES = (
    "basel",
    "countries",
    "country_names",
    "low",
    "material",
    "materials",
    "oecd",
    "operation_class",
    "operations",
    "regions",
    "units",
)
_TABLE_OF_SCHEME = {"LOW": "low", "BASEL": "basel", "OECD": "oecd", "OPERATION": "operations"}
_HAZARDOUS = {"true": True, "false": False}

# Spreadsheets leave apostrophes around what they would otherwise read as a number.
_LOW = re.compile(r"['\u2019]?([0-9]{6})(\*?)['\u2019]?")

# Last number of each series: 40 CFR 261.21 to 261.24 (D), 261.31 (F), 261.32 (K), 261.33 (P, U).
_US_FEDERAL = re.compile(r"([DFKPU])([0-9]{3})")
_US_FEDERAL_LAST = {"D": 43, "F": 39, "K": 181, "P": 205, "U": 411}


class Status(StrEnum):
    """Whether a code may be used on a day."""

    VALID = "VALID"
    NOT_VALID_ON_DATE = "NOT_VALID_ON_DATE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Code:
    """One validity interval of a code.

    Attributes:
        valid_from: First valid day.
        valid_to: Last valid day, None while the code is in force.
        hazardous: None where the list does not say it, or jurisdictions differ.
        source: The law that the row comes from.
    """

    scheme: str
    code: str
    label: str
    valid_from: date
    valid_to: date | None
    hazardous: bool | None
    source: str


def status(scheme: str, code: str, on: date) -> Status:
    """Say whether a code in canonical form is valid on a day.

    US-EPA codes have no dated list, their form decides. Every code of a scheme without a
    list here, such as HS, is unknown.
    """
    if scheme == "US-EPA":
        return Status.VALID if is_us_federal_code(code) else Status.UNKNOWN
    intervals = find(scheme, code)
    for row in intervals:
        if _covers(row, on):
            return Status.VALID
    return Status.NOT_VALID_ON_DATE if intervals else Status.UNKNOWN


def find(scheme: str, code: str) -> tuple[Code, ...]:
    """Return all validity intervals of a code in canonical form, oldest first."""
    return _codes(scheme).get(code, ())


@lru_cache(maxsize=4096)
def normalise_low(text: str) -> tuple[str, bool] | None:
    """Return the six digits of a List of Waste code and whether an asterisk was stated.

    Blanks and the apostrophes of spreadsheets are dropped. None for any other form: a
    code whose leading zero was lost is not repaired.
    """
    match = _LOW.fullmatch(_without_blanks(text))
    return (match[1], bool(match[2])) if match is not None else None


def is_us_federal_code(code: str) -> bool:
    """Say whether a code has the form and range of a federal hazardous waste code.

    Source: 40 CFR 261 subparts C and D. Numbers that were never assigned pass.
    """
    match = _US_FEDERAL.fullmatch(code)
    return match is not None and 1 <= int(match[2]) <= _US_FEDERAL_LAST[match[1]]


def table(name: str) -> Traversable:
    """Return the CSV file of a table named in `TABLES`.

    Readers that guess types must be told that every column is text, else `010101` loses
    its zero.
    """
    return files("schemas").joinpath("codelists", f"{name}.csv")


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table as text by column."""
    return list(csv.DictReader(table(name).read_text(encoding="utf-8").splitlines()))


@cache
def _codes(scheme: str) -> dict[str, tuple[Code, ...]]:
    name = _TABLE_OF_SCHEME.get(scheme)
    found: dict[str, tuple[Code, ...]] = {}
    for row in rows(name) if name else ():
        found[row["code"]] = (*found.get(row["code"], ()), _code(row))
    return found


def _code(row: dict[str, str]) -> Code:
    return Code(
        scheme=row["scheme"],
        code=row["code"],
        label=row["label"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_last_day(row),
        hazardous=_HAZARDOUS.get(row.get("hazardous", "")),
        source=row["source"],
    )


def _without_blanks(text: str) -> str:
    # split() knows the no-break blanks of spreadsheets too.
    return "".join(text.split())


def _last_day(row: dict[str, str]) -> date | None:
    return date.fromisoformat(row["valid_to"]) if row["valid_to"] else None


def _covers(row: Code, on: date) -> bool:
    return row.valid_from <= on and (row.valid_to is None or on <= row.valid_to)
