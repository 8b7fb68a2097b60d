"""Units of quantity: UN/ECE Recommendation 20 codes to whole grams.

Exact decimal arithmetic, rounded half up once, at the end. A volume without a believable
density has no mass: the answer is None, never zero. Spellings of national systems are the
adapters' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import cache
from typing import Literal

from schemas import codes

Kind = Literal["mass", "volume"]

# Heavier than mercury (13.5 kg/L) is a slip of unit or decimal point.
DENSITY_KG_PER_L_MAX = Decimal(14)

_GRAMS_PER_KG = Decimal(1000)
# Sixty digits hold the product of any quantity, factor and density exactly; a product that
# needs more digits, or reaches 10^18 g and with it the end of a 64-bit integer, is refused.
_EXACT = Context(
    prec=60, rounding=ROUND_HALF_UP, Emin=-60, Emax=17, traps=[Inexact, InvalidOperation, Overflow]
)
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
_WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True)
class _Unit:
    kind: Kind
    factor: Decimal


def grams(value: Decimal, unit: str, density_kg_per_l: Decimal | None) -> int | None:
    """Return the mass of a quantity in whole grams, rounded half up.

    Args:
        value: The quantity as stated.
        unit: UN/ECE Recommendation 20 code.
        density_kg_per_l: Needed for volumes, ignored for masses.

    Returns:
        None for an unknown unit, for a volume whose density is absent, not positive or
        above `DENSITY_KG_PER_L_MAX`, and for a value that is no finite quantity.
    """
    known = _units().get(unit)
    if known is None:
        return None
    try:
        product = _EXACT.multiply(value, known.factor)
        if known.kind == "volume":
            if density_kg_per_l is None or not 0 < density_kg_per_l <= DENSITY_KG_PER_L_MAX:
                return None
            product = _EXACT.multiply(_EXACT.multiply(product, density_kg_per_l), _GRAMS_PER_KG)
        return int(_ROUNDING.quantize(product, _WHOLE))
    except (Inexact, InvalidOperation, Overflow, ValueError):
        # A value that is not a number, infinite, or longer than any scale shows.
        return None


def kind(unit: str) -> Kind | None:
    """Return whether a unit measures mass or volume; None for an unknown unit."""
    known = _units().get(unit)
    return known.kind if known is not None else None


@cache
def _units() -> dict[str, _Unit]:
    return {row["code"]: _unit(row) for row in codes.rows("units")}


def _unit(row: dict[str, str]) -> _Unit:
    return _Unit("volume" if row["kind"] == "volume" else "mass", Decimal(row["factor"]))
