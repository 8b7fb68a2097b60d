"""What the views for reconciliation mean, on tables small enough to be checked by eye."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from consumers.hub.store import Store
from tests.support import events
from tests.support.hub import asked, stored

HOME = {"side": "DOMESTIC", "origin_country": "US", "destination_country": "US"}
EXPORT = {"agency": "BE-OVAM", "side": "ORIGIN", "origin_country": "BE", "destination_country": "FR"}
IMPORT = {"agency": "FR-DGPR", "side": "DESTINATION", "origin_country": "BE", "destination_country": "FR"}
FAMILIES = """
SELECT is_parent_there, children, children_there, sent_g, refused_g, rejected_g, residue_g, kept_g, gap_g
FROM families
"""


def said(movement: str, stage: str, mass_g: int | None, **changes: Any) -> dict[str, Any]:
    """Return a statement about a named movement; its ids follow from what it says."""
    related = [
        {"movement_key": events.key(other), "relation": relation}
        for other, relation in changes.pop("related", ())
    ]
    told = HOME | {"stage": stage, "mass_g": mass_g, "occurred_on": date(2026, 3, 1)} | changes
    told = {"movement_key": events.key(movement), "related": related} | told
    fact = events.key(movement, stage, *(told.get(name) for name in ("agency", "line_number", "step")))
    return events.movement(1, statement_key=fact, event_id=events.key(fact, repr(told)), **told)


def test_two_agencies_that_differ_are_paired_and_never_added(store: Store) -> None:
    """Sent 10 t, arrived 10.8 t: the pair shows the gap, and each book keeps its own figure."""
    stored(
        store,
        [
            said("a", "DISPATCHED", 10_000_000, **EXPORT),
            said("a", "RECEIVED", 10_800_000, **IMPORT),
            said("b", "DISPATCHED", 5_000_000, **EXPORT),
        ],
    )

    assert asked(store, "SELECT * EXCLUDE (movement_key) FROM pairs") == [
        (1, "DISPATCHED/RECEIVED", "BE-OVAM", "FR-DGPR", 10_000_000, 10_800_000, 800_000, 77)
    ]
    assert asked(store, "SELECT flow, sum(mass_g) FROM contributions GROUP BY flow ORDER BY flow") == [
        ("EXPORT", 15_000_000),
        ("IMPORT", 10_800_000),
    ]


def test_a_pair_compares_each_measure_and_what_was_sent_with_the_last_arrival(store: Store) -> None:
    """Both books' receipts are compared step by step, and what was sent with what the last facility got."""
    stored(
        store,
        [
            said("a", "DISPATCHED", 100, **EXPORT),
            said("a", "RECEIVED", 98, step=2, **EXPORT),
            said("a", "RECEIVED", 99, step=1, **IMPORT),
            said("a", "RECEIVED", None, step=2, **IMPORT),
        ],
    )

    assert asked(store, "SELECT compared, export_g, import_g, gap_g FROM pairs ORDER BY ALL") == [
        ("DISPATCHED/RECEIVED", 100, None, None),
        ("RECEIVED-2", 98, None, None),
    ]


REJECTED = [
    said("parent", "DISPATCHED", 100),
    said("parent", "RECEIVED", 100, related=[("rest", "RESIDUE_OF")]),
    said("parent", "REFUSED", None, related=[("one", "REPLACED_BY"), ("two", "REPLACED_BY")]),
    said("one", "DISPATCHED", 30, related=[("parent", "REPLACES")]),
    said("two", "DISPATCHED", 20, related=[("parent", "REPLACES")]),
    said("rest", "DISPATCHED", 5, related=[("parent", "REPLACES")]),
]


@pytest.mark.parametrize("order", [REJECTED, REJECTED[::-1], [*REJECTED[3:], *REJECTED[:3]]])
def test_children_carry_what_their_parent_does_not_state(store: Store, order: list[dict[str, Any]]) -> None:
    """The parent states no refused mass: its children do, and what stayed is the difference."""
    stored(store, order)

    assert asked(store, FAMILIES) == [(True, 3, 3, 100, None, 50, 5, 45, None)]
    assert asked(store, "SELECT kind, is_told_by_parent, is_told_by_child FROM links ORDER BY ALL") == [
        ("REJECTION", True, True),
        ("REJECTION", True, True),
        ("RESIDUE", True, True),
    ]


def test_a_family_is_balanced_when_all_of_it_is_there(store: Store) -> None:
    """Until the last child came nothing is balanced; a child without its parent is a family too."""
    stored(store, REJECTED[3:4])
    child_only = asked(store, FAMILIES)
    stored(store, REJECTED[:3])

    assert child_only == [(False, 1, 1, None, None, 30, 0, None, None)]
    assert asked(store, FAMILIES) == [(True, 3, 1, 100, None, None, None, None, None)]


def test_a_full_rejection_shows_what_its_child_lacks(store: Store) -> None:
    """What was refused is stated, and the child carries two less."""
    stored(
        store,
        [
            said("parent", "DISPATCHED", 100),
            said("parent", "REFUSED", 100, related=[("child", "REPLACED_BY")]),
            said("child", "DISPATCHED", 98),
        ],
    )

    assert asked(store, FAMILIES) == [(True, 1, 1, 100, 100, 98, 0, 2, -2)]


def test_a_child_of_two_parents_is_not_split(store: Store) -> None:
    """How much of it came from which parent is not known."""
    stored(store, [said("child", "DISPATCHED", 9, related=[("a", "REPLACES"), ("b", "REPLACES")])])

    assert asked(store, "SELECT children_there, rejected_g FROM families") == [(1, None), (1, None)]


def test_onward_movements_are_linked_and_no_family(store: Store) -> None:
    """What is sent on was not rejected."""
    stored(store, [said("out", "DISPATCHED", 9, related=[("in", "ONWARD_OF")])])

    assert asked(store, "SELECT kind FROM links") == [("ONWARD",)]
    assert asked(store, FAMILIES) == []


def test_orphans_are_counted_by_age(store: Store) -> None:
    """An end that is missing is told with the days since the other end told of it."""
    told = {"recorded_at": datetime(2026, 3, 1, 23, 0, tzinfo=UTC)}
    stored(
        store,
        [
            said("child", "DISPATCHED", 1, related=[("absent", "REPLACES")], **told),
            said("parent", "REFUSED", 1, related=[("x", "REPLACED_BY"), ("y", "REPLACED_BY")], **told),
            said("whole", "REFUSED", 1, related=[("child", "REPLACED_BY")], **told),
        ],
    )

    assert asked(store, "FROM orphans(today := DATE '2026-03-11') ORDER BY ALL") == [
        ("CHILD", "REJECTION", 10, 2),
        ("PARENT", "REJECTION", 10, 1),
    ]


def test_what_comes_home_is_told_by_itself_or_by_its_return(store: Store) -> None:
    """A return belongs to the movement that it returns; what is still away is outstanding."""
    stored(
        store,
        [
            said("own", "REFUSED", 50),
            said("own", "STOPPED", 50),
            said("own", "REPATRIATED", 50),
            said("first", "REFUSED", 40),
            said("return", "REPATRIATED", 38, related=[("first", "RETURN_OF")]),
            said("away", "STOPPED", 7),
        ],
    )

    query = "SELECT refused_or_stopped_g, repatriated_g, outstanding_g FROM taken_back ORDER BY 1"
    assert asked(store, query) == [(7, None, 7), (40, 38, 2), (50, 50, 0)]


def test_packaging_report_rounds_each_load_and_then_sums(store: Store) -> None:
    """Three loads of 0.335 t are 1.02 t by the agency's rule, where the sum itself is 1.005 t."""
    loads = (
        said(f"load {number}", "RECEIVED", 335_000, quantity="0.335", source_format="uk-packaging/1")
        for number in range(3)
    )
    stored(store, loads)

    assert asked(store, "SELECT received FROM uk_packaging_report(DATE '2026-03-01', DATE '2026-03-01')") == [
        (Decimal("1.02"),)
    ]


def test_lifecycle_tells_how_far_a_line_is(store: Store) -> None:
    """No stage implies another: what was only received, and what is under way, is told."""
    stored(
        store,
        [
            said("faster", "RECEIVED", 1),
            said("there", "DISPATCHED", 1, line_number=2),
            said("there", "RECEIVED", 1, line_number=2, occurred_on=date(2026, 3, 9)),
            said("away", "DISPATCHED", 1, destination_country="CA", side="ORIGIN"),
            said("soon", "ANNOUNCED", 1),
        ],
    )

    assert asked(store, "FROM progress ORDER BY ALL") == [
        ("ANNOUNCED", False, False, False, 1),
        ("DISPATCHED", True, False, True, 1),
        ("RECEIVED", False, False, False, 1),
        ("RECEIVED", False, True, False, 1),
    ]
    assert asked(store, "SELECT dispatched_on, received_on FROM lifecycle WHERE line_number = 2") == [
        (date(2026, 3, 1), date(2026, 3, 9))
    ]


def test_overdue_is_what_was_sent_long_ago_and_did_not_arrive(store: Store) -> None:
    """The last day of the term is not over it."""
    stored(store, [said("away", "DISPATCHED", 1), said("home", "DISPATCHED", 1), said("home", "REFUSED", 1)])
    overdue = "SELECT is_abroad, age_days FROM overdue(today := DATE '{}')"

    assert asked(store, overdue.format("2026-04-12")) == []
    assert asked(store, overdue.format("2026-04-13")) == [(False, 43)]
    assert asked(store, "SELECT age_days FROM overdue(days := 2, today := DATE '2026-03-04')") == [(3,)]


def test_outcomes_keep_measures_apart_but_for_two_definitions(store: Store) -> None:
    """A load both refused and stopped counts once; net is what was not; nothing told is not unknown."""
    stored(
        store,
        [
            said("both", "DISPATCHED", 50),
            said("both", "REFUSED", 50),
            said("both", "STOPPED", 50),
            said("both", "REPATRIATED", 50),
            said("part", "DISPATCHED", 40),
            said("part", "REFUSED", 15),
            said("untold", "DISPATCHED", 30),
            said("untold", "REFUSED", None),
            said("return", "DISPATCHED", 20, related=[("first", "RETURN_OF")]),
            said("arrival", "STOPPED", 10),
        ],
    )

    query = """
    SELECT gross_g, refused_g, stopped_g, refused_or_stopped_g, repatriated_g, net_g
    FROM outcomes ORDER BY gross_g
    """
    assert asked(store, query) == [
        (20, 0, 0, 0, 0, 0),
        (30, None, 0, None, 0, None),
        (40, 15, 0, 15, 0, 25),
        (50, 50, 50, 50, 50, 0),
        (None, 0, 10, 10, 0, None),
    ]


@pytest.mark.parametrize(
    ("step", "operation", "phase"),
    [
        (1, "R12", "INTERIM"),
        (2, "R3", "FINAL"),
        (2, "R13", "INTERIM"),
        (1, "D10", "FINAL"),
        (1, None, "INTERIM"),
        (2, None, "FINAL"),
        (0, None, "UNKNOWN"),
    ],
)
def test_treatment_is_final_by_its_operation_else_by_its_step(
    store: Store, step: int, operation: str | None, phase: str
) -> None:
    """What has no class of its own is what the place in the chain says."""
    stored(store, [said("a", "TREATED", 5, step=step, operation_code=operation)])

    assert asked(store, "SELECT phase, mass_g FROM treatments") == [(phase, 5)]


def test_views_say_the_same_in_any_order(tmp_path: Path) -> None:
    """However the statements of a family arrive, links and balances are the same."""
    found = set()
    for number, order in enumerate(permutations(REJECTED[1:4])):
        store = Store(tmp_path / f"{number}.duckdb")
        stored(store, [*order, *REJECTED])
        found.add(repr([asked(store, f"FROM {view} ORDER BY ALL") for view in ("links", "families")]))
        store.close()

    assert len(found) == 1
