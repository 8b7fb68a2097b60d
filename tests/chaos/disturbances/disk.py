"""A hub whose disk is full."""

from __future__ import annotations

from tests.chaos.process import Process
from tests.chaos.scene import Scene


def disk_filled(process: Process, scene: Scene) -> None:
    """Leave a hub no room for a while, in which it starts, or works."""
    scene.world.site.disk.fill()
    scene.deliver()
    process.attend(scene.dice.uniform(1.0, 4.0))
    scene.world.site.disk.free()
