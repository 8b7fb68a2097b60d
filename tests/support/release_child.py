"""A release that kills itself at one of its steps, for tests that run it as a process."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime

from consumers.release.run import Run
from schemas.runtime import logs
from schemas.settings import HubSettings, KafkaSettings


def main() -> None:
    """Release until the n-th time that a step is taken."""
    given = json.loads(sys.argv[1])
    left = given["times"]
    logs.configure()

    def on_step(name: str) -> None:
        nonlocal left
        left -= name == given["step"]
        if name == given["step"] and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Run(
        settings=HubSettings.model_validate(given["settings"]),
        kafka=KafkaSettings.model_validate(given["kafka"]),
        now=datetime.fromisoformat(given["now"]),
        on_step=on_step,
    ).run()


if __name__ == "__main__":
    main()
