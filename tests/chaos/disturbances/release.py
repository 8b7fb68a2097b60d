"""Releases of the hub, killed while the hub is killed too."""

from __future__ import annotations

import signal

from tests.chaos.scene import Scene

_PATIENCE_SECONDS = 20.0
_TIMES_MAX = 3


def release_killed(scene: Scene) -> None:
    """Have a hub release what is due, and kill that at steps of its work, some times over."""
    release = scene.world.release
    for _ in range(scene.dice.randint(1, _TIMES_MAX)):
        step = scene.dice.choice(release.steps)
        if not release.stops_at(step, 1, signal.SIGKILL, _PATIENCE_SECONDS):
            release.kill()
