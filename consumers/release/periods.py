"""Periods of a release: the quarters that an epoch shows, and those that it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from consumers.release import calendar
from consumers.release.calendar import Epoch
from consumers.release.tables import EARLIER, PERIODS
from schemas.errors import ConfigurationError
from schemas.settings import Calendar, ReleaseSettings

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Periods:
    """What an epoch shows.

    Attributes:
        shown: Quarters, ascending; the last one is that in which the epoch ends.
        due: Those of them that get their last block, unless they have it already.
    """

    shown: tuple[str, ...]
    due: tuple[str, ...]

    @property
    def slots(self) -> tuple[str, ...]:
        """What stands in the tables: everything older as one, then the quarters."""
        return (EARLIER, *self.shown)


def of_epoch(epoch: Epoch, settings: ReleaseSettings) -> Periods:
    """Return the periods of an epoch.

    Raises:
        ConfigurationError: A period would leave the tables before its last block.
    """
    quarters = [calendar.of_day(Calendar.QUARTER, epoch.end - _DAY)]
    while len(quarters) < PERIODS - 1:
        quarters.insert(0, calendar.of_day(Calendar.QUARTER, quarters[0].start - _DAY))
    ends = [_last_block(quarter, settings) for quarter in quarters]
    if ends[0].start >= quarters[-1].end:
        raise ConfigurationError(
            "a period would leave the tables before its last block", hint="lower final_epochs"
        )
    return Periods(
        tuple(quarter.name for quarter in quarters),
        tuple(quarter.name for quarter, end in zip(quarters, ends, strict=True) if end.start <= epoch.start),
    )


def _last_block(quarter: Epoch, settings: ReleaseSettings) -> Epoch:
    found = calendar.of_day(settings.epoch, quarter.end - _DAY)
    for _ in range(settings.final_epochs):
        found = calendar.following(settings.epoch, found)
    return found
