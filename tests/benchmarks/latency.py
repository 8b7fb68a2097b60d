"""Latency: from the broker's acknowledgement of an event to the row that `hub sql` shows.

    python -m tests.benchmarks.latency [EVENTS_PER_SECOND] [SECONDS] [--json]

An agency commits twice a second at a steady load, as an adapter does: events, then their signatures.
A hub with the settings of every hub runs in a process of its own. What is visible is asked again
and again by the question that `weighbridge hub sql` asks; the answer's way back is counted in.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from consumers.hub.offline import answered
from deploy.exchange.exchange import running_exchange
from schemas.errors import ConfigurationError
from schemas.settings import HubSettings, KafkaSettings
from tests.benchmarks import report
from tests.benchmarks.movements import Movements
from tests.support import hub as support
from tests.support.waiting import eventually

P99_SECONDS_MAX = 2.0
_COMMIT_SECONDS = 0.5
# Each question makes the views of the hub anew, which is work for the hub too.
_LOOK_SECONDS = 0.2
_COUNT = "SELECT count(*) FROM event"


@dataclass(slots=True)
class Seen:
    """How many events a hub shows, and since when."""

    file: Path
    times: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Ask until it is over."""
        while not self.is_over.wait(_LOOK_SECONDS):
            self.counts.append(self._count())
            self.times.append(time.monotonic())

    def wait_for(self, events: int) -> None:
        """Wait until so many are shown."""
        assert eventually(lambda: self.counts and self.counts[-1] >= events), "the hub does not show all"

    def since(self, events: list[int]) -> list[float]:
        """Return when so many were first shown."""
        return [self.times[place] for place in np.searchsorted(self.counts, events)]

    def _count(self) -> int:
        try:
            answer = answered(self.file, HubSettings().memory_limit, "sql", query=_COUNT)
        except ConfigurationError:
            # The hub has not written its file yet, or is about to open it.
            return 0
        return int(answer["rows"][0][0])


def run(per_second: int, seconds: int) -> report.Report:
    """Measure once."""
    with tempfile.TemporaryDirectory() as name, running_exchange(Path(name) / "exchange") as exchange:
        # As many contents as are made before it begins: to make one takes longer than to send it.
        movements, file = Movements(exchange, per_second), Path(name) / "hub.duckdb"
        with closing(movements), _hub(movements, file) as seen:
            # Without the first commits, which wait for the hub's start.
            movements.grow(per_second)
            seen.wait_for(per_second)
            sent, acknowledged = _sent(movements, per_second, seconds)
            seen.wait_for(sent[-1])
    delays = np.subtract(seen.since(sent), acknowledged)
    p50, p99 = np.percentile(delays, [50, 99])
    row: dict[str, str | float | int] = {
        "": f"{per_second:,} events/s for {seconds} s",
        "commits": len(sent),
        "p50 s": float(p50),
        "p99 s": float(p99),
        "largest s": float(delays.max()),
        "questions": len(seen.times),
    }
    target = f"99 of 100 commits are visible within {P99_SECONDS_MAX:g} s ({p99:.2f})"
    return report.Report("Acknowledged to visible, wall time", [row], {target: bool(p99 <= P99_SECONDS_MAX)})


def _sent(movements: Movements, per_second: int, seconds: int) -> tuple[list[int], list[float]]:
    """Send at a steady load; return after each commit how many there are, and when it was acknowledged."""
    sent, acknowledged = [], []
    started = time.monotonic()
    for number in range(1, int(seconds / _COMMIT_SECONDS) + 1):
        movements.grow(movements.events + int(per_second * _COMMIT_SECONDS))
        sent.append(movements.events)
        acknowledged.append(time.monotonic())
        time.sleep(max(0.0, started + number * _COMMIT_SECONDS - time.monotonic()))
    return sent, acknowledged


@contextmanager
def _hub(movements: Movements, file: Path) -> Iterator[Seen]:
    """Run a hub in a process of its own, and look at what it shows."""
    seen = Seen(file)
    hub = get_context("spawn").Process(target=_run_hub, args=(movements.ledger.kafka, file), daemon=True)
    hub.start()
    watching = threading.Thread(target=seen.watch)
    watching.start()
    try:
        yield seen
    finally:
        seen.is_over.set()
        watching.join()
        hub.terminate()
        hub.join()


def _run_hub(kafka: KafkaSettings, file: Path) -> None:
    report.begin()
    hub = support.LedgerTopic(kafka, {}).hub(file, batch_seconds=HubSettings().batch_seconds)
    hub.open()
    hub.run()


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.latency")
    parser.add_argument("per_second", nargs="?", type=int, default=1_000)
    parser.add_argument("seconds", nargs="?", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    return run(chosen.per_second, chosen.seconds).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
