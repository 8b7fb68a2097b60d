"""The network between clients and brokers."""

from __future__ import annotations

from tests.chaos.proxy import Flow
from tests.chaos.scene import Scene

_FLOWS = [flow for flow in Flow if flow is not Flow.OPEN]
_LONG = 0.2


def connections_cut(scene: Scene) -> None:
    """End all connections of one link, some times over."""
    link = scene.dice.choice(scene.world.cluster.links)
    for _ in range(scene.dice.randint(1, 4)):
        link.cut()
        scene.pause(0.0, 1.0)


def link_disturbed(scene: Scene) -> None:
    """Hold, drop, slow down, half-close or refuse what goes through one link, mostly for seconds."""
    link, flow = scene.dice.choice(scene.world.cluster.links), scene.dice.choice(_FLOWS)
    is_long = scene.dice.random() < _LONG
    scene.world.tally.happened[f"link {flow}"] += 1
    link.disturb(flow)
    scene.pause(10.0, 20.0) if is_long else scene.pause(0.5, 5.0)
    link.heal()
