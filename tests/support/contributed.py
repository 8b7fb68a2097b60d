"""Contributions to the tables of a hub, for tests: one row for each group in each place."""

from __future__ import annotations

from typing import Any

import polars as pl

from consumers.release.blocks import BEHIND, LEAF

CONTRIBUTIONS: dict[str, Any] = {
    **dict.fromkeys(LEAF, pl.String),
    **dict.fromkeys(BEHIND[:2], pl.Binary),
    "agency": pl.String,
    "companies": pl.List(pl.Binary),
    "counterparties": pl.List(pl.Binary),
    "is_public": pl.Boolean,
    "mass_g": pl.Int64,
    "unconverted": pl.Int64,
}
_USUAL: dict[str, Any] = {
    "measure": "RECEIVED",
    "flow": "DOMESTIC",
    "region": "FR-IDF",
    "partner": "FR",
    "material": "GLASS",
    "operation": "RECYCLING",
    "period": "2026-Q1",
    "group_key": None,
    "counterparty_key": None,
    "agency": "FR-A",
    "companies": [],
    "counterparties": [],
    "is_public": False,
    "mass_g": 0,
    "unconverted": 0,
}


def contributed(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return rows in the form that a hub hands over; what they do not tell is the usual."""
    return pl.DataFrame([_USUAL | row for row in rows], schema=CONTRIBUTIONS)


def of_groups(*masses_g: int, **told: Any) -> list[dict[str, Any]]:
    """Return a row for each mass, each of a group of its own; 0 for groups that have none."""
    return [
        {"group_key": b"group %d" % number, "mass_g": mass, **told}
        for number, mass in enumerate(masses_g)
        if mass
    ]
