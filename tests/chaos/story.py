"""One story: agencies deliver, a hub stores, everything is disturbed, and then nothing may be missing."""

from __future__ import annotations

import itertools
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.chaos import catalogue
from tests.chaos.cluster import Cluster
from tests.chaos.process import Process
from tests.chaos.report import Tally
from tests.chaos.scene import Scene
from tests.chaos.truth import compare
from tests.chaos.world import World, new_world

SETTLE_SECONDS_MAX = 120.0
_END_SECONDS_MAX = 45.0
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """What a story is made of; the same plan gives the same one, but for the moments.

    Attributes:
        disturbances: Of each process.
        happenings: Of everything else.
    """

    seed: int
    number: int
    disturbances: int = 16
    happenings: int = 3

    def dice(self, what: str) -> random.Random:
        """Return what decides for one part of the story."""
        return random.Random(f"{self.seed} {self.number} {what}")  # noqa: S311  # chance, not secrets

    def steps(self, process: Process, lane: int) -> Iterator[str]:
        """Return the steps of a process, each as often as the others over many stories."""
        order = random.Random(f"{self.seed} {process.kind}").sample(process.steps, len(process.steps))  # noqa: S311  # as above
        first = (self.number * self.disturbances + lane) % len(order)
        return itertools.islice(itertools.cycle(order), first, None)


def told(plan: Plan, cluster: Cluster, folder: Path) -> Tally:
    """Tell a story and return what happened; its folder stays where something went wrong."""
    with new_world(cluster, folder, str(plan.number), plan.dice("documents")) as world:
        _disturbed(plan, world)
        _settle(world)
        compare(world)
        world.tally.stories = 1
        if not world.tally.is_well:
            shutil.copytree(world.site.file.parent, folder / "hub-kept")
    if world.tally.is_well:
        shutil.rmtree(folder)
    return world.tally


def _disturbed(plan: Plan, world: World) -> None:
    lanes: list[Callable[[], None]] = [partial(_happen, plan, world)]
    for lane, process in enumerate(world.processes):
        lanes.append(partial(_disturb, plan, world, process, lane))
    _together(lanes)
    for link in world.cluster.links:
        link.heal()


def _disturb(plan: Plan, world: World, process: Process, lane: int) -> None:
    """Disturb one process, again and again."""
    weights = catalogue.of_hubs() if process is world.hub else catalogue.of_adapters()
    dice = plan.dice(process.name)
    scene = Scene(world, dice, plan.steps(process, lane))
    for act in dice.choices([*weights], [*weights.values()], k=plan.disturbances):
        world.tally.happened[act.__name__] += 1
        act(process, scene)


def _happen(plan: Plan, world: World) -> None:
    """Disturb everything else."""
    weights, dice = catalogue.of_exchange(), plan.dice("exchange")
    scene = Scene(world, dice, iter(()))
    for act in dice.choices([*weights], [*weights.values()], k=plan.happenings):
        scene.pause(0.0, 3.0)
        world.tally.happened[act.__name__] += 1
        act(scene)


def _together(acts: Sequence[Callable[[], None]]) -> None:
    """Do all at once, and fail with the first that fails."""
    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(act) for act in acts]:
            done.result()


def _settle(world: World) -> None:
    """Wait until the hub has everything, then end all; what does not come to that in time is stuck."""
    for inbox in world.inboxes:
        inbox.deliver_all()
    expected = world.events.total(), world.newcomer.letters.total(), 0
    begun, found = time.monotonic(), None
    while found != expected:
        if time.monotonic() - begun > SETTLE_SECONDS_MAX:
            world.tally.stuck.append(f"{found} of {expected} events, dead letters, dead letters to send")
            break
        for process in world.processes:
            process.revive()
        time.sleep(_LOOK_SECONDS)
        found = world.progress()
    world.tally.settled_seconds = time.monotonic() - begun
    world.tally.stuck += [
        f"{process.name} does not end" for process in world.processes if not process.end(_END_SECONDS_MAX)
    ]
