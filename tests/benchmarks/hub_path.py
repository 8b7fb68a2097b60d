"""What the hub costs per event, from topic to committed rows and sums, and a bare consumer loop.

    python -m tests.benchmarks.hub_path hub|bare EVENTS NAME FOLDER

Each runs in a process of its own on the topic that `tests.benchmarks.aggregation` fills.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path

from confluent_kafka import TopicPartition

from schemas import topics
from schemas.runtime import clients, garbage, logs
from schemas.settings import KafkaSettings
from tests.benchmarks.movements import CELL, PARTITIONS
from tests.support import hub as support

HUB_FILE = "hub.duckdb"
_BATCH_SECONDS = 1.0


def take(kafka: KafkaSettings, events: int, folder: Path) -> None:
    """Let a hub store everything, and sum it up as a release does."""
    hub = support.LedgerTopic(kafka, {}).hub(folder / HUB_FILE, batch_seconds=_BATCH_SECONDS)
    try:
        hub.open()
        totals = hub.run(until_end=True)
    finally:
        hub.close()
    assert (events, 0, 0) == (totals.rows, totals.dead_letters, totals.breaches), totals
    support.read(folder / HUB_FILE, "SELECT count(*), sum(mass_g) FROM contributions")


def take_bare(kafka: KafkaSettings, events: int, folder: Path) -> None:  # noqa: ARG001  # as of a hub
    """Only take the values."""
    reader = clients.consumer(kafka, "bare")
    reader.assign([TopicPartition(topics.MOVEMENTS, number, 0) for number in range(PARTITIONS)])
    seen = 0
    while seen < events:
        seen += len([record.value() for record in reader.consume(500, 1.0)])
    reader.close()


def totals(folder: Path) -> Counter[str]:
    """Return the sums of a hub's file, by the cell of the comparison."""
    *names, day = CELL
    parts = [*(f"coalesce({name}, '')" for name in names), f"strftime({day}, '%Y-%m')"]
    query = f"SELECT concat_ws('|', {', '.join(parts)}), sum(mass_g)::BIGINT FROM latest GROUP BY 1"  # noqa: S608  # ours
    rows = support.read(folder / HUB_FILE, query)
    return Counter(dict(rows))


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.hub_path")
    parser.add_argument("what", choices=("hub", "bare"))
    parser.add_argument("events", type=int)
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args()
    kafka = KafkaSettings(bootstrap_servers=os.environ["BROKERS"], registry_url=os.environ["REGISTRY"])
    logs.configure()
    garbage.collect_rarely()
    {"hub": take, "bare": take_bare}[chosen.what](kafka, chosen.events, chosen.folder)


if __name__ == "__main__":
    main()
