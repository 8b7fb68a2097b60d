"""Processes that are killed."""

from __future__ import annotations

import signal

from tests.chaos.process import Process
from tests.chaos.scene import Scene

_PATIENCE_SECONDS = 15.0
_OCCURRENCES_MAX = 2


def killed_at_a_step(process: Process, scene: Scene) -> None:
    """Kill a process at a step of its loop; where it does not come to that step, wherever it is."""
    occurrence = (
        scene.dice.randint(1, _OCCURRENCES_MAX) if process.is_turning(step := next(scene.steps)) else 1
    )
    scene.deliver()
    if not process.stops_at(step, occurrence, signal.SIGKILL, _PATIENCE_SECONDS):
        process.kill()


def killed_at_any_moment(process: Process, scene: Scene) -> None:
    """Kill a process while it starts, or works."""
    scene.deliver()
    process.attend(scene.dice.uniform(0.0, 2.0))
    process.kill()
