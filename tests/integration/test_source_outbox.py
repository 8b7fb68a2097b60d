"""The outbox on a real PostgreSQL: no row missed, none doubled, whatever writers and kills do."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.exchange.exchange import Exchange
from schemas import topics
from tests.support.agency import ROOT, Agency, committed, manifest, new_agency, write
from tests.support.postgres import Database

DDL = (ROOT / "deploy" / "sources" / "outbox.sql").read_text("utf-8")
INSERT = (
    "INSERT INTO outbox (aggregatetype, aggregateid, type, payload) VALUES ('manifest', %s, 'updated', %s)"
)


def described(folder: Path, database: Database, **more: str) -> Path:
    """Write the file that describes the outbox of a database."""
    values = {"kind": "outbox", "url": database.url, "written_column": "written_at"} | more
    return write(
        folder, "outbox.toml", "".join(f'{name} = "{value}"\n' for name, value in values.items()).encode()
    )


def put(connection: psycopg.Connection, document: Any) -> None:
    """Put a document into the outbox."""
    connection.execute(INSERT, (document["manifestTrackingNumber"], json.dumps(document)))


def left(database: Database) -> int:
    """Return how many rows are in the outbox."""
    with database.connect() as connection:
        return int(connection.execute("SELECT count(*) FROM outbox").fetchall()[0][0])


@pytest.fixture
def outbox(database: Database) -> Database:
    """Return a database with an empty outbox."""
    with database.connect() as connection:
        connection.execute(DDL)
    return database


def test_what_is_published_is_taken_out(exchange: Exchange, outbox: Database, tmp_path: Path) -> None:
    """Each row is published once and then deleted, and nothing is remembered of it; a refused one stays."""
    agency = new_agency(exchange, "XX-OUT1")
    place = described(tmp_path, outbox)
    documents = [manifest(number) for number in range(30)]
    with outbox.connect() as connection:
        for document in (*documents, manifest(99, status="Lost")):
            put(connection, document)
    run = agency.run(place)
    rows = left(outbox)
    with outbox.connect() as connection:
        put(connection, manifest(30))
    agency.run(place)
    known = committed(agency.kafka, topics.positions(agency.id))

    assert (31, 1, rows, left(outbox)) == (run.totals.documents, run.totals.rejected, 1, 1)
    assert agency.truth(write(tmp_path, "all.json", [*documents, manifest(30)])) == agency.published()
    assert len(agency.rejects()) == 1
    # Those of the last batch go with the next transaction.
    assert sum(record.value() is None for record in known) >= 20


def test_a_refused_row_waits_for_its_repair(exchange: Exchange, outbox: Database, tmp_path: Path) -> None:
    """It is told once however often it is read, hides nothing, and is taken out when it is right."""
    agency = new_agency(exchange, "XX-OUT9")
    place = described(tmp_path, outbox)
    with outbox.connect() as connection:
        put(connection, manifest(1, status="Lost"))
    for number in (2, 3):
        with outbox.connect() as connection:
            put(connection, manifest(number))
        agency.run(place)
    waiting = left(outbox), len(agency.rejects())
    with outbox.connect() as connection:
        connection.execute("UPDATE outbox SET payload = %s", (json.dumps(manifest(1)),))
    agency.run(place)

    assert (waiting, left(outbox)) == ((1, 1), 0)
    assert (
        agency.truth(write(tmp_path, "all.json", [manifest(1), manifest(2), manifest(3)]))
        == agency.published()
    )


def test_rows_can_be_marked_and_others_left_alone(
    exchange: Exchange, outbox: Database, tmp_path: Path
) -> None:
    """With a column for it a row is marked and stays; a row of another type is nobody's business here."""
    agency = new_agency(exchange, "XX-OUT2")
    place = described(tmp_path, outbox, aggregate_type="manifest", published_column="published_at")
    with outbox.connect() as connection:
        connection.execute("ALTER TABLE outbox ADD COLUMN published_at timestamptz")
        put(connection, manifest(1))
        connection.execute(INSERT.replace("'manifest'", "'invoice'"), ("1", "{}"))
    first, second = agency.run(place), agency.run(place)
    with outbox.connect() as connection:
        marked = connection.execute(
            "SELECT aggregatetype, published_at IS NOT NULL FROM outbox ORDER BY 1"
        ).fetchall()

    assert [("invoice", False), ("manifest", True)] == marked
    assert (1, 0, 6) == (first.totals.documents, second.totals.documents, len(agency.events()))


@pytest.mark.parametrize("step", ["produced", "flushed", "committed"])
def test_a_kill_before_a_row_is_taken_out_doubles_nothing(
    exchange: Exchange, outbox: Database, tmp_path: Path, step: str
) -> None:
    """Killed before or after the commit, the next process publishes what is missing; a refused row stays."""
    agency = new_agency(exchange, f"XX-OUTK{len(step)}")
    place = described(tmp_path, outbox)
    documents = [manifest(number) for number in range(12)]
    bad = manifest(99, status="Lost")
    with outbox.connect() as connection:
        for document in (*documents, bad):
            put(connection, document)
    killed = agency.child(place, commit_events=25, step=step, occurrence=2).wait(120)
    before = left(outbox)
    done = agency.child(place, commit_events=25).wait(120)

    assert (-signal.SIGKILL, 0) == (killed, done)
    assert before > 0
    assert left(outbox) == 1
    assert agency.truth(write(tmp_path, "all.json", documents)) == agency.published()
    assert set(agency.published().values()) == {1}
    assert len(agency.rejects()) == 1


def test_writers_and_kills_lose_and_double_nothing(
    exchange: Exchange, outbox: Database, tmp_path: Path
) -> None:
    """Writers commit late or roll back, and the adapter is killed meanwhile: the truth comes out."""
    agency = new_agency(exchange, "XX-OUTW")
    place = described(tmp_path, outbox)
    kept: list[Any] = []
    seed = random.randrange(10**6)  # noqa: S311  # as below
    print("seed", seed)  # noqa: T201  # shown when the test fails

    def writer(number: int) -> None:
        dice = random.Random(seed + number)  # noqa: S311  # moments, not secrets
        with outbox.connect(autocommit=False) as connection:
            for turn in range(25):
                documents = [
                    manifest(1000 * number + 10 * turn + item) for item in range(dice.randrange(1, 4))
                ]
                for document in documents:
                    put(connection, document)
                    time.sleep(dice.uniform(0, 0.1))
                if dice.random() < 0.3:
                    connection.rollback()
                else:
                    connection.commit()
                    kept.extend(documents)

    writers = [threading.Thread(target=writer, args=(number,)) for number in range(3)]
    for thread in writers:
        thread.start()
    dice = random.Random(seed)  # noqa: S311  # moments, not secrets
    while any(thread.is_alive() for thread in writers):
        child = agency.child(place, commit_events=5)
        time.sleep(dice.uniform(0.8, 2))
        child.kill()
        child.wait(30)
    for thread in writers:
        thread.join()
    assert agency.child(place).wait(120) == 0

    assert left(outbox) == 0
    assert agency.truth(write(tmp_path, "all.json", kept)) == agency.published()
    assert set(agency.published().values()) == {1}


def test_an_outbox_that_is_absent_is_a_configuration_error(
    exchange: Exchange, database: Database, tmp_path: Path
) -> None:
    """A missing table or column is named, and nothing of the database's own text is shown."""
    agency = Agency(new_agency(exchange, "XX-OUTA").kafka, "XX-OUTA", "us-emanifest")
    place = described(tmp_path, database)

    with pytest.raises(Exception, match="no table or view outbox"):
        agency.run(place)
    with database.connect() as connection:
        connection.execute("CREATE TABLE outbox (id int, payload text)")
    with pytest.raises(Exception, match="outbox has no column aggregatetype, written_at"):
        agency.run(place)
