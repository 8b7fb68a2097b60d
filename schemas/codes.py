"""Code lists: what a code means, and on which days it is valid.

The lists are CSV files in `codelists/`, with the legal source of every row. They are read
once, at the first question. A code that is in no list, or not valid on the day, is said to
be so; nothing is guessed. What a code leads to in another list is told by `crosswalks`.
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

VERSION = "2026.12"
TABLES = (
    "basel",
    "basel_categories",
    "basel_oecd",
    "countries",
    "country_names",
    "ewc_stat",
    "ewc_stat_items",
    "low",
    "material",
    "materials",
    "method_operation",
    "national_methods",
    "oecd",
    "oecd_hs",
    "operation_class",
    "operations",
    "outcome",
    "outcomes",
    "regions",
    "successor",
    "units",
)
# The table that lists the codes of a scheme. HS and the codes of US states have none.
TABLE_OF_SCHEME = {
    "LOW": "low",
    "BASEL": "basel",
    "BASEL-Y": "basel_categories",
    "OECD": "oecd",
    "OPERATION": "operations",
    "US-METHOD": "national_methods",
    "FR-OPERATION": "national_methods",
    "EWC-STAT": "ewc_stat_items",
    "MATERIAL": "materials",
    "OUTCOME": "outcomes",
    "UNIT": "units",
    "COUNTRY": "countries",
    "REGION": "regions",
}
_HAZARDOUS = {"true": True, "false": False}

# Spreadsheets leave apostrophes around what they would otherwise read as a number.
# With all the blanks that people write; what is longer is no code.
_LOW_CHARACTERS_MAX = 120
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
        valid_from: First valid day, None where the code is our own or always belonged.
        valid_to: Last valid day, None while the code is in force.
        hazardous: None where the list does not say it, or jurisdictions differ.
        source: The law that the row comes from.
    """

    scheme: str
    code: str
    label: str
    valid_from: date | None
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
    return listed(scheme).get(code, ())


@cache
def listed(scheme: str) -> dict[str, tuple[Code, ...]]:
    """Return the validity intervals of every code of a scheme; nothing for a scheme without a list."""
    name = TABLE_OF_SCHEME.get(scheme)
    found: dict[str, tuple[Code, ...]] = {}
    for row in rows(name) if name else ():
        if row.get("scheme", scheme) == scheme and not _is_membership(scheme, row):
            found[row["code"]] = (*found.get(row["code"], ()), _code(scheme, row))
    return found


def normalise_low(text: str) -> tuple[str, bool] | None:
    """Return the six digits of a List of Waste code and whether an asterisk was stated.

    Blanks and the apostrophes of spreadsheets are dropped. None for any other form: a
    code whose leading zero was lost is not repaired.
    """
    return _normalised_low(text) if len(text) <= _LOW_CHARACTERS_MAX else None


@lru_cache(maxsize=4096)
def _normalised_low(text: str) -> tuple[str, bool] | None:
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


def day(row: dict[str, str], column: str) -> date | None:
    """Return a day of a row; None where the table states none."""
    return date.fromisoformat(row[column]) if row.get(column) else None


def _is_membership(scheme: str, row: dict[str, str]) -> bool:
    """Say whether a row only puts a place into a larger one, as Germany into the EU."""
    return scheme == "REGION" and not row["code"].startswith(f"{row['parent']}-")


def _code(scheme: str, row: dict[str, str]) -> Code:
    return Code(
        scheme=scheme,
        code=row["code"],
        label=row["label"],
        valid_from=day(row, "valid_from"),
        valid_to=day(row, "valid_to"),
        hazardous=_HAZARDOUS.get(row.get("hazardous", "")),
        source=row["source"],
    )


def _without_blanks(text: str) -> str:
    # split() knows the no-break blanks of spreadsheets too.
    return "".join(text.split())


def _covers(row: Code, on: date) -> bool:
    return (row.valid_from is None or row.valid_from <= on) and (row.valid_to is None or on <= row.valid_to)
