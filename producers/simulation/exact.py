"""Units by definition, and the one rounding: half up to whole grams, once.

Source: international pound and short ton (NIST Handbook 44, appendix C). A pound a gallon times a
gallon is a pound: no density in other units comes between.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

GRAM_G = Decimal(1)
KILOGRAM_G = Decimal(1000)
TONNE_G = Decimal(1_000_000)
POUND_G = Decimal("453.59237")
SHORT_TON_G = 2000 * POUND_G

_WHOLE = Decimal(1)


def stated(mass_g: int, unit_g: Decimal, decimals: int = 0) -> Decimal:
    """Return a mass in a unit as a form has it: rounded half up to so many decimals."""
    return (mass_g / unit_g).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def grams(value: Decimal, unit_g: Decimal) -> int:
    """Return the whole grams of a stated quantity."""
    return int(rounded(value * unit_g, _WHOLE))


def rounded(value: Decimal, unit: Decimal) -> Decimal:
    """Return a figure rounded half up to as many decimals as a unit has."""
    return value.quantize(unit, ROUND_HALF_UP)
