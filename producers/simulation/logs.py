"""Complete logs: each upload holds every row of its registration, as it is at that wave.

A log is kept until it is full, so memory holds one log of each kind. The first upload comes again when
all others were there, and so does the last one: neither may change anything. Once in a while an
upload lacks its first row, and is refused whole before the right one comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from producers.simulation.deliveries import Inbox
from producers.simulation.reports import Document, Report, Wave

_UPLOADS = (Wave.FIRST, Wave.CORRECTIONS, Wave.LATE)
_MISSING = "collection.member.missing"
_LACKING_LOG = 3


@dataclass(slots=True)
class Logs:
    """Logs of one system.

    Attributes:
        rows_max: Of a log; a full one is uploaded.
        envelope: Makes the head of an upload from the log's name and the instant of the upload.
    """

    inbox: Inbox
    rows_max: int
    envelope: Callable[[str, datetime], str]
    _rows: dict[str, list[Report]] = field(default_factory=dict)
    _done: int = 0

    def deliver(self, report: Report) -> None:
        """Add a row to its log."""
        rows = self._rows.setdefault(report.collection, [])
        rows.append(report)
        if len(rows) == self.rows_max:
            self._upload(report.collection)

    def close(self) -> None:
        """Upload the logs that are not full; nothing is delivered afterwards."""
        for collection in tuple(self._rows):
            self._upload(collection)

    def _upload(self, collection: str) -> None:
        rows = self._rows.pop(collection)
        self._done += 1
        states = [(list(_states(rows, wave)), wave) for wave in _UPLOADS]
        # An upload without rows is no log.
        uploads = [self._written(collection, known, wave) for known, wave in states if known]
        for file, faults in (uploads[0], uploads[-1]):
            if not any(faults):
                self.inbox.copy(file, faults)

    def _written(self, collection: str, rows: list[Document], wave: Wave) -> tuple[Path, list[str | None]]:
        uploaded_at = self.inbox.schedule.morning(wave) - timedelta(hours=1)
        if wave is Wave.CORRECTIONS and self._done % _LACKING_LOG == 1:
            self._write_lacking(collection, rows, uploaded_at - timedelta(hours=1))
        file = self._file(collection, rows, wave, uploaded_at)
        faults = [row.fault for row in rows]
        self.inbox.written(file, wave, faults)
        return file, faults

    def _write_lacking(self, collection: str, rows: list[Document], uploaded_at: datetime) -> None:
        """Upload a log without a row that was published: none of its rows is taken."""
        published = next((row for row in rows if row.wave is Wave.FIRST and row.fault is None), None)
        others = [row for row in rows if row is not published]
        if published is None or not others:
            return
        file = self._file(collection, others, Wave.CORRECTIONS, uploaded_at)
        self.inbox.written(file, Wave.CORRECTIONS, [row.fault or _MISSING for row in others])

    def _file(self, collection: str, rows: list[Document], wave: Wave, uploaded_at: datetime) -> Path:
        file = self.inbox.path(wave, "json")
        with file.open("w", encoding="utf-8") as text:
            text.write(self.envelope(collection, uploaded_at))
            text.write(",\n".join(row.body for row in rows))
            text.write("\n]}\n")
        return file


def _states(rows: list[Report], wave: Wave) -> Iterator[Document]:
    """Yield each row that is known at a wave, in its last state."""
    for row in rows:
        known = [document for document in row.documents if document.wave <= wave]
        if known:
            yield known[-1]
