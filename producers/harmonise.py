"""Harmonisation: stated codes and quantities to the field's common terms.

A code keeps its field only where its list knows it on the date of the fact; otherwise it
travels among the other codes with a warning, so that nothing stated is lost and nothing
doubtful is mapped. A region travels only if it is a listed part of its country: other texts of
that form may be somebody's name. Mass is derived exactly or not at all: no density, no mass.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from producers.statement import Place, Quantity, Statement, WasteCode
from schemas import codes, places, units
from schemas.findings import Finding, Rule, Severity
from schemas.movement import Basis

# Schemes that have a field of their own, in the order of these fields.
PRIMARY_SCHEMES = ("LOW", "BASEL", "OECD", "HS")

RULES = (
    Rule(
        "code.unknown",
        Severity.WARNING,
        "the code is in no list: `weighbridge codes find` shows similar ones; it travels unmapped",
        "code lists",
    ),
    Rule(
        "code.date",
        Severity.WARNING,
        "the code was not valid on the date of the fact: use its successor; it travels unmapped",
        "code lists",
    ),
    Rule(
        "region.unknown",
        Severity.WARNING,
        "the region is none of the listed parts of its country: write its ISO 3166-2 code; "
        "it counts for the country only",
        "ISO 3166-2",
    ),
    Rule(
        "quantity.unconverted",
        Severity.WARNING,
        "no mass follows from this quantity: state a density, or weigh",
        "UN/ECE Recommendation 20",
    ),
)
_RULES = {rule.id: rule for rule in RULES}
_BY_STATUS = {
    codes.Status.UNKNOWN: _RULES["code.unknown"],
    codes.Status.NOT_VALID_ON_DATE: _RULES["code.date"],
}
# Some megabytes; the codes of a line stand at each of its stages, and of a company's waste all year.
_REMEMBERED_MAX = 16_384
# HS has no list here: any run of six or more digits is kept as stated.
_UNLISTED = frozenset({"HS"})


class Primary(NamedTuple):
    """One code of each scheme that has a field of its own."""

    low: str | None = None
    basel: str | None = None
    oecd: str | None = None
    hs: str | None = None


class Harmonised(NamedTuple):
    """A statement with what was derived from it.

    Attributes:
        primary: The code of each scheme of `PRIMARY_SCHEMES`, None where none is stated.
        other_codes: All other codes, in the order stated.
        mass_g: Whole grams, None where it cannot be derived.
    """

    statement: Statement
    primary: Primary
    other_codes: tuple[WasteCode, ...]
    mass_g: int | None
    basis: Basis


def harmonise(statement: Statement, path: str) -> tuple[Harmonised, list[Finding]]:
    """Return the statement in common terms, and warnings about what did not fit."""
    primary, others, broken = _sorted_codes(statement.codes, statement.when.on)
    findings = [rule.at(f"{path}.codes") for rule in broken]
    if not (_is_listed(statement.origin) and _is_listed(statement.destination)):
        ends = _listed(statement.origin), _listed(statement.destination)
        statement = statement._replace(origin=ends[0], destination=ends[1])
        findings.append(_RULES["region.unknown"].at(f"{path}.region"))
    mass_g, basis = _mass(statement.quantity)
    if statement.quantity is not None and mass_g is None:
        findings.append(_RULES["quantity.unconverted"].at(f"{path}.quantity"))
    return Harmonised(statement, primary, others, mass_g, basis), findings


def _is_listed(place: Place) -> bool:
    return place.region is None or places.is_part(place.country, place.region)


def _listed(place: Place) -> Place:
    return place if _is_listed(place) else Place(place.country)


@lru_cache(_REMEMBERED_MAX)
def _sorted_codes(
    stated: tuple[WasteCode, ...], on: date
) -> tuple[Primary, tuple[WasteCode, ...], tuple[Rule, ...]]:
    """Return primary codes, all others, and the rules that codes break on a day."""
    primary: dict[str, str] = {}
    others: list[WasteCode] = []
    broken: list[Rule] = []
    for code in stated:
        rule = _broken_rule(code, on) if code.scheme in PRIMARY_SCHEMES else None
        if rule is not None:
            broken.append(rule)
        if code.scheme not in PRIMARY_SCHEMES or rule is not None or code.scheme in primary:
            others.append(code)
        else:
            primary[code.scheme] = code.code
    return Primary(*map(primary.get, PRIMARY_SCHEMES)), tuple(others), tuple(broken)


def _broken_rule(code: WasteCode, on: date) -> Rule | None:
    if code.scheme in _UNLISTED:
        return None
    return _BY_STATUS.get(codes.status(code.scheme, code.code, on))


def _mass(quantity: Quantity | None) -> tuple[int | None, Basis]:
    if quantity is None:
        return None, Basis.UNKNOWN
    mass_g = units.grams(quantity.value, quantity.unit, quantity.density_kg_per_l)
    was_volume = mass_g is not None and units.kind(quantity.unit) == "volume"
    return mass_g, Basis.CONVERTED if was_volume else quantity.basis
