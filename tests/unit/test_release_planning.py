"""The plan of a release from a hub's file: what it tells, and that it changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consumers.hub.store import Store
from consumers.release.planning import planned
from schemas.errors import ConfigurationError
from schemas.keystore import ceremony
from schemas.settings import HubSettings, ReleaseSettings, TableSettings
from tests.support import events
from tests.support.hub import stored

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def settings(file: Path, **changes: Any) -> HubSettings:
    """Return the settings of a hub with one small table."""
    release = ReleaseSettings(
        countries=("FR",),
        measures=("RECEIVED",),
        flows=("DOMESTIC",),
        tables=(TableSettings(name="movements", material="group"),),
        **changes,
    )
    return HubSettings(file=file, release=release)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a hub's file with an even and a dominated cell."""
    store = Store(tmp_path / "hub.duckdb")
    place: dict[str, Any] = {"side": "DOMESTIC", "origin_country": "FR", "destination_country": "FR"}
    masses = {"150107": (40, 40, 40), "150102": (90, 5, 5)}
    stored(
        store,
        [
            events.movement(
                10 * number + company,
                low_code=code,
                mass_g=mass * 1_000_000,
                contributor=events.key("company", company),
                counterparty=None,
                occurred_on="2026-09-03",
                **place,
            )
            for number, (code, tonnes) in enumerate(masses.items())
            for company, mass in enumerate(tonnes)
        ],
    )
    store.close()
    return tmp_path / "hub.duckdb"


def test_a_plan_tells_what_each_detail_would_withhold(file: Path) -> None:
    """The dominated cell would be withheld by itself, and its neighbour or total with it."""
    before = file.read_bytes()

    total, groups = planned(settings(file), NOW)

    assert (total["material"], groups["material"]) == ("total", "group")
    assert (total["cells"], groups["cells"]) == (1, 2)
    assert (total["mass_g"], groups["mass_g"]) == (220_000_000, 220_000_000)
    assert (total["primary"], groups["primary"]) == (0, 1)
    assert total["secondary"] + groups["secondary"] == 1
    assert groups["primary_permille"] == 455
    assert before == file.read_bytes()


def test_a_plan_takes_the_rules_that_a_release_takes(file: Path, tmp_path: Path) -> None:
    """With other rules other cells are withheld; keys that are named and absent are an error."""
    ceremony.begin_hub(tmp_path / "keys")
    _, groups = planned(settings(file, min_groups=4, keys=str(tmp_path / "keys")), NOW)

    assert groups["primary"] == 2
    with pytest.raises(ConfigurationError):
        planned(settings(file, keys=str(tmp_path / "absent")), NOW)
