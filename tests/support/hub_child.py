"""A hub in a process of its own that ends itself, as a crash would, at a chosen step.

Arguments: brokers, registry, file, step, and at which occurrence of it to die (0: never).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from consumers.hub.hub import Hub
from schemas.runtime import logs
from schemas.runtime.health import Health
from schemas.runtime.metrics import Metrics
from schemas.settings import HubSettings, KafkaSettings


def main() -> None:
    """Run until the end of the topic, or the chosen step."""
    brokers, registry, file, step, occurrence = sys.argv[1:]
    left = int(occurrence)
    logs.configure()

    def on_step(name: str) -> None:
        nonlocal left
        left -= name == step
        if name == step and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    hub = Hub(
        settings=HubSettings(name="test", file=Path(file), batch_rows=500, batch_seconds=0.2, metrics_port=0),
        kafka=KafkaSettings(bootstrap_servers=brokers, registry_url=registry),
        metrics=Metrics(),
        health=Health(None),
        on_step=on_step,
    )
    hub.open()
    hub.run(until_end=True)
    hub.close()


if __name__ == "__main__":
    main()
