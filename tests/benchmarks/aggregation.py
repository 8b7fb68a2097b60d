"""Aggregation: what an event costs a hub, a bare consumer loop and Quix Streams, all exactly once.

    python -m tests.benchmarks.aggregation [EVENTS] [QUIX_EVENTS] [--json]

All read events of the same kind from the same broker, each in a process of its own; the
broker's work is not counted. The hub's figure holds its final sums by cell. Quix gets fewer
events, since its cost per event hardly changes with their number, and a topic of its own size,
so that it fetches none in vain.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from deploy.exchange.exchange import Exchange, running_exchange
from schemas import contract
from tests.benchmarks import hub_path, report
from tests.benchmarks.peers import environment
from tests.support import hub as support

BARE = "bare consume(500) + value()"
TIMES_QUIX_MIN = 8.0
SUMS = "and sums by cell"


def run(events: int, quix_events: int) -> report.Report:
    """Measure everything once."""
    with tempfile.TemporaryDirectory() as name, running_exchange(Path(name) / "exchange") as exchange:
        quix = _quix(exchange, quix_events, Path(name))
        ours = _ours(exchange, events)
    hub = ours["hub"] + ours["contributions"]
    same_job = quix[SUMS] / quix_events
    rows = [
        _row(BARE, events, ours[BARE], same_job),
        _row("hub: rows and offsets, one transaction a batch", events, ours["hub"], same_job),
        _row("hub: and sums by cell", events, hub, same_job),
        *(_row(f"Quix Streams: {job}", quix_events, used, same_job) for job, used in quix.items()),
    ]
    times = same_job / (hub / events)
    target = f"the hub does at least {TIMES_QUIX_MIN:g} times the events of Quix Streams ({times:.1f})"
    return report.Report(
        "Aggregation, topic to sums, processor time",
        rows,
        {target: times >= TIMES_QUIX_MIN},
        ("`times Quix` compares with the whole job; Quix moves each change to the partition of its cell.",),
    )


def _row(name: str, events: int, seconds: float, quix: float) -> dict[str, str | float | int]:
    return report.per_event(name, events, seconds, **{"times Quix": quix / (seconds / events)})


def _quix(exchange: Exchange, events: int, folder: Path) -> dict[str, float]:
    ledger = support.new_ledger(exchange, hub_path.PARTITIONS)
    hub_path.prepare(events, ledger)
    schema_file = folder / "movement.avsc"
    schema_file.write_text(contract.schema_text("movement"), "utf-8")
    python, script = environment.python("quix"), environment.FOLDER / "quix.py"
    jobs = {"last": "last revisions by statement", "sum": SUMS}
    return {
        text: report.measured(
            [python, "-W", "ignore", script, job, str(events), schema_file],
            _address(exchange),
        )
        for job, text in jobs.items()
    }


def _ours(exchange: Exchange, events: int) -> dict[str, float]:
    ledger = support.new_ledger(exchange, hub_path.PARTITIONS)
    hub_path.prepare(events, ledger)
    found: dict[str, float] = {}
    for name, command in hub_path.COMMANDS.items():
        used = report.measured([*command, str(events)], _address(exchange))
        found |= used if isinstance(used, dict) else {name: used}
    return found


def _address(exchange: Exchange) -> dict[str, str]:
    return {"BROKERS": exchange.bootstrap_servers, "REGISTRY": exchange.registry_url}


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.aggregation")
    parser.add_argument("events", nargs="?", type=int, default=500_000)
    parser.add_argument("quix_events", nargs="?", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    return run(chosen.events, chosen.quix_events).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
