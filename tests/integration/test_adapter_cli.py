"""The adapter's commands as an agency runs them: what they print, write, serve and exit with."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.exchange.exchange import Exchange
from schemas import contract, identity
from tests.support import program
from tests.support.agency import DOCUMENTS, manifest, new_agency, write
from tests.support.exposition import strangers
from tests.support.operated import operated

SIGNED = DOCUMENTS / "us_emanifest" / "signed.json"
BYTES = ("event_id", "statement_key", "movement_key")
INSTANTS = ("recorded_at", "occurred_at", "release_at")


def adapter(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command of the adapter."""
    return program.run("adapter", *arguments, given=given)


def lines(data: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects of a text, one a line."""
    return [json.loads(line) for line in data.splitlines()]


def test_list_shows_the_adapters() -> None:
    """The list names both adapters whole, their formats, agencies and settings."""
    done = adapter("list")

    assert (done.returncode, done.stderr) == (0, b"")
    for text in ("us-emanifest", "us-emanifest/1.3", "US-EPA", "uk-packaging", "GB-EA", "uploaded_at"):
        assert text in done.stdout.decode()


def test_convert_prints_events_with_the_names_of_the_contract() -> None:
    """Each line is one event: the contract's fields in their order, bytes as hex, instants with Z."""
    done = adapter("convert", "us-emanifest", SIGNED)
    events = lines(done.stdout)

    assert done.returncode == 0
    assert len(events) == 6
    for event in events:
        assert contract.field_names("movement") == tuple(event)
        assert all(re.fullmatch("[0-9a-f]{32}", event[name]) for name in BYTES)
        assert all(event[name] is None or event[name].endswith("Z") for name in INSTANTS)
        assert all(event[name] is None or datetime.fromisoformat(event[name]) for name in INSTANTS)
        assert re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", event["occurred_on"])
        assert event["mass_g"] is None or type(event["mass_g"]) is int
    assert {type(event["mass_g"]) for event in events} == {int}


def test_convert_says_that_its_keys_protect_nothing() -> None:
    """Without keys a notice on stderr says so, and stdout holds events alone."""
    done = adapter("convert", "us-emanifest", SIGNED)

    assert b"demonstration keys" in done.stderr


def test_convert_with_keys_is_silent_and_has_other_identities(tmp_path: Path) -> None:
    """With an agency's own keys there is no notice, and no id is that of another agency's keys."""
    identity.create(tmp_path / "keys", range(2020, 2030))
    done = adapter("convert", "us-emanifest", SIGNED, "--keys", tmp_path / "keys")
    shown = adapter("convert", "us-emanifest", SIGNED)

    assert b"demonstration" not in done.stderr
    for name in (*BYTES, "contributor"):
        assert not {item[name] for item in lines(done.stdout)} & {item[name] for item in lines(shown.stdout)}


def test_convert_reads_stdin() -> None:
    """A dash reads the document from stdin, even where two passes are needed."""
    file = DOCUMENTS / "uk_packaging" / "exporter.json"
    piped = adapter("convert", "uk-packaging", "-", given=file.read_bytes())
    named = adapter("convert", "uk-packaging", file)

    assert (piped.returncode, piped.stdout) == (0, named.stdout)
    assert len(lines(piped.stdout)) > 0


def test_a_rejected_document_is_exit_1_and_its_findings_are_lines(tmp_path: Path) -> None:
    """A rejected document prints no event; its findings go to the file, with rule, place and hint."""
    file = write(tmp_path, "a.json", [manifest(1, status="Lost"), manifest(2)])
    done = adapter("convert", "us-emanifest", file, "--findings", tmp_path / "findings.jsonl")
    findings = lines((tmp_path / "findings.jsonl").read_bytes())
    errors = [item for item in findings if item["severity"] == "ERROR"]

    assert done.returncode == 1
    assert len(lines(done.stdout)) == 6
    assert [("us.status.unknown", "$[0].status")] == [(item["rule"], item["path"]) for item in errors]
    assert {"file", "path", "rule", "severity", "hint"} == set(errors[0])
    assert all(item["hint"] for item in findings)
    assert b"{" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("convert", "us-emanifest", "no-such-file.json"),
        ("convert", "us-emanifest", "."),
        ("convert", "no-such-adapter", str(SIGNED)),
        ("convert", "us-emanifest", str(SIGNED), "--set", "colour=red"),
        ("convert", "us-emanifest", str(SIGNED), "--set", "colour"),
        ("convert", "us-emanifest", str(SIGNED), "--keys", "no-such-keys"),
        ("convert",),
        ("run", "us-emanifest", ".", "--once"),
        ("run", "us-emanifest", ".", "--once", "--agency", "lower", "--keys", "."),
        ("run", "us-emanifest", ".", "--once", "--keys", "no-such-keys"),
        ("dance",),
    ],
)
def test_wrong_use_is_exit_2(arguments: tuple[str, ...]) -> None:
    """What is wrong with a command line or settings is said without a traceback, exit 2."""
    done = adapter(*arguments)

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr
    assert done.stderr


def test_run_once_publishes_and_reports(exchange: Exchange, tmp_path: Path) -> None:
    """A single run prints its totals, logs one JSON object a line, touches its health file, exits 0."""
    agency = new_agency(exchange, "XX-CLI1")
    keys, folder, health = tmp_path / "keys", tmp_path / "in", tmp_path / "health"
    identity.create(keys, range(2020, 2030))
    agency.keys = identity.load(keys)
    file = write(folder, "a.json", [manifest(1), manifest(2, status="Lost")])
    command = agency.command(folder, keys, "--once", "--metrics-port", "0", "--health-file", str(health))
    done = program.run(*command)
    (totals,) = lines(done.stdout)
    log = lines(done.stderr)

    assert done.returncode == 0
    assert (1, 2, 6, 1) == tuple(totals[name] for name in ("files", "documents", "events", "rejected"))
    assert {"positions_read", "document_rejected", "committed"} == {line["event"] for line in log}
    assert {"XX-CLI1"} == {line["agency"] for line in log}
    assert health.exists()
    assert agency.truth(file) == agency.published()


def test_run_without_a_broker_is_exit_1(exchange: Exchange, tmp_path: Path) -> None:
    """A broker that is away ends a single run with exit 1, two lines and no traceback."""
    agency = new_agency(exchange, "XX-CLI2")
    agency.kafka = agency.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})
    identity.create(tmp_path / "keys", range(2020, 2030))
    command = agency.command(tmp_path, tmp_path / "keys", "--once", "--metrics-port", "0")
    done = program.run(*command)

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Traceback" not in done.stderr
    assert b"Error: " in done.stderr
    assert b"Try:   " in done.stderr


def test_metrics_are_those_of_the_closed_list(exchange: Exchange, tmp_path: Path) -> None:
    """The endpoint serves metrics of the list and nothing else, with what the run did."""
    agency = new_agency(exchange, "XX-CLI3")
    keys, folder = tmp_path / "keys", tmp_path / "in"
    identity.create(keys, range(2020, 2030))
    write(folder, "a.json", [manifest(1), manifest(2, status="Lost")])
    with operated(tmp_path / "run", *agency.command(folder, keys)) as running:
        exposition = running.when('events_published_total{agency="XX-CLI3",source="us-emanifest"} 6.0')
        status, _ = running.stopped()

    assert status == 0
    assert (
        'documents_rejected_total{agency="XX-CLI3",reason="us.status.unknown",source="us-emanifest"} 1.0'
        in exposition
    )
    assert [] == strangers(exposition, agencies={"XX-CLI3"}, sources={"us-emanifest"}, hubs=set())
