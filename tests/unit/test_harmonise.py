"""Harmonisation: codes to their fields, quantities to grams, nothing stated lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.harmonise import Primary, harmonise
from producers.statement import Place, Quantity, WasteCode, When
from schemas.findings import Severity
from schemas.movement import Basis
from tests.support.statements import statement


def quantity(value: str, unit: str, density: str | None = None) -> Quantity:
    """Return a weighed quantity."""
    return Quantity(Decimal(value), unit, Basis.WEIGHED, None if density is None else Decimal(density))


@pytest.mark.parametrize(
    ("stated", "mass_g", "basis"),
    [
        (quantity("12.5", "TNE"), 12_500_000, Basis.WEIGHED),
        (quantity("7", "KGM"), 7_000, Basis.WEIGHED),
        (quantity("2", "LTR", "0.5"), 1_000, Basis.CONVERTED),
        (quantity("2", "LTR"), None, Basis.WEIGHED),
        (quantity("2", "no unit"), None, Basis.WEIGHED),
        (quantity("0", "KGM"), 0, Basis.WEIGHED),
        (None, None, Basis.UNKNOWN),
    ],
)
def test_mass_is_derived_or_unknown(stated: Quantity | None, mass_g: int | None, basis: Basis) -> None:
    """Grams follow from mass, or from volume with a density; otherwise they are unknown, never zero."""
    found, noticed = harmonise(statement(quantity=stated), "$")
    is_unconverted = stated is not None and mass_g is None

    assert (mass_g, basis) == (found.mass_g, found.basis)
    assert is_unconverted == ("quantity.unconverted" in [finding.rule for finding in noticed])


def test_valid_codes_get_their_fields() -> None:
    """The first valid code of each listed scheme gets the scheme's field, others travel beside."""
    codes = (WasteCode("LOW", "150102"), WasteCode("LOW", "150101"), WasteCode("US-EPA", "D001"))
    found, noticed = harmonise(statement(codes=codes), "$")

    assert (Primary(low="150102"), codes[1:]) == (found.primary, found.other_codes)
    assert noticed == []


def test_an_unknown_code_travels_unmapped_with_a_warning() -> None:
    """A code that no list knows keeps its scheme and gets no field."""
    codes = (WasteCode("LOW", "999999"),)
    found, noticed = harmonise(statement(codes=codes), "$")

    assert (Primary(), codes) == (found.primary, found.other_codes)
    assert [("code.unknown", Severity.WARNING, "$.codes")] == [
        (finding.rule, finding.severity, finding.path) for finding in noticed
    ]


def test_a_code_has_to_be_valid_on_the_day_of_the_fact() -> None:
    """A code before its list began is no primary code of that day."""
    old = statement(codes=(WasteCode("BASEL", "B3011"),), when=When(date(2019, 1, 1)))
    found, noticed = harmonise(old, "$")

    assert found.primary == Primary()
    assert [finding.rule for finding in noticed] == ["code.date"]


@given(st.lists(st.sampled_from(["150102", "150101", "999999", "170405"]), max_size=5))
def test_no_code_is_lost_or_doubled(stated: list[str]) -> None:
    """Every stated code is either the primary one or among the others."""
    found, _ = harmonise(statement(codes=tuple(WasteCode("LOW", code) for code in stated)), "$")

    primary = [code for code in found.primary if code is not None]
    assert sorted(stated) == sorted([*primary, *(code.code for code in found.other_codes)])


@pytest.mark.parametrize(
    ("place", "expected", "rules"),
    [
        (Place("BE", "BE-VAN"), Place("BE", "BE-VAN"), []),
        (Place("GB", "GB-JAN"), Place("GB"), ["region.unknown"]),
        (Place("FR", "GB-ENG"), Place("FR"), ["region.unknown"]),
        (Place("PL", "MARIA"), Place("PL"), ["region.unknown"]),
    ],
)
def test_a_region_travels_only_as_a_listed_part_of_its_country(
    place: Place, expected: Place, rules: list[str]
) -> None:
    """What has the form of a region may be somebody's name."""
    harmonised, findings = harmonise(statement(origin=place), "$")

    assert harmonised.statement.origin == expected
    assert [finding.rule for finding in findings] == rules
