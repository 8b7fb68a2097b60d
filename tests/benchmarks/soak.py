"""A long run: an adapter and a hub at a steady load, whose memory, file handles and delay should stay flat.

    python -m tests.benchmarks.soak [MINUTES] [DOCUMENTS_PER_SECOND] [--plot FILE] [--json]

Invented manifests fall into an inbox twice a second. `weighbridge adapter run` and `weighbridge hub run`
take them up with the settings that everybody has. The delay is from the adapter's count of what the
broker acknowledged to the hub's count of what is committed. An adapter remembers each document, some
0.5 kB, to tell later what changed: that much it grows by. Of the hub's file DuckDB keeps in memory what
it has written or read, up to `hub.memory_limit`: what the hub holds is told apart from that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from consumers.hub import service
from deploy import topics as deployed
from deploy.exchange import ports
from deploy.exchange.exchange import Exchange, running_exchange
from producers.simulation.movement import Period
from producers.simulation.simulation import DOCUMENTS_FOLDER, Simulation
from schemas import topics
from schemas.runtime.registry import Registry
from tests.benchmarks import plot, report
from tests.support import agency as support
from tests.support import sealed
from tests.support.exposition import scraped, values

AGENCY, HUB, SYSTEM = "US-EPA", "soak", "us-emanifest"
PUBLISHED, STORED = "weighbridge_events_published_total", "weighbridge_rows_stored_total"
_PERIOD = Period(date(2025, 1, 1), date(2025, 12, 31))
_FILES_PER_SECOND = 2
_LOOK_SECONDS = 0.1
# A movement gives a little more than one manifest.
_MARGIN = 1.1
# Of a run. What its first part brings is no growth: libraries are loaded, caches and buffers filled.
_EARLY, _LATE = (0.2, 0.4), (0.8, 1.0)
_GROWTH_PERCENT_MAX = 10.0
_REMEMBERED_BYTES_MAX = 800
_KEPT = "SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()"


@dataclass(slots=True)
class Process:
    """One program, and what it was seen to use.

    Attributes:
        counter: The metric that tells how far it is.
        port: Where it shows its metrics.
        file: Of a hub.
        mebibytes: But for what DuckDB keeps.
    """

    child: subprocess.Popen[bytes]
    counter: str
    port: int
    file: Path | None = None
    kept_mebibytes: list[float] = field(default_factory=list)
    mebibytes: list[float] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How far it is; 0 before it answers."""
        return int(sum(values(scraped(self.port), self.counter).values()))

    def look(self) -> None:
        """Note what it uses now."""
        assert self.child.poll() is None, f"it ended with status {self.child.returncode}"
        pages = int(Path(f"/proc/{self.child.pid}/statm").read_text("ascii").split()[1])
        self.kept_mebibytes.append(_kept_bytes(self.file) / 2**20)
        self.mebibytes.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20 - self.kept_mebibytes[-1])
        self.handles.append(len(list(Path(f"/proc/{self.child.pid}/fd").iterdir())))


def _kept_bytes(file: Path | None) -> int:
    """Return what DuckDB keeps of the file of a hub in memory; 0 where no hub answers yet."""
    if file is not None:
        # Not by opening the file, which would shut out a hub that is about to.
        with suppress(OSError):
            return int(service.ask(file, "sql", query=_KEPT)["rows"][0][0])
    return 0


@dataclass(slots=True)
class Course:
    """What a run was seen to do.

    Attributes:
        times: Seconds from the begin to each look at the counts.
        delivered: Documents.
        minutes: Of each look at the processes.
    """

    times: list[float] = field(default_factory=list)
    published: list[int] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    delivered: int = 0
    minutes: list[float] = field(default_factory=list)

    def delays(self) -> tuple[list[float], list[float]]:
        """Return when more was published, in minutes, and how many seconds later it was stored."""
        counts, times = np.asarray(self.published), np.asarray(self.times)
        grown = np.flatnonzero(np.diff(counts, prepend=0) > 0)
        reached = np.searchsorted(self.stored, counts[grown])
        is_known = reached < len(times)
        grown, reached = grown[is_known], reached[is_known]
        return list(times[grown] / 60), list(times[reached] - times[grown])


def run(minutes: float, per_second: int, picture: Path | None) -> report.Report:
    """Run once."""
    with tempfile.TemporaryDirectory() as name, running_exchange(Path(name) / "exchange") as exchange:
        folder = Path(name)
        report.say("writing documents")
        files = _documents(folder / "simulated", minutes, per_second)
        with _processes(exchange, folder) as (adapter, hub):
            course = _course(files, folder / "inbox", minutes, per_second, (adapter, hub))
    if picture is not None:
        _draw(course, adapter, hub, picture)
    return _report(course, adapter, hub, minutes)


def _documents(folder: Path, minutes: float, per_second: int) -> list[Path]:
    folder.mkdir()
    documents = int(minutes * 60 * per_second * _MARGIN)
    Simulation(documents, 1, _PERIOD, (SYSTEM,), max(1, per_second // _FILES_PER_SECOND)).write(folder)
    return sorted(path for path in (folder / DOCUMENTS_FOLDER).rglob("*") if path.is_file())


@contextmanager
def _processes(exchange: Exchange, folder: Path) -> Iterator[tuple[Process, Process]]:
    """Run adapter and hub as agency and hub do."""
    kafka = support.kafka_of(exchange)
    wanted = topics.all_topics([AGENCY], [HUB], 3)
    deployed.apply(kafka, wanted)
    for topic in wanted:
        Registry(kafka.registry_url).register(topic)
    keys = sealed.keys_of(AGENCY)
    sealed.write_keys(folder / "keys", keys)
    directory = sealed.write_directory(folder / "directory.toml", sealed.alone(AGENCY, keys))
    (folder / "inbox").mkdir()
    common = ["--directory", str(directory), "--bootstrap-servers", exchange.bootstrap_servers]
    common += ["--registry-url", exchange.registry_url]
    adapter = [
        "adapter",
        "run",
        SYSTEM,
        str(folder / "inbox"),
        "--agency",
        AGENCY,
        "--keys",
        str(folder / "keys"),
    ]
    file = folder / "hub.duckdb"
    hub = ["hub", "run", "--name", HUB, "--file", str(file)]
    with ExitStack() as stack:
        yield (
            stack.enter_context(_process([*adapter, *common], "AGENCY", PUBLISHED)),
            stack.enter_context(_process([*hub, *common], "HUB", STORED, file)),
        )


@contextmanager
def _process(
    arguments: Sequence[str], role: str, counter: str, file: Path | None = None
) -> Iterator[Process]:
    port = ports.choose(ports.REGISTRY)
    variable = {f"WEIGHBRIDGE_{role}__METRICS_PORT": str(port)}
    child = subprocess.Popen(
        [sys.executable, "-c", support.PROGRAM, *arguments],
        cwd=report.ROOT, env=os.environ | variable, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield Process(child, counter, port, file)
    finally:
        child.terminate()
        child.wait(90)


def _course(
    files: Sequence[Path], inbox: Path, minutes: float, per_second: int, processes: tuple[Process, Process]
) -> Course:
    """Deliver at a steady pace, and look meanwhile."""
    adapter, hub = processes
    course, waiting = Course(), iter(files)
    started = time.monotonic()
    while (seconds := time.monotonic() - started) < minutes * 60:
        while course.delivered < seconds * _FILES_PER_SECOND:
            _deliver(next(waiting), inbox, course.delivered)
            course.delivered += 1
        course.times.append(seconds)
        course.published.append(adapter.count)
        course.stored.append(hub.count)
        if seconds >= len(course.minutes) * min(10.0, minutes * 60 / 20):
            course.minutes.append(seconds / 60)
            adapter.look()
            hub.look()
            report.say(f"{seconds / 60:.1f} min: {course.stored[-1]:,} events stored")
        time.sleep(_LOOK_SECONDS)
    course.delivered *= max(1, per_second // _FILES_PER_SECOND)
    return course


def _deliver(file: Path, inbox: Path, number: int) -> None:
    """Put a file into the inbox, whole at once."""
    place = inbox / f"{number:06d}{file.suffix}"
    part = place.with_name(f"{place.name}.part")
    shutil.move(file, part)
    part.rename(place)


def _report(course: Course, adapter: Process, hub: Process, minutes: float) -> report.Report:
    rows = [
        _row("adapter: MiB", course.minutes, adapter.mebibytes, minutes),
        _row("adapter: file handles", course.minutes, adapter.handles, minutes),
        _row("hub: MiB that DuckDB keeps", course.minutes, hub.kept_mebibytes, minutes),
        _row("hub: MiB besides", course.minutes, hub.mebibytes, minutes),
        _row("hub: file handles", course.minutes, hub.handles, minutes),
        _row("published to stored, s", *course.delays(), minutes),
    ]
    title = f"{minutes:g} min, {course.delivered:,} documents, {course.stored[-1]:,} events stored"
    return report.Report(title, rows, _targets(rows, course.delivered))


def _row(
    name: str, at: Sequence[float], found: Sequence[float], minutes: float
) -> dict[str, str | float | int]:
    parts = [
        [value for minute, value in zip(at, found, strict=True) if first <= minute / minutes <= last]
        for first, last in (_EARLY, _LATE)
    ]
    row: dict[str, str | float | int] = {"": name}
    for when, part in zip(("early", "late"), parts, strict=True):
        row |= {f"{when}, median": float(np.median(part)), f"{when}, p99": float(np.percentile(part, 99))}
    return row


def _targets(rows: Sequence[dict[str, str | float | int]], documents: int) -> dict[str, bool]:
    adapter, adapters_handles, _, hub, hubs_handles, delay = (
        {name: float(value) for name, value in row.items() if name} for row in rows
    )
    between = documents * (_LATE[0] - _EARLY[0])
    remembered = (adapter["late, median"] - adapter["early, median"]) * 2**20 / between
    grown = 100 * (hub["late, median"] / hub["early, median"] - 1)
    return {
        f"the hub's memory besides grows by at most {_GROWTH_PERCENT_MAX:g} % ({grown:.1f})": (
            grown <= _GROWTH_PERCENT_MAX
        ),
        f"the adapter's by at most {_REMEMBERED_BYTES_MAX} bytes a document ({remembered:.0f})": (
            remembered <= _REMEMBERED_BYTES_MAX
        ),
        "neither holds more file handles late than early": all(
            row["late, median"] <= row["early, median"] for row in (adapters_handles, hubs_handles)
        ),
        "the delay is no longer late than early, by p99 and half of it": (
            delay["late, p99"] <= 1.5 * delay["early, p99"]
        ),
    }


def _draw(course: Course, adapter: Process, hub: Process, file: Path) -> None:
    at, delays = course.delays()
    plot.courses(
        [
            (
                "memory, MiB",
                {
                    "adapter": (course.minutes, adapter.mebibytes),
                    "hub besides": (course.minutes, hub.mebibytes),
                    "kept by DuckDB": (course.minutes, hub.kept_mebibytes),
                },
            ),
            (
                "file handles",
                {"adapter": (course.minutes, adapter.handles), "hub": (course.minutes, hub.handles)},
            ),
            ("published to stored, s", {"hub": (at, delays)}),
        ],
        "minutes",
        file,
    )


def main() -> None:
    """Run as the module's docstring tells."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.soak")
    parser.add_argument("minutes", nargs="?", type=float, default=60)
    parser.add_argument("documents_per_second", nargs="?", type=int, default=120)
    parser.add_argument("--plot", type=Path, help="draw the course into an SVG file")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    sys.exit(run(given.minutes, given.documents_per_second, given.plot).show(as_json=given.json))


if __name__ == "__main__":
    main()
