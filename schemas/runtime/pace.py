"""Work that is kept to so many in a second."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """When the next may begin, by what was done last; the first one may at once."""

    _due_at: float = 0.0

    @property
    def left_seconds(self) -> float:
        """How long the next has to wait, 0 where it need not."""
        return max(0.0, self._due_at - time.monotonic())

    def did(self, count: int, rate: int) -> None:
        """Note that so many are done, of which a second may have `rate`."""
        self._due_at = time.monotonic() + count / rate
