"""The same process started twice: one of both ends, and the other goes on."""

from __future__ import annotations

import signal
import time

from schemas.errors import EXIT_FAILURE, EXIT_FENCED, EXIT_USAGE
from tests.chaos.process import Child, Process
from tests.chaos.scene import Scene

_PATIENCE_SECONDS = 15.0
_TAKE_OVER_SECONDS_MAX = 90.0
_LOOK_SECONDS = 1.0
# A second adapter shuts the first one out; a second hub finds the file taken. Either may also end
# because of what happens to the exchange meanwhile.
_STATUS = {"adapter": EXIT_FENCED, "hub": EXIT_USAGE}


def started_twice(process: Process, scene: Scene) -> None:
    """Start a process a second time while the first is at work, or sleeps in the middle of it."""
    process.revive()
    is_asleep = scene.dice.random() < 0.5 and process.stops_at(
        next(scene.steps), 1, signal.SIGSTOP, _PATIENCE_SECONDS
    )
    first = process.child
    assert first is not None
    second = process.twin()
    scene.pause(0.0, 3.0)
    if is_asleep:
        process.resume()
    process.child = _survivor(process, first, second, scene)


def _survivor(process: Process, first: Child, second: Child, scene: Scene) -> Child:
    deadline = time.monotonic() + _TAKE_OVER_SECONDS_MAX
    while time.monotonic() < deadline:
        # A process that has nothing to do does not learn that it is shut out.
        scene.deliver()
        for one, other in ((first, second), (second, first)):
            status = one.poll()
            if status is not None:
                process.note(status, {_STATUS[process.kind], EXIT_FAILURE})
                return other
        time.sleep(_LOOK_SECONDS)
    # Adapters that never had anything to do meanwhile cannot know.
    if process.kind == "hub" or not all(inbox.is_delivered for inbox in scene.world.inboxes):
        process.tally.stuck.append(f"{process.name}: two of the same go on beside each other")
    first.kill()
    return second
