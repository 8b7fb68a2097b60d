"""The decision of a release: increments, what is carried over, last blocks, zeros, and the shape."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest

from consumers.release import calendar, periods
from consumers.release.decision import Attribution, Decision, decide
from consumers.release.tables import Tables, configured
from schemas.errors import ConfigurationError
from schemas.settings import Calendar, ReleaseSettings, TableSettings
from tests.support.contributed import contributed, of_groups
from tests.support.samples import ROOT

BY_MATERIAL = TableSettings(name="materials", material="group")
FREE, CONFIDENTIAL = "FREE", "CONFIDENTIAL"


def _tables(hub: str = "north", **settings: Any) -> Tables:
    usual = {
        "countries": ("FR",),
        "flows": ("DOMESTIC",),
        "measures": ("RECEIVED",),
        "tables": (BY_MATERIAL,),
    }
    return configured(hub, ReleaseSettings.model_validate(usual | settings), b"key")


TABLES = _tables()


class Hub:
    """A hub that releases month after month."""

    def __init__(self, tables: Tables = TABLES, month: str = "2026-01") -> None:
        self.tables = tables
        self.epoch = calendar.named(Calendar.MONTH, month)
        self.attribution = Attribution()

    def release(self, *rows: dict[str, Any], adopted: pl.DataFrame | None = None) -> Decision:
        """Release what stands now, as the next epoch."""
        found = decide(contributed(*rows), self.attribution, self.epoch, self.tables, adopted)
        self.attribution = found.attribution
        self.epoch = calendar.following(Calendar.MONTH, self.epoch)
        return found


def _shown(decision: Decision, **place: str) -> tuple[int | None, str]:
    usual = {
        "period": "2026-Q1",
        "measure": "RECEIVED",
        "flow": "DOMESTIC",
        "region": "FR",
        "material": "GLASS",
    }
    found = decision.observations.filter(pl.col(name) == code for name, code in (usual | place).items())
    mass, status = found.select("mass_g", "conf_status").row(0)
    return mass, status


def _others(rows: Iterable[dict[str, Any]], **told: Any) -> list[dict[str, Any]]:
    return [{**row, **told} for row in rows]


def test_a_safe_increment_is_published_once() -> None:
    """What is new since the last release is shown, and the next one shows what is new since then."""
    hub = Hub()

    assert _shown(hub.release(*of_groups(10, 20, 30))) == (60, FREE)
    assert _shown(hub.release(*of_groups(20, 30, 40))) == (30, FREE)
    assert _shown(hub.release(*of_groups(20, 30, 40))) == (0, FREE)


def test_an_unsafe_increment_is_carried_over_whole() -> None:
    """One company's load waits until others come, and is shown with theirs."""
    hub = Hub()
    hub.release(*of_groups(10, 10, 10))

    assert _shown(hub.release(*of_groups(15, 10, 10))) == (None, CONFIDENTIAL)
    assert _shown(hub.release(*of_groups(15, 16, 14))) == (15, FREE)


def test_totals_are_sums_of_what_opened() -> None:
    """A total never holds what a cell under it withholds, so that no difference tells it."""
    rows = [*of_groups(10, 20, 30), *of_groups(500, material="PAPER"), *of_groups(1, 1, 1, material="WOOD")]
    found = Hub().release(*rows)

    assert _shown(found, material="PAPER") == (None, CONFIDENTIAL)
    assert _shown(found, material="ALL") == (63, FREE)


def test_a_correction_is_a_signed_difference() -> None:
    """What many companies take back is what this epoch adds; the sum over epochs is what stands."""
    hub = Hub()
    hub.release(*of_groups(100, 100, 100, 100))

    assert _shown(hub.release(*of_groups(90, 90, 95, 95))) == (-30, FREE)


def test_a_retraction_that_leaves_one_company_is_held() -> None:
    """Five times ten, then four times minus ten: both look broad, and together they are one company's ten."""
    hub = Hub()
    hub.release(*of_groups(10, 10, 10, 10, 10))

    assert _shown(hub.release(*of_groups(10))) == (None, CONFIDENTIAL)


def test_a_retraction_is_held_where_it_leaves_one_company_of_a_window() -> None:
    """What one company added is not told by taking back what others added with it."""
    hub = Hub()
    many = of_groups(900, 900, 900, 900, 900)
    hub.release(*many)
    hub.release(*many, *of_groups(10, 10, 10, 10, 10, material="GLASS", counterparty_key=b"new"))

    found = hub.release(*many, *of_groups(10, material="GLASS", counterparty_key=b"new"))
    assert _shown(found) == (None, CONFIDENTIAL)


def test_what_was_taken_back_is_remembered_until_it_opens() -> None:
    """That a company told as much again does not undo that it took something back, as others may know."""
    hub = Hub()
    hub.release(*of_groups(10, 10, 10, 10, 10))

    hub.release(*of_groups(6, 10, 10, 10, 10))
    hub.release(*of_groups(10, 10, 10, 10, 10))
    assert hub.attribution.below["mass_g"].to_list() == [-4]
    assert _shown(hub.release(*of_groups(20, 20, 20, 20, 20))) == (50, FREE)
    assert hub.attribution.below.is_empty()


def test_a_cell_with_a_mass_that_is_not_known_stays_closed() -> None:
    """What cannot be converted yet is never taken for zero."""
    hub = Hub()
    rows = of_groups(10, 20, 30)

    found = hub.release(*rows, {"group_key": b"x", "unconverted": 1})
    assert _shown(found) == (None, CONFIDENTIAL)
    assert _shown(hub.release(*rows, {"group_key": b"x", "mass_g": 5})) == (65, FREE)


def test_zero_is_not_shown_where_something_was_withheld_in_the_trailing_year() -> None:
    """That the only company of a cell moved nothing is told neither by the cell nor by its total."""
    hub = Hub()
    hub.release(*of_groups(500))

    for _ in range(11):
        found = hub.release()
        assert _shown(found, period="2025-Q4") == (None, CONFIDENTIAL)
        assert _shown(found, period="2025-Q4", material="ALL") == (None, CONFIDENTIAL)
        assert _shown(found, period="2025-Q4", material="PAPER") == (0, FREE)
    hub.release()
    assert _shown(hub.release(), period="2026-Q4") == (0, FREE)


def test_the_shape_does_not_depend_on_data() -> None:
    """An epoch without anything has the same cells in the same order as one with everything."""
    columns = ["table", "period", "measure", "flow", "region", "partner", "material", "operation"]
    rows = [
        *of_groups(10, 20, 30),
        *of_groups(5, period="2019-Q2"),
        *of_groups(5, region="XX", material="GOLD"),
    ]

    empty, full = Hub().release().observations, Hub().release(*rows).observations
    assert empty.select(columns).equals(full.select(columns))
    assert empty.height == TABLES.size


def test_what_is_older_than_a_year_is_shown_as_one() -> None:
    """Late loads of long ago do not make new cells."""
    found = Hub().release(*of_groups(10, 20, 30, period="2019-Q2"))

    assert _shown(found, period="earlier") == (60, FREE)


def test_a_period_ends_with_all_that_was_held() -> None:
    """Some epochs after a period the rest comes into the tables, and totals hold what cells withhold."""
    hub = Hub(_tables(final_epochs=1))
    glass, paper = of_groups(10, 20, 30), of_groups(500, material="PAPER")
    wood = of_groups(90, 80, 70, 60, material="WOOD")
    for _ in range(3):
        hub.release(*glass, *paper)
    found = hub.release(*_others(glass, mass_g=50), *paper, *wood)

    shown = {code: _shown(found, material=code) for code in ("GLASS", "PAPER", "WOOD", "ALL")}
    assert shown["PAPER"] == (None, CONFIDENTIAL)
    assert shown["ALL"][1] == FREE
    assert CONFIDENTIAL in {shown["GLASS"][1], shown["WOOD"][1]}
    assert set(found.observations.filter("is_final")["period"]) == {"2026-Q1"}
    assert any(name.startswith("2026-Q1 RECEIVED DOMESTIC") for name in found.certificates)


def test_a_last_block_is_published_once() -> None:
    """What comes after it waits for the gate again, and is not final."""
    hub = Hub(_tables(final_epochs=1), "2026-04")
    rows = of_groups(90, 80, 70, 60)
    hub.release(*rows)

    found = hub.release(*rows, *of_groups(7, counterparty_key=b"new"))
    assert _shown(found) == (None, CONFIDENTIAL)
    assert not found.observations["is_final"].any()
    assert not found.certificates


def test_nothing_negative_follows_a_confidential_part() -> None:
    """Of a cell whose last part is withheld nobody may learn that less is left, in whatever sum."""
    hub = Hub(_tables(final_epochs=1), "2026-04")
    hub.release(
        *of_groups(900, 10, material="PAPER"),
        *of_groups(90, 80, 70, 60),
        *of_groups(8, 8, 8, material="WOOD"),
    )
    assert {"PAPER"} <= set(hub.attribution.hidden["material"])

    less = of_groups(890, 5, material="PAPER")
    more = _others(of_groups(0, 0, 50, 50, 50, 50), material="PAPER")
    found = hub.release(*less, *more, *of_groups(90, 80, 70, 60), *of_groups(8, 8, 8, material="WOOD"))
    assert _shown(found, material="PAPER") == (None, CONFIDENTIAL)


def test_a_decision_does_not_depend_on_the_order_of_rows() -> None:
    """The same contributions in another order are the same release, to the last row."""
    rows = [
        *of_groups(*range(1, 40)),
        *of_groups(500, 3, material="PAPER"),
        *of_groups(9, 9, 9, material="WOOD"),
    ]
    one = Hub(_tables(final_epochs=1), "2026-04").release(*rows)
    other = Hub(_tables(final_epochs=1), "2026-04").release(*reversed(rows))

    assert one.observations.equals(other.observations)
    assert one.block.equals(other.block)
    assert one.certificates == other.certificates


PROGRAM = """
from tests.unit import test_release_decision as test
print(sorted(test.of_both_books().certificates.items()))
"""


def of_both_books() -> Decision:
    """Return last blocks in which what was sent and what arrived is the same mass."""
    tables = _tables(
        final_epochs=1, measures=("DISPATCHED", "RECEIVED"), is_one_mass=True, tables=(BY_MATERIAL,)
    )
    materials = ("GLASS", "PAPER", "WOOD", "METAL", "PLASTIC", "RUBBER", "CHEMICAL", "ORGANIC", "HEALTHCARE")
    rows = [
        row
        for material in materials
        for measure in ("DISPATCHED", "RECEIVED")
        for row in of_groups(90, 80, 70, 60, material=material, measure=measure)
    ]
    return Hub(tables, "2026-04").release(*rows)


def test_certificates_are_the_same_in_every_process() -> None:
    """An auditor's program, which hashes in an order of its own, makes the very certificates of the hub's."""
    again = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    certificates = of_both_books().certificates

    assert "2026-Q1 ALL DOMESTIC mass_g/certificate.json" in certificates
    assert f"{sorted(certificates.items())}\n" == again.stdout


@pytest.mark.parametrize("flows", [("DOMESTIC",), ("DOMESTIC", "EXPORT")])
def test_one_mass_is_protected_in_each_flow(flows: tuple[str, ...]) -> None:
    """What may not be told of what was sent is not told by what arrived, however many flows are due."""
    tables = _tables(final_epochs=1, flows=flows, measures=("DISPATCHED", "RECEIVED"), is_one_mass=True)
    shares = {"DISPATCHED": {"GLASS": (90, 5, 5)}, "RECEIVED": {"GLASS": (40, 35, 25)}}
    rows = [
        row
        for flow in flows
        for measure, own in shares.items()
        for material, masses in (own | {"PAPER": (70, 60, 50), "WOOD": (60, 50, 40)}).items()
        for row in of_groups(*masses, material=material, measure=measure, flow=flow)
    ]
    found = Hub(tables, "2026-04").release(*rows)

    for flow in flows:
        together = "CROSS" if flow == "EXPORT" else flow
        assert f"2026-Q1 ALL {together} mass_g/certificate.json" in found.certificates
        for measure in shares:
            assert _shown(found, flow=flow, measure=measure) == (None, CONFIDENTIAL)


def test_what_another_hub_owns_is_shown_as_that_one_published_it() -> None:
    """Two hubs that show FR never publish two versions of it: the second adds what the first showed."""
    tables = _tables(countries=("FR", "DE"), hubs={"south": ("FR",)}, owners={"FR": "south"})
    germany = of_groups(5, 5, 5, region="DE-BY")
    theirs = (
        Hub(_tables("south")).release(*of_groups(10, 20, 30)).observations.with_columns(hub=pl.lit("south"))
    )

    found = Hub(tables).release(*germany, *of_groups(10, 20, 99), adopted=theirs)
    assert _shown(found, region="FR") == (60, FREE)
    assert _shown(found, region="DE") == (15, FREE)
    assert _shown(found, region="ALL") == (75, FREE)
    assert set(found.block.filter(pl.col("region") == "FR-IDF")["mass_g"]) <= {10, 20, 99}


def test_without_a_word_of_the_owner_nothing_is_shown() -> None:
    """A hub has no figures of its own for a region that another one owns."""
    tables = _tables(countries=("FR", "DE"), hubs={"south": ("FR",)}, owners={"FR": "south"})

    found = Hub(tables).release(*of_groups(10, 20, 30))
    assert _shown(found, region="FR") == (None, CONFIDENTIAL)


def test_both_books_of_a_flow_open_together() -> None:
    """What FR may not tell of its exports to DE is not told by what DE imported from FR."""
    tables = _tables(
        countries=("FR", "DE"),
        flows=("EXPORT", "IMPORT"),
        tables=(TableSettings(name="flows", partner="country", material="group"),),
    )
    exported = of_groups(900, 5, 5, flow="EXPORT", partner="DE")
    imported = of_groups(300, 310, 300, flow="IMPORT", region="DE-BY", partner="FR", agency="DE-A")
    elsewhere = of_groups(300, 310, 300, flow="IMPORT", region="DE-BY", partner="IT", agency="DE-A")
    found = Hub(tables).release(*exported, *imported, *elsewhere)

    assert _shown(found, flow="IMPORT", region="DE", partner="FR") == (None, CONFIDENTIAL)
    assert _shown(found, flow="IMPORT", region="DE", partner="IT") == (910, FREE)


def test_a_period_that_would_leave_the_tables_before_its_end_is_refused() -> None:
    """The last block of a period comes while the period is still shown."""
    settings = ReleaseSettings(epoch=Calendar.MONTH, final_epochs=12)
    epoch = calendar.named(Calendar.MONTH, "2026-11")

    assert periods.of_epoch(epoch, settings).shown == ("2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
    with pytest.raises(ConfigurationError, match="before its last block"):
        periods.of_epoch(epoch, settings.model_copy(update={"final_epochs": 13}))


def test_a_period_is_due_some_epochs_after_its_last_day() -> None:
    """With four epochs, a quarter that ends in March has its last block in July."""
    settings = ReleaseSettings(epoch=Calendar.MONTH, final_epochs=4)
    due = {
        month: "2026-Q1" in periods.of_epoch(calendar.named(Calendar.MONTH, month), settings).due
        for month in ("2026-03", "2026-06", "2026-07", "2026-08")
    }

    assert due == {"2026-03": False, "2026-06": False, "2026-07": True, "2026-08": True}


def test_what_another_hub_tells_too_is_told_by_one() -> None:
    """What comes from another hub's country stands in its export book only."""
    tables = _tables(
        countries=("FR",),
        hubs={"south": ("DE",)},
        flows=("IMPORT",),
        final_epochs=1,
        tables=(TableSettings(name="flows", partner="country"),),
    )
    hub = Hub(tables, "2026-04")
    found = hub.release(
        *of_groups(90, 80, 70, flow="IMPORT", partner="DE"),
        *of_groups(60, 50, 40, flow="IMPORT", partner="IT"),
    )

    shown = {code: _imports(found, code) for code in ("DE", "IT", "ALL")}
    assert shown == {"DE": (None, CONFIDENTIAL), "IT": (150, FREE), "ALL": (150, FREE)}


def _imports(decision: Decision, partner: str) -> tuple[int | None, str]:
    found = decision.observations.filter(period="2026-Q1", partner=partner)
    mass, status = found.select("mass_g", "conf_status").row(0)
    return mass, status
