"""Health: what a loop says of itself, in a file, in metrics, in logs and to its supervisor.

The age of the file says when the loop last turned, and a probe compares it with a limit. A
broker that is away does not stop the loop from turning, so that an outage never becomes a
storm of restarts: what is waited for, and since when, is told apart.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from schemas.errors import Awaited, RetriableError, WeighbridgeError
from schemas.runtime.logs import logger
from schemas.runtime.metrics import Metrics
from schemas.runtime.supervisor import Supervisor
from schemas.telemetry import LOOP_TURNED, STARTED, WAITING_SINCE, LogEvent

# Every time-out of our clients is far below.
STUCK_SECONDS = 180
# What is waited for is told once in this time.
_SILENCE_SECONDS = 30.0


class Health:
    """The health of one process; without a path no file is written."""

    def __init__(self, path: Path | None, metrics: Metrics | None = None) -> None:
        self._path = path
        self._metrics = metrics or Metrics()
        self._supervisor = Supervisor()
        self._turned = self._metrics.gauge(LOOP_TURNED)
        self._since: dict[Awaited, float] = {}
        self._told_at: dict[Awaited, float] = {}
        self._why: dict[Awaited, str] = {}
        self.turns = 0
        self._metrics.gauge(STARTED).set(time.time())
        self._turned.set(time.time())

    @property
    def awaited(self) -> set[Awaited]:
        """What does not answer now."""
        return set(self._since)

    def turned(self) -> None:
        """Say that the loop turned."""
        self.turns += 1
        self._turned.set(time.time())
        if self._path is not None:
            # Where it cannot be written it gets old, and the probe says so.
            with suppress(OSError):
                self._path.touch()
        self._supervisor.turned()

    def waits(self, error: RetriableError) -> None:
        """Say that the loop turns and waits; raises nothing, and logs now and then."""
        self.lacks(error.awaited, error)
        self.turned()

    def lacks(self, awaited: Awaited, error: WeighbridgeError) -> None:
        """Say what does not work for the moment, and why, while the loop goes on with the rest."""
        now = time.time()
        since = self._since.setdefault(awaited, now)
        self._metrics.gauge(WAITING_SINCE, reason=awaited).set(since)
        self._why[awaited] = str(error)
        self._show()
        if now - self._told_at.get(awaited, 0.0) >= _SILENCE_SECONDS:
            self._told_at[awaited] = now
            seconds = round(now - since)
            logger().warning(
                LogEvent.WAITING, awaited=awaited, seconds=seconds, error=str(error), hint=error.hint
            )

    def answered(self, *awaited: Awaited) -> None:
        """Say that what was waited for is there: some of it, or all."""
        for name in awaited or tuple(self._since):
            since = self._since.pop(name, None)
            if since is not None:
                self._told_at.pop(name)
                self._why.pop(name)
                self._metrics.forget(WAITING_SINCE, name)
                logger().info(LogEvent.ANSWERED, awaited=name, seconds=round(time.time() - since))
        self._show()

    def stops(self) -> None:
        """Say that the process was told to end; safe in the handler of a signal."""
        self._supervisor.stops()

    def _show(self) -> None:
        waits = [f"waits for {name}: {why}" for name, why in self._why.items()]
        self._supervisor.shows("; ".join(waits) or "works")


def is_alive(path: Path, now: float | None = None) -> bool:
    """Say whether the loop behind a health file turned within the last three minutes."""
    moment = time.time() if now is None else now
    return path.exists() and moment - path.stat().st_mtime < STUCK_SECONDS
