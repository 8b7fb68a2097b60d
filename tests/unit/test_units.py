"""Quantities to whole grams: exact, once rounded, or not at all."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import codes, units

HALF = Decimal("0.5")
MASS_UNITS = (
    *("KTN", "TNE", "DTN", "KGM", "GRM", "MGM"),
    *("LTN", "STN", "CWI", "CWA", "LBR", "ONZ", "APZ"),
)
VOLUME_UNITS = ("MTQ", "HLT", "LTR", "DMQ", "MLT", "CMQ", "YDQ", "FTQ", "INQ", "BLL", "GLL", "GLI")
FACTORS = {row["code"]: Decimal(row["factor"]) for row in codes.rows("units")}
POUND_G, INCH_CM, US_GALLON_IN3 = Decimal("453.59237"), Decimal("2.54"), Decimal(231)


@pytest.mark.parametrize(
    ("value", "unit", "density", "expected"),
    [
        ("480", "GLL", "0.92", 1_671_638),
        ("345", "LBR", None, 156_489),
        ("1", "TNE", None, 1_000_000),
        ("1", "KGM", None, 1_000),
        ("1", "GRM", None, 1),
        ("1", "STN", None, 907_185),
        ("2", "LTR", "0.5", 1_000),
        ("1", "MTQ", "1", 1_000_000),
        ("1", "YDQ", "1", 764_555),
        ("1", "LTN", None, 1_016_047),
        ("3", "DTN", None, 300_000),
        ("2", "CWA", None, 90_718),
        ("10", "ONZ", None, 283),
        ("499", "MGM", None, 0),
        ("500", "MGM", None, 1),
        ("1", "GLI", "1", 4_546),
        ("1", "FTQ", "1", 28_317),
        ("1", "BLL", "0.9", 143_089),
        ("1", "HLT", "0.8", 80_000),
    ],
)
def test_quantities_become_grams(value: str, unit: str, density: str | None, expected: int) -> None:
    """Each unit has its exact factor, rounded to whole grams."""
    stated = None if density is None else Decimal(density)

    assert expected == units.grams(Decimal(value), unit, stated)


@pytest.mark.parametrize(("value", "expected"), [("0.4", 0), ("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.49", 2)])
def test_half_a_gram_rounds_up(value: str, expected: int) -> None:
    """Rounding is half up, not half even."""
    assert expected == units.grams(Decimal(value), "GRM", None)


def test_product_is_rounded_once() -> None:
    """A product of more digits than decimals carry by default is rounded at the end only."""
    value = Decimal("0.00000000000000000000000000049999999")

    assert units.grams(value * Decimal("1E+27"), "GRM", None) == 0
    assert units.grams(Decimal("999.9999988"), "STN", None) == 907_184_739


@pytest.mark.parametrize("unit", VOLUME_UNITS)
@pytest.mark.parametrize("density", [None, "0", "-0.9", "14.0001", "NaN", "sNaN", "Infinity"])
def test_volume_without_believable_density_has_no_mass(unit: str, density: str | None) -> None:
    """An absent, non-positive, absurd or meaningless density leaves a volume unconverted."""
    stated = None if density is None else Decimal(density)

    assert units.grams(Decimal(1), unit, stated) is None


def test_density_of_fourteen_is_the_last_believable_one() -> None:
    """Just above the density of mercury is allowed, 43 gallons at 123 lb/gal are not."""
    assert units.grams(Decimal(1), "LTR", Decimal(14)) == 14_000
    assert units.grams(Decimal(43), "GLL", Decimal(123) * Decimal("0.119826427")) is None


def test_mass_ignores_density() -> None:
    """A stated mass needs no density and is not spoilt by an absurd one."""
    assert units.grams(Decimal(2), "KGM", Decimal(99)) == 2_000


@pytest.mark.parametrize("unit", ["", "kg", "K", "tne", "ZZZ"])
def test_unknown_units_have_no_mass(unit: str) -> None:
    """Native spellings are not units here."""
    assert units.grams(Decimal(1), unit, Decimal(1)) is None
    assert units.kind(unit) is None


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+17", "1E+999999", "1E-999999"])
def test_what_is_no_quantity_has_no_mass(value: str) -> None:
    """Values that are no numbers, or beyond any load of waste, are refused at no cost."""
    assert units.grams(Decimal(value), "TNE", None) is None


def test_value_of_too_many_digits_has_no_mass() -> None:
    """A product that could only be kept by rounding twice is refused."""
    assert units.grams(Decimal("0." + "3" * 80), "TNE", None) is None


@given(
    value=st.decimals(min_value=0, max_value=10**6, places=10),
    unit=st.sampled_from(MASS_UNITS),
    precision=st.integers(min_value=1, max_value=50),
)
def test_result_is_exact_whatever_the_caller_does(value: Decimal, unit: str, precision: int) -> None:
    """The result is the nearest gram and does not depend on the decimal context of the thread."""
    factor = FACTORS[unit]
    with localcontext() as context:
        context.prec = precision
        found = units.grams(value, unit, None)

    assert found is not None
    with localcontext() as context:
        context.prec = 100

        assert -Decimal("0.5") < value * factor - found <= Decimal(
            "0.5"
        ) or value * factor - found == -Decimal("0.5")


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("LTN", 2240 * POUND_G),
        ("STN", 2000 * POUND_G),
        ("CWI", 112 * POUND_G),
        ("CWA", 100 * POUND_G),
        ("ONZ", POUND_G / 16),
        ("APZ", 480 * POUND_G / 7000),
        ("INQ", INCH_CM**3 / 1000),
        ("FTQ", (12 * INCH_CM) ** 3 / 1000),
        ("YDQ", (36 * INCH_CM) ** 3 / 1000),
        ("GLL", US_GALLON_IN3 * INCH_CM**3 / 1000),
        ("BLL", 42 * US_GALLON_IN3 * INCH_CM**3 / 1000),
    ],
)
def test_customary_units_follow_from_pound_and_inch(unit: str, expected: Decimal) -> None:
    """The pound is 453.59237 g and the inch 2.54 cm by definition; every other factor is a multiple."""
    assert expected == FACTORS[unit]


@pytest.mark.parametrize("unit", MASS_UNITS + VOLUME_UNITS)
def test_factors_are_exact(unit: str) -> None:
    """A factor is a positive decimal of at most ten places, so a quantity times it needs no rounding."""
    factor = FACTORS[unit]
    exponent = factor.as_tuple().exponent

    assert factor > 0
    assert isinstance(exponent, int)
    assert exponent >= -10


@given(
    value=st.decimals(min_value=0, max_value=10**5, places=6),
    unit=st.sampled_from(VOLUME_UNITS),
    density=st.decimals(min_value=Decimal("0.001"), max_value=14, places=9),
)
def test_volumes_round_half_up_once(value: Decimal, unit: str, density: Decimal) -> None:
    """A volume with a density is the nearest gram of the whole product, halves upwards."""
    product = Fraction(value) * Fraction(FACTORS[unit]) * Fraction(density) * 1000

    assert math.floor(product + Fraction(1, 2)) == units.grams(value, unit, density)


@given(value=st.decimals(min_value=0, max_value=10**6, places=6), unit=st.sampled_from(VOLUME_UNITS))
def test_no_density_no_mass(value: Decimal, unit: str) -> None:
    """Nothing is assumed about what fills a volume, not even that nothing weighs nothing."""
    assert units.grams(value, unit, None) is None


def test_kinds_are_known() -> None:
    """Every unit of the list is a mass or a volume."""
    assert set(MASS_UNITS) == {unit for unit in MASS_UNITS + VOLUME_UNITS if units.kind(unit) == "mass"}
    assert set(MASS_UNITS + VOLUME_UNITS) == {row["code"] for row in codes.rows("units")}
    assert set(VOLUME_UNITS) == {unit for unit in MASS_UNITS + VOLUME_UNITS if units.kind(unit) == "volume"}
