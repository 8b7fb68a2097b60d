"""The oracle of simulations by itself: published figures, the rule of counting, none of the judged code."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from producers.simulation import exact, operations
from producers.simulation.check_digits import luhn
from producers.simulation.claims import ESTIMATED, UNKNOWN, WEIGHED, Claim, counted
from producers.simulation.truth import Truth
from tests.support.samples import ROOT

_JUDGED = ("producers.adapters", "producers.harmonise", "producers.reading", "schemas.units", "schemas.codes")
_EARLY, _LATE = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 2, tzinfo=UTC)


def claim(agency: str, system: str, **changes: object) -> Claim:
    """Return a claim about one load that France sends to Belgium."""
    usual = Claim(
        agency,
        system,
        "FR0125000001.000001",
        1,
        "DISPATCHED",
        0,
        "EXPORT",
        "FR-HDF",
        "BE",
        is_abroad=True,
        material="OIL",
        low="130205",
        operation="RECYCLING",
        on=date(2025, 3, 1),
        mass_g=1_000,
        basis=WEIGHED,
        recorded_at=_EARLY,
        company="FR-1",
    )
    return usual._replace(**changes)  # type: ignore[arg-type]  # values of any field


def counts(*claims: Claim) -> set[str]:
    """Return which systems count."""
    return {item.claim.system for item in counted(claims) if item.is_counted}


def test_it_knows_nothing_of_what_it_judges() -> None:
    """Simulating loads no adapter, no harmonisation and no code list."""
    code = "import sys, producers.simulation.simulation; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, text=True
    ).stdout.split()

    assert not [name for name in loaded if name.startswith(_JUDGED)]


@pytest.mark.parametrize(
    ("value", "unit_g", "mass_g"),
    [
        ("345", exact.POUND_G, 156_489),
        ("1", exact.SHORT_TON_G, 907_185),
        ("0.0000005", exact.TONNE_G, 1),
        ("24.38", exact.TONNE_G, 24_380_000),
    ],
)
def test_units_are_those_of_their_definitions(value: str, unit_g: Decimal, mass_g: int) -> None:
    """A quantity is rounded once, half up, to whole grams."""
    assert mass_g == exact.grams(Decimal(value), unit_g)


def test_operations_have_the_class_of_their_day() -> None:
    """D8 became interim on 21 May 2026; the others are what they were."""
    before, after = date(2026, 5, 20), date(2026, 5, 21)

    assert ("DISPOSAL", "INTERIM") == (operations.class_of("D8", before), operations.class_of("D8", after))
    assert "ENERGY" == operations.class_of("R1", before)
    assert "RECYCLING" == operations.class_of("R3", after)


def test_check_digits_are_those_of_luhn() -> None:
    """The number of the standard's own example passes."""
    assert "79927398713" == luhn(7992739871, 11)


def test_the_better_known_mass_counts() -> None:
    """Of two systems in one book that counts whose worst mass is known best, whoever came last."""
    weighed = claim("FR-DGPR", "fr-registry")
    guessed = claim("FR-DGPR", "eu-movement", basis=ESTIMATED, recorded_at=_LATE)
    nothing = claim("FR-DGPR", "table", mass_g=None, basis=UNKNOWN, recorded_at=_LATE)

    assert {"fr-registry"} == counts(guessed, weighed, nothing)


def test_of_equals_the_newest_counts_then_the_first_by_name() -> None:
    """Equally well known masses are told apart by when they were recorded, then by name."""
    one, other = claim("FR-DGPR", "eu-movement"), claim("FR-DGPR", "fr-registry")

    assert {"eu-movement"} == counts(other, one)
    assert {"fr-registry"} == counts(one, other._replace(recorded_at=_LATE))


def test_both_books_count_and_are_paired() -> None:
    """What one side sent and the other received is one pair, and neither is added to the other."""
    truth = Truth()
    sent = claim("FR-DGPR", "fr-registry")
    arrived = claim("BE-OVAM", "eu-movement", stage="RECEIVED", step=2, flow="IMPORT", mass_g=990)
    truth.add([sent, arrived])
    answers = truth.answers()

    assert [1_000, 990] == sorted((row[9] for row in answers["figures"].rows), reverse=True)
    assert (("DISPATCHED/RECEIVED", "FR-DGPR", "BE-OVAM", 1, 1_000, 990),) == answers["pairs"].rows
    assert (("RECEIVED", True, False, False, 1),) == answers["progress"].rows
    assert () == answers["passed_over"].rows
