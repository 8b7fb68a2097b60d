"""Records that a hub refused, and what a redrive makes of them: each counts once, wherever a hub dies."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import fastavro
import httpx2
import pytest
import structlog
from typer.testing import CliRunner, Result

from consumers.deadletters.letters import DeadLetter, Place, all_letters
from consumers.deadletters.redriving import Done, redrive
from consumers.hub import offline
from consumers.release import bundle
from deploy.cli import app
from deploy.exchange.exchange import Exchange
from schemas import contract, framing
from schemas.directory import Directory
from schemas.errors import ConfigurationError, FatalError
from schemas.reasons import HINTS, Reason
from schemas.signing import Chain
from tests.support import events, releasing
from tests.support import hub as support
from tests.support.hub import LedgerTopic, running
from tests.support.releasing import NOW, Releasing
from tests.support.samples import ROOT
from tests.support.sealed import write_directory
from tests.support.signed import EVERYBODY
from tests.support.waiting import eventually

STEPS = (
    "redrive begun",
    "redriven events appended",
    "dead letters changed",
    "redriven",
    "dead letters sent",
)
ROWS = "SELECT kafka_partition, kafka_offset, event_id, mass_g FROM movement ORDER BY ALL"
LETTERS = "FROM dead_letter ORDER BY ALL"
FIGURES = "FROM contributions ORDER BY ALL"
MONTH = timedelta(days=31)
_NUMBERS = itertools.count()


@pytest.fixture
def ledger(exchange: Exchange) -> LedgerTopic:
    """Return an empty movements topic with three partitions."""
    return support.new_ledger(exchange)


class LaterSchema:
    """The movement of a later release: with one more field, and not registered at first."""

    def __init__(self, registry_url: str) -> None:
        self._url = registry_url
        self.schema = _with_one_more_field()
        # The registry counts: the next schema gets the next id.
        self.id = self._registered(_with_one_more_field()) + 1

    def encoded(self, event: dict[str, Any]) -> bytes:
        """Return an event as an adapter of that release writes it."""
        body = io.BytesIO()
        fastavro.schemaless_writer(body, fastavro.parse_schema(self.schema), event)
        return framing.prefix(self.id) + body.getvalue()

    def register(self) -> None:
        """Register it, as that release needs."""
        assert self._registered(self.schema) == self.id

    def _registered(self, schema: dict[str, Any]) -> int:
        path = f"{self._url}/subjects/later-{next(_NUMBERS)}-value/versions"
        return int(httpx2.post(path, json={"schema": json.dumps(schema)}).json()["id"])


def _with_one_more_field() -> dict[str, Any]:
    released = contract.latest("movement")
    field = {"name": f"later_{next(_NUMBERS)}", "type": "string", "doc": "Later.", "default": ""}
    return released | {"fields": [*released["fields"], field]}


@contextmanager
def refused(ledger: LedgerTopic, file: Path, count: int = 5, others: int = 0) -> Iterator[LaterSchema]:
    """Have a hub refuse records of a schema that nobody has registered yet, among others that it stores."""
    later = LaterSchema(ledger.kafka.registry_url)
    for number in range(count):
        ledger.publish([events.movement(100 + number)], partition=number % 3)
        event = events.movement(number)
        ledger.publish_raw(event["movement_key"], later.encoded(event), number % 3)
        ledger.sent.append(event)
    hub = ledger.run_to_end(file)
    assert (hub.totals.rows, hub.totals.dead_letters) == (count, count + others)
    yield later


def letters(ledger: LedgerTopic, hub: str = "test") -> list[DeadLetter]:
    """Return the dead letters on a hub's topic, by their places."""
    found = (told.letter for told in all_letters(ledger.kafka, hub))
    return sorted(found, key=lambda letter: letter.place)


def redriven(ledger: LedgerTopic, file: Path, *, is_rehearsal: bool = False, **settings: Any) -> Done:
    """Redrive everything that is refused, with a hub that runs meanwhile."""
    places = [letter.place for letter in letters(ledger, settings.get("name", "test"))]
    with running(ledger.hub(file, **settings)):
        return redrive(file, places, 1_000, is_rehearsal=is_rehearsal)


def test_a_record_counts_once_after_the_repair(ledger: LedgerTopic, tmp_path: Path) -> None:
    """What no registry knew is refused, passes when it does, and however often redriven counts once."""
    file = tmp_path / "hub.duckdb"
    with refused(ledger, file) as later:
        before = redriven(ledger, file)
        rehearsed_before = offline.answered(file, "1GB", "status")["dead_letters"]
        later.register()
        rehearsed = redriven(ledger, file, is_rehearsal=True)
        after_rehearsal = offline.answered(file, "1GB", "status")["dead_letters"]
        first = redriven(ledger, file)
        again = redriven(ledger, file)

    assert before.failed == {letter.place: (Reason.SCHEMA_UNKNOWN,) for letter in letters(ledger)}
    assert rehearsed_before == after_rehearsal == 5
    assert (rehearsed.refused, rehearsed.passed) == (first.refused, first.passed) == (5, 5)
    assert (again.refused, again.passed) == (0, 0)
    stored = support.read(file, "SELECT event_id, mass_g FROM movement ORDER BY ALL")
    assert stored == sorted((event["event_id"], event["mass_g"]) for event in ledger.sent)
    assert [letter.redriven for letter in letters(ledger)] == [0, 1, 2, 3, 4]
    assert {letter.agency for letter in letters(ledger)} == {"GB-EA"}
    status = offline.answered(file, "1GB", "status")
    assert (status["events"], status["dead_letters"], status["redriven"]) == (10, 0, 5)
    assert status["reasons"] == {}
    assert status["dead_letters_unsent"] == 0


def test_what_fails_again_is_refused_for_the_reasons_of_today(ledger: LedgerTopic, tmp_path: Path) -> None:
    """A record whose schema is known by now and whose body is spoiled says so; its neighbour is stored."""
    file, later = tmp_path / "hub.duckdb", LaterSchema(ledger.kafka.registry_url)
    good, bad = events.movement(1), events.movement(2)
    ledger.publish_raw(good["movement_key"], later.encoded(good))
    ledger.publish_raw(bad["movement_key"], later.encoded(bad)[:-3])
    ledger.run_to_end(file)
    later.register()

    done = redriven(ledger, file)

    assert (done.refused, done.failed) == (2, {Place(0, 1): (Reason.BODY_CORRUPT,)})
    assert [(letter.reasons, letter.redriven) for letter in letters(ledger)] == [
        ((Reason.SCHEMA_UNKNOWN,), 0),
        ((Reason.BODY_CORRUPT,), None),
    ]
    assert support.read(file, "SELECT count(*) FROM event") == [(1,)]


def test_what_nobody_signed_stays_out(ledger: LedgerTopic, tmp_path: Path) -> None:
    """A forged record is refused until a valid signature of the agency that it names covers it."""
    file = tmp_path / "hub.duckdb"
    ledger.directory = Directory({})
    ledger.publish([events.movement(1)], partition=0)
    unsigned = events.movement(2)
    value = events.encoded(unsigned, ledger.schema_id)
    (written,) = ledger.scribe.write([(unsigned["movement_key"], value)], 0)
    ledger.publish_raw(unsigned["movement_key"], value, agency="FR-DGPR")
    unlisted = ledger.run_to_end(file)
    nobody = redriven(ledger, file)
    ledger.directory = EVERYBODY
    listed = redriven(ledger, file)
    ledger.scribe.sign("GB-EA", [written])
    signed = redriven(ledger, file)

    assert (unlisted.totals.rows, unlisted.totals.dead_letters) == (0, 3)
    assert {*nobody.failed.values()} == {(Reason.FORGED,)}
    # The third one is signed, by another agency than the one that it names.
    assert listed.failed == dict.fromkeys([Place(0, 1), Place(0, 2)], (Reason.FORGED,))
    assert signed.failed == {Place(0, 2): (Reason.FORGED,)}
    assert support.read(file, "SELECT kafka_offset FROM event ORDER BY ALL") == [(0,), (1,)]
    assert [letter.agency for letter in letters(ledger)] == ["GB-EA", "GB-EA", None]


def test_a_number_that_was_signed_twice_covers_nothing(ledger: LedgerTopic, tmp_path: Path) -> None:
    """Of two signatures of one number a hub counts one: which records that are is no matter for a redrive."""
    file = tmp_path / "hub.duckdb"
    ledger.directory = Directory({})
    ledger.publish([events.movement(1)], partition=0)
    writer = ledger.chains["GB-EA"].writer
    ledger.chains["GB-EA"] = Chain(writer)
    ledger.publish([events.movement(2)], partition=0)
    ledger.publish([events.movement(3)], partition=1)
    ledger.run_to_end(file)
    ledger.directory = EVERYBODY

    done = redriven(ledger, file)

    assert done.failed == dict.fromkeys([Place(0, 0), Place(0, 1)], (Reason.FORGED,))
    assert support.read(file, "SELECT event_id FROM event") == [(events.movement(3)["event_id"],)]


def test_a_late_statement_does_not_hide_a_newer_one(ledger: LedgerTopic, tmp_path: Path) -> None:
    """An older revision that is redriven after a newer one was stored changes no figure."""
    file, later = tmp_path / "hub.duckdb", LaterSchema(ledger.kafka.registry_url)
    old = events.movement(1)
    new = events.movement(1, revision=old["revision"] + 1, change="CORRECTED", mass_g=7, event_id=b"n" * 16)
    ledger.publish_raw(old["movement_key"], later.encoded(old))
    ledger.publish([new])
    ledger.run_to_end(file)
    before = support.read(file, FIGURES)
    later.register()

    done = redriven(ledger, file)

    assert done.passed == 1
    assert support.read(file, "SELECT count(*) FROM event") == [(2,)]
    assert support.read(file, FIGURES) == before
    assert support.read(file, "SELECT mass_g FROM latest") == [(7,)]


def child(ledger: LedgerTopic, file: Path, step: str) -> subprocess.Popen[bytes]:
    """Start a hub that runs until it dies at a step of a redrive."""
    kafka = ledger.kafka
    arguments = (kafka.bootstrap_servers, kafka.registry_url, str(file), step, "1")
    command = [sys.executable, "-m", "tests.support.hub", *arguments, "--on"]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)


def has_died_of(hub: subprocess.Popen[bytes], file: Path, places: list[Place]) -> bool:
    """Ask a hub for a redrive, and say whether that has ended it."""
    # It may not listen yet.
    with suppress(ConfigurationError, FatalError):
        redrive(file, places, 1_000, is_rehearsal=False)
    return hub.poll() is not None


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_every_step_it_counts_once(ledger: LedgerTopic, tmp_path: Path, step: str) -> None:
    """Wherever a hub dies in a redrive, another redrive makes the file what it should be."""
    file = tmp_path / "hub.duckdb"
    with refused(ledger, file) as later:
        later.register()
    places = [letter.place for letter in letters(ledger)]

    with child(ledger, file, step) as hub:
        has_died = eventually(lambda: has_died_of(hub, file, places))
        hub.kill()
    redriven(ledger, file)

    assert has_died
    assert hub.returncode == -signal.SIGKILL

    stored = support.read(file, "SELECT event_id FROM movement ORDER BY ALL")
    assert stored == sorted((event["event_id"],) for event in ledger.sent)
    assert sorted(letter.redriven or 0 for letter in letters(ledger)) == [0, 1, 2, 3, 4]
    assert [letter.redriven for letter in letters(ledger)] == [
        number for (number,) in support.read(file, "SELECT redriven FROM dead_letter ORDER BY ALL")
    ]
    assert support.read(file, "FROM outbox") == []


def test_a_file_that_is_filled_anew_is_the_same(ledger: LedgerTopic, tmp_path: Path) -> None:
    """What was redriven is an event in it, and what is refused stays so, though it would pass by now."""
    file, again = tmp_path / "hub.duckdb", tmp_path / "again.duckdb"
    with refused(ledger, file) as later:
        later.register()
    first, *_ = letters(ledger)
    with running(ledger.hub(file)):
        redrive(file, [first.place], 1_000, is_rehearsal=False)
    told = [*all_letters(ledger.kafka, "test")]

    ledger.run_to_end(again)

    for query in (ROWS, LETTERS, FIGURES):
        assert support.read(again, query) == support.read(file, query)
    assert support.read(again, "SELECT count(*) FROM event") == [(6,)]
    assert [*all_letters(ledger.kafka, "test")] == told
    assert redriven(ledger, again).passed == 4
    assert support.read(again, "SELECT max(redriven), count(redriven) FROM dead_letter") == [(4, 5)]


def test_a_file_that_is_restored_learns_what_was_redriven_since(ledger: LedgerTopic, tmp_path: Path) -> None:
    """A backup from before a redrive is as the lost file was, to the numbers, once the hub runs on it."""
    file, backup = tmp_path / "hub.duckdb", tmp_path / "backup.duckdb"
    with refused(ledger, file) as later:
        shutil.copy(file, backup)
        later.register()
    redriven(ledger, file)

    ledger.run_to_end(backup)

    for query in (ROWS, LETTERS, FIGURES):
        assert support.read(backup, query) == support.read(file, query)
    assert support.read(backup, "SELECT count(redriven) FROM dead_letter") == [(5,)]


def test_what_is_redriven_is_late_data_of_the_next_release(exchange: Exchange, tmp_path: Path) -> None:
    """What was published stays, the next epoch adds it, and a file that is filled anew decides both again."""
    hub = releasing.new_hub(exchange, tmp_path)
    later = LaterSchema(hub.kafka.registry_url)
    hub.store(releasing.loads("150107", 40, 40, 40))
    for load in releasing.loads("150101", 50, 50, 50):
        hub.topic.publish_raw(load["movement_key"], later.encoded(load))
    hub.catch_up()
    hub.run()
    before = hub.records()
    later.register()
    done = redriven(hub.topic, hub.file, name=hub.name)
    again_same = hub.run()
    hub.run(NOW + MONTH)
    other = Releasing(
        name=hub.name, file=tmp_path / "again.duckdb", keys=hub.keys, topic=hub.topic, release=hub.release
    )
    other.catch_up()
    other.run(NOW + MONTH)

    assert done.passed == 3
    assert again_same.released == ()
    assert hub.records()[: len(before) - 1] == before[:-1]
    one, two = hub.ledger()
    assert (one.record["redriven"], two.record["redriven"]) == (0, 3)
    assert one.record["cut"] == two.record["cut"]
    paper = {
        cell["epoch"]: cell["mass_g"]
        for cell in hub.published()
        if cell["material"] == "PAPER" and cell["region"] == "FR" and cell["mass_g"]
    }
    assert paper == {"2026-11": 150_000_000}
    for item, name in ((hub, "hub.zip"), (other, "again.zip")):
        assert bundle.write(item.settings, item.kafka, tmp_path / name) == 2
    assert (tmp_path / "hub.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()


@dataclass
class Operator:
    """Who operates a hub: its file, the directory, and the program."""

    ledger: LedgerTopic
    file: Path
    directory: Path

    def ran(self, *words: str | Path, status: int = 0) -> Result:
        """Return what the program said."""
        kafka = self.ledger.kafka
        brokers = ("--bootstrap-servers", kafka.bootstrap_servers, "--registry-url", kafka.registry_url)
        done = CliRunner().invoke(app, [str(word) for word in ("deadletters", *words, *brokers)])
        # The command logged to a stream that is closed now.
        structlog.reset_defaults()
        assert done.exit_code == status, done.output
        return done

    def listed(self, *options: str | Path) -> list[dict[str, Any]]:
        """Return what programs read."""
        return [
            json.loads(line)
            for line in self.ran("list", "--hub", "test", "--json", *options).stdout.splitlines()
        ]

    def shown(self, place: str, *options: str | Path) -> dict[str, Any]:
        """Return everything about a record that programs read."""
        done = self.ran("show", place, "--hub", "test", "--directory", self.directory, "--json", *options)
        return dict(json.loads(done.stdout))

    def redriven(self, *options: str | Path) -> dict[str, Any]:
        """Return what became of a redrive."""
        return dict(json.loads(self.ran("redrive", "--file", self.file, *options).stdout))


@pytest.fixture
def operator(ledger: LedgerTopic, tmp_path: Path) -> tuple[Operator, LaterSchema]:
    """Return the operator of a hub that refuses five records of one agency and one of another."""
    file = tmp_path / "hub.duckdb"
    ledger.publish_raw(b"key", None, partition=2, agency="FR-DGPR")
    with refused(ledger, file, others=1) as later:
        return Operator(ledger, file, write_directory(tmp_path / "directory.toml", EVERYBODY)), later


def test_an_agency_finds_its_own(operator: tuple[Operator, LaterSchema]) -> None:
    """The list counts by reason and agency and names records; filters leave what is asked for."""
    desk, _ = operator
    table = desk.ran("list", "--hub", "test").stdout.splitlines()
    (own,) = desk.listed("--agency", "FR-DGPR")

    assert ["record.tombstone", "FR-DGPR", "1"] in [line.split() for line in table]
    assert ["schema.unknown", "GB-EA", "5"] in [line.split() for line in table]
    assert own["place"] == "weighbridge.movements:2:0"
    assert (own["reasons"], own["redriven"]) == (["record.tombstone"], None)
    assert len(desk.listed("--reason", "schema.unknown")) == 5
    assert {item["partition"] for item in desk.listed("--partition", "1")} == {1}
    assert desk.listed("--since", "2099-01-01") == desk.listed("--until", "2020-01-01") == []
    assert len(desk.listed("--since", "2020-01-01", "--until", "2099-01-01")) == 6
    assert "The newest 2 of 6" in desk.ran("list", "--hub", "test", "--limit", "2").stdout
    assert "is missing" in str(desk.ran("list", "--hub", "nobody", status=1).exception)


def test_what_is_shown_says_what_to_do_and_nothing_of_the_record(
    operator: tuple[Operator, LaterSchema],
) -> None:
    """Reason, remedy and what the checks say today; no value, whole or in part."""
    desk, later = operator
    place = "weighbridge.movements:0:1"
    before = desk.shown(place)
    later.register()
    after = desk.shown(place)
    text = desk.ran("show", place, "--hub", "test", "--directory", desk.directory).stdout
    undirected = desk.ran("show", place, "--hub", "test").stdout
    absent = desk.ran("show", "weighbridge.movements:0:0", "--hub", "test", status=1)

    assert (before["today"], after["today"]) == (["schema.unknown"], [])
    assert before["reasons"] == [{"reason": "schema.unknown", "hint": HINTS[Reason.SCHEMA_UNKNOWN]}]
    assert "it passes" in text
    assert "give --directory" in undirected
    assert isinstance(absent.exception, ConfigurationError)
    record = events.movement(0)
    values = [
        *(str(record[name]) for name in ("mass_g", "quantity", "revision", "occurred_on")),
        *(record[name].hex() for name in ("movement_key", "contributor", "event_id")),
    ]
    assert not [value for value in values if value in json.dumps([before, after]) + text + undirected]


def test_an_operator_redrives_a_part_first(operator: tuple[Operator, LaterSchema]) -> None:
    """A dry run says what would fail, a limit goes on with others next, and a rate is kept."""
    desk, later = operator
    with running(desk.ledger.hub(desk.file)):
        rehearsed = desk.ran("redrive", "--file", desk.file, "--dry-run").stdout.splitlines()
        failed = desk.redriven("--limit", "4")
        later.register()
        # The two that were not judged come before the four that failed a moment ago.
        part = desk.redriven("--limit", "2")
        began = time.monotonic()
        rest = desk.redriven("--rate", "1")
        seconds = time.monotonic() - began
        none = desk.ran("redrive", "--file", desk.file, "--reason", "schema.unknown")
        one = desk.redriven("--record", "weighbridge.movements:2:0")
    alone = desk.ran("redrive", "--file", desk.file, status=1)

    assert {tuple(json.loads(line)["reasons"]) for line in rehearsed} == {
        ("schema.unknown",),
        ("record.tombstone",),
    }
    assert failed["refused"] == 4
    assert failed["passed"] == 0
    assert part["refused"] == 2
    assert part["passed"] + rest["passed"] == 5
    assert rest["failed"] == one["failed"] == {"record.tombstone": 1}
    assert seconds > 2
    assert "No such record is refused." in none.stderr
    assert "no hub runs" in str(alone.exception)
    assert support.read(desk.file, "SELECT count(*) FROM event") == [(10,)]
    assert len(desk.listed("--all")) == 6


def test_a_hub_knows_what_it_refused_without_a_registry(ledger: LedgerTopic, tmp_path: Path) -> None:
    """A hub that has dead letters starts while the registry is lost, and stores what it can read."""
    file = tmp_path / "hub.duckdb"
    with refused(ledger, file):
        ledger.run_to_end(file)
    ledger.publish([events.movement(50)])
    ledger.kafka = ledger.kafka.model_copy(update={"registry_url": "http://127.0.0.1:9"})

    hub = ledger.run_to_end(file)

    assert (hub.totals.rows, hub.totals.dead_letters) == (1, 0)
