"""Decimal numbers as whole numbers of their last place: exact, or rounded once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consumers.disclosure.problem import AMOUNT_MAX

# What a 64-bit integer holds in any case, with one to round by; bounds what an exponent may blow up.
PLACES_MAX = 17
# More decimal places than anybody means.
PLACES_EXACT = 6

_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"


@dataclass(frozen=True, slots=True)
class Decimals:
    """Numbers in units of 10^-places.

    Attributes:
        units: 64-bit integers; null where a text is no number, or too long a one.
        places: As many as the numbers need, up to PLACES_MAX.
    """

    units: pl.Series
    places: int


def of_texts(texts: pl.Series) -> Decimals:
    """Return the numbers that texts like 12, -0.5 or 1e+05 stand for.

    They are exact. Only where some have more than PLACES_EXACT decimal places, as binary fractions
    have that a program wrote in full, all are rounded to as many as the limit of their sum allows.
    """
    plain = _without_exponents(texts.str.strip_chars()).str.strip_prefix("+")
    parts = pl.DataFrame({"text": plain}).select(
        whole=pl.col("text").str.split(".").list.get(0),
        fraction=pl.col("text")
        .str.split(".")
        .list.get(1, null_on_oob=True)
        .fill_null("")
        .str.strip_chars_end("0"),
    )
    places = int(parts.select(pl.col("fraction").str.len_chars().max().fill_null(0)).item())
    if places > PLACES_EXACT:
        total = float(plain.cast(pl.Float64, strict=False).abs().sum())
        places = min(places, _places_that_fit(total))
    # One digit more, to round by.
    fraction = pl.col("fraction").str.pad_end(places + 1, "0").str.head(places + 1)
    tenths = (pl.col("whole") + fraction).cast(pl.Int64, strict=False)
    return Decimals(parts.select(tenths.sign() * ((tenths.abs() + 5) // 10)).to_series(), places)


def _places_that_fit(total: float) -> int:
    """Return with how many decimal places numbers of this absolute sum stay within the limit."""
    places = 0
    while places < PLACES_MAX and total * 10.0 ** (places + 1) < AMOUNT_MAX:
        places += 1
    return places


def _without_exponents(texts: pl.Series) -> pl.Series:
    texts = pl.select(pl.when(texts.str.contains(_NUMBER)).then(texts)).to_series()
    if not texts.str.contains("(?i)e").any():
        return texts
    return texts.map_elements(_plain, return_dtype=pl.String)


def _plain(text: str) -> str | None:
    number = Decimal(text)
    return f"{number:f}" if abs(number.adjusted()) <= PLACES_MAX else None


def of_floats(numbers: NDArray[np.float64]) -> Decimals:
    """Return numbers rounded to as many places as all of them need, or as their sum allows.

    A binary fraction has no last decimal place: it is taken for the number that it is printed
    as. Where that has more places than the limit of the sum allows, it is rounded to those.
    """
    with np.errstate(over="ignore"):
        fit = _places_that_fit(float(np.abs(numbers).sum()))
    enough = (places for places in range(fit) if np.array_equal(np.round(numbers, places), numbers))
    places = next(enough, fit)
    is_bounded = np.abs(numbers) * 10.0**places < AMOUNT_MAX
    units = np.rint(np.where(is_bounded, numbers, 0) * 10.0**places).astype(np.int64)
    return Decimals(pl.select(pl.when(pl.Series(is_bounded)).then(pl.Series(units))).to_series(), places)


def product(values: Decimals, weights: Decimals) -> Decimals:
    """Return values times weights in units of the values, half a unit rounded away from zero."""
    # Python's integers: a product of two 64-bit integers may need more bits.
    exact = values.units.to_numpy().astype(object) * weights.units.to_numpy().astype(object)
    unit = 10**weights.places
    signs = np.sign(values.units.to_numpy()) * np.sign(weights.units.to_numpy())
    rounded = (2 * np.abs(exact) + unit) // (2 * unit)
    is_bounded = rounded < AMOUNT_MAX
    units = signs * np.where(is_bounded, rounded, 0).astype(np.int64)
    return Decimals(
        pl.select(pl.when(pl.Series(is_bounded.astype(np.bool_))).then(pl.Series(units))).to_series(),
        values.places,
    )


def texts(units: pl.Series, decimals: int) -> pl.Series:
    """Return integers of 10^-decimals as exact numbers with so many decimal places."""
    if not decimals:
        return units.cast(pl.String)
    size = 10**decimals
    frame = pl.DataFrame({"sign": np.where(units.to_numpy() < 0, "-", ""), "units": units.abs()})
    whole, rest = pl.col("units") // size, pl.col("units") % size
    text = pl.concat_str("sign", whole.cast(pl.String), pl.lit("."), rest.cast(pl.String).str.zfill(decimals))
    return frame.select(text.alias(units.name)).to_series()
