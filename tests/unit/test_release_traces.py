"""Traces: which leaves stay closed because of where else their loads were told, and taken back."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from consumers.release import blocks, traces
from consumers.release.blocks import BELOW, NAMES, TAKEN
from consumers.release.decision import HIDDEN
from consumers.release.tables import configured
from schemas.settings import ReleaseSettings, TableSettings
from tests.support.contributed import contributed, of_groups

_TABLES = configured(
    "north",
    ReleaseSettings(
        countries=("FR",),
        measures=("RECEIVED",),
        flows=("DOMESTIC",),
        tables=(TableSettings(name="movements", material="group"),),
    ),
    b"key",
)
_NONE = pl.DataFrame(schema=BELOW), pl.DataFrame(schema=NAMES)
_PERIODS = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1")
_Masses = Mapping[str, tuple[int, ...]]
_BEFORE: _Masses = {"GLASS": (900, 900, 900, 900, 900), "PAPER": (0, 0, 0, 900, 900, 900, 900)}


def _standing(masses: _Masses) -> pl.DataFrame:
    return contributed(*(row for material, of in masses.items() for row in of_groups(*of, material=material)))


def _closed(now: _Masses, before: _Masses = _BEFORE) -> list[str]:
    """Return the materials that stay closed, if each one by itself could open."""
    taken = _standing(before).with_columns(taken_on=pl.date(2026, 1, 31)).select(*TAKEN)
    rows = blocks.placed(blocks.pending(_standing(now), taken, *_NONE), _TABLES, _PERIODS)
    return _held(rows)


def _held(rows: pl.DataFrame) -> list[str]:
    none = rows["leaf"].clear()
    held = traces.held(rows, none, rows.clear(), none, pl.DataFrame(schema=HIDDEN), _TABLES.rules)
    return rows.filter(pl.col("leaf").is_in(held.implode()))["material"].unique().sort().to_list()


def test_what_goes_from_leaf_to_leaf_does_not_hide_what_is_new() -> None:
    """Where three companies' loads became paper, and one is new, either is told without the other."""
    now = {"GLASS": (0, 0, 0, 900, 900, 1_000), "PAPER": (900, 900, 900, 900, 900, 900, 900)}

    # Glass as it was told, less the paper that came of it, would be the two that are left.
    assert _closed(now) == ["PAPER"]


def test_loads_that_only_change_their_place_open() -> None:
    """Where nothing is left of what cancels out, a total tells nothing that is new, and enough stay."""
    before = {"GLASS": (900, 900, 900, 900, 900, 900), "PAPER": ()}

    assert _closed({"GLASS": (0, 0, 0, 900, 900, 900), "PAPER": (900, 900, 900)}, before) == []
    # Where two stay, glass is the two of them, whether paper tells the others or not.
    two = {"GLASS": (0, 0, 0, 0, 900, 900), "PAPER": (900, 900, 900, 900)}
    assert _closed(two, before) == ["GLASS", "PAPER"]


def test_corrections_beside_many_new_loads_open() -> None:
    """Small corrections of several companies do not keep what others moved from being shown."""
    now = {"GLASS": (890, 890, 890, 900, 900), "PAPER": (300, 300, 300, 900, 900, 900, 900)}

    assert _closed(now) == []


def test_all_that_opens_stays_closed_where_nothing_is_taken_back_now() -> None:
    """What came from a leaf that opened before without it stays closed with what is new."""
    moved = {"GLASS": (0, 0, 0, 900, 900), "PAPER": (0, 0, 0, 900, 900, 900, 900)}
    taken = _standing(_BEFORE).with_columns(taken_on=pl.date(2026, 1, 31)).select(*TAKEN)
    less = of_groups(-900, -900, -900, material="GLASS")
    later = contributed(*less).with_columns(taken_on=pl.date(2026, 2, 28)).select(*TAKEN)
    now = moved | {"PAPER": (900, 900, 900, 900, 900, 900, 900, 1_000)}
    pending = blocks.pending(_standing(now), pl.concat([taken, later]), *_NONE)
    rows = blocks.placed(pending, _TABLES, _PERIODS)
    assert _held(rows) == ["PAPER"]
