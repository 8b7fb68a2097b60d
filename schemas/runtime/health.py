"""Health: a file whose age says when the loop last turned.

A probe compares the age with a limit; a broker that is away does not stop the loop from
turning, so that an outage never becomes a storm of restarts.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

STALE_SECONDS = 60.0


class Health:
    """The health file of one process; without a path nothing is written."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def turned(self) -> None:
        """Say that the loop turned."""
        if self._path is not None:
            # Where it cannot be written it gets old, and the probe says so.
            with suppress(OSError):
                self._path.touch()


def is_alive(path: Path, now: float | None = None) -> bool:
    """Say whether the loop behind a health file turned within the last minute."""
    moment = time.time() if now is None else now
    return path.exists() and moment - path.stat().st_mtime < STALE_SECONDS
