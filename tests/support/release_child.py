"""A release that kills itself at one of its steps, for tests that run it as a process."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from consumers.release.run import run
from schemas.settings import HubSettings, KafkaSettings


def main() -> None:
    """Release until the n-th time that a step is taken."""
    file, brokers, registry, epoch, step, times = sys.argv[1:]
    left = int(times)

    def on_step(name: str) -> None:
        nonlocal left
        left -= name == step
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    kafka = KafkaSettings(bootstrap_servers=brokers, registry_url=registry)
    run(HubSettings(file=Path(file)), kafka, epoch, datetime(2026, 11, 1, tzinfo=UTC), on_step)


if __name__ == "__main__":
    main()
