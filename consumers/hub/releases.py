"""What a hub's file remembers of its releases: the cut of each epoch, and what was decided.

A cut is stored before anything is computed and a decision before anything is published, so
that whoever goes on after a crash publishes the same. What is published stands on the topics
alone: this is the memory of what is not published yet, and of what must never be.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

Connect = Callable[[], duckdb.DuckDBPyConnection]

# In a cut, beside the partitions: how many of the hub's redriven records may be in a release. One that
# is redriven later is late, wherever it stands in its partition.
REDRIVEN = -1


class Releases:
    """The releases of one file; `connect` gives a connection that may write and is closed after each use.

    The file has the tables of this program.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        # Questions come in threads, and the loop closes epochs: one of them at a time.
        self._lock = threading.Lock()

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """Return the questions by name; all of them may write."""
        return {
            "release_state": self.state,
            "release_cut": self.cut,
            "release_keep": self.keep,
            "release_load": self.load,
            "release_forget": self.forget,
            "release_tell": self.tell,
        }

    def state(self) -> dict[str, Any]:
        """Return cuts and decisions by epoch: first offsets that are left out, digest of the observations."""
        with self._writing() as connection:
            digests = connection.execute("FROM release_decision ORDER BY ALL").fetchall()
            return {
                "cuts": {epoch: _text(cut) for epoch, cut in _cuts(connection).items()},
                "decisions": {epoch: digest.hex() for epoch, digest in digests},
            }

    def cut(self, epoch: str, at_least: Mapping[str, int] | None = None) -> dict[str, int]:
        """Return the cut of an epoch; where there is none, the file as it is now becomes it.

        A cut that ends before the release before it comes from a file that was restored and has
        not caught up: it is drawn anew, as nothing can have been published under it.

        Args:
            epoch: Name of the epoch.
            at_least: Where the release before it was cut.
        """
        with self._writing() as connection:
            before = {int(partition): offset for partition, offset in (at_least or {}).items()}
            found = _cuts(connection).get(epoch)
            if found is None or not reaches(found, before):
                found = as_it_is(connection)
                _remove(connection, epoch)
                _write_cut(connection, epoch, found)
        return _text(found)

    def close(self, closed: Callable[[Collection[str]], Iterable[str]]) -> list[str]:
        """Cut every epoch that has closed since the last cut, and return their names.

        Args:
            closed: Returns which epochs have closed by now after those that are cut.
        """
        with self._writing() as connection:
            epochs = [*closed(_cuts(connection))]
            for epoch in epochs:
                _write_cut(connection, epoch, as_it_is(connection))
        return epochs

    def keep(self, epoch: str, digest: str, cut: Mapping[str, int], folder: str) -> None:
        """Store what an epoch publishes and takes, in place of what was stored of it.

        Args:
            epoch: Name of the epoch.
            digest: Of its observations, hexadecimal.
            cut: The cut that it was decided from.
            folder: Of files that are its parts.
        """
        with self._writing() as connection:
            _remove(connection, epoch)
            _write_cut(connection, epoch, {int(partition): offset for partition, offset in cut.items()})
            connection.execute("INSERT INTO release_decision VALUES (?, ?)", [epoch, bytes.fromhex(digest)])
            for path in sorted(Path(folder).iterdir()):
                connection.execute(
                    "INSERT INTO release_part VALUES (?, ?, ?)", [epoch, path.name, path.read_bytes()]
                )

    def load(self, epoch: str, folder: str) -> int:
        """Write the parts of a decision to files of a folder, and return how many there are."""
        with self._writing() as connection:
            parts = connection.execute(
                "SELECT name, body FROM release_part WHERE epoch = ? ORDER BY name", [epoch]
            ).fetchall()
        for name, body in parts:
            (Path(folder) / name).write_bytes(body)
        return len(parts)

    def forget(self, epoch: str) -> None:
        """Remove what was decided of an epoch that is not released after all."""
        with self._writing() as connection:
            _remove(connection, epoch)

    def tell(self, facts: Mapping[str, float]) -> None:
        """Store what a run tells operators, by names of metrics, in place of what was told before."""
        with self._writing() as connection:
            for name, value in facts.items():
                connection.execute("DELETE FROM release_fact WHERE name = ?", [name])
                connection.execute("INSERT INTO release_fact VALUES (?, ?)", [name, value])

    @contextmanager
    def _writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection in a transaction that is committed at the end, and not at all if that fails."""
        with self._lock:
            connection = self._connect()
            try:
                connection.begin()
                yield connection
                connection.commit()
            except BaseException:
                with suppress(duckdb.TransactionException):
                    connection.rollback()
                raise
            finally:
                connection.close()


def reaches(cut: Mapping[int, int], other: Mapping[int, int]) -> bool:
    """Say whether a cut lies nowhere before another one."""
    return all(cut.get(partition, 0) >= offset for partition, offset in other.items())


def _cuts(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for epoch, partition, offset in connection.execute("FROM release_cut ORDER BY ALL").fetchall():
        found.setdefault(epoch, {})[partition] = offset
    return found


def as_it_is(connection: duckdb.DuckDBPyConnection) -> dict[int, int]:
    """Return the cut that takes all that is in the file."""
    found: dict[int, int] = dict(connection.execute("FROM next_offset ORDER BY ALL").fetchall())
    ((redriven,),) = connection.execute("SELECT max(redriven) + 1 FROM dead_letter").fetchall()
    return found if redriven is None else {REDRIVEN: redriven} | found


def _write_cut(connection: duckdb.DuckDBPyConnection, epoch: str, cut: Mapping[int, int]) -> None:
    connection.execute("DELETE FROM release_cut WHERE epoch = ?", [epoch])
    # An epoch that closes before anything has arrived is cut all the same.
    for partition, offset in cut.items() or [(0, 0)]:
        connection.execute("INSERT INTO release_cut VALUES (?, ?, ?)", [epoch, partition, offset])


def _remove(connection: duckdb.DuckDBPyConnection, epoch: str) -> None:
    for table in ("release_decision", "release_part"):
        connection.execute(f"DELETE FROM {table} WHERE epoch = ?", [epoch])  # noqa: S608  # names of our own tables


def _text(cut: Mapping[int, int]) -> dict[str, int]:
    return {str(partition): offset for partition, offset in cut.items()}
