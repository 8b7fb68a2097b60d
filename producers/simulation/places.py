"""Sites of companies, and the country, part of the country and clock that each has.

A site is a number within its country, so a world of any size needs no memory. The parts of a
country are written down with the part that a hub shows: departments of France and provinces of
Italy count for their region.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

SITES_PER_COUNTRY = 3_000
_REMEMBERED_MAX = 16_384


class Part(NamedTuple):
    """Part of a country.

    Attributes:
        code: ISO 3166-2, None where the part is not told.
        shown: The largest part that it lies in, as hubs show it.
        zone: IANA time zone.
        postcode: Of an address there; of Italy the number of a municipality.
    """

    code: str | None
    shown: str
    zone: str
    postcode: str = ""


class Site(NamedTuple):
    """Where a company sends or takes waste."""

    number: int
    country: str
    part: Part

    @property
    def id(self) -> str:
        """Return what tells the site from all others."""
        return f"{self.country}-{self.number}"

    def day(self, at: datetime) -> date:
        """Return the local date of an instant."""
        return at.astimezone(_clock(self.part.zone)).date()


@cache
def _clock(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)


def _american(states: str, zone: str) -> list[Part]:
    return [Part(f"US-{state}", f"US-{state}", f"{zone}") for state in states.split()]


PARTS: dict[str, Sequence[Part]] = {
    "US": (
        *_american("NY OH GA", "America/New_York"),
        *_american("IL TX LA", "America/Chicago"),
        *_american("CO", "America/Denver"),
        *_american("AZ", "America/Phoenix"),
        *_american("CA WA", "America/Los_Angeles"),
        *_american("AK", "America/Anchorage"),
        *_american("HI", "Pacific/Honolulu"),
        *_american("PR", "America/Puerto_Rico"),
    ),
    "GB": (
        Part("GB-ENG", "GB-ENG", "Europe/London", "LS99 9ZZ"),
        Part("GB-SCT", "GB-SCT", "Europe/London", "ZE9 9ZZ"),
        Part("GB-WLS", "GB-WLS", "Europe/London", "CF98 9ZZ"),
        Part("GB-NIR", "GB-NIR", "Europe/London", "BT99 9ZZ"),
    ),
    "FR": (
        Part("FR-59", "FR-HDF", "Europe/Paris", "59999"),
        Part("FR-69", "FR-ARA", "Europe/Paris", "69999"),
        Part("FR-13", "FR-PAC", "Europe/Paris", "13999"),
        Part("FR-33", "FR-NAQ", "Europe/Paris", "33999"),
        Part("FR-57", "FR-GES", "Europe/Paris", "57999"),
        Part("FR-75C", "FR-IDF", "Europe/Paris", "75999"),
        Part("FR-2A", "FR-20R", "Europe/Paris", "20199"),
    ),
    "BE": (
        Part("BE-VLG", "BE-VLG", "Europe/Brussels"),
        Part("BE-WAL", "BE-WAL", "Europe/Brussels"),
        Part("BE-BRU", "BE-BRU", "Europe/Brussels"),
    ),
    "DE": (
        Part("DE-NW", "DE-NW", "Europe/Berlin"),
        Part("DE-BY", "DE-BY", "Europe/Berlin"),
        Part("DE-HH", "DE-HH", "Europe/Berlin"),
        Part("DE-SN", "DE-SN", "Europe/Berlin"),
    ),
    "IT": (
        # No municipality has the last three digits.
        Part("IT-25", "IT-25", "Europe/Rome", "015999"),
        Part("IT-52", "IT-52", "Europe/Rome", "048999"),
        Part("IT-62", "IT-62", "Europe/Rome", "058999"),
        Part("IT-75", "IT-75", "Europe/Rome", "072999"),
        Part("IT-82", "IT-82", "Europe/Rome", "087999"),
        Part("IT-88", "IT-88", "Europe/Rome", "092999"),
        Part("IT-23", "IT-23", "Europe/Rome", "007999"),
    ),
}
_ELSEWHERE = {
    "CA": "America/Toronto",
    "MX": "America/Mexico_City",
    "NL": "Europe/Amsterdam",
    "PL": "Europe/Warsaw",
    "TR": "Europe/Istanbul",
    "IN": "Asia/Kolkata",
}


@lru_cache(_REMEMBERED_MAX)
def site(country: str, number: int) -> Site:
    """Return a site by its number in its country."""
    parts = PARTS.get(country) or (Part(None, country, _ELSEWHERE[country]),)
    return Site(number, country, parts[number % len(parts)])


def drawn(country: str, dice: Random) -> Site:
    """Draw a site; few are behind most of what moves, as in every country."""
    return site(country, int(SITES_PER_COUNTRY * dice.random() ** 3))
