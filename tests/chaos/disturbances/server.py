"""Brokers and the registry: killed, paused, restarted."""

from __future__ import annotations

from tests.chaos.scene import Scene


def broker_killed(scene: Scene) -> None:
    """Kill a broker, and start it again after a while."""
    node = scene.dice.choice(scene.world.cluster.nodes)
    node.kill()
    scene.world.tally.kills["broker"] += 1
    scene.pause(0.0, 4.0)
    node.restart()


def broker_paused(scene: Scene) -> None:
    """Pause a broker, which its clients only notice by its silence."""
    node = scene.dice.choice(scene.world.cluster.nodes)
    node.pause()
    scene.pause(0.5, 8.0)
    node.resume()


def broker_restarted(scene: Scene) -> None:
    """Shut a broker down as an operator does, and start it again."""
    node = scene.dice.choice(scene.world.cluster.nodes)
    node.stop()
    node.restart()


def broker_disk_filled(scene: Scene) -> None:
    """Leave a broker no room until it gives up, and start it again with some."""
    node = scene.dice.choice(scene.world.cluster.nodes)
    node.disk.fill()
    for _ in range(3):
        scene.deliver()
        scene.pause(0.5, 3.0)
    node.disk.free()
    node.kill()
    scene.world.tally.kills["broker"] += 1
    node.restart()


def registry_killed(scene: Scene) -> None:
    """Kill the registry, and start it again after a while."""
    registry = scene.world.cluster.exchange.registry
    registry.kill()
    scene.world.tally.kills["registry"] += 1
    scene.pause(0.0, 4.0)
    registry.launch(None)
    registry.wait_until_it_answers()
