"""Waiting with a limit; the clock and the pause are arguments so that tests need not wait."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(
    condition: Callable[[], bool],
    *,
    timeout_seconds: float,
    interval_seconds: float = 0.02,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait until the condition holds; say whether it came to hold within the time."""
    deadline = clock() + timeout_seconds
    while not condition():
        if clock() >= deadline:
            return False
        pause(interval_seconds)
    return True
