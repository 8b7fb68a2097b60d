"""Selections: resources that are read again though nothing about them has changed.

After a repair of what made them rejected, or of the adapter. A run with a selection reads
nothing else, and neither moves the position of its source nor tells it that it is done:
the ordinary run that follows goes on where the last one stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from producers.sources.source import Resource


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources are read again.

    Attributes:
        since: Only what was delivered at or after this instant, aware; None: whenever.
        file_keys: Only these, by the keys of their names; None: all.
    """

    since: datetime | None = None
    file_keys: frozenset[bytes] | None = None

    def has(self, resource: Resource, key: bytes) -> bool:
        """Say whether a resource, which has that key, is to be read."""
        is_recent = self.since is None or resource.delivered_at >= self.since
        return is_recent and (self.file_keys is None or key in self.file_keys)
