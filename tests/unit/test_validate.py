"""The rules that every statement passes: each by a statement that breaks it, and none by a right one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from producers.harmonise import harmonise
from producers.statement import Place, Quantity, When
from producers.validate import RULES, validate
from schemas.movement import FIRST_DAY, LAST_DAY, Basis
from tests.support.statements import statement


def broken(**changes: Any) -> list[str]:
    """Return the rules that a statement breaks."""
    harmonised, _ = harmonise(statement(**changes), "$")
    return [finding.rule for finding in validate(harmonised, "$")]


def tonnes(value: str) -> Quantity:
    """Return a quantity in tonnes."""
    return Quantity(Decimal(value), "TNE", Basis.WEIGHED)


@pytest.mark.parametrize("changes", [{"line_number": -1}, {"step": 2**31}, {"load_count": 2**40}])
def test_a_number_that_no_event_can_hold_is_refused(changes: dict[str, int]) -> None:
    """An adapter of anybody's making cannot stop publication by a wild number."""
    assert "statement.number" in broken(**changes)


def test_a_right_statement_breaks_no_rule() -> None:
    """What is plausible passes."""
    assert broken() == []
    assert broken(quantity=None) == []
    assert broken(origin=Place()) == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"when": When(date(1989, 12, 31))}, "date.impossible"),
        ({"when": When(date(2100, 1, 1))}, "date.impossible"),
        ({"quantity": tonnes("-0.001")}, "quantity.negative"),
        ({"quantity": tonnes("0")}, "quantity.zero"),
        ({"quantity": tonnes("1000000.1")}, "quantity.absurd"),
        ({"quantity": tonnes("1E+39")}, "quantity.absurd"),
        ({"quantity": tonnes("1E-39")}, "quantity.absurd"),
        ({"quantity": tonnes("NaN")}, "quantity.absurd"),
        ({"quantity": tonnes("Infinity")}, "quantity.absurd"),
        ({"origin": Place("XX")}, "country.unknown"),
        ({"destination": Place("gb")}, "country.unknown"),
        ({"transit_countries": ("DE", "QQ")}, "country.unknown"),
    ],
)
def test_each_rule_is_broken_by_what_it_forbids(changes: dict[str, Any], rule: str) -> None:
    """What is implausible is told once, by the rule that forbids it."""
    assert broken(**changes) == [rule]


@pytest.mark.parametrize("on", [FIRST_DAY, LAST_DAY])
def test_the_limits_themselves_pass(on: date) -> None:
    """First and last day and the largest mass are plausible."""
    assert broken(when=When(on), quantity=tonnes("1000000")) == []


def test_all_findings_come_at_once() -> None:
    """Nothing stops at the first rule that is broken."""
    found = broken(when=When(date(1800, 1, 1)), quantity=tonnes("-1"), origin=Place("QQ"))

    assert set(found) == {"date.impossible", "quantity.negative", "country.unknown"}


def test_each_rule_says_what_to_do_and_whence_it_comes() -> None:
    """Rules are told apart by their ids; each has a hint and a source."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.hint and rule.source for rule in RULES)
