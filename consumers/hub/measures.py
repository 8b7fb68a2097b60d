"""What a hub tells its operators: counts of what it stores, and what its file says.

Agencies are those of the directory, as nobody else's signature counts; all else that labels say
is on closed lists. Instants are told and not ages, so that a hub that hangs looks late.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from consumers.hub.batch import Batch
from consumers.hub.store import Accepted
from consumers.release import calendar
from schemas import topics
from schemas.reasons import Breach
from schemas.runtime.metrics import Metrics
from schemas.settings import HubSettings
from schemas.telemetry import (
    BATCH_SECONDS,
    DEAD_LETTERS,
    DEAD_LETTERS_OPEN,
    DISK_FREE,
    EPOCHS_OVERDUE,
    FILE_BYTES,
    LAG_RECORDS,
    LEDGER_BREACHES,
    NEWEST_STORED,
    RELEASE_DUE,
    RELEASE_FACTS,
    ROWS_STORED,
    UNSTABLE_RECORDS,
)

Connect = Callable[[], duckdb.DuckDBPyConnection]
_FACTS = {metric.name: metric for metric in RELEASE_FACTS}


class Measures:
    """The metrics of one hub; `connect` gives a connection to its file, which is closed after each use."""

    def __init__(self, settings: HubSettings, metrics: Metrics, connect: Connect) -> None:
        self._settings = settings
        self._hub = settings.name
        self._metrics = metrics
        self._connect = connect
        self._newest: dict[str, float] = {}
        self._open: set[tuple[str, str]] = set()

    def begin(self) -> None:
        """Show what the file says of times before this process; it looks at every row once."""
        with closing(self._connect()) as connection:
            rows = connection.execute(
                "SELECT agency, epoch(max(recorded_at)) FROM event JOIN kind USING (kind_id) GROUP BY agency"
            ).fetchall()
        for agency, newest in rows:
            self._show_newest(agency, newest)
        for breach in Breach:
            # A counter that begins at one has never grown.
            self.broken(breach, 0)

    def stored(self, batch: Batch, accepted: Accepted) -> None:
        """Count a batch that the file holds now."""
        self.redriven(accepted)
        letters = Counter((letter.agency or "", letter.reasons[0]) for letter in accepted.dead_letters)
        for (agency, reason), count in letters.items():
            self._metrics.counter(DEAD_LETTERS, hub=self._hub, agency=agency, reason=reason).inc(count)
        if batch.values:
            seconds = time.monotonic() - batch.started_at
            self._metrics.histogram(BATCH_SECONDS, hub=self._hub).observe(seconds)

    def redriven(self, accepted: Accepted) -> None:
        """Count the events alone: what is refused again is no news."""
        for agency, rows, newest in _by_agency(accepted).iter_rows():
            self._metrics.counter(ROWS_STORED, hub=self._hub, agency=agency).inc(rows)
            self._show_newest(agency, newest.timestamp())

    def broken(self, breach: Breach, count: int) -> None:
        """Count breaches of the ledger."""
        self._metrics.counter(LEDGER_BREACHES, hub=self._hub, reason=breach).inc(count)

    def lag(self, reached: Mapping[int, int], stable: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Show how far the file is behind: offsets by partition, of the file and of the topic."""
        for partition, end in stable.items():
            labels = {"hub": self._hub, "topic": topics.MOVEMENTS, "partition": str(partition)}
            self._metrics.gauge(LAG_RECORDS, **labels).set(max(0, end - reached.get(partition, 0)))
            self._metrics.gauge(UNSTABLE_RECORDS, **labels).set(max(0, ends[partition] - end))

    def look(self, now: datetime) -> None:
        """Show what the file says now, and the disk that it lies on."""
        file = self._settings.file.absolute()
        self._metrics.gauge(DISK_FREE, hub=self._hub).set(shutil.disk_usage(file.parent).free)
        parts = (file, file.with_name(f"{file.name}.wal"))
        self._metrics.gauge(FILE_BYTES, hub=self._hub).set(sum(map(_size, parts)))
        with closing(self._connect()) as connection:
            self._show_dead_letters(connection)
            self._show_releases(connection, now)

    def _show_newest(self, agency: str, newest: float) -> None:
        self._newest[agency] = max(newest, self._newest.get(agency, newest))
        self._metrics.gauge(NEWEST_STORED, hub=self._hub, agency=agency).set(self._newest[agency])

    def _show_dead_letters(self, connection: duckdb.DuckDBPyConnection) -> None:
        rows = connection.execute(
            "SELECT coalesce(agency, ''), reasons[1], count(*) FROM dead_letter "
            "WHERE redriven IS NULL GROUP BY ALL"
        ).fetchall()
        found = {(agency, reason): count for agency, reason, count in rows}
        for agency, reason in self._open - found.keys():
            self._metrics.forget(DEAD_LETTERS_OPEN, self._hub, agency, reason)
        for (agency, reason), count in found.items():
            self._metrics.gauge(DEAD_LETTERS_OPEN, hub=self._hub, agency=agency, reason=reason).set(count)
        self._open = set(found)

    def _show_releases(self, connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
        facts = dict(connection.execute("FROM release_fact").fetchall())
        for name, value in facts.items():
            # A file may hold what a later release of this program has told.
            if name in _FACTS:
                self._metrics.gauge(_FACTS[name], hub=self._hub).set(value)
        if RELEASE_DUE.name in facts:
            epochs = connection.execute("SELECT DISTINCT epoch FROM release_cut").fetchall()
            ends = (calendar.parsed(epoch).closes_at(self._settings.release.lateness) for (epoch,) in epochs)
            overdue = [end for end in ends if facts[RELEASE_DUE.name] <= end.timestamp() <= now.timestamp()]
            self._metrics.gauge(EPOCHS_OVERDUE, hub=self._hub).set(len(overdue))


def _by_agency(accepted: Accepted) -> pl.DataFrame:
    """Return of each agency how many events there are, and their newest recording instant."""
    events = accepted.events
    agencies = events.stated("kind", events.terms["kind"].get_column("agency"))
    rows = events.rows.select("recorded_at", agencies.alias("agency"))
    return rows.group_by("agency").agg(pl.len(), pl.col("recorded_at").max())


def _size(file: Path) -> int:
    """Return how many bytes a file has; the log comes and goes."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
