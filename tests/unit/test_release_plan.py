"""The plan: what each detail of the tables would withhold."""

from __future__ import annotations

import pytest

from consumers.release.plan import plan
from consumers.release.tables import configured
from schemas.settings import ReleaseSettings, TableSettings
from tests.support.contributed import contributed, of_groups

TABLES = configured(
    "north",
    ReleaseSettings(
        countries=("FR",),
        flows=("DOMESTIC",),
        measures=("RECEIVED",),
        tables=(
            TableSettings(name="materials", material="group"),
            TableSettings(name="regions", region="part"),
        ),
    ),
    b"key",
)


def test_a_plan_tells_what_each_detail_would_lose() -> None:
    """One dominated material of four takes another one with it, and no total."""
    rows = [
        *of_groups(900, 5, 5),
        *of_groups(290, 300, 310, 320, material="PAPER"),
        *of_groups(500, 600, 700, 800, material="WOOD"),
        *of_groups(500, 600, 700, 800, material="PLASTIC"),
    ]
    found = plan(contributed(*rows), TABLES, ["2026-Q1"])

    lost = {
        (row["table"], row["region"], row["material"]): (row["cells"], row["primary"], row["secondary"])
        for row in found.iter_rows(named=True)
    }
    assert lost["materials", "country", "total"] == (1, 0, 0)
    assert lost["materials", "country", "group"] == (4, 1, 1)
    assert lost["regions", "part", "total"] == (1, 0, 0)
    (shares,) = (
        found.filter(table="materials", material="group")
        .select("mass_g", "primary_permille", "secondary_permille")
        .rows()
    )
    assert shares == (7330, pytest.approx(124, abs=1), pytest.approx(166, abs=1))


def test_a_plan_of_nothing_is_empty() -> None:
    """Without contributions there is nothing to lose."""
    assert plan(contributed(), TABLES, ["2026-Q1"]).is_empty()
