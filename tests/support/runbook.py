"""A runbook as an operator follows it: the shell blocks of a page, one after another, in one shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.samples import ROOT

_FOLDER = ROOT / "deploy" / "runbooks"
_BLOCK = re.compile(r"^ *```sh *(?P<kind>[\w-]*)\n(?P<body>.*?)^ *```$", re.DOTALL | re.MULTILINE)
_DONE = "block done"


@dataclass(frozen=True, slots=True)
class Block:
    """One shell block.

    Attributes:
        kind: What stands behind `sh`: the name of the step, where the page gives it one.
    """

    kind: str
    text: str


def blocks(page: str) -> list[Block]:
    """Return the shell blocks of a page of the runbooks, or of one beside them, in order."""
    text = (_FOLDER / page).read_text("utf-8")
    return [Block(found["kind"], found["body"]) for found in _BLOCK.finditer(text)]


@dataclass(slots=True)
class Shell:
    """A shell that stays, with its variables and jobs, from block to block.

    Attributes:
        desk: Folder in which it works.
        said: What the blocks wrote, in order.
    """

    desk: Path
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def follow(self, block: Block) -> str:
        """Run a block, and return what it writes to stdout; a command that fails fails the test."""
        number = len(self.said)
        script, out, err = (self.desk / f".{number}.{name}" for name in ("sh", "out", "err"))
        script.write_text(block.text)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f". ./{script.name} </dev/null >{out.name} 2>{err.name}\necho {_DONE}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer.strip() == _DONE, f"{block.text}\n{out.read_text()}\n{err.read_text()}"
        self.said.append(out.read_text())
        return self.said[-1]


@contextmanager
def shell(desk: Path, settings: Mapping[str, str]) -> Iterator[Shell]:
    """Open a shell that has the program, what lies in `bin` on the desk, and variables."""
    program = Path(sys.executable).parent
    environment = {**os.environ, **settings, "PATH": f"{desk}/bin:{program}:{os.environ['PATH']}"}
    # What the desk has installed is this working copy.
    environment["PYTHONPATH"] = str(ROOT)
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail"], cwd=desk, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        yield Shell(desk, process)
    finally:
        process.communicate(timeout=60)
