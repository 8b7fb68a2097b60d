"""Files of one system, wave by wave, as its agency gets them.

Documents go to disk as they come; of each wave one file is open. Some files come again under
another name, and some documents in another file: neither may change anything. What is
faulty comes once, so that the number of rejects is known.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from producers.simulation.reports import Form, Report, Wave
from producers.simulation.schedule import Schedule

DOCUMENTS_PER_FILE = 400
# Of so many files, or documents, one comes again.
_COPIED_FILE, _REPEATED_DOCUMENT = 4, 40
_BYTES_AT_ONCE = 1 << 20


@dataclass(slots=True)
class Tally:
    """What was written.

    Attributes:
        documents: In all files, repeated ones too.
        rejects: How many documents are refused, by the rule that each breaks.
    """

    documents: int = 0
    files: int = 0
    rejects: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Inbox:
    """A folder of one source, and the number of files in each wave of it."""

    folder: Path
    schedule: Schedule
    tally: Tally
    _files: Counter[Wave] = field(default_factory=Counter)

    def path(self, wave: Wave, suffix: str) -> Path:
        """Return the place of the next file of a wave."""
        self._files[wave] += 1
        place = self.folder / wave.folder
        place.mkdir(parents=True, exist_ok=True)
        return place / f"{self._files[wave]:06d}.{suffix}"

    def written(self, file: Path, wave: Wave, faults: Iterable[str | None]) -> None:
        """Date a file that is complete, and count what is in it."""
        at = self.schedule.written_at(wave, int(file.stem)).timestamp()
        os.utime(file, (at, at))
        self.tally.files += 1
        for fault in faults:
            self.tally.documents += 1
            if fault is not None:
                self.tally.rejects[fault] += 1

    def copy(self, file: Path, faults: Iterable[str | None]) -> None:
        """Deliver a file again, byte by byte, under another name."""
        copy = self.path(Wave.AGAIN, file.suffix.removeprefix("."))
        shutil.copyfile(file, copy)
        self.written(copy, Wave.AGAIN, faults)


@dataclass(slots=True)
class _Open:
    """A file that grows."""

    path: Path
    text: TextIO
    faults: list[str | None] = field(default_factory=list)


@dataclass(slots=True)
class Batches:
    """Documents one after another in files of some hundred.

    Attributes:
        is_repeatable: Whether an old version that comes again stays old; where delivery alone gives
            the order it would count as the newest.
    """

    inbox: Inbox
    form: Form
    is_repeatable: bool = True
    _open: dict[Wave, _Open] = field(default_factory=dict)
    _documents: int = 0

    def deliver(self, report: Report) -> None:
        """Write the documents of a report, each in its wave."""
        for document in report.documents:
            self._write(document.wave, document.body, document.fault)
            self._documents += 1
        last = report.documents[-1]
        if last.fault is None and self._documents % _REPEATED_DOCUMENT < len(report.documents):
            self._write(Wave.AGAIN, last.body, None)

    def close(self) -> None:
        """Complete the files that are open; nothing is delivered afterwards."""
        for wave in (Wave.FIRST, Wave.CORRECTIONS, Wave.LATE, Wave.AGAIN):
            if wave in self._open:
                self._complete(wave)

    def _write(self, wave: Wave, body: str, fault: str | None) -> None:
        into = self._open.get(wave) or self._opened(wave)
        into.text.write((self.form.separator if into.faults else "") + body)
        into.faults.append(fault)
        if len(into.faults) == DOCUMENTS_PER_FILE:
            self._complete(wave)

    def _opened(self, wave: Wave) -> _Open:
        path = self.inbox.path(wave, self.form.suffix)
        text = path.open("w", encoding="utf-8", newline="", buffering=_BYTES_AT_ONCE)
        text.write(self.form.head)
        return self._open.setdefault(wave, _Open(path, text))

    def _complete(self, wave: Wave) -> None:
        done = self._open.pop(wave)
        with done.text:
            done.text.write(self.form.tail)
        self.inbox.written(done.path, wave, done.faults)
        is_good = not any(done.faults)
        if self.is_repeatable and is_good and wave is not Wave.AGAIN and self._is_copied(done.path):
            self.inbox.copy(done.path, done.faults)

    def _is_copied(self, path: Path) -> bool:
        return int(path.stem) % _COPIED_FILE == 1
