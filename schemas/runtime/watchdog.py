"""A watchdog: no call, whoever's it is, holds a process up for ever, and no end of one goes untold.

A loop is stuck when it has not turned and its thread has stood at the same place of the
program for too long. That needs no word from whoever calls: broker, registry, file or source.
A process that was suspended is not stuck: what counts are the watchdog's own seconds.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from schemas.errors import EXIT_FAILURE, EXIT_STUCK, WeighbridgeError
from schemas.runtime import crash
from schemas.runtime.health import STUCK_SECONDS, Health
from schemas.runtime.logs import logger
from schemas.telemetry import LogEvent

# So often the watchdog looks before it loses patience: once a second.
_LOOKS = STUCK_SECONDS
# Told to stop, a process has so long to end; where the broker is lost, that takes up to forty seconds.
STOP_SECONDS = 60
# Whoever is stuck may hold the lock of the log.
_LAST_WORDS_SECONDS = 5.0
_STDERR = 2


@dataclass(slots=True)
class Watchdog:
    """Watches the thread that made it.

    Attributes:
        stop: When it is set, the process has a third of the patience to end.
        patience_seconds: How long a loop may stand still.
    """

    health: Health
    stop: threading.Event
    patience_seconds: float
    _watched: int = field(default_factory=threading.get_ident)
    _over: threading.Event = field(default_factory=threading.Event)
    _seen: object = None
    _still: int = 0
    _stopping: int = 0

    @property
    def look_seconds(self) -> float:
        """The time between two looks."""
        return self.patience_seconds / _LOOKS

    def begin(self) -> None:
        """Have Python's own watchdog end the process should a call keep Python from running this one."""
        faulthandler.dump_traceback_later(2 * self.patience_seconds, exit=True, file=_STDERR)

    def watch(self) -> None:
        """Look again and again until told that all is over, or end the process."""
        while not self._over.wait(self.look_seconds):
            self.begin()
            self._look()
        faulthandler.cancel_dump_traceback_later()

    def end(self) -> None:
        """Stop watching."""
        self._over.set()

    def _look(self) -> None:
        seen = (self.health.turns, _place(self._frame()))
        self._still = self._still + 1 if seen == self._seen else 0
        self._seen = seen
        self._stopping += self.stop.is_set()
        if self._still >= _LOOKS:
            self._bark(self._still, "nothing is lost: start it again, and look at what the place talks to")
        elif self._stopping >= STOP_SECONDS:
            self._bark(self._stopping, "it was told to stop and did not end in time; nothing is lost")

    def _frame(self) -> FrameType | None:
        return sys._current_frames().get(self._watched)  # noqa: SLF001  # public, and for this, by its documentation

    def _bark(self, looks: int, hint: str) -> None:
        """End the process, whatever it does."""
        seconds = round(looks * self.look_seconds)
        words = threading.Thread(target=_tell, args=(self._frame(), seconds, hint), daemon=True)
        words.start()
        words.join(_LAST_WORDS_SECONDS)
        os._exit(EXIT_STUCK)


@contextmanager
def watched(health: Health, stop: threading.Event, patience_seconds: float = STUCK_SECONDS) -> Iterator[None]:
    """Watch a loop while the block runs, and log by which error it ends."""
    watchdog = Watchdog(health, stop, patience_seconds)
    watchdog.begin()
    thread = threading.Thread(target=watchdog.watch, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    except WeighbridgeError as error:
        logger().error(LogEvent.ENDED, status=error.exit_code, error=str(error), hint=error.hint)
        raise
    except Exception:
        logger().error(LogEvent.ENDED, status=EXIT_FAILURE, exc_info=True)
        raise
    finally:
        watchdog.end()
        thread.join()


def _place(frame: FrameType | None) -> list[tuple[int, int]]:
    """Return where a thread stands, down to the instruction of each call."""
    places = []
    while frame is not None:
        places.append((id(frame.f_code), frame.f_lasti))
        frame = frame.f_back
    return places


def _tell(frame: FrameType | None, seconds: int, hint: str) -> None:
    stack = traceback.extract_stack(frame)
    logger().error(
        LogEvent.STUCK,
        seconds=seconds,
        status=EXIT_STUCK,
        hint=hint,
        call=crash.places(stack)[-1],
        places=crash.places(stack),
    )
