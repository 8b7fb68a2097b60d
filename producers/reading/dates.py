"""Dates and instants as national systems write them, read without ever raising.

Accepted is ISO 8601 as those systems use it: an instant (`+0000`, `+00:00`, `Z`), a local
time without a zone, a day, a month. What was written decides the precision, the zone
decides the local date. Anything else, impossible dates too, is None; whether a date is
plausible is not decided here.
"""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from producers.statement import When
from schemas.movement import Precision

# Longer text is no date; it is not even looked at.
_CHARACTERS_MAX = 40
# A stage is dated by the same instant for each of its lines, and a day is that of many documents.
_REMEMBERED_MAX = 16_384
_SPELLING = re.compile(
    r"(?P<month>[0-9]{4}-[0-9]{2})(?:-[0-9]{2}"
    r"(?P<time>T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)?",
    re.ASCII,
)
_MIDNIGHT = time()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


class Stamp(NamedTuple):
    """A date as written, before a zone makes a local date of it.

    Attributes:
        moment: Aware where a zone was written; else local, midnight where no time was.
        precision: MINUTE where a time was written, else DAY or MONTH.
    """

    moment: datetime
    precision: Precision

    def when(self, zone: str) -> When:
        """Return the local date in an IANA zone, and the instant where a time was written.

        An instant at midnight of that zone is a day that a system wrote as an instant:
        its precision is DAY.
        """
        return _when(self, zone)


@lru_cache(_REMEMBERED_MAX)
def _when(read: Stamp, zone: str) -> When:
    if read.precision is not Precision.MINUTE:
        return When(read.moment.date(), None, read.precision)
    local = _in_zone(read.moment, zone)
    precision = Precision.DAY if local.time() == _MIDNIGHT else Precision.MINUTE
    return When(local.date(), local.astimezone(UTC), precision)


def stamp(text: object) -> Stamp | None:
    """Return what a text says of a date, None where it is no date."""
    if not isinstance(text, str) or len(text) > _CHARACTERS_MAX:
        return None
    return _stamp(text)


@lru_cache(_REMEMBERED_MAX)
def _stamp(text: str) -> Stamp | None:
    stated = text.strip()
    match = _SPELLING.fullmatch(stated)
    if match is None:
        return None
    is_month = len(stated) == len(match["month"])
    moment = _moment(f"{stated}-01" if is_month else stated)
    if moment is None:
        return None
    if match["time"] is not None:
        return Stamp(moment, Precision.MINUTE)
    return Stamp(moment, Precision.MONTH if is_month else Precision.DAY)


def when(text: object, zone: str) -> When | None:
    """Return the local date in an IANA zone, its instant and precision; None where it is no date."""
    read = stamp(text)
    return read.when(zone) if read is not None else None


def instant(text: object) -> datetime | None:
    """Return the instant in UTC; None unless date, time and zone are written."""
    read = stamp(text)
    return read.moment.astimezone(UTC) if read is not None and read.moment.tzinfo is not None else None


def milliseconds(at: datetime) -> int:
    """Return the milliseconds from 1970 to an instant: the order of versions that are known by instants."""
    return (at - _EPOCH) // _MILLISECOND


def microseconds(at: datetime) -> int:
    """Return the microseconds from 1970 to an instant."""
    return (at - _EPOCH) // _MICROSECOND


@lru_cache(_REMEMBERED_MAX)
def midnight(on: date, zone: str) -> datetime:
    """Return the instant, in UTC, at which a day begins in an IANA zone."""
    return datetime.combine(on, _MIDNIGHT, _zone(zone)).astimezone(UTC)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # The first and the last year that Python knows cannot be moved from zone to zone.
    return moment if MINYEAR < moment.year < MAXYEAR else None


def _in_zone(moment: datetime, zone: str) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=_zone(zone))
    return moment.astimezone(_zone(zone))


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
