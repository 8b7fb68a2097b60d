"""Lanes: from which country to which waste goes, and whose systems are told of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple


class Lane(NamedTuple):
    """One route.

    Attributes:
        weight: How often it is taken, beside the others.
        systems: Who is told, by the name of the source.
        loads_max: How many wastes one movement may have.
    """

    origin: str
    destination: str
    weight: int
    systems: tuple[str, ...]
    loads_max: int = 1


_ALL = (
    Lane("US", "US", 24, ("us-emanifest",), loads_max=2),
    Lane("CA", "US", 3, ("us-emanifest",), loads_max=2),
    Lane("MX", "US", 1, ("us-emanifest",), loads_max=2),
    *(Lane("GB", country, 4, ("uk-packaging",)) for country in ("NL", "PL", "TR", "IN")),
    Lane("GB", "GB", 12, ("uk-packaging",)),
    Lane("FR", "FR", 12, ("fr-registry",)),
    # The exporter's registry, its movement documents and those of the importer: one load, three reports.
    Lane("FR", "BE", 8, ("fr-registry", "eu-movement", "eu-movement-fr")),
    Lane("BE", "FR", 6, ("eu-movement", "eu-movement-fr", "fr-registry")),
    Lane("BE", "NL", 4, ("eu-movement",), loads_max=2),
    Lane("PL", "BE", 2, ("eu-movement",), loads_max=2),
    Lane("FR", "DE", 5, ("fr-registry", "table", "eu-movement-fr")),
    Lane("DE", "BE", 5, ("table", "eu-movement")),
    Lane("BE", "DE", 5, ("eu-movement", "table")),
    Lane("DE", "DE", 6, ("table",)),
    *(Lane("GB", country, 3, ("uk-annex-vii",)) for country in ("NL", "PL", "TR", "IN")),
    Lane("IT", "IT", 16, ("it-rentri",)),
    Lane("GB", "GB", 14, ("uk-receipt",), loads_max=2),
)


def lanes(systems: Collection[str]) -> tuple[Lane, ...]:
    """Return the routes of which one of these systems is told."""
    return tuple(lane for lane in _ALL if set(lane.systems) & set(systems))
