"""Harmonisation: stated codes and quantities to the field's common terms.

A code keeps its field only where its list knows it on the date of the fact; otherwise it
travels among the other codes with a warning, so that nothing stated is lost and nothing
doubtful is mapped. Mass is derived exactly or not at all: no density, no mass.
"""

from __future__ import annotations

from dataclasses import dataclass

from producers.statement import Quantity, Statement, WasteCode
from schemas import codes, units
from schemas.findings import Finding, Rule, Severity
from schemas.movement import Basis

PRIMARY_FIELDS = {"LOW": "low_code", "BASEL": "basel_code", "OECD": "oecd_code", "HS": "hs_code"}

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
# HS has no list here: any run of six or more digits is kept as stated.
_UNLISTED = frozenset({"HS"})


@dataclass(frozen=True, slots=True)
class Harmonised:
    """A statement with what was derived from it.

    Attributes:
        primary: Wire field of each primary code.
        other_codes: All other codes, in the order stated.
        mass_g: Whole grams, None where it cannot be derived.
    """

    statement: Statement
    primary: dict[str, str]
    other_codes: tuple[WasteCode, ...]
    mass_g: int | None
    basis: Basis


def harmonise(statement: Statement, path: str) -> tuple[Harmonised, list[Finding]]:
    """Return the statement in common terms, and warnings about what did not fit."""
    primary, others, findings = _sorted_codes(statement, path)
    mass_g, basis = _mass(statement.quantity)
    if statement.quantity is not None and mass_g is None:
        findings.append(_RULES["quantity.unconverted"].at(f"{path}.quantity"))
    return Harmonised(statement, primary, tuple(others), mass_g, basis), findings


def _sorted_codes(statement: Statement, path: str) -> tuple[dict[str, str], list[WasteCode], list[Finding]]:
    primary: dict[str, str] = {}
    others: list[WasteCode] = []
    findings: list[Finding] = []
    for code in statement.codes:
        field = PRIMARY_FIELDS.get(code.scheme)
        rule = _broken_rule(code, statement) if field else None
        if rule is not None:
            findings.append(rule.at(f"{path}.codes"))
        if field is None or rule is not None or field in primary:
            others.append(code)
        else:
            primary[field] = code.code
    return primary, others, findings


def _broken_rule(code: WasteCode, statement: Statement) -> Rule | None:
    if code.scheme in _UNLISTED:
        return None
    return _BY_STATUS.get(codes.status(code.scheme, code.code, statement.when.on))


def _mass(quantity: Quantity | None) -> tuple[int | None, Basis]:
    if quantity is None:
        return None, Basis.UNKNOWN
    mass_g = units.grams(quantity.value, quantity.unit, quantity.density_kg_per_l)
    was_volume = mass_g is not None and units.kind(quantity.unit) == "volume"
    return mass_g, Basis.CONVERTED if was_volume else quantity.basis
