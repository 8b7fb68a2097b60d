"""What does the job in a benchmark: an engine, run in a process of its own, measured and checked.

Everything is measured from outside: processor time of the process and its children, wall time, and
the largest resident size. What an event costs is the difference of a longer and a shorter run,
so that starting, importing, joining a group and compiling at run time are left out for all alike.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]  # exported without saying so

from schemas import contract
from schemas.errors import WeighbridgeError
from schemas.runtime import clients, reading
from schemas.settings import KafkaSettings
from tests.benchmarks import report
from tests.benchmarks.movements import CELL, Movements

_LOOK_SECONDS = 0.1
_SECONDS_MAX = 3_600
# What the job reads of an event.
_NEEDED = {"statement_key", "revision", "edition", "mass_g", *CELL}
_numbers = count()

Command = Callable[[], Sequence[str | Path]]
Totals = Counter[str]


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine and how it is set up.

    Attributes:
        guarantee: What it promises as it is set up here.
        command: What starts it, up to its arguments; made when it is first needed.
        options: What stands behind the usual arguments.
        is_slow: It gets fewer events: its cost per event hardly changes with their number.
        totals: Returns its sums from the folder it was given; else they are in a topic of its own.
            None: it has none.
    """

    name: str
    guarantee: str
    command: Command
    options: tuple[str, ...] = ()
    is_slow: bool = False
    totals: Callable[[Path], Totals] | Literal["topic"] | None = "topic"


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    events: int
    used_seconds: float
    wall_seconds: float
    peak_bytes: int


class WrongTotalsError(Exception):
    """An engine's sums are not those of the topic."""


# What an engine may do that is left out.
FAILURES = (subprocess.CalledProcessError, TimeoutError, WrongTotalsError, WeighbridgeError)


def run(engine: Engine, movements: Movements) -> Run:
    """Let an engine take everything that is in the topic now, and compare its sums.

    Raises:
        WeighbridgeError: What it needs cannot be had.
        CalledProcessError: It failed.
        TimeoutError: It does not end.
        WrongTotalsError: Its sums differ.
    """
    kafka = movements.ledger.kafka
    # A name is also group and transactional id: never used twice on a broker.
    name = f"benchmark-{next(_numbers)}"
    with tempfile.TemporaryDirectory() as folder:
        _write_schemas(Path(folder))
        _make_topic(kafka, name)
        command = [*engine.command(), str(movements.events), name, folder, *engine.options]
        found = _measured(command, kafka, movements.events, Path(folder) / "engine.log")
        if engine.totals is not None:
            sums = _sums(kafka, name) if engine.totals == "topic" else engine.totals(Path(folder))
            _compare(engine, sums, movements.totals)
    return found


def _write_schemas(folder: Path) -> None:
    """Write the schema of the topic, and that of a reader who needs but what the job does."""
    schema = json.loads(contract.schema_text("movement"))
    (folder / "movement.avsc").write_text(json.dumps(schema), "utf-8")
    fields = [field for field in schema["fields"] if field["name"] in _NEEDED]
    (folder / "needed.avsc").write_text(json.dumps(schema | {"fields": fields}), "utf-8")


def _measured(command: Sequence[str | Path], kafka: KafkaSettings, events: int, log: Path) -> Run:
    environment = {"BROKERS": kafka.bootstrap_servers, "REGISTRY": kafka.registry_url}
    started = time.monotonic()
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=report.ROOT, env=os.environ | environment, stdout=said, stderr=said
        )
        try:
            status, used_seconds, peak_bytes = _watched(process.pid, started + _SECONDS_MAX)
        except BaseException:
            process.kill()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.stderr.write(log.read_text("utf-8", "replace")[-4_000:])
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(events, used_seconds, time.monotonic() - started, peak_bytes)


def _watched(pid: int, deadline: float) -> tuple[int, float, int]:
    """Wait for a process; return its status, processor seconds and largest resident size."""
    largest_bytes = 0
    while time.monotonic() < deadline:
        # The system counts the peak of a child from that of its parent: the child itself is asked.
        largest_bytes = max(largest_bytes, peak_bytes(pid))
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, used.ru_utime + used.ru_stime, largest_bytes or used.ru_maxrss
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"an engine does not end within {_SECONDS_MAX} s")


def peak_bytes(pid: int) -> int:
    """Return the largest resident size of a process so far; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _make_topic(kafka: KafkaSettings, name: str) -> None:
    admin = clients.admin(kafka)
    for made in admin.create_topics([NewTopic(name, 1, 1)]).values():
        made.result()


def _sums(kafka: KafkaSettings, topic: str) -> Totals:
    """Return the last sum of each cell."""
    last: Totals = Counter()
    for record in reading.records(kafka, topic):
        key, value = record.key(), record.value()
        assert key, "a sum without a cell"
        if value is None:
            # Between taking back what was corrected and adding what corrects it, a cell may be empty.
            del last[key.decode()]
        else:
            last[key.decode()] = json.loads(value)["mass_g"]
    return last


def _compare(engine: Engine, found: Totals, wanted: Totals) -> None:
    if found != wanted:
        differing = sum(found[cell] != wanted[cell] for cell in found | wanted)
        raise WrongTotalsError(f"{engine.name}: {differing} of {len(wanted)} sums differ")
