"""The adapter path: what an event costs from a document to the broker's acknowledgement.

    python -m tests.benchmarks.adapter_path [DOCUMENTS] [--json]

For each adapter one large file is published as `weighbridge adapter run --once` does it, in
transactions, with positions. Beside it stand the same pipeline without a broker, and once a naive
producer: it gets the events ready made, and only serialises them one by one with the
client's own serializer and produces them, without transactions, positions or protection.
"""

from __future__ import annotations

import argparse
import io
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
from producers.convert import converted
from producers.pipeline import Outcome
from schemas import contract, topics
from schemas.identity import DEMONSTRATION_KEYS
from schemas.settings import KafkaSettings
from tests.benchmarks import documents, report
from tests.support import agency as support

EVENTS_PER_CORE_MIN = 5_000
EVENTS_PER_CORE_GOAL = 15_000
# Documents of a whole movement document each, which is as much text as ten rows of a table.
XML_DOCUMENTS_PER_CORE_MIN = 1_500
# What events ready made cost does not depend on where they come from.
_NAIVE_ADAPTER = "us-emanifest"
_WORKBOOK_ADAPTER, _WORKBOOK_TITLE = "table", "table, workbook"
_NAIVE_EVENTS_MAX = 30_000
_FLUSH_SECONDS_MAX = 60

Row = dict[str, str | float | int]
Figures = dict[str, float]


def run(number: int) -> report.Report:
    """Measure everything once, with so many documents for each adapter."""
    rows: list[Row] = []
    targets: dict[str, bool] = {}
    with tempfile.TemporaryDirectory() as name, running_exchange(Path(name) / "exchange") as exchange:
        for title, adapter, folder in _written(Path(name), number):
            published, *others = _rows(title, adapter, folder, number, exchange)
            rows += [published, *others]
            target, is_reached = _target(title, adapter, published)
            targets[target] = is_reached
    return report.Report("Documents to acknowledged events, processor time", rows, targets)


def _written(folder: Path, number: int) -> Iterator[tuple[str, str, Path]]:
    """Write one large file for each adapter; yield title, adapter and the folder of the file."""
    for adapter, load in documents.LOADS.items():
        of_adapter = folder / adapter
        of_adapter.mkdir()
        load.write(of_adapter / f"large.{load.form}", documents=number)
        yield adapter, adapter, of_adapter
    of_workbook = folder / "workbook"
    of_workbook.mkdir()
    documents.write_workbook(of_workbook / "large.xlsx", number)
    yield _WORKBOOK_TITLE, _WORKBOOK_ADAPTER, of_workbook


def _target(title: str, adapter: str, published: Row) -> tuple[str, bool]:
    """Return what is asked of an adapter, with what was measured, and whether it is reached."""
    if documents.LOADS[adapter].form == "xml":
        reached = int(published["documents/s/core"])
        target = f"{title}: {XML_DOCUMENTS_PER_CORE_MIN:,} documents/s/core ({reached:,})"
        return target, reached >= XML_DOCUMENTS_PER_CORE_MIN
    reached = int(published["events/s/core"])
    goal = f"{reached:,}; the goal is {EVENTS_PER_CORE_GOAL:,}"
    return f"{title}: {EVENTS_PER_CORE_MIN:,} events/s/core ({goal})", reached >= EVENTS_PER_CORE_MIN


def _rows(title: str, adapter: str, folder: Path, number: int, exchange: Exchange) -> Iterator[Row]:
    kafka = support.new_agency(exchange, _agency(folder), adapter).kafka
    for what, step in STEPS.items():
        if step is _naive and title != _NAIVE_ADAPTER:
            continue
        found = report.apart(step, kafka, adapter, folder)
        per_second = "" if step is _naive else round(number / found["seconds"])
        yield report.per_event(
            f"{title}: {what}", int(found["events"]), found["seconds"], **{"documents/s/core": per_second}
        )


def _published(kafka: KafkaSettings, adapter: str, folder: Path) -> Figures:
    """Publish the folder as a run does."""
    load = documents.LOADS[adapter]
    agency = support.Agency(kafka, _agency(folder), adapter, values=dict(load.values))
    started = report.used_seconds()
    totals = agency.run(folder).totals
    seconds = report.used_seconds() - started
    return {"events": totals.events, "seconds": seconds}


def _made(_: KafkaSettings, adapter: str, folder: Path) -> Figures:
    """Make the same events and drop them."""
    started = report.used_seconds()
    made = [len(outcome.events) for outcome in _outcomes(adapter, folder)]
    return {"events": sum(made), "seconds": report.used_seconds() - started}


def _naive(kafka: KafkaSettings, adapter: str, folder: Path) -> Figures:
    """Serialise and produce events that are ready as dictionaries."""
    schema = contract.parsed("movement")
    events = (event for outcome in _outcomes(adapter, folder) for event in outcome.events)
    bodies = (event.body for event in islice(events, _NAIVE_EVENTS_MAX))
    ready: list[Any] = [fastavro.schemaless_reader(io.BytesIO(body), schema, None) for body in bodies]
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


STEPS: dict[str, Callable[[KafkaSettings, str, Path], Figures]] = {
    "published, acknowledged": _published,
    "the same pipeline, no broker": _made,
    "naive producer of ready events": _naive,
}


def _outcomes(adapter: str, folder: Path) -> Iterator[Outcome]:
    load = documents.LOADS[adapter]
    chosen = adapters.create(adapter, load.values)
    for item in converted(chosen, _agency(folder), DEMONSTRATION_KEYS, sorted(folder.iterdir())):
        yield item.outcome


def _agency(folder: Path) -> str:
    """Return an agency that has published nothing but this folder."""
    return f"XX-{folder.name.replace('-', '').upper()}"


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.adapter_path")
    parser.add_argument("documents", nargs="?", type=int, default=30_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    return run(chosen.documents).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
