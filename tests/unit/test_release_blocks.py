"""Blocks: what is pending, and where it stands."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from consumers.release import blocks
from consumers.release.blocks import BELOW, NAMES, TAKEN
from consumers.release.tables import Tables, configured
from schemas.errors import ConfigurationError
from schemas.settings import ReleaseSettings, TableSettings
from tests.support.contributed import contributed, of_groups

NOTHING, *NONE = (pl.DataFrame(schema=of) for of in (TAKEN, BELOW, NAMES))
SHOWN = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1")


def _taken(*masses_g: int) -> pl.DataFrame:
    rows = contributed(*of_groups(*masses_g)).with_columns(taken_on=pl.date(2026, 1, 31))
    return rows.select(*TAKEN)


def _pending(standing: pl.DataFrame, taken: pl.DataFrame = NOTHING) -> dict[bytes, int]:
    rows = blocks.pending(standing, taken, *NONE).filter(pl.col("mass_g") != 0)
    return dict(rows.select("group_key", "mass_g").iter_rows())


def test_pending_is_what_stands_minus_what_was_taken() -> None:
    """Additions, corrections and retractions since the last opening are signed differences."""
    standing = contributed(*of_groups(10, 7, 0, 4))

    assert _pending(standing, _taken(10, 10, 5)) == {b"group 1": -3, b"group 2": -5, b"group 3": 4}


def test_several_blocks_are_taken_together() -> None:
    """What two earlier epochs took of a group is never pending again."""
    assert _pending(contributed(*of_groups(10, 10)), pl.concat([_taken(4, 10), _taken(6)])) == {}


def test_a_company_whose_group_is_told_later_moved_nothing() -> None:
    """What was taken under a company's own name counts for its group from the day on which that is known."""
    standing = contributed(
        {"group_key": b"holding", "companies": [b"group 0", b"group 1"], "mass_g": 17},
        {
            "group_key": b"group 2",
            "counterparty_key": b"holding",
            "counterparties": [b"group 1"],
            "mass_g": 1,
        },
    )

    assert _pending(standing, _taken(10, 7)) == {b"group 2": 1}
    assert _pending(standing, _taken(10, 5)) == {b"group 2": 1, b"holding": 2}


def test_all_records_of_an_agency_that_publishes_count_as_public() -> None:
    """A record that is not public yet will be, so the first one tells about all of them."""
    rows = contributed(
        {"agency": "US-A", "is_public": True, "mass_g": 1, "group_key": b"a"},
        {"agency": "US-A", "mass_g": 1, "group_key": b"b"},
        {"agency": "FR-A", "mass_g": 1, "group_key": b"c"},
    )

    found = blocks.pending(rows, NOTHING, *NONE)
    assert dict(found.select("group_key", "is_public").iter_rows()) == {b"a": True, b"b": True, b"c": False}


def test_contributions_without_a_column_are_refused() -> None:
    """A hub of another release cannot hand over less than the gate needs."""
    with pytest.raises(ConfigurationError, match="agency"):
        blocks.pending(contributed().drop("agency"), NOTHING, *NONE)


def _tables(**table: str) -> Tables:
    settings = ReleaseSettings(
        countries=("FR",),
        hubs={"south": ("DE",)},
        measures=("DISPATCHED", "RECEIVED"),
        tables=(TableSettings.model_validate({"name": "t", **table}),),
    )
    return configured("north", settings, b"key")


def _placed(tables: Tables, *rows: dict[str, Any]) -> pl.DataFrame:
    return blocks.placed(blocks.pending(contributed(*rows), NOTHING, *NONE), tables, SHOWN)


def test_leaves_are_no_finer_than_the_tables() -> None:
    """What no table tells apart is one block, and opens together."""
    rows = [{"material": material, "mass_g": 1} for material in ("ALUMINIUM", "COPPER", "GLASS")]

    assert _placed(_tables(), *rows)["leaf"].n_unique() == 1
    assert _placed(_tables(material="group"), *rows)["leaf"].n_unique() == 2
    assert _placed(_tables(material="material"), *rows)["leaf"].n_unique() == 3


def test_old_periods_are_shown_as_one_and_gated_by_year() -> None:
    """Companies have other pseudonyms in another year, so their loads of two years are never one block."""
    rows = [{"period": period, "mass_g": 1} for period in ("2023-Q4", "2024-Q1", "2024-Q2", "2026-Q1")]
    found = _placed(_tables(), *rows).sort("period")

    assert found["slot"].to_list() == ["earlier", "earlier", "earlier", "2026-Q1"]
    assert found["leaf"].n_unique() == 3


def test_a_period_to_come_waits() -> None:
    """A load dated after the last period shown is pending still when its period comes."""
    assert _placed(_tables(), {"period": "2026-Q2", "mass_g": 1}).is_empty()


def test_measures_of_one_mass_are_one_family() -> None:
    """What was dispatched is nearly what was received: one of them opens only with the other."""
    rows = [{"measure": measure, "mass_g": 1} for measure in ("DISPATCHED", "RECEIVED")]

    assert _placed(_tables(), *rows)["family"].n_unique() == 1


def test_the_books_of_both_countries_are_one_family() -> None:
    """What FR exports to DE is what DE imports from FR, and only that, also where a part of it is told."""
    rows = [
        {"flow": "EXPORT", "region": "FR-IDF", "partner": "DE", "mass_g": 1},
        {"flow": "IMPORT", "region": "DE-BY", "partner": "FR", "mass_g": 1},
        {"flow": "IMPORT", "region": "FR-IDF", "partner": "DE", "mass_g": 1},
        {"flow": "IMPORT", "region": "IT-25", "partner": "DE", "mass_g": 1},
    ]
    found = _placed(_tables(partner="country", region="part"), *rows)

    family = {(row["flow"], row["country"]): row["family"] for row in found.iter_rows(named=True)}
    assert family["EXPORT", "FR"] == family["IMPORT", "DE"] != family["IMPORT", "FR"]
    assert ("IMPORT", "IT") not in family
    owned = {(row["flow"], row["country"]): row["is_owned"] for row in found.iter_rows(named=True)}
    assert owned == {("EXPORT", "FR"): True, ("IMPORT", "DE"): False, ("IMPORT", "FR"): True}
    assert found.filter("is_mirrored").select("flow", "country").rows() == [("IMPORT", "FR")]


def test_an_unknown_code_still_counts_to_the_total() -> None:
    """A material that no list has is unmapped; nothing falls out of a total."""
    found = _placed(_tables(material="group"), {"material": "MOON_DUST", "mass_g": 1})

    assert found.select("material_0", "material_1").row(0) == ("ALL", "UNMAPPED")
