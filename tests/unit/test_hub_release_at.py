"""When the law makes a movement public, as a hub takes it from what agencies state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consumers.hub.store import Store
from tests.support import events
from tests.support.hub import asked, stored

EARLY, LATE = datetime(2026, 6, 1, tzinfo=UTC), datetime(2027, 3, 1, 5, tzinfo=UTC)
ASKED = "SELECT movement_key, release_at FROM release_at ORDER BY ALL"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty hub's file."""
    opened = Store(tmp_path / "hub.duckdb")
    yield opened
    opened.close()


def said(movement: str, agency: str, release_at: datetime | None, **changes: Any) -> dict[str, Any]:
    """Return what an agency states of a movement."""
    told = {"agency": agency, "release_at": release_at, "movement_key": events.key(movement)} | changes
    fact = events.key(movement, agency)
    return events.movement(1, statement_key=fact, event_id=events.key(fact, repr(told)), **told)


def test_the_latest_end_of_all_agencies_counts(store: Store) -> None:
    """A movement is public when it is for the last of those who report it."""
    stored(store, [said("a", "US-EPA", LATE), said("a", "CA-ECCC", EARLY)])

    assert [(events.key("a"), LATE.replace(tzinfo=None))] == asked(store, ASKED)


def test_a_movement_that_one_agency_keeps_confidential_has_no_end(store: Store) -> None:
    """What has no end for one agency is not made public by another's."""
    stored(store, [said("a", "US-EPA", EARLY), said("a", "CA-ECCC", None)])

    assert [(events.key("a"), None)] == asked(store, ASKED)


def test_the_last_statement_of_a_fact_counts_and_a_cancelled_one_does_not(store: Store) -> None:
    """A correction moves the end, whenever it arrives; what was withdrawn keeps nothing confidential."""
    corrected = said("a", "US-EPA", LATE, revision=9_999_999_999_999, change="CORRECTED")
    gone = said("a", "CA-ECCC", None, revision=9_999_999_999_999, change="CANCELLED")
    stored(store, [corrected, said("a", "US-EPA", None), said("a", "CA-ECCC", None), gone])

    assert [(events.key("a"), LATE.replace(tzinfo=None))] == asked(store, ASKED)
