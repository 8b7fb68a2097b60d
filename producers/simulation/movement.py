"""Physical movements: what truly went from where to where, before anybody reports anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from typing import NamedTuple, TypeVar

from producers.simulation.places import Site, drawn

# What dries on the way: 0.5 to 3 percent.
_LOSS_PERMILLE = (5, 30)
_LOAD_G = (20_000, 26_000_000)
_DAYS_UNDER_WAY_MAX = 21
_SEVERAL_LOADS = 0.2
_REFUSED = 0.04
_CHOICES = 1 << 20

AnyWaste = TypeVar("AnyWaste")


class Fate(StrEnum):
    """What became of a load at its destination."""

    ARRIVED = "ARRIVED"
    REFUSED = "REFUSED"


class Load(NamedTuple):
    """One waste of a movement; true masses on exact scales, in grams.

    Attributes:
        choice: Number by which every system finds the waste in the list that it uses.
    """

    choice: int
    sent_g: int
    arrived_g: int

    def of(self, wastes: Sequence[AnyWaste]) -> AnyWaste:
        """Return the waste of a list that it is."""
        return wastes[self.choice % len(wastes)]


class Movement(NamedTuple):
    """One lorry, wagon or container.

    Attributes:
        loads: One or two wastes.
        dispatched_at: UTC, as is `arrived_at`.
        arrived_at: When it reached its destination, whether it was taken there or not.
    """

    number: int
    origin: Site
    destination: Site
    loads: tuple[Load, ...]
    dispatched_at: datetime
    arrived_at: datetime
    fate: Fate


class Period(NamedTuple):
    """Days on which movements are dispatched, both included."""

    first: date
    last: date


def moved(
    number: int, ends: tuple[str, str], period: Period, dice: Random, *, loads_max: int = 1
) -> Movement:
    """Draw a movement from one country to another, or within one."""
    origin, destination = ends
    dispatched_at = _instant(period, dice)
    return Movement(
        number,
        drawn(origin, dice),
        drawn(destination, dice),
        tuple(_load(dice) for _ in range(loads_max if dice.random() < _SEVERAL_LOADS else 1)),
        dispatched_at,
        dispatched_at + timedelta(hours=dice.randrange(1, _DAYS_UNDER_WAY_MAX * 24)),
        Fate.REFUSED if dice.random() < _REFUSED else Fate.ARRIVED,
    )


def _load(dice: Random) -> Load:
    sent_g = dice.randrange(*_LOAD_G)
    return Load(dice.randrange(_CHOICES), sent_g, sent_g - sent_g * dice.randrange(*_LOSS_PERMILLE) // 1000)


def _instant(period: Period, dice: Random) -> datetime:
    days = (period.last - period.first).days + 1
    begin = datetime.combine(period.first, time(), UTC)
    # Never on the full hour: a system may read midnight as a day without a time.
    return begin + timedelta(
        days=dice.randrange(days), hours=dice.randrange(24), minutes=dice.randrange(1, 60)
    )
