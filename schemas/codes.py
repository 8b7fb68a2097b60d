"""Code lists: what a waste or operation code means, and on which days it is valid.

The lists are CSV files in `codelists/`, with the legal source of every row. They are read
once, at the first question. A code that is in no list, or not valid on the day, is said to
be so; nothing is guessed, and what maps to no material is `UNMAPPED`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

VERSION = "2026.11"
UNMAPPED = "UNMAPPED"
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
# A letter after the number is a national sub-code, such as D 9 F in France.
_OPERATION = re.compile(r"([RD])([0-9]{1,2})[A-Z]?")

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


@dataclass(frozen=True, slots=True)
class _Mapping:
    """One row of the crosswalk; of several, the lowest (rank, code) names the material."""

    rank: int
    code: str
    material: str
    valid_from: date
    valid_to: date | None


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


@lru_cache(maxsize=4096)
def normalise_operation(text: str) -> str | None:
    """Return the recovery or disposal code without blanks and national sub-code, or None."""
    match = _OPERATION.fullmatch(_without_blanks(text).upper())
    if match is None:
        return None
    code = f"{match[1]}{int(match[2])}"
    return code if code in _codes("OPERATION") else None


def is_us_federal_code(code: str) -> bool:
    """Say whether a code has the form and range of a federal hazardous waste code.

    Source: 40 CFR 261 subparts C and D. Numbers that were never assigned pass.
    """
    match = _US_FEDERAL.fullmatch(code)
    return match is not None and 1 <= int(match[2]) <= _US_FEDERAL_LAST[match[1]]


def material_of(scheme_codes: Iterable[tuple[str, str]], on: date) -> str:
    """Return the material category that the codes of one waste name on a day.

    A row of `material.csv` covers every code that begins with its own. Among the codes the
    lowest rank wins, so the order in which they are stated does not matter. `UNMAPPED` when
    none of them names a material.
    """
    found = [row for scheme, code in scheme_codes if (row := _mapping(scheme, code, on)) is not None]
    if not found:
        return UNMAPPED
    return min(found, key=lambda row: (row.rank, row.code)).material


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


@cache
def _mappings() -> dict[tuple[str, str], tuple[_Mapping, ...]]:
    found: dict[tuple[str, str], tuple[_Mapping, ...]] = {}
    for row in rows("material"):
        key = row["scheme"], row["code"]
        mapping = _Mapping(
            rank=int(row["rank"]),
            code=row["code"],
            material=row["material"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_last_day(row),
        )
        found[key] = (*found.get(key, ()), mapping)
    return found


def _mapping(scheme: str, code: str, on: date) -> _Mapping | None:
    for length in range(len(code), 0, -1):
        for row in _mappings().get((scheme, code[:length]), ()):
            if _covers(row, on):
                return row
    return None


def _without_blanks(text: str) -> str:
    # split() knows the no-break blanks of spreadsheets too.
    return "".join(text.split())


def _last_day(row: dict[str, str]) -> date | None:
    return date.fromisoformat(row["valid_to"]) if row["valid_to"] else None


def _covers(row: Code | _Mapping, on: date) -> bool:
    return row.valid_from <= on and (row.valid_to is None or on <= row.valid_to)
