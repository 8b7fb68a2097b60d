"""The release path: what a release costs, from a hub's rows to published observations.

    python -m tests.benchmarks.release_path [EVENTS] [--json]

A hub with that many events releases its first epoch, of everything before, and after a tenth more
the next one: cut, contributions, decision with its proofs, and the transaction on the topics. Once
for the tables of one country, once for those of all.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy import topics as deployed
from deploy.exchange.exchange import Exchange, running_exchange
from schemas import topics
from schemas.runtime import logs
from schemas.runtime.registry import Registry
from schemas.settings import ReleaseSettings
from tests.benchmarks import report
from tests.benchmarks.movements import Movements
from tests.support import releasing

_FIRST, _NEXT = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
_NEXT_PART = 10
_USUAL = ReleaseSettings().model_dump(include={"measures", "flows"})
_TABLES: dict[str, dict[str, Any]] = {
    "one country": {"countries": ("FR",)},
    "all countries": {"countries": ()},
}

Row = dict[str, str | float | int]


def run(events: int) -> report.Report:
    """Measure everything once."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name, running_exchange(Path(name) / "exchange") as exchange:
        for title, tables in _TABLES.items():
            folder = Path(name) / title
            folder.mkdir()
            with closing(Movements(exchange)) as movements:
                hub = _hub(exchange, movements, folder, **_USUAL | tables)
                rows += _rows(title, movements, hub, events)
    return report.Report("Rows to published observations, processor time", rows)


def _rows(title: str, movements: Movements, hub: releasing.Releasing, events: int) -> Iterator[Row]:
    epochs = {"first": (events, _FIRST), "next": (events + events // _NEXT_PART, _NEXT)}
    for which, (size, now) in epochs.items():
        report.say(f"{title}, {which} epoch")
        movements.grow(size)
        hub.catch_up()
        started, used = time.monotonic(), report.used_seconds()
        (published,) = hub.run(now).released
        yield {
            "": f"{title}, {which} epoch",
            "events": size,
            "processor s": report.used_seconds() - used,
            "wall s": time.monotonic() - started,
            "free cells": published.free,
            "confidential": published.confidential,
        }


def _hub(exchange: Exchange, movements: Movements, folder: Path, **release: Any) -> releasing.Releasing:
    shared = topics.exchange_topics()[3:]
    deployed.apply(movements.ledger.kafka, shared)
    for topic in shared:
        Registry(exchange.registry_url).register(topic)
    return releasing.hub_on(movements.ledger, f"release-{len(release['countries'])}", folder, **release)


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.release_path")
    parser.add_argument("events", nargs="?", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with Path(os.devnull).open("w") as nowhere:
        # What is measured is told in a table.
        logs.configure(nowhere)
        return run(chosen.events).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
