"""An adapter or hub as its operator sees it: a program with metrics, a health file and a log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.runtime import health
from tests.support import program
from tests.support.exposition import scraped
from tests.support.ports import free_port
from tests.support.program import Running
from tests.support.sealed import write_directory
from tests.support.signed import EVERYBODY

_SECONDS = 90.0


@dataclass(slots=True)
class Operated:
    """A program that runs.

    Attributes:
        log: File of what it writes to stderr.
    """

    process: Running
    metrics_port: int
    health_file: Path
    log: Path

    @property
    def is_alive(self) -> bool:
        """Whether its probe says so."""
        return health.is_alive(self.health_file)

    def metrics(self) -> str:
        """Return the exposition, empty before it is served."""
        return scraped(self.metrics_port)

    def when(self, text: str, *, is_shown: bool = True) -> str:
        """Return the exposition once it holds a text, or does not any more."""
        deadline = time.monotonic() + _SECONDS
        while not (found := self.metrics()) or (text in found) is not is_shown:
            assert time.monotonic() < deadline, f"{text!r} in {found!r}; {self.log.read_text()}"
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.2)
        return found

    def lines(self) -> list[dict[str, Any]]:
        """Return its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def told(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of its log that tell of an event."""
        return [line for line in self.lines() if line["event"] == event]

    def stopped(self) -> tuple[int, float]:
        """Ask it to end, and return its status and how many seconds it took."""
        began = time.monotonic()
        self.process.terminate()
        return self.process.wait(_SECONDS), time.monotonic() - began


@contextmanager
def operated(folder: Path, *command: object) -> Iterator[Operated]:
    """Run a command of the program that serves metrics; its files lie in a folder of its own."""
    folder.mkdir(exist_ok=True)
    port, log, alive = free_port(), folder / "log", folder / "alive"
    process = program.start(*command, "--metrics-port", port, "--health-file", alive, stderr=log)
    with process:
        try:
            yield Operated(process, port, alive, log)
        finally:
            process.kill()


def hub_command(folder: Path, name: str, bootstrap_servers: str, registry_url: str) -> list[object]:
    """Return the arguments that run a hub, with its file in a folder, among members that all may sign."""
    folder.mkdir(exist_ok=True)
    members = write_directory(folder / "directory.toml", EVERYBODY)
    return [
        *("hub", "run", "--name", name, "--file", folder / "hub.duckdb", "--directory", members),
        *("--bootstrap-servers", bootstrap_servers, "--registry-url", registry_url),
    ]
