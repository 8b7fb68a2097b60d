"""Attack: tell from number, size, order and moment of records on which days a company was active.

The attacker sees the release of every day, and is told for the first half of them on which days the
company shipped. It takes whatever of the records' outside tells best, and guesses the other half.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from itertools import pairwise
from typing import Any

import polars as pl

from consumers.release import calendar, release, tables
from consumers.release.decision import Attribution, Decision, decide
from consumers.release.release import Release, Slot
from schemas.headers import cloud_event
from schemas.keystore.documents import HubDocument
from schemas.settings import Calendar, ReleaseSettings, TableSettings
from tests.support import events

DAYS = 36
FIRST = date(2026, 7, 6)
SETTINGS = ReleaseSettings(
    epoch=Calendar.DAY,
    lateness_hours=1,
    countries=("FR",),
    measures=("RECEIVED",),
    flows=("DOMESTIC",),
    tables=(TableSettings(name="movements", material="group"),),
)
KEYS = HubDocument.new(date(2026, 1, 1))
TABLES = tables.configured("north", SETTINGS, bytes(32))
# Alone with its material, so that nobody hides what it does.
COMPANY, MATERIAL = events.key("company of interest"), "GLASS"
OTHERS = [events.key("other", number) for number in range(12)]
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("measure", "flow", "region", "partner", "material", "operation", "period"), pl.String),
    "group_key": pl.Binary,
    "counterparty_key": pl.Binary,
    "agency": pl.String,
    "companies": pl.List(pl.Binary),
    "counterparties": pl.List(pl.Binary),
    "is_public": pl.Boolean,
    "mass_g": pl.Int64,
    "unconverted": pl.Int64,
}

Outside = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One day.

    Attributes:
        shipped: Whether the company did.
        touched: Leaf cells in which anything happened.
        release: What the hub released.
    """

    shipped: bool
    touched: int
    release: Release


def load(material: str, company: bytes, period: str, mass_g: int) -> tuple[object, ...]:
    """Return what one company received."""
    place = ("RECEIVED", "DOMESTIC", "FR", "FR", material, "RECYCLING", period)
    return (*place, company, None, "FR-DGPR", [], [], False, mass_g, 0)


def decided(rows: list[tuple[object, ...]], before: Attribution, day: date) -> Decision:
    """Return what the epoch of a day publishes."""
    contributions = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return decide(contributions, before, calendar.of_day(Calendar.DAY, day), TABLES)


@cache
def world() -> list[Day]:
    """Return days, released one by one."""
    dice = random.Random(7)  # noqa: S311  # the same world for everybody
    days: list[Day] = []
    rows: list[tuple[object, ...]] = []
    before, head = Attribution(), None
    for number in range(DAYS):
        shipped = dice.random() < 0.5
        new = [
            load(dice.choice(("PAPER", "PLASTIC")), company, "2026-Q3", dice.randrange(1, 40) * 1_000_000)
            for company in dice.sample(OTHERS, dice.randrange(3, 9))
        ]
        new += [load(MATERIAL, COMPANY, "2026-Q3", dice.randrange(1, 40) * 1_000_000)] * shipped
        rows += new
        day = FIRST + timedelta(days=number)
        found = decided(rows, before, day)
        epoch = calendar.of_day(Calendar.DAY, day)
        slot = Slot("north", epoch, epoch.closes_at(SETTINGS.lateness), head, ("north",))
        made = release.composed(slot, found, {0: 1_000 + len(rows)}, b"configuration", KEYS.signing)
        days.append(Day(shipped, len({row[4] for row in new}), made))
        before, head = found.attribution, made.release_id
    return days


def outside(day: Day) -> Outside:
    """Return all that can be seen of a release without reading what it says."""
    made = day.release
    sizes = [len(key) + len(body) for key, body in made.observations]
    headers = cloud_event(made.release_id, "north", "Release", made.closed_at.date())
    late = made.closed_at - calendar.parsed(made.epoch).closes_at(timedelta())
    order = sha256(b"".join(key.replace(made.epoch.encode(), b"") for key, _ in made.observations)).digest()
    told = sum(len(str(value)) for _, value in headers)
    return (len(sizes), sum(sizes), len(made.body), told, late.total_seconds(), order[0], *sizes)


def careless(day: Day) -> Outside:
    """Return what is seen of a hub that sends a record for each cell in which anything happened."""
    return (day.touched,)


def auc(values: list[float], labels: list[bool]) -> float:
    """Return how often a day with the label has the larger value than one without; ties count half."""
    pairs = [
        (one > other) + 0.5 * (one == other)
        for one, is_one in zip(values, labels, strict=True)
        for other, is_other in zip(values, labels, strict=True)
        if is_one and not is_other
    ]
    return sum(pairs) / len(pairs)


def guessed(days: list[Day], seen: Callable[[Day], Outside]) -> float:
    """Return how well the attacker guesses, 0.5 being by chance.

    Of what it sees of a day, and of how that differs from the day before, it takes what told most
    in the first half.
    """
    found = [seen(day) for day in days]
    features = [
        [*now, *(value - before for value, before in zip(now, past, strict=True))]
        for past, now in pairwise(found)
    ]
    labels = [day.shipped for day in days[1:]]
    half = len(labels) // 2
    first = [auc([*column], labels[:half]) for column in zip(*features[:half], strict=True)]
    best = max(range(len(first)), key=lambda place: abs(first[place] - 0.5))
    second = auc([row[best] for row in features[half:]], labels[half:])
    return second if first[best] >= 0.5 else 1 - second


def test_the_outside_of_a_release_tells_nothing() -> None:
    """Number, sizes, order, headers and moment are the same every day, whoever ships."""
    assert guessed(world(), outside) <= 0.55


def test_a_release_of_what_happened_tells_the_day() -> None:
    """The same attacker finds the days of a hub that is silent about cells in which nothing happened."""
    assert guessed(world(), careless) > 0.8


def shown_as_time_goes_on(remembered: Callable[[Attribution], Attribution]) -> list[int | None]:
    """Return what the cell of a company, alone with its material, shows on three days of a new quarter.

    It shipped in the quarter before, and ships again on the third day.
    """
    rows = [load(MATERIAL, COMPANY, "2026-Q3", 5_000_000)]
    rows += [
        load("PAPER", company, period, 1_000_000) for company in OTHERS for period in ("2026-Q3", "2026-Q4")
    ]
    before = decided(rows, Attribution(), date(2026, 9, 30)).attribution
    shown: list[int | None] = []
    for number in range(3):
        if number == 2:
            rows.append(load(MATERIAL, COMPANY, "2026-Q4", 5_000_000))
        found = decided(rows, remembered(before), date(2026, 10, 2) + timedelta(days=number))
        cell = found.observations.filter(pl.col("material") == MATERIAL, pl.col("period") == "2026-Q4")
        shown += cell["mass_g"].to_list()
        before = found.attribution
    return shown


def test_a_cell_of_one_company_never_shows_that_it_is_empty() -> None:
    """What was withheld in the trailing year is withheld on days without anything too."""
    assert shown_as_time_goes_on(lambda found: found) == [None, None, None]


def test_a_hub_that_forgets_shows_the_days_without_anything() -> None:
    """Without memory of what was withheld, zeros tell until when the company did not ship."""
    assert shown_as_time_goes_on(lambda found: replace(found, watched=found.watched.clear())) == [0, 0, None]
