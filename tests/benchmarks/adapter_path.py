"""The adapter path: what an event costs from a document to the broker's acknowledgement.

    python -m tests.benchmarks.adapter_path [EVENTS] [--json]

For each adapter one large file is published as `weighbridge adapter run --once` does it, in
transactions, with positions. Beside it stand the same pipeline without a broker, and a naive
producer: it gets the events ready made, and only serialises them one by one with the
client's own serializer and produces them, without transactions, positions or protection.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from deploy.exchange.exchange import Exchange, running_exchange
from producers import adapter as adapters
from producers.changes import Event
from producers.convert import converted
from schemas import contract, topics
from schemas.identity import DEMONSTRATION_KEYS
from schemas.runtime import logs
from schemas.settings import KafkaSettings
from tests.benchmarks import documents, report
from tests.support import agency as support

AGENCIES = {"us-emanifest": "US-EPA", "uk-packaging": "GB-EA"}
EVENTS_PER_CORE_MIN = 5_000
EVENTS_PER_CORE_GOAL = 15_000
# The documents of both adapters give a few more than three events each.
_EVENTS_PER_DOCUMENT = 3
_NAIVE_EVENTS_MAX = 30_000
_FLUSH_SECONDS_MAX = 60

Row = dict[str, str | float | int]


def run(events: int) -> report.Report:
    """Measure everything once."""
    rows: list[Row] = []
    targets: dict[str, bool] = {}
    with tempfile.TemporaryDirectory() as name, running_exchange(Path(name) / "exchange") as exchange:
        for adapter in documents.ADAPTERS:
            folder = Path(name) / adapter
            folder.mkdir()
            documents.write(adapter, folder / "large.json", documents=events // _EVENTS_PER_DOCUMENT)
            published, *others = _rows(adapter, folder, exchange)
            reached = int(published["events/s/core"])
            goal = f"{reached:,}; the goal is {EVENTS_PER_CORE_GOAL:,}"
            rows += [published, *others]
            targets[f"{adapter}: {EVENTS_PER_CORE_MIN:,} events/s/core ({goal})"] = (
                reached >= EVENTS_PER_CORE_MIN
            )
    return report.Report("Documents to acknowledged events, processor time", rows, targets)


def _rows(adapter: str, folder: Path, exchange: Exchange) -> Iterator[Row]:
    kafka = support.new_agency(exchange, AGENCIES[adapter], adapter).kafka
    address = {"BROKERS": kafka.bootstrap_servers, "REGISTRY": kafka.registry_url}
    module = [sys.executable, "-m", "tests.benchmarks.adapter_path"]
    for name, (title, _) in STEPS.items():
        found = report.measured([*module, "--step", name, adapter, str(folder)], address)
        yield report.per_event(f"{adapter}: {title}", found["events"], found["seconds"])


def _published(adapter: str, folder: Path) -> dict[str, float]:
    """Publish the folder as a run does."""
    agency = support.Agency(_kafka(), AGENCIES[adapter], adapter)
    started = report.used_seconds()
    done = agency.run(folder)
    return {"events": done.totals.events, "seconds": report.used_seconds() - started}


def _made(adapter: str, folder: Path) -> dict[str, float]:
    """Make the same events and drop them."""
    started = report.used_seconds()
    events = sum(1 for _ in _events(adapter, folder))
    return {"events": events, "seconds": report.used_seconds() - started}


def _naive(adapter: str, folder: Path) -> dict[str, float]:
    """Serialise and produce events that are ready as dictionaries."""
    schema = contract.parsed("movement")
    bodies = (event.body for event in islice(_events(adapter, folder), _NAIVE_EVENTS_MAX))
    ready: list[Any] = [fastavro.schemaless_reader(io.BytesIO(body), schema, None) for body in bodies]
    kafka = _kafka()
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "acks": "all"})
    with SchemaRegistryClient({"url": kafka.registry_url}) as registry:
        options = {"auto.register.schemas": False}
        serialise = AvroSerializer(registry, contract.schema_text("movement"), conf=options)
        context = SerializationContext(topics.MOVEMENTS, MessageField.VALUE)
        started = report.used_seconds()
        for event in ready:
            producer.produce(topics.MOVEMENTS, key=event["movement_key"], value=serialise(event, context))
            producer.poll(0)
        assert producer.flush(_FLUSH_SECONDS_MAX) == 0
        return {"events": len(ready), "seconds": report.used_seconds() - started}


STEPS: dict[str, tuple[str, Callable[[str, Path], dict[str, float]]]] = {
    "published": ("published, acknowledged", _published),
    "made": ("the same pipeline, no broker", _made),
    "naive": ("naive producer of ready events", _naive),
}


def _events(adapter: str, folder: Path) -> Iterator[Event]:
    chosen = adapters.create(adapter, {})
    for item in converted(chosen, AGENCIES[adapter], DEMONSTRATION_KEYS, sorted(folder.iterdir())):
        yield from item.outcome.events


def _kafka() -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=os.environ["BROKERS"], registry_url=os.environ["REGISTRY"])


def main() -> int:
    """Measure and show, or do one step of it."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.adapter_path")
    parser.add_argument("events", nargs="?", type=int, default=100_000)
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.step is None:
        return run(chosen.events).show(as_json=chosen.json)
    name, adapter, folder = chosen.step
    logs.configure()
    _, step = STEPS[name]
    sys.stdout.write(f"{json.dumps(step(adapter, Path(folder)))}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
