"""Refused documents at an agency's desk: listed, shown, read again; and what a repaired adapter restates."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from deploy.cli import app
from deploy.exchange.exchange import Exchange
from schemas import identity
from schemas.errors import FatalError
from tests.support.agency import Agency, new_agency, write
from tests.support.sealed import directory_beside

SHIPPED, REPAIRED = (f"tests.support.repairable:{name}" for name in ("Shipped", "Repaired"))
NUMBERS = iter(range(1, 1000))


@dataclass
class Desk:
    """An agency's desk: its folder, its keys, and the program."""

    agency: Agency
    inbox: Path
    keys: Path

    def ran(self, *words: str | Path, adapter: str | None = None) -> Result:
        """Return what the program said; `adapter` adds what names adapter, source and keys."""
        kafka = self.agency.kafka
        directory = ("--directory", directory_beside(self.keys, self.agency.id))
        reading = (
            (adapter, self.inbox, "--keys", self.keys, "--source-id", "desk", *directory) if adapter else ()
        )
        brokers = ("--bootstrap-servers", kafka.bootstrap_servers, "--registry-url", kafka.registry_url)
        command = [str(word) for word in (*words, *reading, "--agency", self.agency.id, *brokers)]
        done = CliRunner().invoke(app, command, catch_exceptions=False)
        # The command logged to a stream that is closed now.
        structlog.reset_defaults()
        assert done.exit_code == 0, done.stderr
        return done

    def published(self, adapter: str) -> int:
        """Publish what is new and return how many events that were."""
        done = self.ran("adapter", "run", "--once", "--metrics-port", "0", adapter=adapter).stdout
        return int(json.loads(done)["events"])

    def open(self, *options: str | Path) -> list[dict[str, Any]]:
        """Return the refused documents that are open."""
        return [
            json.loads(line) for line in self.ran("rejects", "list", "--json", *options).stdout.splitlines()
        ]

    def facts(self) -> list[tuple[str, int, int | None]]:
        """Return (change, edition, grams) of all events, in the order of publication."""
        events = sorted(self.agency.events(), key=lambda record: record.raw.timestamp())
        return [(item.fields["change"], item.fields["edition"], item.fields["mass_g"]) for item in events]


def delivered(folder: Path, *loads: dict[str, Any], days_ago: int = 2) -> None:
    """Write loads to the file of the folder as if that was some days ago: fresh files are waited for."""
    file = write(folder, "loads.jsonl", "\n".join(map(json.dumps, loads)).encode())
    at = time.time() - days_ago * 24 * 3600
    os.utime(file, (at, at))


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Leave the handlers of signals as they were: a run in this process sets its own."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def desk(exchange: Exchange, tmp_path: Path) -> Desk:
    """Return the desk of an agency with three loads in its folder."""
    identity.create(tmp_path / "keys", range(2020, 2030))
    agency = new_agency(exchange, f"XX-DESK{next(NUMBERS)}{os.getpid()}", SHIPPED)
    loads = [{"id": "a", "kg": 900}, {"id": "b", "kg": 25_000}, {"id": "c", "kg": 0}]
    delivered(tmp_path / "inbox", *loads)
    return Desk(agency, tmp_path / "inbox", tmp_path / "keys")


def test_a_refused_document_is_listed_with_what_to_do(desk: Desk) -> None:
    """The list names the file for whoever has it and the keys, and a key for everybody else."""
    desk.published(SHIPPED)

    (listed,) = desk.open("--folder", desk.inbox, "--keys", desk.keys)
    (unnamed,) = desk.open()
    shown = desk.ran("rejects", "show", str(listed["number"])).stdout

    assert (listed["file"], listed["path"]) == ("loads.jsonl", "line[2]")
    assert unnamed["file"] is None
    assert "line[2].kg [load.heavy]" in shown
    assert "no lorry is so heavy: check the unit" in shown
    assert desk.open("--reason", "another.rule") == []
    assert desk.open("--since", "2099-01-01") == []


def test_an_agency_without_a_topic_is_told_what_to_do(exchange: Exchange) -> None:
    """Nobody is sent to look at brokers that answer."""
    brokers = "--bootstrap-servers", exchange.bootstrap_servers, "--registry-url", exchange.registry_url
    done = CliRunner().invoke(app, ["rejects", "list", "--agency", "XX-NONE", *brokers])
    structlog.reset_defaults()

    assert isinstance(done.exception, FatalError)
    assert str(done.exception) == "topic weighbridge.rejects.xx-none is missing"
    assert "weighbridge topics apply" in done.exception.hint


def test_a_redrive_publishes_what_is_right_now_and_counts_once(desk: Desk) -> None:
    """After the repair the document is published, its neighbours stay, and nothing is open any more."""
    desk.published(SHIPPED)
    rehearsed = desk.ran("rejects", "redrive", "--dry-run", "--reason", "load.heavy", adapter=REPAIRED)
    before = desk.facts()
    desk.ran("rejects", "redrive", "--reason", "load.heavy", adapter=REPAIRED)

    assert [json.loads(line)["mass_g"] for line in rehearsed.stdout.splitlines()] == [900_000, 25_000_000]
    assert before == [("REPORTED", 0, 900_000_000), ("REPORTED", 0, 0)]
    assert desk.facts()[2:] == [("CORRECTED", 1, 900_000), ("REPORTED", 0, 25_000_000)]
    assert desk.open() == []
    assert [item["path"] for item in desk.open("--all")] == ["line[2]"]
    assert desk.published(REPAIRED) == 0
    assert len(desk.facts()) == 4


def test_a_redrive_rests_behind_what_it_publishes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate is one of documents that are published, or refused again, and not of their neighbours."""
    desk.published(SHIPPED)
    rests = list[float]()
    monkeypatch.setattr("producers.rejects.cli.time", SimpleNamespace(sleep=rests.append))
    desk.ran("rejects", "redrive", "--rate", "1", adapter=SHIPPED)

    assert len(rests) == 1


def test_what_is_still_wrong_is_refused_again_and_listed_once(desk: Desk) -> None:
    """A redrive without a repair changes nothing but the date."""
    desk.published(SHIPPED)
    (first,) = desk.open()
    desk.ran("rejects", "redrive", adapter=SHIPPED)
    (again,) = desk.open()

    assert again["number"] > first["number"]
    assert again["path"] == first["path"]
    assert len(desk.facts()) == 2


def test_a_document_that_came_right_is_open_no_more(desk: Desk) -> None:
    """The agency mends the file instead: what it says now is published, and settles the reject."""
    desk.published(SHIPPED)
    delivered(desk.inbox, {"id": "b", "kg": 25}, days_ago=1)
    desk.published(SHIPPED)

    assert desk.open() == []


def test_a_repaired_adapter_restates_what_it_says_otherwise(desk: Desk) -> None:
    """Only changed statements are published, under the same revision and a higher edition; twice is once."""
    desk.published(SHIPPED)
    reharmonised = ("adapter", "run", "--metrics-port", "0", "--reharmonise")
    too_late = desk.ran(*reharmonised, "--since", "2099-01-01", adapter=REPAIRED)
    rehearsed = desk.ran(*reharmonised, "--dry-run", adapter=REPAIRED)
    before = desk.facts()
    desk.ran(*reharmonised, adapter=REPAIRED)
    desk.ran(*reharmonised, adapter=REPAIRED)

    assert json.loads(too_late.stdout)["documents"] == 0
    assert len(rehearsed.stdout.splitlines()) == 2
    assert len(before) == 2
    assert desk.facts()[2:] == [("CORRECTED", 1, 900_000), ("REPORTED", 0, 25_000_000)]


def test_a_rehearsal_leaves_a_run_at_work_alone(desk: Desk) -> None:
    """A dry run shuts nobody out: the adapter beside it goes on and publishes."""
    run = replace(desk.agency, keys=identity.load(desk.keys)).made(desk.inbox, source_id="desk")
    run.open()
    try:
        run.once()
        delivered(desk.inbox, {"id": "d", "kg": 700}, days_ago=1)
        rehearsed = desk.ran("adapter", "run", "--dry-run", adapter=SHIPPED).stdout
        run.once()
    finally:
        run.close()

    assert [json.loads(line)["mass_g"] for line in rehearsed.splitlines()] == [700_000_000]
    assert run.totals.events == 3
