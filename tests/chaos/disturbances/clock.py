"""Processes whose clock is wrong."""

from __future__ import annotations

from tests.chaos import clock
from tests.chaos.process import Process
from tests.chaos.scene import Scene

_HOUR = 3600
_SHIFTS = (-30 * 24 * _HOUR, -24 * _HOUR, -_HOUR, -5, 5, _HOUR, 24 * _HOUR, 30 * 24 * _HOUR)


def clock_shifted(process: Process, scene: Scene) -> None:
    """Let a process live a life with another time of day, and end it there."""
    process.kill()
    process.clock = clock.shifted(scene.dice.choice(_SHIFTS))
    process.start()
    scene.deliver()
    process.attend(scene.dice.uniform(4.0, 8.0))
    process.clock = {}
    process.kill()
