"""What a disturbance is given."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos.process import Process
from tests.chaos.world import World

# Of so many deliveries one comes with a record that no hub can take.
_POISONED = 5


@dataclass(slots=True)
class Scene:
    """A world, and what decides of the seeded details.

    Attributes:
        steps: The steps of the process, endlessly, each as often as the others.
    """

    world: World
    dice: random.Random
    steps: Iterator[str]

    def deliver(self) -> None:
        """Give some agency a file, and with it everybody something to do, dead letters at times."""
        number, inbox = next(self.world.turns)
        inbox.deliver()
        # Counted, not drawn: how often something is delivered depends on the machine.
        if number % _POISONED == 0:
            self.world.newcomer.poison(is_signed=True)

    def pause(self, least: float, most: float) -> None:
        """Wait for a while."""
        time.sleep(self.dice.uniform(least, most))


# Of one process; it may be left dead, never paused.
ProcessDisturbance = Callable[[Process, Scene], None]
# Of everything else; it is over when it returns.
ExchangeDisturbance = Callable[[Scene], None]
