"""What the views mean, on tables small enough to be checked by eye."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from consumers.hub import queries
from consumers.hub.store import Store
from tests.support import events
from tests.support.hub import asked, stored

PLASTIC = {"low_code": "150102", "operation_code": "R3"}


def statement(fact: str, *revision: int, **changes: Any) -> dict[str, Any]:
    """Return an event about a named fact, revision 1 unless given; its id follows from what it says."""
    told = {"statement_key": events.key(fact), "revision": (*revision, 1)[0], **changes}
    return events.movement(1, event_id=events.key(repr(sorted(told.items()))), **told)


def test_movement_shows_an_event_as_the_contract_has_it(store: Store) -> None:
    """Lists are lists again or stated text, absent values are null, instants are UTC."""
    codes = [{"scheme": "US-EPA", "code": "D001"}, {"scheme": "UN", "code": "1993"}]
    stored(store, [statement("a", transit_countries=["BE", "DE"], other_codes=codes, quantity="1.50")])
    stored(store, [statement("b", 2, quantity=None)])

    assert asked(
        store, "SELECT transit_countries, other_codes, quantity, kafka_offset FROM movement ORDER BY revision"
    ) == [(["BE", "DE"], "US-EPA:D001|UN:1993", "1.50", 0), ([], "", None, 1)]


def test_latest_keeps_the_highest_revision(store: Store) -> None:
    """A later revision replaces an earlier one, whichever arrives first."""
    stored(store, [statement("a", 3, mass_g=30), statement("a", 1, mass_g=10), statement("b", 1, mass_g=5)])

    assert asked(store, "SELECT mass_g FROM latest ORDER BY mass_g") == [(5,), (30,)]


def test_latest_keeps_the_higher_edition_of_a_revision(store: Store) -> None:
    """Our own repair of the same revision wins over what it repairs."""
    stored(store, [statement("a", edition=1, mass_g=11), statement("a", edition=0, mass_g=10)])

    assert asked(store, "SELECT mass_g FROM latest") == [(11,)]


def test_cancelled_statements_drop_out_until_they_are_made_again(store: Store) -> None:
    """A cancellation removes the fact, a later revision brings it back."""
    stored(store, [statement("a", 1), statement("a", 2, change="CANCELLED")])
    withdrawn = asked(store, "SELECT count(*) FROM latest")
    stored(store, [statement("a", 3, change="CORRECTED", mass_g=7)])

    assert withdrawn == [(0,)]
    assert asked(store, "SELECT mass_g FROM latest") == [(7,)]


def test_event_delivered_twice_counts_once(store: Store) -> None:
    """The same record again changes no figure."""
    stored(store, [statement("a", mass_g=10), statement("a", mass_g=10)])

    assert asked(store, "SELECT sum(mass_g), sum(statements) FROM contributions") == [(10, 1)]


def test_same_statement_key_of_two_agencies_is_two_facts(store: Store) -> None:
    """No agency can replace what another one said."""
    stored(store, [statement("a", 1, mass_g=1), statement("a", 9, agency="FR-DGPR", mass_g=2)])

    assert asked(store, "SELECT mass_g FROM latest ORDER BY 1") == [(1,), (2,)]


@pytest.mark.parametrize(
    ("side", "stage", "expected"),
    [
        ("ORIGIN", "DISPATCHED", ("EXPORT", "GB-ENG", "PL")),
        ("DESTINATION", "RECEIVED", ("IMPORT", "PL", "GB")),
        ("TRANSIT", "BORDER_CROSSED", ("TRANSIT", "CZ", "GB")),
    ],
)
def test_the_two_books_of_a_movement_stay_apart(
    store: Store, side: str, stage: str, expected: tuple[str, str, str]
) -> None:
    """Flow, region and partner follow from whose books a statement is in."""
    route = {"origin_country": "GB", "origin_region": "GB-ENG", "destination_country": "PL"}
    stored(store, [statement("a", side=side, stage=stage, agency="CZ-X", **route)])

    assert asked(store, "SELECT flow, region, partner FROM facts") == [expected]


@pytest.mark.parametrize(
    ("stage", "origin", "destination", "expected"),
    [
        ("DISPATCHED", "US-TX", "US-OH", "US-TX"),
        ("RECEIVED", "US-TX", "US-OH", "US-OH"),
        ("RECEIVED", "US-TX", None, "US-ZZ"),
        ("DISPATCHED", "GB-ENG", None, "US-ZZ"),
    ],
)
def test_region_is_a_known_part_of_the_country_or_says_so(
    store: Store, stage: str, origin: str | None, destination: str | None, expected: str
) -> None:
    """Parts of a country and its unknown part add up to the country."""
    places = {"origin_country": "US", "destination_country": "US"}
    regions = {"origin_region": origin, "destination_region": destination}
    stored(store, [statement("a", side="DOMESTIC", stage=stage, **places, **regions)])

    assert asked(store, "SELECT region, country, flow, partner FROM facts") == [
        (expected, "US", "DOMESTIC", "US")
    ]


@pytest.mark.parametrize(
    ("country", "stated", "region"),
    [
        ("FR", "FR-69", "FR-ARA"),
        ("FR", "FR-ARA", "FR-ARA"),
        ("IT", "IT-AL", "IT-21"),
        ("DE", "DE-BY", "DE-BY"),
    ],
)
def test_region_is_the_largest_part_of_its_country(
    store: Store, country: str, stated: str, region: str
) -> None:
    """Whether an agency tells departments or regions, they meet in the region."""
    place = {"origin_country": country, "origin_region": stated, "side": "ORIGIN", "stage": "DISPATCHED"}
    stored(store, [statement("a", **place)])

    assert asked(store, "SELECT region FROM facts") == [(region,)]


@pytest.mark.parametrize(
    ("codes", "material"),
    [
        ({"low_code": "150102"}, "PLASTIC"),
        ({"low_code": None}, "UNMAPPED"),
        ({"low_code": "999999"}, "UNMAPPED"),
        ({"low_code": None, "basel_code": "B3011"}, "PLASTIC"),
        ({"low_code": "150106", "basel_code": "B3011"}, "PLASTIC"),
    ],
)
def test_material_is_what_the_best_code_names(store: Store, codes: dict[str, Any], material: str) -> None:
    """The lowest rank wins, and what no code names is UNMAPPED."""
    stored(store, [statement("a", occurred_on=date(2026, 5, 4), **codes)])

    assert asked(store, "SELECT material FROM facts") == [(material,)]


@pytest.mark.parametrize(
    ("operation", "on", "expected"),
    [
        ("R1", date(2026, 3, 1), "ENERGY"),
        ("R3", date(2026, 3, 1), "RECYCLING"),
        ("D8", date(2026, 5, 20), "DISPOSAL"),
        ("D8", date(2026, 5, 21), "INTERIM"),
        (None, date(2026, 3, 1), "UNMAPPED"),
        ("X9", date(2026, 3, 1), "UNMAPPED"),
    ],
)
def test_operation_class_is_that_of_the_day(
    store: Store, operation: str | None, on: date, expected: str
) -> None:
    """A class holds from the day the law says; what has none is UNMAPPED."""
    stored(store, [statement("a", operation_code=operation, occurred_on=on)])

    assert asked(store, "SELECT operation FROM facts") == [(expected,)]


@pytest.mark.parametrize(
    ("agency", "native", "on", "expected"),
    [
        ("US-EPA", "H010", date(2026, 3, 1), ("RECYCLING", "assumed")),
        ("US-EPA", "H141", date(2026, 3, 1), ("INTERIM", "assumed")),
        ("US-EPA", "H120", date(2026, 5, 20), ("UNMAPPED", None)),
        ("US-EPA", "H120", date(2026, 5, 21), ("INTERIM", "assumed")),
        ("US-EPA", "H039", date(2026, 3, 1), ("UNMAPPED", None)),
        ("GB-EA", "H010", date(2026, 3, 1), ("UNMAPPED", None)),
        ("FR-DGPR", "R0", date(2026, 3, 1), ("UNMAPPED", None)),
    ],
)
def test_an_agency_s_own_code_stands_in_for_an_operation(
    store: Store, agency: str, native: str, on: date, expected: tuple[str, str | None]
) -> None:
    """Where all operations that it may mean have one class, on the day and in its country, it is that."""
    told = {"operation_code": None, "native_operation_code": native}
    stored(store, [statement("a", agency=agency, occurred_on=on, **told)])

    assert asked(store, "SELECT operation, operation_quality FROM facts") == [expected]


def test_a_stated_operation_outranks_the_agency_s_own_code(store: Store) -> None:
    """The code of the law is what counts where both are stated."""
    stored(store, [statement("a", agency="US-EPA", operation_code="D10", native_operation_code="H010")])

    assert asked(store, "SELECT operation, operation_quality FROM facts") == [("DISPOSAL", "official")]


def test_contributions_sum_what_a_group_adds_to_a_cell(store: Store) -> None:
    """Companies of a group count together, quarters apart, and no mass is not zero."""
    place = {"side": "ORIGIN", "origin_country": "PL", "destination_country": "CZ", **PLASTIC}
    group, lone = events.key("group"), events.key("lone")
    first, second = date(2026, 2, 1), date(2026, 4, 1)
    of_group = {"contributor_group": group, **place}
    stored(
        store,
        [
            statement("a", contributor=events.key("x"), mass_g=1, occurred_on=first, **of_group),
            statement("b", contributor=events.key("y"), mass_g=2, occurred_on=first, **of_group),
            statement("c", contributor=events.key("y"), mass_g=None, occurred_on=first, **of_group),
            statement("d", contributor=events.key("y"), mass_g=4, occurred_on=second, **of_group),
            statement("e", contributor=lone, mass_g=8, occurred_on=first, **place),
            statement("f", contributor=None, mass_g=16, occurred_on=first, **place),
        ],
    )

    cell = ("RECEIVED", "EXPORT", "PL", "CZ", "PLASTIC", "RECYCLING")
    assert sorted(asked(store, "FROM contributions"), key=lambda row: row[8]) == [
        (*cell, "2026-Q1", group, 3, 3, 1),
        (*cell, "2026-Q2", group, 4, 1, 0),
        (*cell, "2026-Q1", lone, 8, 1, 0),
        (*cell, "2026-Q1", None, 16, 1, 0),
    ]


def test_cut_shows_the_file_as_it_was(store: Store) -> None:
    """Views with a cut leave out everything at and behind its offsets."""
    stored(store, [statement("a", 1, mass_g=1), statement("a", 2, mass_g=2)])
    stored(store, [statement("b", mass_g=4)], partition=1)
    found = []
    for cut in ({0: 1}, {0: 2}, {0: 2, 1: 1}, {}):
        connection = store.cursor()
        queries.create_views(connection, cut)
        found += connection.execute("SELECT sum(mass_g) FROM contributions").fetchall()
        connection.close()

    assert found == [(1,), (2,), (6,), (None,)]


def test_a_cut_lays_out_no_copy_of_all_events(store: Store) -> None:
    """What a release is decided from is read from the events, with a cut as without one."""
    connection = store.cursor()
    queries.create_views(connection, {0: 1})
    ((_, plan),) = connection.execute("EXPLAIN (FORMAT json) FROM behind").fetchall()
    connection.close()

    assert "CTE" in plan
    assert "delim" not in plan.lower()


def test_events_that_state_one_version_are_told_apart_whichever_comes_first(tmp_path: Path) -> None:
    """Two events of one revision and edition, which one adapter never makes, leave the same one standing."""
    both = [statement("a", 2**63 - 1, edition=2**31 - 1, mass_g=mass_g) for mass_g in (1, 2)]
    found = []
    for number, order in enumerate((both, both[::-1])):
        store = Store(tmp_path / f"{number}.duckdb")
        stored(store, order, partition=3)
        found += asked(store, "SELECT mass_g FROM latest")
        store.close()

    assert len(found) == 2
    assert found[0] == found[1]
