"""Epochs: one after another without gap, closed by the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.release import calendar
from schemas.errors import ConfigurationError
from schemas.settings import Calendar

_DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("kind", "name", "start", "end"),
    [
        (Calendar.DAY, "2026-10-31", date(2026, 10, 31), date(2026, 11, 1)),
        (Calendar.WEEK, "2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        (Calendar.MONTH, "2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        (Calendar.QUARTER, "2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
    ],
)
def test_an_epoch_is_a_slot_of_the_calendar(kind: Calendar, name: str, start: date, end: date) -> None:
    """Its name says which days it holds; the days of a week are of the year that ISO 8601 gives it."""
    found = calendar.named(kind, name)

    assert (start, end) == (found.start, found.end)
    assert found == calendar.of_day(kind, start) == calendar.of_day(kind, end - timedelta(days=1))


@given(kind=st.sampled_from(Calendar), day=_DAYS)
def test_epochs_follow_one_another_without_gap(kind: Calendar, day: date) -> None:
    """Every day lies in one epoch, whose name leads back to it, and the next begins where it ends."""
    found = calendar.of_day(kind, day)
    later = calendar.following(kind, found)

    assert found.start <= day < found.end == later.start
    assert found < later
    assert found.name < later.name
    assert calendar.named(kind, found.name) == found


@pytest.mark.parametrize(
    "name", ["2026-13", "2026-1", "26-10", "2026-Q5", "2026-W54", "October", "", "2026-10-1"]
)
@pytest.mark.parametrize("kind", Calendar)
def test_what_is_no_epoch_is_refused(kind: Calendar, name: str) -> None:
    """A name that the calendar does not have is an error that shows how it is written."""
    with pytest.raises(ConfigurationError) as error:
        calendar.named(kind, name)

    assert "write it like 2026-" in error.value.hint


def test_an_epoch_closes_late_and_by_utc() -> None:
    """It closes at its end plus the bound, wherever the clock that is looked at stands."""
    lateness = timedelta(hours=36)
    closing = datetime(2026, 11, 2, 12, tzinfo=UTC)
    elsewhere = timezone(timedelta(hours=-9))

    assert closing == calendar.named(Calendar.MONTH, "2026-10").closes_at(lateness)
    before = calendar.last_closed(Calendar.MONTH, lateness, closing - timedelta(seconds=1))
    after = calendar.last_closed(Calendar.MONTH, lateness, closing.astimezone(elsewhere))
    assert ("2026-09", "2026-10") == (before.name, after.name)
