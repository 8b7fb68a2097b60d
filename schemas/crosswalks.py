"""Crosswalks: what a code of one list leads to in another, by day and with its quality.

A crosswalk is a table of dated rows, many to many. `official` rows stand in the law that
`source` names, `derived` ones follow from the wording of both entries, `assumed` ones are
our reading of a code that says less. What leads nowhere is `UNMAPPED`, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from schemas import codes

UNMAPPED = "UNMAPPED"

# What each crosswalk leads to.
CROSSWALKS = {
    "material": "MATERIAL",
    "ewc_stat": "EWC-STAT",
    "basel_oecd": "OECD",
    "oecd_hs": "HS",
    "operation_class": "OPERATION-CLASS",
    "outcome": "OUTCOME",
    "method_operation": "OPERATION",
}
# These two keep the columns that the hub's views join: scheme, code and target.
_COLUMNS = {"material": ("scheme", "code", "material"), "operation_class": ("", "code", "class")}
_ONLY_SCHEME = {"operation_class": "OPERATION"}
# A row covers every code that begins with its own.
_BY_PREFIX = frozenset({"material"})


class Quality(StrEnum):
    """How well a row of a crosswalk is founded."""

    OFFICIAL = "official"
    DERIVED = "derived"
    ASSUMED = "assumed"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Target:
    """What a code leads to.

    Attributes:
        code: `UNMAPPED` where the code leads nowhere.
        source: The law, or empty where no row covers the code on the day.
    """

    scheme: str
    code: str
    quality: Quality
    source: str


@dataclass(frozen=True, slots=True)
class _Row:
    target: Target
    valid_from: date | None
    valid_to: date | None

    def covers(self, on: date) -> bool:
        return (self.valid_from or date.min) <= on <= (self.valid_to or date.max)


def crosswalk(name: str, scheme: str, code: str, on: date) -> tuple[Target, ...]:
    """Return what a code in canonical form leads to on a day, in the order of the table.

    `name` is one of `CROSSWALKS`. The answer is never empty: it is one `UNMAPPED` target
    where no row covers the code on the day.
    """
    found = tuple(row.target for row in _covering(name, scheme, code) if row.covers(on))
    return found or (Target(CROSSWALKS[name], UNMAPPED, Quality.UNMAPPED, ""),)


def names(scheme: str) -> tuple[str, ...]:
    """Return the crosswalks that have rows for a scheme."""
    return tuple(name for name in CROSSWALKS if any(key[0] == scheme for key in _rows(name)))


def successors(scheme: str, code: str) -> tuple[Target, ...]:
    """Return what replaced a withdrawn code; nothing where no law or wording says it."""
    return tuple(row.target for row in _rows("successor").get((scheme, code), ()))


def _covering(name: str, scheme: str, code: str) -> tuple[_Row, ...]:
    starts = range(1, len(code) + 1) if name in _BY_PREFIX else (len(code),)
    return tuple(row for end in starts for row in _rows(name).get((scheme, code[:end]), ()))


@cache
def _rows(name: str) -> dict[tuple[str, str], tuple[_Row, ...]]:
    scheme, code, target = _COLUMNS.get(name, ("from_scheme", "from_code", "to_code"))
    found: dict[tuple[str, str], tuple[_Row, ...]] = {}
    for row in codes.rows(name):
        key = (row.get(scheme) or _ONLY_SCHEME[name], row[code])
        to_scheme = row.get("to_scheme") or CROSSWALKS[name]
        reached = Target(to_scheme, row[target], Quality(row["quality"]), row["source"])
        dated = _Row(reached, codes.day(row, "valid_from"), codes.day(row, "valid_to"))
        found[key] = (*found.get(key, ()), dated)
    return found
