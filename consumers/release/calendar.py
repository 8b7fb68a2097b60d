"""Epochs: the calendar slots of publication, by UTC.

An epoch closes at its calendar end plus the lateness bound, by the clock and by nothing
else: a moment that depended on data would tell something of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter

from schemas.errors import ConfigurationError
from schemas.settings import Calendar

_MONTHS_A_QUARTER = 3
_MONTHS_A_YEAR = 12
_END = attrgetter("end")


@dataclass(frozen=True, slots=True, order=True)
class Epoch:
    """One slot; slots of one calendar are ordered by time.

    Attributes:
        start: First day.
        end: First day that is not in it.
        name: Such as 2026-10-31, 2026-W44, 2026-10 or 2026-Q4.
    """

    start: date
    end: date
    name: str

    def closes_at(self, lateness: timedelta) -> datetime:
        """Return the instant from which nothing more enters it."""
        return datetime.combine(self.end, time(), UTC) + lateness


def of_day(calendar: Calendar, day: date) -> Epoch:
    """Return the epoch in which a day lies."""
    return _SLOTS[calendar](day)


def following(calendar: Calendar, epoch: Epoch) -> Epoch:
    """Return the epoch after another one."""
    return of_day(calendar, epoch.end)


def named(calendar: Calendar, name: str) -> Epoch:
    """Return the epoch of a name.

    Raises:
        ConfigurationError: The calendar has none of that name.
    """
    try:
        found = of_day(calendar, _FIRST_DAYS[calendar](name))
    except (ValueError, OverflowError):
        found = None
    if found is None or found.name != name:
        raise ConfigurationError(
            f"no {calendar} is called so", hint=f"write it like {of_day(calendar, _EXAMPLE).name}"
        ) from None
    return found


def parsed(name: str) -> Epoch:
    """Return the epoch of a name, whichever calendar it is of: a hub may have changed its calendar.

    Raises:
        ConfigurationError: No calendar has it.
    """
    for calendar in Calendar:
        with suppress(ConfigurationError):
            return named(calendar, name)
    raise ConfigurationError("no calendar has such an epoch", hint="write it like 2026-10 or 2026-W44")


def closed_since(
    calendar: Calendar, lateness: timedelta, now: datetime, names: Collection[str]
) -> Iterator[Epoch]:
    """Yield the epochs that have closed after the last one of some, in order; none where there is none."""
    if not names:
        return
    epoch = following(calendar, max(map(parsed, names), key=_END))
    while epoch.closes_at(lateness) <= now:
        yield epoch
        epoch = following(calendar, epoch)


def last_closed(calendar: Calendar, lateness: timedelta, now: datetime) -> Epoch:
    """Return the newest epoch that is closed."""
    open_since = (now.astimezone(UTC) - lateness).date()
    return of_day(calendar, of_day(calendar, open_since).start - timedelta(days=1))


def _day(day: date) -> Epoch:
    return Epoch(day, day + timedelta(days=1), day.isoformat())


def _week(day: date) -> Epoch:
    year, week, weekday = day.isocalendar()
    start = day - timedelta(days=weekday - 1)
    return Epoch(start, start + timedelta(days=7), f"{year:04}-W{week:02}")


def _month(day: date) -> Epoch:
    return Epoch(day.replace(day=1), _months_later(day, 1), f"{day:%Y-%m}")


def _quarter(day: date) -> Epoch:
    number = (day.month - 1) // _MONTHS_A_QUARTER
    start = day.replace(month=number * _MONTHS_A_QUARTER + 1, day=1)
    return Epoch(start, _months_later(start, _MONTHS_A_QUARTER), f"{day.year:04}-Q{number + 1}")


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    return date(day.year + years, month + 1, 1)


def _quarter_start(name: str) -> date:
    year, _, number = name.partition("-Q")
    return date(int(year), (int(number) - 1) * _MONTHS_A_QUARTER + 1, 1)


_EXAMPLE = date(2026, 10, 31)
_SLOTS: Mapping[Calendar, Callable[[date], Epoch]] = {
    Calendar.DAY: _day,
    Calendar.WEEK: _week,
    Calendar.MONTH: _month,
    Calendar.QUARTER: _quarter,
}
_FIRST_DAYS: Mapping[Calendar, Callable[[str], date]] = {
    Calendar.DAY: date.fromisoformat,
    Calendar.WEEK: lambda name: datetime.strptime(f"{name}-1", "%G-W%V-%u").replace(tzinfo=UTC).date(),
    Calendar.MONTH: lambda name: date.fromisoformat(f"{name}-01"),
    Calendar.QUARTER: _quarter_start,
}
