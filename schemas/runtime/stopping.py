"""How a process that runs until it is stopped learns that it is."""

from __future__ import annotations

import signal
import threading

from schemas.runtime.health import Health


def stop_when_told(stop: threading.Event, health: Health) -> None:
    """Have SIGTERM and SIGINT set an event, which the loop looks at, and nothing else."""

    def told(*_: object) -> None:
        stop.set()
        health.stops()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
