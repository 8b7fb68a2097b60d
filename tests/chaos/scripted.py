"""The program itself, but that a file may tell it to send itself a signal at a step of its loop.

The file is looked for at each step and holds a step, at which occurrence of it to act, and the
signal. It is taken away before the signal is sent: so whoever wrote it knows that it came to that.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest import mock

from deploy import cli

# Names the file.
VARIABLE = "CHAOS_SCRIPT"
_LOOPS = {
    "adapter": "producers.assembly.Run",
    "hub": "consumers.hub.hub.Hub",
    "release": "consumers.release.run.Run",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a process is to do to itself."""

    step: str
    occurrence: int
    signal: signal.Signals

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return f"{self.step}\t{self.occurrence}\t{self.signal.value}"

    @classmethod
    def read(cls, text: str) -> Line:
        """Return what a file says."""
        step, occurrence, number = text.split("\t")
        return cls(step, int(occurrence), signal.Signals(int(number)))


@dataclass(slots=True)
class Prompter:
    """Looks into the file at each step."""

    file: Path
    _text: str = ""
    _left: int = field(default=0)

    def __call__(self, step: str) -> None:
        """Take a step."""
        try:
            text = self.file.read_text()
        except FileNotFoundError:
            return
        line = Line.read(text)
        if text != self._text:
            self._text, self._left = text, line.occurrence
        self._left -= line.step == step
        if line.step == step and self._left == 0:
            self._text = ""
            self.file.unlink(missing_ok=True)
            os.kill(os.getpid(), line.signal)


def main() -> None:
    """Run the command line."""
    loop = _LOOPS[sys.argv[1]]
    prompter = Prompter(Path(os.environ.pop(VARIABLE)))
    folder, _, name = loop.rpartition(".")
    __import__(folder)
    with mock.patch(loop, partial(getattr(sys.modules[folder], name), on_step=prompter)):
        cli.main()


if __name__ == "__main__":
    main()
