"""What changed since a file was so far: kept contributions that are brought up to date are those of now."""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.deadletters.letters import DeadLetter
from consumers.hub import queries
from consumers.hub.batch import Batch
from consumers.hub.check import check
from consumers.hub.decode import decode
from consumers.hub.store import Accepted, Store
from schemas.reasons import Reason
from tests.support import events
from tests.support.hub import asked, batch_of, stored, views_kept, writers
from tests.support.kept import Kept

# Few of everything, so that statements replace each other and reporters tell of the same loads.
STATEMENTS = st.fixed_dictionaries(
    {
        "number": st.integers(0, 3),
        "movement": st.integers(0, 2),
        "revision": st.integers(1, 3),
        "edition": st.integers(0, 1),
        "change": st.sampled_from(("REPORTED", "CORRECTED", "CANCELLED")),
        "agency": st.sampled_from(("BE-A", "BE-B")),
        "source_format": st.sampled_from(("a/1", "b/1")),
        "basis": st.sampled_from(("WEIGHED", "ESTIMATED")),
        "recorded_at": st.sampled_from([datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2)]),
        "occurred_on": st.sampled_from((date(2026, 3, 31), date(2026, 4, 1))),
        "low_code": st.sampled_from(("150102", "170405")),
        "operation_code": st.sampled_from(("D8", "R3")),
        "contributor": st.sampled_from([events.key(name) for name in "xy"]),
        "contributor_group": st.sampled_from((None, events.key("group"))),
        "mass_g": st.sampled_from((None, 10, 25)),
    }
)


def said(*, number: int, movement: int, **told: Any) -> dict[str, Any]:
    """Return a statement about a movement, of one book and stage; its ids follow from what it says."""
    fixed = {"stage": "RECEIVED", "side": "ORIGIN", "origin_country": "BE", "destination_country": "FR"}
    fact = events.key(told["agency"], told["source_format"], movement, number)
    return events.movement(
        1,
        event_id=events.key(fact, repr(sorted(told.items()))),
        statement_key=fact,
        movement_key=events.key(movement),
        **fixed,
        **told,
    )


@settings(max_examples=20, deadline=None)
@given(
    batches=st.lists(st.tuples(st.integers(0, 1), st.lists(STATEMENTS, min_size=1, max_size=6)), max_size=3)
)
def test_kept_contributions_are_brought_up_to_date_from_any_state(
    batches: list[tuple[int, list[dict[str, Any]]]],
) -> None:
    """Corrections, cancellations, moves to other cells and contested loads included; none is told twice."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Store(Path(folder) / "hub.duckdb")) as store,
        views_kept(store),
    ):
        states = [Kept.of(store)]
        for partition, told in batches:
            stored(store, [said(**one) for one in told], partition)
            states.append(Kept.of(store))

        assert [states[-1].figures] * len(states) == [state.brought_up(store) for state in states]
        assert asked(store, "FROM changes_since(as_of())") == []


def test_what_is_redriven_later_is_a_change(store: Store) -> None:
    """A record that was refused is one though its offset is an early one, and once it is kept no more."""
    usual: dict[str, Any] = {"agency": "BE-A", "source_format": "a/1", "movement": 1, "revision": 1}
    first, late = (batch_of([said(number=number, **usual)], start=number) for number in range(2))
    accepted = _accepted(first)
    accepted.dead_letters = [DeadLetter(0, 1, (Reason.SCHEMA_UNKNOWN,), "GB-EA")]
    first.next_offsets = late.next_offsets
    late.signers = ["BE-A"]
    store.append(first, accepted)
    before = Kept.of(store)
    store.redrive(late, _accepted(late), {})
    now = Kept.of(store)

    assert (before.as_of, now.as_of) == ({0: 2, -1: 0}, {0: 2, -1: 1})
    assert now.figures == before.brought_up(store)
    assert sum(now.figures.values()) > sum(before.figures.values())
    assert asked(store, "FROM changes_since(as_of())") == []


def test_changes_stop_at_the_cut_of_a_release(store: Store) -> None:
    """Between two cuts of a file stands what came between them, and nothing of what came later."""
    usual: dict[str, Any] = {"agency": "BE-A", "source_format": "a/1", "movement": 1, "mass_g": 10}
    stored(store, [said(number=number, revision=1, **usual) for number in range(3)])
    with closing(store.cursor()) as connection:
        queries.create_views(connection, {0: 2})
        found = connection.execute("SELECT sum(mass_g) FROM changes_since(MAP {0: 1})").fetchall()

    assert found == [(10,)]


def _accepted(batch: Batch) -> Accepted:
    return Accepted(check(decode(batch.values, writers()).events, batch.keys)[0])
