"""The hub's file: one DuckDB database that holds events, dead letters and offsets.

A batch is one transaction, so after a crash the file says exactly what it holds and where
to go on. The file belongs to one cluster and one topic, and to one process at a time.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from consumers.deadletters.letters import DeadLetter, Place
from consumers.hub import backup, queries
from consumers.hub.batch import Batch
from consumers.hub.chains import End, Link
from consumers.hub.custody import Custody
from consumers.hub.events import INDEX, Events
from consumers.hub.letterbox import Letterbox, placed
from consumers.hub.terms import all_terms
from schemas.errors import ConfigurationError, FatalError

FORMAT = 2
_EVENT_COLUMNS = (
    "event_id",
    "statement_key",
    "revision",
    "edition",
    "recorded_at",
    "movement_key",
    "line_number",
    "occurred_on",
    "occurred_at",
    "mass_g",
    "quantity",
    "load_count",
    "contributor",
    "contributor_group",
    "counterparty",
    "release_at",
)
_INSTANTS = ("recorded_at", "occurred_at", "release_at")
_TABLES = {"identity", "next_offset", "event", "dead_letter"}
_PLACE = ("kafka_partition", "kafka_offset")
_CHAIN = {"agency": pl.String, "writer": pl.Binary, "sequence": pl.Int64, "previous": pl.Binary}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose file it is: the hub, and the topics of the one cluster that it reads."""

    hub: str
    cluster_id: str
    topic: str
    topic_id: str
    signatures_id: str


@dataclass(slots=True)
class Accepted:
    """What is left of a batch after decoding and checking.

    Attributes:
        told: Where dead letters are that stand on their topic already.
    """

    events: Events
    dead_letters: list[DeadLetter] = field(default_factory=list)
    schemas: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    told: frozenset[Place] = frozenset()


def connect(path: Path, *, memory_limit: str = "384MB", read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a hub's file, with everything outside of it and of its backups out of reach of SQL.

    Raises:
        ConfigurationError: Another process holds the file, or it is no DuckDB file.
    """
    _write_privately()
    config: dict[str, Any] = {
        "memory_limit": memory_limit,
        # A second thread costs more than it gives at this size of batch.
        "threads": 1,
        # Rarer checkpoints write partly filled row groups less often, yet restarts stay short.
        "checkpoint_threshold": "64MB",
        "python_enable_replacements": False,
    }
    try:
        connection = duckdb.connect(path, read_only=read_only, config=config)
    except duckdb.IOException as error:
        if "Could not set lock" in str(error):
            raise ConfigurationError(
                f"{path} is held by another process",
                hint="one hub for one file: stop the other one, or give this one --file",
            ) from error
        raise ConfigurationError(
            f"{path} cannot be opened", hint="is it a hub's file, and readable?"
        ) from error
    except duckdb.Error as error:
        raise ConfigurationError(f"{path} is no hub's file", hint="name another one with --file") from error
    backup.confine(connection, path)
    _refuse_foreign(connection, path, is_new_allowed=not read_only)
    return connection


def make_private(path: Path) -> None:
    """Keep the file to its owner, and the log beside it."""
    _write_privately()
    path.parent.mkdir(parents=True, exist_ok=True)
    for written in (path, path.with_name(f"{path.name}.wal")):
        if written.exists():
            written.chmod(0o600)


def _write_privately() -> None:
    """Keep to the file's owner what DuckDB writes beside it from now on: its log, and what it spills."""
    # It holds every company's volumes. The mask stays: DuckDB takes no modes.
    os.umask(0o077)


def _make(path: Path) -> None:
    """Make a new file, which gets its name when it is whole: one that is cut off could never be opened again.

    Raises:
        FatalError: There is no room, or no right to write there.
    """
    whole = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        duckdb.connect(whole).close()
        with suppress(FileExistsError):  # of another hub that was started at the same time
            os.link(whole, path)
    except (duckdb.Error, OSError) as error:
        raise FatalError(
            f"{path} cannot be made: {type(error).__name__}",
            hint="is the disk full, or may this user not write there?",
        ) from None
    finally:
        whole.unlink(missing_ok=True)


def _refuse_foreign(connection: duckdb.DuckDBPyConnection, path: Path, *, is_new_allowed: bool) -> None:
    """Leave alone what other programs keep in a DuckDB file."""
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if (tables or not is_new_allowed) and not tables >= _TABLES:
        connection.close()
        raise ConfigurationError(f"{path} is no hub's file", hint="name another one with --file")


class Store:
    """The one writer of a hub's file.

    Attributes:
        letterbox: Its dead letters.
    """

    def __init__(self, path: Path, memory_limit: str = "384MB") -> None:
        make_private(path)
        if not path.exists():
            _make(path)
        self.path = path
        self._root = connect(path, memory_limit=memory_limit)
        self._writer = self._root.cursor()
        self.letterbox = Letterbox(self._writer)
        self._terms = all_terms()
        with self._transaction():
            self._writer.execute(queries.text("schema"))
            queries.load_code_lists(self._writer)
        self._read_terms()

    def claim(self, identity: Identity) -> None:
        """Take the file for a hub and a topic, or find that it is theirs already.

        Raises:
            ConfigurationError: It belongs to another hub, cluster or topic.
        """
        row = (FORMAT, *astuple(identity))
        found = self._writer.execute("FROM identity").fetchall()
        if not found:
            with self._transaction():
                self._writer.execute("INSERT INTO identity VALUES (?, ?, ?, ?, ?, ?)", row)
            return
        names = ("format", "hub", "cluster", "topic", "topic id", "signatures topic")
        # A file of another format may have fewer columns.
        other = [name for name, ours, theirs in zip(names, row, found[0], strict=False) if ours != theirs]
        if other:
            raise ConfigurationError(
                f"{self.path} belongs to another {', '.join(other)}",
                hint="give each hub and cluster its own file; a new file is rebuilt from the topic. Where "
                "the topic was made anew, have the operator make the hub's topic of dead letters anew too",
            )

    def next_offsets(self) -> dict[int, int]:
        """Return by partition where to go on."""
        return dict(self._writer.execute("FROM next_offset").fetchall())

    def stored_behind(self) -> dict[int, set[int]]:
        """Return by partition the offsets behind where to go on that are in the file all the same."""
        rows = self._writer.execute(
            "SELECT stored.kafka_partition, stored.kafka_offset FROM "
            "(SELECT kafka_partition, kafka_offset FROM event "
            "UNION ALL SELECT kafka_partition, kafka_offset FROM dead_letter) AS stored "
            "LEFT JOIN next_offset USING (kafka_partition) "
            "WHERE stored.kafka_offset >= coalesce(next_offset.kafka_offset, 0)"
        ).fetchall()
        found: dict[int, set[int]] = {}
        for partition, offset in rows:
            found.setdefault(partition, set()).add(offset)
        return found

    def custody(self) -> Custody:
        """Return how far the signatures are used, and the ends of all chains."""
        next_offsets = dict(self._writer.execute("FROM next_signature").fetchall())
        used = frozenset(self._writer.execute("FROM used_signature").fetchall())
        ends = {
            (agency, writer): End(sequence, previous)
            for agency, writer, sequence, previous in self._writer.execute("FROM chain").fetchall()
        }
        for agency, writer, sequence, *link in self._writer.execute("FROM chain_ahead").fetchall():
            ends[agency, writer].ahead[sequence] = Link(*link)
        return Custody(next_offsets, used, ends)

    def writer_schemas(self) -> dict[int, dict[str, Any]]:
        """Return the schemas seen so far by id."""
        return {
            number: json.loads(text) for number, text in self._writer.execute("FROM writer_schema").fetchall()
        }

    def keep(self, schemas: Mapping[int, dict[str, Any]]) -> None:
        """Store schemas that it has not, so that they are known without a registry."""
        with self._transaction():
            self._append_schemas(schemas)

    def append(
        self, batch: Batch, accepted: Accepted, on_step: Callable[[str], None] = lambda _: None
    ) -> None:
        """Store a batch: events, dead letters, schemas, signatures and offsets, all or nothing.

        Raises:
            FatalError: The file cannot be written; it is as it was before.
        """
        with self._transaction():
            on_step("begun")
            self._append_events(batch, accepted.events)
            on_step("events appended")
            self.letterbox.append(accepted.dead_letters, accepted.told)
            self._append_schemas(accepted.schemas)
            on_step("dead letters appended")
            if batch.custody.next_offsets:
                self._write_custody(batch.custody)
            on_step("signatures written")
            self._write_offsets(batch.next_offsets)
            on_step("offsets written")
        on_step("committed")

    def redrive(
        self,
        batch: Batch,
        accepted: Accepted,
        numbers: Mapping[Place, int],
        first: int = 0,
        on_step: Callable[[str], None] = lambda _: None,
    ) -> Accepted:
        """Store what passes now of records that were refused, all or nothing, and return what is new of it.

        A record that is in the file as an event already is left alone, so that each is stored once
        however often it is redriven. What fails again keeps the reasons of today.

        Args:
            batch: Records that were refused.
            accepted: What becomes of them.
            numbers: Of those that this hub has redriven before, though this file does not say so.
            first: Number of the next one, unless the file is further.
            on_step: Told the name of each step.

        Raises:
            FatalError: The file cannot be written; it is as it was before.
        """
        places = [*map(Place, batch.partitions, batch.offsets)]
        with self._transaction():
            on_step("redrive begun")
            refused = self.letterbox.refused(places)
            is_refused = pl.Series([place in refused for place in places], dtype=pl.Boolean)
            events = accepted.events.kept(is_refused.gather(accepted.events.rows.get_column(INDEX)))
            self._append_events(batch, events)
            on_step("redriven events appended")
            passed = [
                replace(refused[places[number]], agency=batch.signers[number])
                for number in sorted(events.rows.get_column(INDEX))
            ]
            # Told anew though the reasons may be the same: who asks for some goes on with others next.
            failed = [letter for letter in accepted.dead_letters if letter.place in refused]
            self.letterbox.change([*self.letterbox.numbered(passed, numbers, first), *failed])
            on_step("dead letters changed")
        on_step("redriven")
        return replace(accepted, events=events, dead_letters=failed)

    def sent(self, letters: list[DeadLetter]) -> None:
        """Take dead letters that are on their topic out of the outbox."""
        with self._transaction():
            self.letterbox.sent(letters)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for another thread; close it after use."""
        return self._root.cursor()

    def close(self) -> None:
        """Write everything to the file proper and let go of it."""
        self._writer.close()
        self._root.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write all of a block or nothing.

        Raises:
            FatalError: The file cannot be written; it is as it was before.
        """
        try:
            self._writer.begin()
            yield
            self._writer.commit()
        except duckdb.Error as error:
            self._rollback()
            # The cause is cut off: its text may show a value of a row.
            raise FatalError(
                f"{self.path} cannot be written: {type(error).__name__}",
                hint="is the disk full, or the memory limit too low? the file is as it was before",
            ) from None
        except BaseException:
            self._rollback()
            raise

    def _rollback(self) -> None:
        with suppress(duckdb.TransactionException):
            # A failed commit has rolled back by itself.
            self._writer.rollback()
        with suppress(duckdb.Error):
            # Numbers given out in the transaction are not in the file; a file that cannot be
            # read any more is told of by the error that led here.
            self._read_terms()

    def _append_events(self, batch: Batch, events: Events) -> None:
        if events.rows.is_empty():
            return
        numbers = []
        for terms in self._terms:
            found, new = terms.numbered(_flat(events.terms[terms.table]))
            numbers.append(events.stated(terms.table, found))
            self._insert(terms.table, new)
        indexes = events.rows.get_column(INDEX)
        rows = events.rows.with_columns(
            *numbers,
            pl.Series("kafka_partition", batch.partitions, dtype=pl.Int32).gather(indexes),
            pl.Series("kafka_offset", batch.offsets, dtype=pl.Int64).gather(indexes),
            pl.col(_INSTANTS).dt.replace_time_zone(None),
        )
        self._insert("event", rows.select(*_EVENT_COLUMNS, *(t.id_column for t in self._terms), *_PLACE))
        self._insert("related", _related(rows))

    def _append_schemas(self, schemas: Mapping[int, dict[str, Any]]) -> None:
        for number, schema in schemas.items():
            self._writer.execute("INSERT INTO writer_schema VALUES (?, ?)", [number, json.dumps(schema)])

    def _write_custody(self, custody: Custody) -> None:
        # Few rows each: writing them anew is as quick as finding out which have changed.
        places = {"next_signature": [*custody.next_offsets.items()], "used_signature": [*custody.used]}
        for table, rows in places.items():
            self._writer.execute(f"DELETE FROM {table}")  # noqa: S608  # names of our own tables
            self._insert(table, placed(rows))
        writers = [writer for _, writer in custody.ends]
        chains = {"chain": _ends(custody), "chain_ahead": _ahead(custody)} if writers else {}
        for table, frame in chains.items():
            moved = f"DELETE FROM {table} WHERE writer IN (SELECT unnest(?::BLOB[]))"  # noqa: S608  # as above
            self._writer.execute(moved, [writers])
            self._insert(table, frame)

    def _write_offsets(self, next_offsets: Mapping[int, int]) -> None:
        self._writer.execute(
            "DELETE FROM next_offset WHERE kafka_partition IN (SELECT unnest(?))", [list(next_offsets)]
        )
        self._insert("next_offset", placed(list(next_offsets.items())))

    def _insert(self, table: str, frame: pl.DataFrame) -> None:
        if frame.is_empty():
            return
        self._writer.register("incoming", frame.to_arrow())
        self._writer.execute(f"INSERT INTO {table} BY NAME FROM incoming")  # names of our own tables
        self._writer.unregister("incoming")

    def _read_terms(self) -> None:
        for terms in self._terms:
            names = ", ".join(f'"{name}"' for name in (*terms.columns, terms.id_column))
            rows = self._writer.execute(f"SELECT {names} FROM {terms.table}").fetchall()  # noqa: S608  # as above
            terms.known = {row[:-1]: row[-1] for row in rows}


def _flat(term: pl.DataFrame) -> pl.DataFrame:
    """Return lists as the text they are stored as."""
    code = pl.element().struct.field("scheme") + ":" + pl.element().struct.field("code")
    texts = {
        "transit_countries": pl.col("transit_countries").list.join(","),
        "other_codes": pl.col("other_codes").list.eval(code).list.join("|"),
    }
    return term.with_columns(text for name, text in texts.items() if name in term.columns)


def _related(rows: pl.DataFrame) -> pl.DataFrame:
    stated = rows.filter(pl.col("related").list.len() > 0).select(*_PLACE, "related")
    return stated.explode("related").unnest("related")


def _ends(custody: Custody) -> pl.DataFrame:
    rows = [(*writer, end.sequence, end.previous) for writer, end in custody.ends.items()]
    return pl.DataFrame(rows, schema=_CHAIN, orient="row")


def _ahead(custody: Custody) -> pl.DataFrame:
    rows = [
        (*writer, sequence, *link)
        for writer, end in custody.ends.items()
        for sequence, link in end.ahead.items()
    ]
    return pl.DataFrame(rows, schema={**_CHAIN, "link": pl.Binary}, orient="row")
