"""When waves are delivered: the date of each file, which tells adapters the order of deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from producers.simulation.reports import Wave

_FIRST_AFTER = timedelta(days=30)
_BETWEEN = timedelta(days=10)
_MORNING = time(6)
# Days from the last dispatch after which everything is delivered.
DAYS_AFTER = (_FIRST_AFTER + len(Wave) * _BETWEEN).days


@dataclass(frozen=True, slots=True)
class Schedule:
    """The mornings of the waves of a period."""

    last: date

    def morning(self, wave: Wave) -> datetime:
        """Return when a wave begins, UTC."""
        first = datetime.combine(self.last, _MORNING, UTC) + _FIRST_AFTER
        return first + (wave - Wave.FIRST) * _BETWEEN

    def written_at(self, wave: Wave, number: int) -> datetime:
        """Return the date of the n-th file of a wave."""
        return self.morning(wave) + timedelta(seconds=number)
