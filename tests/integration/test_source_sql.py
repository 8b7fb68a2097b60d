"""The SQL source on a real PostgreSQL: rows that show late, and everything else that tables do."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.exchange.exchange import Exchange
from producers.run import Run
from producers.sources.source import Resource
from schemas.errors import ConfigurationError
from tests.support import tables
from tests.support.agency import Agency, manifest, new_agency, source_of, write
from tests.support.postgres import Database

DDL = """
CREATE TABLE shipments (
    id text PRIMARY KEY,
    number bigserial,
    updated_at timestamptz NOT NULL DEFAULT now(),
    document jsonb
)
"""
LOADS = """
CREATE TABLE loads (
    a int, b text, at timestamptz, on_day date, mass numeric(20,5), ratio float8, more jsonb, raw bytea,
    ok bool, list numeric[], PRIMARY KEY (a, b)
);
INSERT INTO loads VALUES
    (1, 'x/"y', '2026-03-29T02:30:00.123456+02', '2026-03-29', 12345678901234.10000, 0.1,
     '{"n": 1.10, "big": 123456789012345678901234567890}', '\\x00ff', true, NULL),
    (2, 'inf', '2026-03-29T02:30:01Z', NULL, 'NaN', 'Infinity', NULL, NULL, NULL, '{1.50}');
CREATE VIEW shown AS SELECT * FROM loads
"""
INSERT = "INSERT INTO shipments (id, document) VALUES (%s, %s)"
# A little more than the margin that the source keeps.
PAUSE_SECONDS = 1.2


def described(folder: Path, database: Database, column: str = "updated_at", **more: Any) -> Path:
    """Write the file that describes the table of a database."""
    values = {
        "kind": "sql",
        "url": database.url,
        "table": "shipments",
        "key_columns": ["id"],
        "position_column": column,
        "document_column": "document",
        "look_back": 0,
    } | more
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    return write(folder, "sql.toml", text.encode())


def put(connection: psycopg.Connection, number: int) -> None:
    """Put a manifest into the table."""
    connection.execute(INSERT, (str(number), json.dumps(manifest(number))))


@contextmanager
def running(agency: Agency, place: Path) -> Iterator[Run]:
    """Yield a run that looks whenever it is told to."""
    run = agency.made(place)
    try:
        run.open()
        yield run
    finally:
        run.close()


def published(agency: Agency) -> int:
    """Return how many manifests are published, once each."""
    found = agency.published()
    assert set(found.values()) <= {1}
    return len(found) // 6


@pytest.fixture
def shipments(database: Database) -> Database:
    """Return a database with an empty table."""
    with database.connect() as connection:
        connection.execute(DDL)
    return database


def late_commit(agency: Agency, place: Path, shipments: Database) -> list[int]:
    """Commit a row after later ones were read; return how many manifests were published at each step."""
    counts = []
    with running(agency, place) as run, shipments.connect() as quick:
        put(quick, 1)
        with shipments.connect(autocommit=False) as late:
            put(late, 2)
            put(quick, 3)
            for _ in range(2):
                run.once()
                counts.append(published(agency))
                time.sleep(PAUSE_SECONDS)
            put(quick, 4)
            run.once()
            time.sleep(PAUSE_SECONDS)
            run.once()
            counts.append(published(agency))
            late.commit()
        run.once()
        counts.append(published(agency))
    return counts


@pytest.mark.parametrize("column", ["updated_at", "number"])
def test_a_row_that_shows_late_is_read(
    exchange: Exchange, shipments: Database, tmp_path: Path, column: str
) -> None:
    """A transaction takes its instant and number early and commits after later ones: nothing is missed."""
    agency = new_agency(exchange, f"XX-SQLA{len(column)}")

    assert [2, 2, 3, 4] == late_commit(agency, described(tmp_path, shipments, column), shipments)


def test_without_watching_the_look_back_decides(
    exchange: Exchange, shipments: Database, tmp_path: Path
) -> None:
    """Where transactions are not watched a row that shows late is missed, unless the look-back covers it."""
    agency = new_agency(exchange, "XX-SQLB")
    unwatched = described(tmp_path, shipments, watch_transactions=False)

    assert [2, 2, 3, 3] == late_commit(agency, unwatched, shipments)
    agency.run(described(tmp_path, shipments, watch_transactions=False, look_back=60))
    assert published(agency) == 4


def test_a_prepared_transaction_holds_the_position(
    exchange: Exchange, shipments: Database, tmp_path: Path
) -> None:
    """A transaction that is prepared and left alone shows its rows whenever: they are read then."""
    agency = new_agency(exchange, "XX-SQLP")
    place = described(tmp_path, shipments)
    with shipments.connect() as quick, shipments.connect(autocommit=False) as late:
        put(late, 1)
        late.execute("PREPARE TRANSACTION 'late'")
        for number in (2, 3):
            put(quick, number)
            agency.run(place)
            time.sleep(PAUSE_SECONDS)
        quick.execute("COMMIT PREPARED 'late'")
    agency.run(place)

    assert published(agency) == 3


def test_the_position_moves_and_outlives_the_process(
    exchange: Exchange, shipments: Database, tmp_path: Path
) -> None:
    """Single runs start where all rows have shown, and read what is behind it no more."""
    agency = new_agency(exchange, "XX-SQLC")
    place = described(tmp_path, shipments, "number")
    with shipments.connect() as connection:
        for number in range(50):
            put(connection, number)
        positions = []
        for _ in range(3):
            run = agency.run(place)
            positions.append(json.loads(run.source.position() or "null"))
            time.sleep(PAUSE_SECONDS)
        # A row behind the position is not seen, which shows that it is not read.
        connection.execute(
            'UPDATE shipments SET document = document || \'{"status": "Lost"}\' WHERE number < 40'
        )
        put(connection, 50)
    last = agency.run(place)

    assert [(None, "50"), ("50", None), ("50", None)] == [tuple(item[:2]) for item in positions]
    assert (1, 51) == (last.totals.documents, published(agency))


def test_writers_and_kills_lose_and_double_nothing(
    exchange: Exchange, shipments: Database, tmp_path: Path
) -> None:
    """Writers commit late or roll back, and the adapter is killed meanwhile: the truth comes out."""
    agency = new_agency(exchange, "XX-SQLW")
    place = described(tmp_path, shipments)
    kept: list[Any] = []
    seed = random.randrange(10**6)  # noqa: S311  # as below
    print("seed", seed)  # noqa: T201  # shown when the test fails

    def writer(number: int) -> None:
        dice = random.Random(seed + number)  # noqa: S311  # moments, not secrets
        with shipments.connect(autocommit=False) as connection:
            for turn in range(20):
                numbers = [1000 * number + 10 * turn + item for item in range(dice.randrange(1, 4))]
                for item in numbers:
                    put(connection, item)
                    time.sleep(dice.uniform(0, 0.2))
                if dice.random() < 0.3:
                    connection.rollback()
                else:
                    connection.commit()
                    kept.extend(manifest(item) for item in numbers)

    writers = [threading.Thread(target=writer, args=(number,)) for number in range(3)]
    for thread in writers:
        thread.start()
    dice = random.Random(seed)  # noqa: S311  # moments, not secrets
    while any(thread.is_alive() for thread in writers):
        child = agency.child(place, commit_events=5)
        time.sleep(dice.uniform(1, 2.5))
        child.kill()
        child.wait(30)
    for thread in writers:
        thread.join()
    assert agency.child(place).wait(120) == 0

    assert agency.truth(write(tmp_path, "all.json", kept)) == agency.published()
    assert set(agency.published().values()) == {1}


def test_a_user_that_may_not_see_transactions_is_refused(shipments: Database, tmp_path: Path) -> None:
    """Without the right to see others' transactions rows could be missed: the source says what to grant."""
    with shipments.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("GRANT SELECT ON shipments TO reader")
        url = shipments.url.replace("postgres@", "reader@")

        with pytest.raises(ConfigurationError, match="may not see") as caught:
            resources(described(tmp_path, shipments, url=url))
        assert "GRANT pg_read_all_stats" in caught.value.hint
        connection.execute("GRANT pg_read_all_stats TO reader")
        assert [] == resources(described(tmp_path, shipments, url=url))


def resources(place: Path) -> list[Resource]:
    """Return what a source hands out in one look."""
    source = source_of(place)
    source.start(None)
    try:
        return [resource for resource in source.touched() if resource is not None]
    finally:
        source.close()


def test_a_row_becomes_a_json_object(database: Database, tmp_path: Path) -> None:
    """Every digit of a number, every instant and every nested value of a row stays as it is."""
    with database.connect() as connection:
        connection.execute(LOADS)
    place = write(
        tmp_path,
        "sql.toml",
        f'kind = "sql"\nurl = "{database.url}"\ntable = "public.shown"\nkey_columns = ["a", "b"]\n'
        'position_column = "at"\n'.encode(),
    )
    first, second = resources(place)
    text = first.open().read().decode()

    assert ('1/x/"y', "2/inf") == (first.name, second.name)
    assert '"mass":12345678901234.10000' in text
    assert '"more":{"n": 1.10, "big": 123456789012345678901234567890}' in text
    assert {
        "a": 1,
        "b": 'x/"y',
        "on_day": "2026-03-29",
        "ratio": 0.1,
        "raw": "00ff",
        "ok": True,
        "list": None,
    }.items() <= json.loads(text).items()
    assert first.delivered_at.isoformat() == "2026-03-29T00:30:00.123456+00:00"
    assert json.loads(second.open().read())["mass"] == "NaN"


def test_rows_of_a_query_are_read_by_the_table_adapter(database: Database, tmp_path: Path) -> None:
    """Numbers and dates of PostgreSQL say, row by row, what the same table says as a CSV file."""
    tables.stored(database.url)
    place = write(
        tmp_path,
        "sql.toml",
        f'kind = "sql"\nurl = "{database.url}"\ntable = "loads"\nkey_columns = ["Permit no", "Ticket"]\n'
        'position_column = "Changed"\n'.encode(),
    )
    adapter = tables.of_a_query(tmp_path)
    found = [reading for row in resources(place) for reading in tables.read(adapter, row.open().read())]

    assert len(found) == 12
    assert tables.stated_in_csv() == tables.by_document(found)


def test_large_documents_take_little_memory(database: Database, tmp_path: Path) -> None:
    """Pages become shorter as rows become longer, so that memory stays flat."""
    with database.connect() as connection:
        connection.execute(
            "CREATE TABLE shipments (id int PRIMARY KEY, updated_at timestamptz, document text)"
        )
        connection.execute(
            "INSERT INTO shipments SELECT n, now(), repeat('x', 2000000) FROM generate_series(1, 60) n"
        )
    source = source_of(described(tmp_path, database))
    source.start(None)
    names = []
    held = most = 0
    for resource in source.touched():
        held = 0 if resource is None else held + resource.size_bytes
        most = max(most, held)
        names += [] if resource is None else [int(resource.name)]
    source.close()

    assert list(range(1, 61)) == names
    # The first page is the largest: nothing is known of the rows yet.
    assert most == 40_000_000
