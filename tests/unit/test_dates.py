"""Dates as national systems write them: what is read, what is not, and never an error."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.reading import dates
from schemas.movement import Precision

EASTERN = "America/New_York"


@pytest.mark.parametrize(
    "text",
    [
        "2017-10-23T04:00:00.000+0000",
        "2017-10-23T04:00:00.000+00:00",
        "2017-10-23T04:00:00Z",
        "2017-10-23T04:00Z",
        " 2017-10-23T00:00:00.000-0400 ",
        "2017-10-23T04:00:00.000000000Z",
    ],
)
def test_midnight_of_the_zone_is_a_day(text: str) -> None:
    """A day written as an instant, in any spelling, is that day in its zone, to the day."""
    found = dates.when(text, EASTERN)

    assert found == (date(2017, 10, 23), datetime(2017, 10, 23, 4, tzinfo=UTC), Precision.DAY)


def test_instant_has_the_local_date() -> None:
    """An instant after midnight in Greenwich is still the day before in the west."""
    found = dates.when("2025-01-01T03:30:00Z", EASTERN)

    assert found == (date(2024, 12, 31), datetime(2025, 1, 1, 3, 30, tzinfo=UTC), Precision.MINUTE)


def test_time_without_a_zone_is_local() -> None:
    """Without a zone the agency's is meant, summer time included."""
    found = dates.when("2025-07-01T12:00:00", "Europe/Paris")

    assert found == (date(2025, 7, 1), datetime(2025, 7, 1, 10, tzinfo=UTC), Precision.MINUTE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-31", (date(2025, 3, 31), None, Precision.DAY)),
        ("2025-03", (date(2025, 3, 1), None, Precision.MONTH)),
        ("2024-02-29", (date(2024, 2, 29), None, Precision.DAY)),
    ],
)
def test_day_and_month_have_no_instant(text: str, expected: tuple[date, None, Precision]) -> None:
    """What was written decides the precision: a day and a month have no instant in any zone."""
    assert expected == dates.when(text, EASTERN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025",
        "2025-13",
        "2025-02-29",
        "2025-02-30T04:00:00.000+0000",
        "2025-03-31T24:30:00Z",
        "2025-03-31T10:00:00+25:00",
        "2025-03-31T10",
        "20250331",
        "2025-W14-1",
        "31/03/2025",
        "next week",
        "\u0662\u0660\u0662\u0665-\u0660\u0663-\u0663\u0661",
        "2025-03-31 10:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "9" * 10_000,
        None,
        20250331,
        ["2025-03-31"],
    ],
)
def test_what_is_no_date_is_none(text: object) -> None:
    """Impossible dates, other spellings and other types are no date, and no error."""
    assert dates.when(text, EASTERN) is None


@pytest.mark.parametrize("text", ["2025-03-31", "2025-03", "2025-03-31T10:00:00", "soon"])
def test_instant_needs_a_zone(text: str) -> None:
    """Date, time and zone have to be written where an instant is meant."""
    assert dates.instant(text) is None
    assert dates.instant("2025-03-31T10:00:00.250+0200") == datetime(2025, 3, 31, 8, 0, 0, 250_000, UTC)


def test_midnight_follows_summer_time() -> None:
    """A day begins four hours after Greenwich in summer and five in winter."""
    assert dates.midnight(date(2025, 7, 1), EASTERN) == datetime(2025, 7, 1, 4, tzinfo=UTC)
    assert dates.midnight(date(2026, 3, 1), EASTERN) == datetime(2026, 3, 1, 5, tzinfo=UTC)


@given(
    moment=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2099, 12, 31)),  # noqa: DTZ001  # Hypothesis takes naive bounds
    offset=st.integers(-14 * 60, 14 * 60),
)
def test_instant_survives_any_offset(moment: datetime, offset: int) -> None:
    """However the offset is written, the instant is the same."""
    sign, minutes = ("-", -offset) if offset < 0 else ("+", offset)
    shifted = (moment + timedelta(minutes=offset)).isoformat(timespec="microseconds")

    assert moment.replace(tzinfo=UTC) == dates.instant(f"{shifted}{sign}{minutes // 60:02}:{minutes % 60:02}")
    assert moment.replace(tzinfo=UTC) == dates.instant(f"{shifted}{sign}{minutes // 60:02}{minutes % 60:02}")


@given(text=st.text(alphabet="0123456789-:TZ+. ", max_size=30))
def test_no_text_raises(text: str) -> None:
    """Any run of the characters of dates is read or refused without an error, in any zone."""
    for zone in (EASTERN, "Pacific/Guam", "Pacific/Pago_Pago"):
        found = dates.when(text, zone)

        assert found is None or isinstance(found.on, date)
