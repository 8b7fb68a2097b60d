"""How far a hub has come on its way to what was there when it started."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from schemas.runtime.logs import logger
from schemas.telemetry import LogEvent

# So often a line of the log tells of it.
_TELL_SECONDS = 15.0

# Takes how many offsets are done, and how many there are.
Show = Callable[[int, int], None]


def show_nothing(_: int, __: int) -> None:
    """Take where a hub is and show nothing."""


@dataclass(slots=True)
class Progress:
    """The way from where a file ends to the ends that the broker named; counted in offsets.

    A rebuild is the whole way; after a stop it is what came meanwhile.

    Attributes:
        begin: By partition, where the hub goes on.
        ends: By partition, what it has caught up with once it is there.
        show: Told after each turn until the end is reached.
        clock: Monotonic seconds.
    """

    begin: Mapping[int, int]
    ends: Mapping[int, int]
    show: Show = show_nothing
    clock: Callable[[], float] = time.monotonic
    _began_at: float = field(init=False)
    _told_at: float = field(init=False)
    _is_over: bool = False

    def __post_init__(self) -> None:
        """Begin to count."""
        self._began_at = self._told_at = self.clock()

    @property
    def records(self) -> int:
        """How many offsets the way has."""
        return self._between(self.ends)

    def moved(self, reached: Mapping[int, int]) -> None:
        """Tell of what is reached, now and then, and once of the end."""
        if self._is_over:
            return
        done = self._between(reached)
        self.show(done, self.records)
        seconds = self.clock() - self._began_at
        if done >= self.records:
            self._is_over = True
            logger().info(LogEvent.CAUGHT_UP, records=self.records, seconds=round(seconds, 1))
        elif self.clock() - self._told_at >= _TELL_SECONDS:
            self._told_at = self.clock()
            left = self.records - done
            # Unknown as long as nothing is done.
            remaining = {"remaining_seconds": round(left * seconds / done)} if done else {}
            percent = 100 * done // self.records
            logger().info(LogEvent.CATCHING_UP, percent=percent, records_left=left, **remaining)

    def _between(self, reached: Mapping[int, int]) -> int:
        """Return how much of the way is done where so much is reached; what came later is not of it."""
        return sum(
            max(0, min(reached.get(partition, 0), end) - self.begin.get(partition, 0))
            for partition, end in self.ends.items()
        )
