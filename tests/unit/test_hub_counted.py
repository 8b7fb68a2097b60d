"""One load counts once within one measure, whoever else states it too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from consumers.hub.store import Store
from tests.support import events
from tests.support.hub import asked, stored

LOAD = {
    "movement_key": events.key("load"),
    "stage": "DISPATCHED",
    "side": "ORIGIN",
    "origin_country": "BE",
    "destination_country": "FR",
    "revision": 1,
}
COUNTED = "SELECT agency, mass_g FROM facts ORDER BY ALL"


def said(agency: str, mass_g: int | None, system: str = "movements/1", **changes: Any) -> dict[str, Any]:
    """Return what a system of an agency says of the load; the event's id follows from what it says."""
    told = LOAD | {"agency": agency, "mass_g": mass_g, "source_format": system} | changes
    told = {"statement_key": events.key(agency, system, told.get("line_number")), **told}
    return events.movement(1, event_id=events.key(repr(sorted(told.items()))), **told)


def on(day: int) -> dict[str, Any]:
    """Return that something was recorded on a day of March."""
    return {"recorded_at": datetime(2026, 3, day, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("counted", "other"),
    [
        (said("BE-B", 11, **on(1)), said("BE-A", 10, basis="ESTIMATED", **on(9))),
        (said("BE-B", 11, basis="CONVERTED"), said("BE-A", 10, basis="ESTIMATED")),
        (said("BE-B", 11, basis="ESTIMATED"), said("BE-A", 10, basis="UNKNOWN")),
        (said("BE-B", 11, basis="UNKNOWN"), said("BE-A", None)),
        (said("BE-B", 11, **on(2)), said("BE-A", 10, **on(1))),
        (said("BE-A", 11), said("BE-B", 10)),
        (said("BE-A", 11, "a/1"), said("BE-A", 10, "b/1")),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_best_known_mass_counts_then_the_newest_then_the_first_by_name(
    store: Store, counted: dict[str, Any], other: dict[str, Any], *, is_reversed: bool
) -> None:
    """Of two reporters of one load one counts, whichever came first; the other stays to be seen."""
    stored(store, [other, counted] if is_reversed else [counted, other])

    assert asked(store, COUNTED) == [(counted["agency"], 11)]
    assert asked(store, "SELECT agency, mass_g, counted_agency FROM uncounted") == [
        (other["agency"], other["mass_g"], counted["agency"])
    ]
    assert asked(store, "SELECT sum(mass_g), sum(statements) FROM contributions") == [(11, 1)]


def test_a_system_may_state_several_loads_under_one_movement(store: Store) -> None:
    """Two documents of the reporter that counts are two loads; what another one states is neither."""
    one: dict[str, Any] = {"statement_key": events.key("one")}
    two: dict[str, Any] = {"statement_key": events.key("two")}
    stored(store, [said("BE-A", 10, **one), said("BE-A", 12, **two), said("BE-B", 22, basis="ESTIMATED")])

    assert asked(store, COUNTED) == [("BE-A", 10), ("BE-A", 12)]


def test_a_load_that_arrives_again_counts_no_more_than_before(store: Store) -> None:
    """Of an event that was delivered twice both are passed over, though another reporter's counts."""
    other = said("BE-B", 11, basis="ESTIMATED")
    stored(store, [other, said("BE-A", 10)])
    stored(store, [other, other], partition=1)

    assert asked(store, COUNTED) == [("BE-A", 10)]
    assert asked(store, "SELECT agency, mass_g FROM uncounted") == [("BE-B", 11)]


def test_systems_that_number_lines_otherwise_do_not_add_up(store: Store) -> None:
    """One reporter counts for the whole movement: its lines are no lines of another one."""
    stored(
        store,
        [
            said("BE-A", 22, line_number=0),
            said("BE-B", 10, line_number=1, basis="ESTIMATED"),
            said("BE-B", 12, line_number=2),
        ],
    )

    assert asked(store, COUNTED) == [("BE-A", 22)]


def test_a_new_version_of_a_system_does_not_compete_with_the_old_one(store: Store) -> None:
    """Lines that were stated before the upgrade still count beside those stated after it."""
    stored(
        store,
        [said("BE-A", 10, "movements/1", line_number=1), said("BE-A", 12, "movements/2", line_number=2)],
    )

    assert asked(store, COUNTED) == [("BE-A", 10), ("BE-A", 12)]


def test_other_measures_and_books_do_not_compete(store: Store) -> None:
    """Stages, steps, the two ends and each country of transit count for themselves."""
    transit: dict[str, Any] = {"side": "TRANSIT", "stage": "BORDER_CROSSED", "step": 1}
    stored(
        store,
        [
            said("BE-A", 1),
            said("BE-B", 2, stage="ANNOUNCED"),
            said("BE-C", 3, stage="TRANSFERRED", step=2),
            said("BE-D", 4, stage="TRANSFERRED", step=3),
            said("FR-A", 5, side="DESTINATION"),
            said("LU-A", 6, **transit),
            said("DE-A", 7, **transit),
            said("DE-B", 8, **transit),
        ],
    )

    assert [mass_g for _, mass_g in asked(store, "SELECT agency, mass_g FROM facts ORDER BY 2")] == [
        *(1, 2, 3, 4, 5, 6, 7),
    ]


def test_who_withdraws_leaves_the_count_to_the_other(store: Store) -> None:
    """A statement that was cancelled competes with nobody, and one that was corrected as it is now."""
    stored(store, [said("BE-A", 10), said("BE-B", 11, basis="ESTIMATED")])
    before = asked(store, COUNTED)
    stored(store, [said("BE-A", None, revision=2, change="CANCELLED")])
    without = asked(store, COUNTED)
    stored(store, [said("BE-A", 12, revision=3)])

    assert before == [("BE-A", 10)]
    assert without == [("BE-B", 11)]
    assert asked(store, COUNTED) == [("BE-A", 12)]
