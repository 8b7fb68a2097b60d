"""The file: whole batches or nothing, and the same figures whatever way events arrive."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.deadletters.letters import DeadLetter, Place
from consumers.hub import queries
from consumers.hub.batch import Batch
from consumers.hub.check import check
from consumers.hub.decode import decode
from consumers.hub.events import INDEX, Events, empty
from consumers.hub.questions import Questions
from consumers.hub.recall import Recall
from consumers.hub.releases import REDRIVEN, Releases
from consumers.hub.store import Accepted, Identity, Store, connect
from schemas import contract
from schemas.errors import ConfigurationError, FatalError
from schemas.reasons import Reason
from tests.support import events
from tests.support.full_disk import files_of_at_most
from tests.support.hub import SCHEMA_ID, asked, batch_of, stored, writers

OURS = Identity("north", "cluster", "weighbridge.movements", "topic-1", "topic-9")
AGGREGATE = "SELECT * FROM contributions ORDER BY ALL"


class CrashError(Exception):
    """Stands for the end of the process inside a transaction."""


def history() -> list[dict[str, Any]]:
    """Return facts with several versions each, some of them withdrawn, of two agencies."""
    found = []
    for fact in range(6):
        for revision in range(1 + fact % 3):
            change = "CANCELLED" if (fact, revision) in {(2, 2), (5, 1)} else "REPORTED"
            told = {"revision": revision, "change": change, "mass_g": 100 * fact + revision}
            agency = "GB-EA" if fact % 2 else "FR-DGPR"
            found.append(events.movement(fact, event_id=events.key(fact, revision), agency=agency, **told))
    return found


@settings(max_examples=12)
@given(data=st.data())
def test_order_duplicates_and_restarts_never_change_an_aggregate(data: st.DataObject) -> None:
    """However events are shuffled, repeated, cut into batches and interrupted, the figures are the same."""
    with tempfile.TemporaryDirectory() as folder:
        arrivals = data.draw(st.permutations(history() + data.draw(st.lists(st.sampled_from(history())))))
        file = Path(folder) / "hub.duckdb"
        store = Store(file)
        while arrivals:
            size = data.draw(st.integers(min(3, len(arrivals)), len(arrivals)))
            partition = data.draw(st.integers(0, 2))
            stored(store, arrivals[:size], partition)
            arrivals = arrivals[size:]
            if data.draw(st.booleans()):
                store.close()
                store = Store(file)

        assert asked(store, AGGREGATE) == _undisturbed()
        store.close()


@pytest.mark.parametrize("size", [0, 5_000, 12_000])
def test_a_new_file_that_is_cut_off_is_made_again(tmp_path: Path, size: int) -> None:
    """Where there is no room for a new file nothing is left, and with room the next start makes it."""
    file = tmp_path / "hub.duckdb"
    with files_of_at_most(size), pytest.raises(FatalError, match="cannot be made: IOException") as told:
        Store(file)
    left = [*tmp_path.iterdir()]
    Store(file).close()

    assert "disk full" in told.value.hint
    assert left == []
    assert [*tmp_path.iterdir()] == [file]


@cache
def _undisturbed() -> list[tuple[Any, ...]]:
    """Return the figures of all events in one batch."""
    with tempfile.TemporaryDirectory() as folder, closing(Store(Path(folder) / "plain.duckdb")) as plain:
        stored(plain, history())
        return asked(plain, AGGREGATE)


@pytest.mark.parametrize("step", ["begun", "events appended", "dead letters appended", "offsets written"])
def test_interrupted_batch_leaves_nothing(tmp_path: Path, step: str) -> None:
    """Until the commit, neither rows nor dead letters nor offsets nor terms are in the file."""
    store = Store(tmp_path / "hub.duckdb")
    batch = batch_of([events.movement(number) for number in range(5)])
    kept, _ = check(decode(batch.values, writers()).events, batch.keys)
    letters = [DeadLetter(0, 9, (Reason.TOMBSTONE,))]
    accepted = Accepted(kept, letters, {SCHEMA_ID: contract.latest("movement")})

    def crash(name: str) -> None:
        if name == step:
            raise CrashError

    with pytest.raises(CrashError):
        store.append(batch, accepted, crash)
    before = [
        store.next_offsets(),
        store.letterbox.unsent(10),
        store.writer_schemas(),
        asked(store, "FROM movement"),
    ]
    store.append(batch, accepted)

    assert before == [{}, [], {}, []]
    assert store.next_offsets() == {0: 5}
    assert store.letterbox.unsent(10) == letters
    assert list(store.writer_schemas()) == [SCHEMA_ID]
    assert asked(store, "SELECT count(*) FROM movement") == [(5,)]
    store.close()


def test_sent_dead_letters_leave_the_outbox_only(tmp_path: Path) -> None:
    """What is on the topic is not sent again, and stays in the file."""
    store = Store(tmp_path / "hub.duckdb")
    letters = [DeadLetter(0, 1, (Reason.TOMBSTONE,)), DeadLetter(1, 1, (Reason.UNFRAMED,), "GB-EA")]
    store.append(batch_of([]), Accepted(Events.of(empty()), letters))

    store.sent(letters[:1])

    assert store.letterbox.unsent(10) == letters[1:]
    assert asked(store, "SELECT count(*) FROM dead_letter") == [(2,)]
    store.close()


def accepted_of(batch: Batch) -> Accepted:
    """Return a batch that passes."""
    kept, _ = check(decode(batch.values, writers()).events, batch.keys)
    return Accepted(kept)


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[Store]:
    """Return a file with two events and a refused record between them."""
    with closing(Store(tmp_path / "hub.duckdb")) as store:
        batch = batch_of([events.movement(0), events.movement(2)])
        batch.offsets = [0, 2]
        batch.next_offsets = {0: 3}
        accepted = accepted_of(batch)
        accepted.dead_letters = [DeadLetter(0, 1, (Reason.SCHEMA_UNKNOWN,), "GB-EA")]
        store.append(batch, accepted)
        yield store


def seen(store: Store, cut: dict[int, int] | None = None) -> set[int]:
    """Return the offsets of the events of a cut."""
    with closing(store.cursor()) as connection:
        queries.create_views(connection, cut)
        rows = connection.execute("SELECT kafka_offset FROM movement").fetchall()
    return {offset for (offset,) in rows}


@pytest.mark.parametrize("step", ["redrive begun", "redriven events appended", "dead letters changed"])
def test_an_interrupted_redrive_leaves_nothing(refusing: Store, step: str) -> None:
    """Until the commit the record is refused and no event; then it is an event, once."""
    batch = batch_of([events.movement(1)], start=1)
    batch.signers = ["GB-EA"]

    def crash(name: str) -> None:
        if name == step:
            raise CrashError

    with pytest.raises(CrashError):
        refusing.redrive(batch, accepted_of(batch), {}, on_step=crash)
    before = seen(refusing), refusing.letterbox.all()
    new = [refusing.redrive(batch, accepted_of(batch), {}) for _ in range(3)]

    assert before == ({0, 2}, [DeadLetter(0, 1, (Reason.SCHEMA_UNKNOWN,), "GB-EA")])
    assert [accepted.events.rows.height for accepted in new] == [1, 0, 0]
    assert asked(refusing, "SELECT kafka_offset FROM event ORDER BY ALL") == [(0,), (1,), (2,)]
    assert refusing.letterbox.all() == [DeadLetter(0, 1, (Reason.SCHEMA_UNKNOWN,), "GB-EA", 0)]


def test_a_cut_has_what_was_redriven_before_it(refusing: Store) -> None:
    """A cut of offsets alone shows the file as it was before the redrive, wherever the record stands."""
    before = Releases(refusing.cursor).cut("2026-09")
    batch = batch_of([events.movement(1)], start=1)
    refusing.redrive(batch, accepted_of(batch), {})
    after = Releases(refusing.cursor).cut("2026-10")

    assert (before, after) == ({"0": 3}, {"0": 3, str(REDRIVEN): 1})
    assert seen(refusing, {0: 3}) == {0, 2}
    assert seen(refusing, {0: 3, REDRIVEN: 1}) == {0, 1, 2}
    assert seen(refusing, {0: 1, REDRIVEN: 1}) == {0}


def test_numbers_of_another_file_are_kept(refusing: Store) -> None:
    """What this hub has redriven before keeps its number, and what is redriven next gets a higher one."""
    batch = batch_of([events.movement(1)], start=1)
    refusing.redrive(batch, accepted_of(batch), {Place(0, 1): 4}, 7)
    more = batch_of([events.movement(3)], start=3)
    refusing.append(batch_of([]), Accepted(Events.of(empty()), [DeadLetter(0, 3, (Reason.UNFRAMED,))]))
    refusing.redrive(more, accepted_of(more), {}, 7)

    assert [letter.redriven for letter in refusing.letterbox.all()] == [4, 7]


def test_what_was_refused_before_stays_refused_in_a_new_file() -> None:
    """Of a batch that passes, a recalled refusal is one again, and what was redriven keeps its number."""
    batch = batch_of(events.movement(number) for number in range(3))
    refusal = DeadLetter(0, 0, (Reason.SCHEMA_UNKNOWN,), "GB-EA")
    redriven = DeadLetter(0, 2, (Reason.FORGED,), "GB-EA", 8)
    recall = Recall.of([refusal, redriven], [])

    accepted = recall.applied(batch, accepted_of(batch))
    recall.forget(batch)

    assert accepted.events.rows.get_column(INDEX).to_list() == [1, 2]
    assert accepted.dead_letters == [refusal, redriven]
    assert accepted.told == {Place(0, 0), Place(0, 2)}
    assert (recall.letters, recall.first) == ({}, 9)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (Identity("south", "cluster", "weighbridge.movements", "topic-1", "topic-9"), "hub"),
        (Identity("north", "elsewhere", "weighbridge.movements", "topic-1", "topic-9"), "cluster"),
        (Identity("north", "cluster", "weighbridge.movements", "topic-2", "topic-9"), "topic id"),
        (Identity("north", "cluster", "weighbridge.movements", "topic-1", "topic-8"), "signatures topic"),
    ],
)
def test_file_belongs_to_one_hub_and_topic(tmp_path: Path, other: Identity, what: str) -> None:
    """A file is never filled from two places."""
    store = Store(tmp_path / "hub.duckdb")
    store.claim(OURS)
    store.claim(OURS)

    with pytest.raises(ConfigurationError, match=f"another {what}$"):
        store.claim(other)
    store.close()


def test_what_does_not_fit_into_memory_is_its_owner_s_alone(tmp_path: Path) -> None:
    """A question that spills, asked where no hub runs, writes nothing that others can read."""
    file = tmp_path / "hub.duckdb"
    Store(file).close()
    usual = os.umask(0o022)
    try:
        with closing(connect(file, memory_limit="16MiB", read_only=True)) as connection:
            connection.execute("SELECT range AS number FROM range(2000000) ORDER BY hash(number)").fetchone()
            folder = tmp_path / "hub.duckdb.tmp"
            modes = {path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    finally:
        os.umask(usual)

    assert modes == {0o700, 0o600}
    assert not folder.exists()


def test_long_query_is_ended(tmp_path: Path) -> None:
    """A query that would run for ever is interrupted, and says so."""
    store = Store(tmp_path / "hub.duckdb")
    questions = Questions(store.cursor)

    with pytest.raises(ConfigurationError, match="too long"):
        questions.sql("SELECT count(*) FROM range(1000000000) a, range(1000000000) b", seconds_max=0.2)
    store.close()


def test_rows_are_limited_and_said_to_be(tmp_path: Path) -> None:
    """An answer never holds more rows than asked for."""
    store = Store(tmp_path / "hub.duckdb")

    with closing(Questions(store.cursor)) as questions:
        answer = questions.sql("SELECT i FROM range(5) t(i)", rows_max=2)

    assert answer == {"columns": ["i"], "rows": [[0], [1]], "is_complete": False}
    store.close()


def test_questions_see_what_came_since_the_last_one_and_let_go_of_the_file(tmp_path: Path) -> None:
    """A connection that is kept shows no older state, and does not hold the file after the end."""
    path, count = tmp_path / "hub.duckdb", "SELECT count(*) FROM next_offset"
    store = Store(path)
    questions = Questions(store.cursor)

    before = questions.sql(count)["rows"]
    store.cursor().execute("INSERT INTO next_offset VALUES (0, 7)")

    assert (before, questions.sql(count)["rows"]) == ([[0]], [[1]])
    questions.close()
    store.close()
    # Another file proves nothing: DuckDB gives one process the same database as often as it asks.
    opened = f"import duckdb; duckdb.connect({str(path)!r})"
    assert subprocess.run([sys.executable, "-c", opened], check=False, timeout=60).returncode == 0


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """A DuckDB file that is no hub's is neither asked nor changed."""
    path = tmp_path / "other.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (number INTEGER)")

    for read_only in (True, False):
        with pytest.raises(ConfigurationError, match="no hub's file"):
            connect(path, read_only=read_only)
    with duckdb.connect(path) as connection:
        assert [("theirs",)] == connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()


def test_a_file_of_an_older_release_says_how_to_bring_it_up_to_date(tmp_path: Path) -> None:
    """Views of this release need tables that an older one did not write."""
    store = Store(tmp_path / "hub.duckdb")
    questions = Questions(store.cursor)
    cursor = store.cursor()
    cursor.execute("DROP TABLE codelist.material")

    with pytest.raises(ConfigurationError, match="another release"):
        questions.sql("FROM facts")
    store.close()
