"""What a release costs, told by what it publishes."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from consumers.release.figures import OBSERVATIONS
from consumers.release.losses import losses
from consumers.release.tables import Tables, configured
from schemas.settings import ReleaseSettings, TableSettings

TABLES: Tables = configured(
    "north",
    ReleaseSettings(
        countries=("FR",),
        measures=("RECEIVED",),
        flows=("DOMESTIC",),
        tables=(TableSettings(name="materials", material="group"),),
    ),
    b"key",
)
MATERIALS = ("ALL", *TABLES.trees["material"].paths.get_column("material_1").unique(maintain_order=True))


def release(*, is_final: bool = True, period: str = "2026-Q1", **masses: int | None) -> pl.DataFrame:
    """Return every cell of one book: zero, or the masses that are named, None of a cell withheld."""
    found: dict[str, int | None] = {**dict.fromkeys(MATERIALS, 0), **masses}
    usual: dict[str, Any] = {
        "table": "materials",
        "period": period,
        "measure": "RECEIVED",
        "flow": "DOMESTIC",
        "region": "FR",
        "partner": None,
        "operation": None,
        "is_final": is_final,
    }
    rows = [
        usual | {"material": name, "mass_g": mass, "conf_status": "CONFIDENTIAL" if mass is None else "FREE"}
        for name, mass in found.items()
    ]
    return pl.DataFrame(rows, schema=OBSERVATIONS)


def test_cells_are_counted_as_every_subscriber_can() -> None:
    """Cells that are withheld or show something are counted, zeros are not."""
    found = losses(release(ALL=100, GLASS=60, PLASTIC=None, WOOD=None), TABLES)

    assert (found.cells, found.withheld) == (4, 2)


def test_what_only_totals_tell_is_a_share_of_their_mass() -> None:
    """Of 100 tonnes in a last block 60 are told by a cell: two fifths are told by the total alone."""
    found = losses(release(ALL=100, GLASS=60, PLASTIC=None), TABLES)

    assert found.untold == pytest.approx(0.4)


def test_totals_that_are_withheld_tell_nothing() -> None:
    """Where no total is shown there is no share, as it would have to be made of what is withheld."""
    assert losses(release(ALL=None, GLASS=60, PLASTIC=None), TABLES).untold is None
    assert losses(release(is_final=False, ALL=60, GLASS=60, PLASTIC=None), TABLES).untold is None


def test_a_book_whose_total_is_withheld_changes_no_share() -> None:
    """Cells count beside the total of their own book alone."""
    both = pl.concat([release(ALL=100, GLASS=60), release(period="2026-Q2", ALL=None, GLASS=70)])

    assert losses(both, TABLES).untold == pytest.approx(0.4)
