"""What limits the hub: where the processor time of an event goes, step by step.

    python -m tests.benchmarks.hub_profile [EVENTS] [--json]

One hub takes a topic to its end, in a process of its own; the time between two steps that it tells
of is that of the later one, with all threads, those of the Kafka client included. The sums by cell
are asked at the end, once.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import closing
from pathlib import Path

from deploy.exchange.exchange import running_exchange
from schemas.settings import KafkaSettings
from tests.benchmarks import report
from tests.benchmarks.movements import Movements
from tests.support import hub as support
from tests.support.agency import kafka_of

_BATCH_SECONDS = 1.0
# What the hub calls its steps, and what it has done when it tells of them.
_STEPS = {
    "collected": "consumed, signatures verified",
    "decoded": "decoded",
    "checked": "checked",
    "begun": "transaction begun",
    "events appended": "rows appended",
    "dead letters appended": "dead letters appended",
    "signatures written": "signatures written",
    "offsets written": "offsets written",
    "committed": "committed",
    "shown to Kafka": "shown to Kafka",
}
_SUMS = "contributions, once at the end"


def run(events: int) -> report.Report:
    """Measure once."""
    with tempfile.TemporaryDirectory() as name, running_exchange(Path(name) / "exchange") as exchange:
        with closing(Movements(exchange)) as movements:
            movements.grow(events)
        found = report.apart(_taken, kafka_of(exchange), Path(name) / "hub.duckdb")
    whole = sum(found.values())
    rows = [
        report.per_event(step, events, seconds, **{"% of all": 100 * seconds / whole})
        for step, seconds in [*found.items(), ("all", whole)]
        if seconds
    ]
    return report.Report("The hub, step by step, processor time", rows)


def _taken(kafka: KafkaSettings, file: Path) -> dict[str, float]:
    """Return the processor seconds of each step."""
    used = dict.fromkeys(_STEPS.values(), 0.0)
    told_at = 0.0

    def on_step(name: str) -> None:
        nonlocal told_at
        now = time.process_time()
        used[_STEPS[name]] += now - told_at
        told_at = now

    hub = support.LedgerTopic(kafka, {}).hub(file, on_step=on_step, batch_seconds=_BATCH_SECONDS)
    hub.open()
    told_at = time.process_time()
    hub.run(until_end=True)
    hub.close()
    started = time.process_time()
    support.read(file, "SELECT count(*), sum(mass_g) FROM contributions")
    return {**used, _SUMS: time.process_time() - started}


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.hub_profile")
    parser.add_argument("events", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    return run(chosen.events).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
