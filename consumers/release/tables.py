"""The tables of a hub: their cells, made of settings and code lists and never of data.

The tables share one leaf: each dimension at the finest level that any of them shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.settings import ReleaseSettings


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The tables of one hub, and the rules under which it publishes them. Confidential."""

    hub: str
    settings: ReleaseSettings
    p_permille: int


def configured(hub: str, settings: ReleaseSettings, key: bytes) -> Tables:
    """Return the tables of a hub.

    Args:
        hub: Its name.
        settings: What it publishes.
        key: A secret of the hub that never changes; it decides by how much p is raised.

    Raises:
        ConfigurationError: The tables have too many cells, or hubs share a region without an owner.
    """
    raise NotImplementedError
