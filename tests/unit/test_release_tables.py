"""The tables of a hub: cells from settings and code lists alone, and who decides for a region."""

from __future__ import annotations

from typing import Any

import pytest

from consumers.release.tables import CELLS_MAX, Tables, configured
from schemas.errors import ConfigurationError
from schemas.settings import ReleaseSettings, TableSettings

KEY = b"a key of the hub"


def _tables(hub: str = "north", key: bytes = KEY, **settings: Any) -> Tables:
    return configured(hub, ReleaseSettings(**settings), key)


def test_a_hub_without_settings_has_tables_of_a_bearable_size() -> None:
    """What a hub publishes by default is small enough to be read, and has every cell in each epoch."""
    tables = _tables()

    cells = tables.cells(tables.tables[0], ["2026-Q1"] * 6)
    assert cells.height == tables.size < 10_000


def test_a_figure_stands_once_in_a_table() -> None:
    """A material without finer ones, and the total of a single country, are no cells of their own."""
    tables = _tables(
        countries=("FR",), tables=(TableSettings(name="m", region="country", material="category"),)
    )

    codes = [node.code for node in tables.trees["material"].nodes(2)]
    assert len(set(codes)) == len(codes)
    assert {"PAPER", "METAL", "NONFERROUS", "UNMAPPED", "ALL"} <= set(codes)
    assert [node.code for node in tables.trees["region"].nodes(1)] == ["FR"]


def test_parts_of_a_country_are_the_largest_ones_and_one_for_what_is_not_known() -> None:
    """Departments count to their region, and waste from somewhere in the country has a cell too."""
    tables = _tables(countries=("FR",), tables=(TableSettings(name="r", region="part"),))

    codes = {node.code for node in tables.trees["region"].nodes(2)}
    assert {"FR", "FR-IDF", "FR-ZZ"} <= codes
    assert "FR-75" not in codes


def test_the_leaf_is_as_fine_as_the_finest_table() -> None:
    """Two tables that go into different dimensions share leaves that tell both apart."""
    tables = _tables(
        tables=(TableSettings(name="a", region="part"), TableSettings(name="b", material="group"))
    )

    assert (tables.trees["region"].depth, tables.trees["material"].depth) == (2, 1)


def test_too_many_cells_are_refused() -> None:
    """A table of everything by everything is refused before anything is computed, with what to do."""
    wanted = TableSettings(
        name="all", region="part", partner="country", material="material", operation="class"
    )

    with pytest.raises(ConfigurationError, match=f"{CELLS_MAX:,} are the most") as caught:
        _tables(tables=(wanted,))

    assert "fewer" in caught.value.hint


def test_p_is_raised_by_the_key_and_the_name_of_a_table_and_by_nothing_else() -> None:
    """What the rules ask for stays the same over the life of a table, and takes the key to be known."""
    raised = {_tables(key=bytes([number])).p_permille for number in range(200)}

    assert _tables().p_permille == _tables(countries=("FR",), min_groups=5).p_permille
    assert min(raised) == 150
    assert max(raised) == 174
    assert len(raised) == 25


def test_hubs_that_show_the_same_country_need_one_owner() -> None:
    """Two hubs never decide for the same leaf: without an owner none of them starts."""
    shared: dict[str, Any] = {"countries": ("FR", "DE"), "hubs": {"south": ("FR", "IT")}}

    with pytest.raises(ConfigurationError, match="FR is shown by north and south"):
        _tables(**shared)

    assert _tables(**shared, owners={"FR": "south"}).owned == {"DE"}
    assert _tables(**shared, owners={"FR": "north"}).owned == {"FR", "DE"}


def test_an_owner_is_one_of_the_hubs_that_show_a_country() -> None:
    """A hub that shows nothing of a country cannot be told to decide for it."""
    with pytest.raises(ConfigurationError, match="none of them is its owner"):
        _tables(countries=("FR",), hubs={"south": ("FR",)}, owners={"FR": "east"})


def test_a_hub_in_the_order_must_say_what_it_shows() -> None:
    """Hubs that release one after the other may overlap, so each has to know what the others show."""
    with pytest.raises(ConfigurationError, match="what south shows"):
        _tables(order=("north", "south"))


def test_a_country_that_does_not_exist_is_refused() -> None:
    """A slip in a country code is told before anything is published under it."""
    with pytest.raises(ConfigurationError, match="XQ is no country"):
        _tables(countries=("XQ",))
