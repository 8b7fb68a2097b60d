"""How often a process looks for garbage in cycles."""

from __future__ import annotations

import gc

# Documents and events live shortly, die without cycles, and are many; what is remembered lives
# on and grows. The interpreter's own thresholds (700, 10, 10) look through it again and again.
_THRESHOLDS = (50_000, 20, 100)


def collect_rarely() -> None:
    """Look for cycles after tens of thousands of new objects instead of hundreds; once a process."""
    gc.set_threshold(*_THRESHOLDS)
