"""What can be asked of a hub's file, whether the hub runs or not: status, sql, contributions, backup.

Each question has a connection and a read-only transaction to itself, so that it sees one
state of the file and changes nothing. Answers are plain JSON values.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from consumers.hub import backup, queries
from consumers.hub.releases import as_it_is
from schemas.errors import ConfigurationError

ROWS_MAX = 1_000
SECONDS_MAX = 60.0
_READING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}

Connect = Callable[[], duckdb.DuckDBPyConnection]


class Questions:
    """Answers about one file; `connect` gives connections to it."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._active: set[duckdb.DuckDBPyConnection] = set()
        # To make the views takes longer than most questions, so connections that have them are kept.
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._lock = threading.Lock()
        self._copying = threading.Lock()
        self._is_over = False

    def close(self) -> None:
        """End what is being answered, and let go of the file."""
        with self._lock:
            self._is_over = True
            # None of them is lent any more.
            idle, self._idle = self._idle, []
        for connection in self._active.copy():
            connection.interrupt()
        for connection in idle:
            connection.close()

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """Return the questions by name."""
        return {
            "status": self.status,
            "sql": self.sql,
            "contributions": self.contributions,
            "backup": self.backup,
        }

    def status(self) -> dict[str, Any]:
        """Return whose file it is, how far it is, and how much it holds."""
        with closing(self._connect()) as connection, self._reading(connection):
            rows = connection.execute("FROM identity").fetchall()
            names = ("format", "hub", "cluster_id", "topic", "topic_id", "signatures_id")
            identity = dict(zip(names, rows[0], strict=True)) if rows else {}
            return identity | {
                "next_offsets": {
                    str(partition): offset for partition, offset in _offsets(connection).items()
                },
                "events": _count(connection, "event"),
                "dead_letters": _count(connection, "dead_letter WHERE redriven IS NULL"),
                "redriven": _count(connection, "dead_letter WHERE redriven IS NOT NULL"),
                "dead_letters_unsent": _count(connection, "outbox"),
                "reasons": dict(
                    connection.execute(
                        "SELECT unnest(reasons) AS reason, count(*) FROM dead_letter "
                        "WHERE redriven IS NULL GROUP BY 1 ORDER BY 1"
                    ).fetchall()
                ),
            }

    def sql(self, query: str, rows_max: int = ROWS_MAX, seconds_max: float = SECONDS_MAX) -> dict[str, Any]:
        """Return columns and rows of one query over the tables and views of the hub.

        Raises:
            ConfigurationError: It is no single query, fails, or takes too long.
        """
        _refuse_other_than_reading(query)
        with self._viewing() as connection, self._reading(connection):
            timer = threading.Timer(min(seconds_max, SECONDS_MAX), connection.interrupt)
            timer.start()
            try:
                found = connection.execute(query)
                columns = [item[0] for item in found.description or []]
                rows = found.fetchmany(rows_max + 1)
            except duckdb.InterruptException as error:
                raise ConfigurationError("the query takes too long", hint="ask for less") from error
            except duckdb.Error as error:
                raise ConfigurationError(
                    f"query: {error}", hint="see consumers/hub/sql for the views"
                ) from None
            finally:
                timer.cancel()
        return {
            "columns": columns,
            "rows": [[_plain(value) for value in row] for row in rows[:rows_max]],
            "is_complete": len(rows) <= rows_max,
        }

    def contributions(self, path: str, cut: Mapping[str, int] | None = None) -> dict[str, Any]:
        """Write who stands behind each cell to a Parquet file, and return the cut it stands for.

        Args:
            path: File to write; the caller's to protect and to delete.
            cut: By partition, the first offset that is left out; None for all that is stored.

        Raises:
            ConfigurationError: The file does not reach that cut yet.
        """
        with closing(self._connect()) as connection, self._reading(connection):
            stored = as_it_is(connection)
            wanted = stored if cut is None else {int(partition): offset for partition, offset in cut.items()}
            if any(offset > stored.get(partition, 0) for partition, offset in wanted.items()):
                raise ConfigurationError(
                    "the hub is not as far as this cut yet", hint="weighbridge hub status"
                )
            queries.create_views(connection, wanted)
            found = pl.DataFrame(connection.sql("FROM behind ORDER BY ALL").to_arrow_table())
        found.write_parquet(Path(path))
        return {"cut": {str(partition): offset for partition, offset in wanted.items()}, "rows": found.height}

    def backup(self) -> str:
        """Write a copy of the file as it is now, and return where it is; whoever asks takes it away.

        Raises:
            FatalError: There is no space for it.
        """
        with self._copying, closing(self._connect()) as connection, self._interrupted(connection):
            return str(backup.copied(connection))

    @contextmanager
    def _viewing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a connection that has the views, and keep it for the next question unless this one fails."""
        connection = self._with_views()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if not self._is_over:
                self._idle.append(connection)
                return
        connection.close()

    def _with_views(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        connection = self._connect()
        try:
            queries.create_views(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _reading(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Show a connection one state of the file, until `close` interrupts."""
        with self._interrupted(connection):
            connection.execute("BEGIN TRANSACTION READ ONLY")
            yield
            connection.execute("ROLLBACK")

    @contextmanager
    def _interrupted(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Have `close` interrupt what a connection does."""
        self._active.add(connection)
        try:
            yield
        finally:
            self._active.discard(connection)


def _refuse_other_than_reading(query: str) -> None:
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise ConfigurationError(f"query: {error}", hint="one SELECT statement of DuckDB's SQL") from error
    if len(statements) != 1 or statements[0].type not in _READING:
        raise ConfigurationError(
            "not a single query", hint="one SELECT statement; nothing is ever changed here"
        )


def _offsets(connection: duckdb.DuckDBPyConnection) -> dict[int, int]:
    return dict(connection.execute("FROM next_offset ORDER BY ALL").fetchall())


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    (row,) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608  # names of our own tables
    return int(row[0])


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: keys as hexadecimal text, days and instants as ISO 8601."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else _text(value)


def _text(value: Decimal | object) -> str:
    return str(value)
