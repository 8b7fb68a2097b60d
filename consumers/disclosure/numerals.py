"""Units written as the decimal numbers they stand for."""

from __future__ import annotations

import numpy as np
import polars as pl


def texts(units: pl.Series, decimals: int) -> pl.Series:
    """Return integers of 10^-decimals as exact numbers with so many decimal places."""
    if not decimals:
        return units.cast(pl.String)
    size = 10**decimals
    frame = pl.DataFrame({"sign": np.where(units.to_numpy() < 0, "-", ""), "units": units.abs()})
    whole, rest = pl.col("units") // size, pl.col("units") % size
    text = pl.concat_str("sign", whole.cast(pl.String), pl.lit("."), rest.cast(pl.String).str.zfill(decimals))
    return frame.select(text.alias(units.name)).to_series()
