"""Whatever is written to the topics or laid into an inbox stops nobody: real processes, hostile bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from deploy.exchange.exchange import Exchange, running_exchange
from schemas import contract, framing, topics
from schemas.identity import DEMONSTRATION_KEYS
from tests.support import events, program, sealed
from tests.support import hub as support
from tests.support.agency import manifest, new_agency, write
from tests.support.operated import hub_command

pytestmark = pytest.mark.embedded

AGENCY, HUB = "US-EPA", "poisoned"
# Of an Avro long: 2^40, the highest, and the lowest number.
NUMBERS = (b"\x80\x80\x80\x80\x80\x80\x01", b"\xfe" + b"\xff" * 8 + b"\x01", b"\xff" * 9 + b"\x01")
HARMS: dict[str, Any] = {
    "Nulls": {"type": "array", "items": "null"},
    "Node": {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]},
    "Huge": {"type": "fixed", "name": "Huge", "size": 2**30},
}


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """Run an exchange of its own: what is written here stays on its topics."""
    with running_exchange(tmp_path_factory.mktemp("poisoned")) as exchange:
        yield exchange


def hostile(exchange: Exchange, record: str) -> list[int]:
    """Register schemas that have the name of one of ours and harm a decoder, and return their ids."""
    ours = contract.latest(record)
    with SchemaRegistryClient({"url": exchange.registry_url}) as client:
        return [
            client.register_schema(
                f"anybody-{record}-{name}",
                Schema(
                    json.dumps(ours | {"fields": [*ours["fields"], {"name": "harm", "type": harm}]}), "AVRO"
                ),
            )
            for name, harm in HARMS.items()
        ]


def poison(good: bytes, schema_ids: list[int]) -> list[bytes | None]:
    """Return values made from a good one: of hostile schemas, cut, and with numbers beyond everything."""
    body = good[framing.HEADER_BYTES :]
    values: list[bytes | None] = [None, b"", b"\0", good[:3], good[:-1], good + b"\0", b"\1" + good[1:]]
    for schema_id in schema_ids:
        values += [framing.prefix(schema_id) + body + end for end in (*NUMBERS, b"\x02" * 100_000)]
    for number in NUMBERS:
        # Where the first text, list or number begins, and at some places behind.
        values += [good[:place] + number + good[place + 1 :] for place in range(5, len(good), 7)]
    return values


def test_no_record_stops_a_hub(poisoned: Exchange, tmp_path: Path) -> None:
    """A hub that reads hostile records and signatures stores every honest one, and ends well."""
    ledger = support.new_ledger(poisoned, partitions=1, hub=HUB)
    bad = poison(events.encoded(events.movement(0), ledger.schema_id), hostile(poisoned, "movement"))
    for number, value in enumerate(bad):
        ledger.publish([events.movement(number + 1)], partition=0)
        ledger.publish_raw(events.movement(0)["movement_key"], value)
    for value in poison(b"\0\0\0\0\1" + b"x" * 90, hostile(poisoned, "signature")):
        ledger.scribe.put_signature(0, value or b"")
    ledger.publish([events.movement(len(bad) + 1)], partition=0)
    command = hub_command(tmp_path, HUB, poisoned.bootstrap_servers, poisoned.registry_url)

    done = program.run(*command, "--until-end", "--metrics-port", "0")

    stored = support.read(tmp_path / "hub.duckdb", "SELECT event_id FROM movement")
    honest = {item["event_id"] for item in ledger.sent}
    assert done.returncode == 0, done.stderr[-2_000:]
    assert honest <= {key for (key,) in stored}
    assert json.loads(done.stdout)["dead_letters"] + len(stored) == len(bad) + len(honest)


def test_no_record_among_the_keys_stops_an_adapter(poisoned: Exchange, tmp_path: Path) -> None:
    """An adapter that finds hostile records among the keys of all agencies starts and publishes."""
    agency = new_agency(poisoned, AGENCY)
    producer = support.new_producer(agency.kafka)
    for value in poison(b"\0\0\0\0\1" + b"x" * 90, hostile(poisoned, "data_key")):
        producer.produce(topics.KEYS, key=b"key", value=value)
    assert producer.flush(60) == 0
    file = write(tmp_path / "inbox", "a.json", manifest(1))

    assert published(agency, tmp_path, "keys") == 0
    assert agency.published() == agency.truth(file)


def test_no_document_stops_an_adapter(poisoned: Exchange, tmp_path: Path) -> None:
    """Of an inbox full of hostile files the honest one is published, all others are rejected."""
    agency, inbox = new_agency(poisoned, "XX-LOADS"), tmp_path / "inbox"
    agency.keys = DEMONSTRATION_KEYS
    file = write(inbox, "m.json", manifest(1))
    hostile_files = {
        "a-deep.json": b"[" * 1_000_000,
        "b-deeper.json": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        "c-number.json": b'{"manifestTrackingNumber": ' + b"9" * 1_000_000 + b"}",
        "d-exponent.json": b'{"wastes": [{"quantity": {"quantity": 1e999999999}}]}',
        "e-bytes.json": bytes(range(256)) * 1_000,
        "f-text.json": b'"' + b"x" * 5_000_000 + b'"',
        "g-empty.json": b"",
        "h-nothing.json": b"null",
        "z-half.json": file.read_bytes()[:-40],
        "z-surrogate.json": b'{"manifestTrackingNumber": "\\ud800"}',
    }
    for name, content in hostile_files.items():
        write(inbox, name, content)

    assert published(agency, tmp_path, "files") == 0
    assert agency.published() == agency.truth(file)
    assert {record.fields["file_key"] for record in agency.rejects()} == {
        agency.file_key(name) for name in hostile_files
    }


def published(agency: Any, folder: Path, source_id: str) -> int:
    """Run the adapter once over the inbox of a folder, and return its status."""
    keys = folder / "keys"
    sealed.write_keys(keys, DEMONSTRATION_KEYS)
    options = ("--once", "--metrics-port", "0", "--source-id", source_id)
    return program.run(*agency.command(folder / "inbox", keys, *options)).returncode
