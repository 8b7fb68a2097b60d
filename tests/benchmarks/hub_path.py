"""What the hub costs per event, from topic to committed rows, beside a bare consumer loop.

    python -m tests.benchmarks.hub_path [EVENTS]

Both read the same topic of a real broker, each in a process of its own; the broker's work
is not counted. Figures are processor time of all threads, since wall time says little on a
shared machine. Peers are run as further commands: add them to `COMMANDS`.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from confluent_kafka import TopicPartition

from deploy.exchange.exchange import running_exchange
from schemas import framing, topics
from schemas.runtime import clients
from schemas.settings import KafkaSettings
from tests.support import events
from tests.support import hub as support

PARTITIONS = 4
DISTINCT = 25_000
# Of an agency that is busy: what one transaction holds, and one signature for each partition covers.
COMMIT_EVENTS = 10_000
COMMANDS = {
    "bare consume(500) + value()": [sys.executable, "-m", "tests.benchmarks.hub_path", "bare"],
    "hub": [sys.executable, "-m", "tests.benchmarks.hub_path", "hub"],
}
# Of an encoded event: where the first two fields, event_id and statement_key, stand.
_EVENT_ID = framing.HEADER_BYTES + 1
_STATEMENT_KEY = _EVENT_ID + 17
_ROOT = Path(__file__).parents[2]


def values(count: int, schema_id: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield record keys and values: some thousand contents, every event with ids of its own."""
    dice = random.Random(1)  # noqa: S311  # a seeded load
    distinct = [_event(number) for number in range(min(count, DISTINCT))]
    encoded = [(item["movement_key"], events.encoded(item, schema_id)) for item in distinct]
    for number in range(count):
        key, value = encoded[number % len(encoded)]
        ids = dice.randbytes(16) + value[_EVENT_ID + 16 : _STATEMENT_KEY] + dice.randbytes(16)
        yield key, value[:_EVENT_ID] + ids + value[_STATEMENT_KEY + 16 :]


def _event(number: int) -> dict[str, Any]:
    return events.movement(
        number,
        source_format="us-emanifest/1.3",
        adapter_version="0.1.0",
        codelist_version="2026.11",
        occurred_at="2026-03-01T10:00:00Z",
        origin_region="US-TX",
        destination_region="US-OH",
        transit_countries=["BE", "DE"],
        other_codes=[
            {"scheme": "US-EPA", "code": f"D{number % 43 + 1:03}"},
            {"scheme": "UN", "code": "1993"},
        ],
        native_operation_code="H141",
        contributor_group=events.key("group", number % 100),
        related=[{"movement_key": events.key(number), "relation": "ONWARD_OF"}] if number % 10 == 0 else [],
    )


def prepare(count: int, ledger: support.LedgerTopic) -> float:
    """Fill the topic, signed, and return the mean size of a value."""
    size_bytes = 0
    loads = iter(values(count, ledger.schema_id))
    while load := [*islice(loads, COMMIT_EVENTS)]:
        size_bytes += sum(len(value) for _, value in load)
        written = [
            record
            for partition in range(PARTITIONS)
            for record in ledger.scribe.write(load[partition::PARTITIONS], partition)
        ]
        ledger.scribe.sign("GB-EA", written)
    return size_bytes / count


def measure_bare(kafka: KafkaSettings, count: int) -> float:
    """Return the processor seconds of a loop that only takes the values."""
    reader = clients.consumer(kafka, "bare")
    reader.assign([TopicPartition(topics.MOVEMENTS, number, 0) for number in range(PARTITIONS)])
    started, seen = time.process_time(), 0
    while seen < count:
        seen += len([record.value() for record in reader.consume(500, 1.0)])
    used = time.process_time() - started
    reader.close()
    return used


def measure_hub(kafka: KafkaSettings, count: int, folder: Path) -> dict[str, float]:
    """Return the processor seconds of the hub, and of its contributions at the end."""
    ledger = support.LedgerTopic(kafka, {})
    hub = ledger.hub(folder / "hub.duckdb", batch_seconds=1.0)
    hub.open()
    started = time.process_time()
    totals = hub.run(until_end=True)
    hub.close()
    used = time.process_time() - started
    assert totals.rows == count, totals
    started = time.process_time()
    support.read(folder / "hub.duckdb", "SELECT count(*), sum(mass_g) FROM contributions")
    return {"hub": used, "contributions": time.process_time() - started}


def run_all(count: int) -> None:
    """Fill a topic, run every command on it, print the table."""
    with tempfile.TemporaryDirectory() as folder, running_exchange(Path(folder) / "exchange") as exchange:
        ledger = support.new_ledger(exchange, PARTITIONS)
        size_bytes = prepare(count, ledger)
        sys.stdout.write(f"{count:,} events of {size_bytes:.0f} bytes, {PARTITIONS} partitions\n")
        address = {"BROKERS": exchange.bootstrap_servers, "REGISTRY": exchange.registry_url}
        found: dict[str, float] = {}
        for name, command in COMMANDS.items():
            output = subprocess.run(
                [*command, str(count)],
                env=os.environ | address,
                cwd=_ROOT,
                check=True,
                stdout=subprocess.PIPE,
            ).stdout
            used = json.loads(output.splitlines()[-1])
            found |= {name: used} if isinstance(used, float) else used
    bare = found["bare consume(500) + value()"]
    sys.stdout.write(f"{'':30}{'us/event':>10}{'events/s/core':>16}{'x bare':>9}\n")
    for name, seconds in found.items():
        figures = f"{seconds / count * 1e6:10.2f}{count / seconds:16,.0f}{seconds / bare:9.1f}"
        sys.stdout.write(f"{name:30}{figures}\n")


def main() -> None:
    """Run the whole, or one command of it."""
    *mode, count = sys.argv[1:] or ["500000"]
    if not mode:
        run_all(int(count))
        return
    kafka = KafkaSettings(bootstrap_servers=os.environ["BROKERS"], registry_url=os.environ["REGISTRY"])
    with tempfile.TemporaryDirectory() as folder:
        is_bare = mode == ["bare"]
        used = measure_bare(kafka, int(count)) if is_bare else measure_hub(kafka, int(count), Path(folder))
    sys.stdout.write(f"{json.dumps(used)}\n")


if __name__ == "__main__":
    main()
