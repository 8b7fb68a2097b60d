"""Loads: which rows of several books tell of the same mass, and who knows it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from consumers.release import blocks, final, gate, loads
from consumers.release.blocks import BELOW, NAMES, TAKEN
from consumers.release.tables import Tables, configured
from schemas.settings import ReleaseSettings, TableSettings
from tests.support.contributed import contributed, of_groups


def _tables(**settings: Any) -> Tables:
    usual: dict[str, Any] = {
        "countries": ("FR", "DE"),
        "tables": (
            TableSettings(name="flows", partner="country"),
            TableSettings(name="materials", material="group"),
        ),
    }
    return configured("north", ReleaseSettings(**usual | settings), b"key")


def _placed(*rows: dict[str, Any], **settings: Any) -> pl.DataFrame:
    nothing = (pl.DataFrame(schema=of) for of in (TAKEN, BELOW, NAMES))
    pending = blocks.pending(contributed(*rows), *nothing)
    return blocks.placed(pending, _tables(**settings), ["2026-Q1"])


def _export(sender: str, receiver: str | None, mass_g: int, agency: str = "FR-A") -> dict[str, Any]:
    ends = {"group_key": sender.encode(), "counterparty_key": receiver.encode() if receiver else None}
    return {"flow": "EXPORT", "partner": "DE", "mass_g": mass_g, "agency": agency, **ends}


def _import(receiver: str, sender: str | None, mass_g: int, agency: str = "DE-A") -> dict[str, Any]:
    ends = {"group_key": receiver.encode(), "counterparty_key": sender.encode() if sender else None}
    return {"flow": "IMPORT", "region": "DE-BY", "partner": "FR", "mass_g": mass_g, "agency": agency, **ends}


def _stated(measure: str, agency: str, mass_g: int) -> dict[str, Any]:
    ends = {"group_key": b"s", "counterparty_key": b"r"}
    return {"measure": measure, "agency": agency, "mass_g": mass_g, **ends}


def _pieces(*rows: dict[str, Any], **settings: Any) -> list[tuple[Any, ...]]:
    """Return flow, agencies and amount of each row in each piece, of rows that the pieces add up to."""
    found = loads.told(loads.split(_placed(*rows, **settings)))
    return sorted(found.select("flow", "agency", "mass_g").iter_rows())


def test_who_states_a_load_in_one_book_knows_it_in_the_other() -> None:
    """Both ends name the same companies, whoever is named first."""
    assert _pieces(_export("s", "r", 70), _import("r", "s", 70), _export("t", "r", 30)) == [
        ("EXPORT", "DE-A\nFR-A", 70),
        ("EXPORT", "FR-A", 30),
        ("IMPORT", "DE-A\nFR-A", 70),
    ]


def test_offices_know_their_own_part_of_what_the_other_side_tells() -> None:
    """A row of one agency is cut where those of two agencies on the other side end."""
    rows = _export("s", "r", 100), _import("r", "s", 60), _import("r", "s", 40, "DE-B")

    exports = [row for row in _pieces(*rows) if row[0] == "EXPORT"]
    assert exports == [("EXPORT", "DE-A\nFR-A", 60), ("EXPORT", "DE-B\nFR-A", 40)]


def test_who_states_less_than_the_other_book_may_not_know_what_that_one_has() -> None:
    """Books that do not agree on a load may tell of two: each agency is reckoned with as either."""
    rows = _export("s", "r", 70), _import("r", "s", 30), _export("t", "r", 30), _import("r", "t", 30)

    found = loads.doubted(loads.split(_placed(*rows))).filter(pl.col("flow") == "IMPORT")
    known = dict(found.select(pl.col("counterparty_key").cast(pl.String), "agency").iter_rows())
    assert {*known["s"].split("\n")} == {"DE-A", "FR-A", "DE-A itself"}
    assert {*known["t"].split("\n")} == {"DE-A", "FR-A", "DE-A itself", "FR-A itself"}


def test_what_was_weighed_twice_is_one_load() -> None:
    """A little less on one side leaves no load that only the other one tells; much less does."""
    little = loads.split(_placed(_export("s", "r", 100), _import("r", "s", 98)))
    assert {"DE-A\nFR-A"} == {*little["agency"]}
    assert 198 == loads.told(little)["mass_g"].sum()

    much = loads.split(_placed(_export("s", "r", 100), _import("r", "s", 40)))
    assert {("DE-A\nFR-A", 40), ("FR-A", 60)} == {*much.select("agency", "mass_g").iter_rows()}


def test_what_an_agency_states_in_two_books_is_laid_over_each_other_first() -> None:
    """Of the same companies another agency's loads are no part of what one of them states more of."""
    found = loads.split(
        _placed(
            *(_stated("DISPATCHED", "FR-A", 100), _stated("DISPATCHED", "FR-B", 80)),
            *(_stated("RECEIVED", "FR-A", 250), _stated("RECEIVED", "FR-B", 80)),
        )
    )
    told = found.select("measure", "agency", "mass_g", "is_rest").sort(pl.all())
    assert told.rows() == [
        ("DISPATCHED", "FR-A", 100, False),
        ("DISPATCHED", "FR-B", 80, False),
        ("RECEIVED", "FR-A", 100, False),
        ("RECEIVED", "FR-A", 150, True),
        ("RECEIVED", "FR-B", 80, False),
    ]


def test_whose_loads_books_differ_in_is_asked_both_ways() -> None:
    """Where several agencies state a book of the same companies, any may know all of it, or nothing."""
    books = _export("s", "r", 100), _export("s", "r", 70, "FR-B"), _import("r", "s", 70)
    known = loads.compared(loads.split(_placed(*books)))["agency"]
    assert {*known} == {"DE-A\nFR-A\nFR-B"}


def test_books_that_do_not_name_the_other_end_are_laid_side_by_side() -> None:
    """Nobody knows which company's load was whose, but what both books have is the same mass."""
    found = loads.split(_placed(_export("s", None, 70), _export("t", None, 30), _import("r", None, 100)))

    assert {("DE-A\nFR-A", 30), ("DE-A\nFR-A", 70)} == {*found.select("agency", "mass_g").iter_rows()}
    assert {(b"s", b"r"), (b"t", b"r")} == {
        *loads.oriented(found).select("group_key", "counterparty_key").iter_rows()
    }


def _measured(measure: str, *masses_g: int) -> list[dict[str, Any]]:
    return of_groups(*masses_g, measure=measure)


@pytest.mark.parametrize(("received", "held"), [((90, 90, 90, 90), 0), ((90, 90, 90), 2)])
def test_books_open_where_what_either_tells_alone_is_safe(received: tuple[int, ...], held: int) -> None:
    """A load that was sent and did not arrive keeps both measures closed, and no more than that."""
    rows = _placed(*_measured("DISPATCHED", 90, 90, 90, 90), *_measured("RECEIVED", *received))

    nothing = pl.DataFrame(schema=dict.fromkeys(blocks.LEAF, pl.String))
    assert held == len(gate.held(rows, nothing, _tables().rules))


def test_measures_of_different_masses_share_no_loads() -> None:
    """Where a hub says that its measures are no one mass, none is held for what another one lacks."""
    rows = *_measured("DISPATCHED", 90, 90, 90, 90), *_measured("RECEIVED", 90, 90, 90)

    names = [
        name
        for is_one_mass in (True, False)
        for found in [_placed(*rows, is_one_mass=is_one_mass)]
        for name, problem in final.problems(found, found, found.clear(), _tables(is_one_mass=is_one_mass))
        if "ALL" in name and "load" in problem.contributions.columns
    ]
    assert names == ["2026-Q1 ALL DOMESTIC mass_g"]
