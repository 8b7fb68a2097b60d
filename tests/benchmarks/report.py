"""How a benchmark shows what it measured: the machine, then a table, or both as one JSON object.

Figures are processor time of all threads and children, since wall time says little on a
shared machine. A target that is missed is said, and makes the exit status 1.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import confluent_kafka
from rich.console import Console
from rich.table import Table

from deploy.exchange import lock
from schemas.runtime import garbage, logs

ROOT = Path(__file__).parents[2]
_CHILD_SECONDS_MAX = 3_600
_WIDTH = 126

Given = ParamSpec("Given")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Report:
    """What one run of a benchmark found.

    Attributes:
        rows: One for each thing measured, all with the same names.
        targets: What was to be reached, and whether it was.
    """

    title: str
    rows: Sequence[Mapping[str, str | float | int]]
    targets: Mapping[str, bool] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def show(self, *, as_json: bool) -> int:
        """Print everything and return the exit status."""
        if as_json:
            sys.stdout.write(f"{json.dumps({'machine': machine(), **asdict(self)})}\n")
        else:
            self._print()
        return 0 if all(self.targets.values()) else 1

    def _print(self) -> None:
        console = Console(width=_WIDTH)
        console.print(", ".join(f"{name} {value}" for name, value in machine().items()), highlight=False)
        table = Table(title=self.title, title_justify="left")
        for name, value in self.rows[0].items():
            table.add_column(name, justify="left" if isinstance(value, str) else "right", no_wrap=True)
        for row in self.rows:
            table.add_row(*(_text(value) for value in row.values()))
        console.print(table)
        for target, is_reached in self.targets.items():
            console.print(f"{'reached' if is_reached else 'MISSED'}: {target}", highlight=False)
        for note in self.notes:
            console.print(note, highlight=False)


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "Python": platform.python_version(),
        "Kafka": lock.read().kafka_version,
        "confluent-kafka": version("confluent-kafka"),
        "librdkafka": confluent_kafka.libversion()[0],
    }


def per_event(name: str, events: int, seconds: float, **further: float | str) -> dict[str, str | float | int]:
    """Return a row of processor seconds for a number of events."""
    return {
        "": name,
        "events": events,
        "us/event": seconds / events * 1e6,
        "events/s/core": round(events / seconds),
        **further,
    }


def used_seconds() -> float:
    """Return the processor seconds of this process so far, user and system, ended children included."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(item.ru_utime + item.ru_stime for item in used)


def apart(step: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
    """Return what a step finds that runs in a process of its own, which begins as the program does."""
    with ProcessPoolExecutor(1, get_context("spawn"), begin) as pool:
        return pool.submit(step, *given, **named).result()


def begin() -> None:
    """Set up a process that measures, as the program does."""
    # What is measured is told in a table.
    logs.configure(Path(os.devnull).open("w"))  # noqa: SIM115  # as long as the process lives
    garbage.collect_rarely()


def measured(command: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> Any:
    """Return what the last line of a command's output says, as JSON; it runs in a folder."""
    output = subprocess.run(
        command,
        check=True,
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        timeout=_CHILD_SECONDS_MAX,
    ).stdout
    return json.loads(output.splitlines()[-1])


def say(text: str) -> None:
    """Tell people what is being measured, where somebody looks."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{text}\n")


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text("utf-8").splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _text(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
