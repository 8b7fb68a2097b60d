"""Records that a hub refused, and what a redrive makes of them: each counts once, wherever a hub dies."""

from __future__ import annotations

import io
import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fastavro
import httpx2
import pytest

from consumers.deadletters.letters import DeadLetter, Place, all_letters
from consumers.deadletters.redriving import Done, redrive
from consumers.hub import offline
from deploy.exchange.exchange import Exchange
from schemas import contract, framing
from schemas.directory import Directory
from schemas.errors import ConfigurationError, FatalError
from schemas.reasons import Reason
from schemas.signing import Chain
from tests.support import events
from tests.support import hub as support
from tests.support.hub import LedgerTopic, running
from tests.support.samples import ROOT
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
_LATER = itertools.count()


@pytest.fixture
def ledger(exchange: Exchange) -> LedgerTopic:
    """Return an empty movements topic with three partitions."""
    return support.new_ledger(exchange)


class LaterSchema:
    """The movement of a later release: with one more field, and not registered at first."""

    def __init__(self, registry_url: str) -> None:
        self._url = registry_url
        number = next(_LATER)
        field = {"name": f"later_{number}", "type": "string", "doc": "Later.", "default": ""}
        self.schema = contract.latest("movement")
        self.schema = self.schema | {"fields": [*self.schema["fields"], field]}
        self._subject = f"later-{number}-value"
        self.id = next(number for number in itertools.count(1) if not self._is_known(number))

    def encoded(self, event: dict[str, Any]) -> bytes:
        """Return an event as an adapter of that release writes it."""
        body = io.BytesIO()
        fastavro.schemaless_writer(body, fastavro.parse_schema(self.schema), event)
        return framing.prefix(self.id) + body.getvalue()

    def register(self) -> None:
        """Register it, as that release needs."""
        path = f"{self._url}/subjects/{self._subject}/versions"
        answer = httpx2.post(path, json={"schema": json.dumps(self.schema)})
        assert answer.json()["id"] == self.id

    def _is_known(self, number: int) -> bool:
        return httpx2.get(f"{self._url}/schemas/ids/{number}").status_code == httpx2.codes.OK


@contextmanager
def refused(ledger: LedgerTopic, file: Path, count: int = 5) -> Iterator[LaterSchema]:
    """Have a hub refuse records of a schema that nobody has registered yet, among others that it stores."""
    later = LaterSchema(ledger.kafka.registry_url)
    for number in range(count):
        ledger.publish([events.movement(100 + number)], partition=number % 3)
        event = events.movement(number)
        ledger.publish_raw(event["movement_key"], later.encoded(event), number % 3)
        ledger.sent.append(event)
    hub = ledger.run_to_end(file)
    assert (hub.totals.rows, hub.totals.dead_letters) == (count, count)
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
        has_died = eventually(lambda: has_died_of(hub, file, places), seconds=60)
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
