"""Processes that stand still, as on a machine that is suspended, and know nothing of it."""

from __future__ import annotations

import signal

from schemas.runtime import clients
from tests.chaos.process import Process
from tests.chaos.scene import Scene

_PATIENCE_SECONDS = 15.0
_OUTLIVED_SECONDS = clients.TRANSACTION_TIMEOUT_MS / 1000 + 4


def paused_at_a_step(process: Process, scene: Scene) -> None:
    """Pause a process at a step, such as one with a transaction open."""
    scene.deliver()
    if process.stops_at(next(scene.steps), 1, signal.SIGSTOP, _PATIENCE_SECONDS):
        scene.pause(0.2, 4.0)
        process.resume()


def paused_at_any_moment(process: Process, scene: Scene) -> None:
    """Pause a process while it starts, or works."""
    scene.deliver()
    process.attend(scene.dice.uniform(0.0, 2.0))
    process.pause()
    scene.pause(0.2, 4.0)
    process.resume()


def paused_for_long(process: Process, scene: Scene) -> None:
    """Pause a process until the broker has given its transaction up."""
    scene.deliver()
    if process.stops_at(next(scene.steps), 1, signal.SIGSTOP, _PATIENCE_SECONDS):
        scene.pause(_OUTLIVED_SECONDS, _OUTLIVED_SECONDS + 4)
        process.resume()
