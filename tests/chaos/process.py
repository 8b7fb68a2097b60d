"""An adapter or a hub as a supervisor runs it: whenever it ends, it is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import EXIT_FAILURE
from tests.chaos.report import Tally
from tests.chaos.scripted import VARIABLE, Line
from tests.support import program
from tests.support.program import Running
from tests.support.samples import ROOT

_LOOK_SECONDS = 0.02
# As a supervisor waits before it starts again what has failed.
_RESTART_SECONDS = 0.3
# Steps that a process takes once, soon after its start.
_START_STEPS = ("fenced", "restored", "dead letters sent")
ADAPTER_STEPS = ("fenced", "restored", "begun", "produced", "before flush", "flushed", "signed", "committed")
HUB_STEPS = (
    *("collected", "decoded", "checked", "begun", "events appended", "dead letters appended"),
    *("signatures written", "offsets written", "committed", "shown to Kafka", "dead letters sent"),
)
RELEASE_STEPS = (
    *("read", "adopted", "cut stored", "contributions written", "decided", "decision stored"),
    *("begun", "produced", "before flush", "flushed", "committed"),
)

Child = Running | subprocess.Popen[bytes]


@dataclass(slots=True)
class Process:
    """One process that comes back.

    Attributes:
        arguments: The command line.
        folder: For its logs and its script.
        steps: Of its loop, at which it can be stopped.
        usual: The statuses with which it may end by itself, to be started again.
        clock: What shifts the clock of the next life: variables of its environment.
    """

    name: str
    arguments: list[str]
    folder: Path
    environment: Mapping[str, str]
    steps: tuple[str, ...]
    tally: Tally
    usual: frozenset[int] = frozenset({EXIT_FAILURE})
    clock: Mapping[str, str] = field(default_factory=dict)
    child: Child | None = None
    lives: int = 0

    @property
    def kind(self) -> str:
        """What it is: adapter, hub or release."""
        return self.arguments[0]

    def start(self) -> None:
        """Begin a life; one with another clock is no fork: the clock is shifted where a program begins."""
        self.child = self.twin() if not self.clock else self._exec()

    def twin(self) -> Running:
        """Start the same once more, beside the one that may run."""
        self.lives += 1
        return program.start(
            *self.arguments,
            entry="tests.chaos.scripted:main",
            environment=self._variables(),
            stdout=Path(os.devnull),
            stderr=self.log,
        )

    @property
    def log(self) -> Path:
        """What the newest life says."""
        return self.folder / f"{self.name}-{self.lives}.log"

    def attend(self, seconds: float) -> None:
        """Let it live for a while, and start it again whenever it ends."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.revive()
            time.sleep(_LOOK_SECONDS)

    def revive(self) -> None:
        """Start it where it does not run."""
        if self.child is None:
            self.start()
            return
        status = self.child.poll()
        if status is not None:
            self.note(status)
            time.sleep(_RESTART_SECONDS)
            self.start()

    def kill(self) -> None:
        """End it as a crash would, if it runs."""
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait(30)
            self.tally.kills[self.kind] += 1
        self.child = None

    @staticmethod
    def is_turning(step: str) -> bool:
        """Say whether a step comes again and again, and not once at the start."""
        return step not in _START_STEPS

    def end_for_good(self) -> None:
        """End it whatever it does, and count nothing: the story is over."""
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait(30)

    def stops_at(self, step: str, occurrence: int, number: signal.Signals, seconds: float) -> bool:
        """Have it send itself a signal at a step, and say whether it came to that in time."""
        line = Line(step, occurrence, number)
        if not self.is_turning(step):
            self.kill()
        script = self._script
        script.with_suffix(".new").write_text(line.text)
        script.with_suffix(".new").replace(script)
        deadline = time.monotonic() + seconds
        while script.exists() and time.monotonic() < deadline:
            self.revive()
            time.sleep(_LOOK_SECONDS)
        with suppress(FileNotFoundError):
            script.unlink()
            self.tally.missed[f"{self.kind}: {step}"] += 1
            return False
        self.tally.steps[f"{self.kind}: {step}"] += 1
        if number == signal.SIGKILL:
            assert self.child is not None
            self.child.wait(30)
            self.tally.kills[self.kind] += 1
            self.child = None
        return True

    def pause(self) -> None:
        """Stop it in the middle of whatever it does."""
        if self.child is not None:
            self.child.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self.child is not None:
            self.child.send_signal(signal.SIGCONT)

    def end(self, seconds: float) -> bool:
        """Ask it to end, and say whether it did, well and in time."""
        if self.child is None:
            return True
        self.child.terminate()
        try:
            status = self.child.wait(seconds)
        except (TimeoutError, subprocess.TimeoutExpired):
            self.child.kill()
            self.child.wait(30)
            return False
        if status:
            self.note(status)
        self.child = None
        return True

    @property
    def _script(self) -> Path:
        return self.folder / f"{self.name}.script"

    def _variables(self) -> dict[str, str]:
        return {**os.environ, **self.environment, VARIABLE: str(self._script)}

    def _exec(self) -> subprocess.Popen[bytes]:
        self.lives += 1
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.scripted", *self.arguments],
                cwd=ROOT, env={**self._variables(), **self.clock}, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip

    def note(self, status: int, usual: Collection[int] | None = None) -> None:
        """Note how it ended by itself: what a supervisor would have to show somebody is a crash."""
        self.tally.ends[f"{self.kind} {status}"] += 1
        if status not in (self.usual if usual is None else usual):
            self.tally.crashes.append(f"{self.log.name}: status {status}")
