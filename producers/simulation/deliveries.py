"""Files of one system, wave by wave, as its agency gets them.

Documents go to disk as they come; of each wave one file is open. Some files come again under
another name, some before that without their end, and some documents in another file: none may
change anything. What is faulty comes once, so that the number of rejects is known.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from producers.simulation.reports import Document, Form, Report, Wave
from producers.simulation.schedule import Schedule

# Of so many files, or documents, one comes again.
_COPIED_FILE, _CUT_FILE, _REPEATED_DOCUMENT = 4, 8, 40
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
    """A folder of one source, and the number of files in each wave of it.

    Attributes:
        documents_max: Of a file.
    """

    folder: Path
    schedule: Schedule
    documents_max: int
    tally: Tally = field(default_factory=Tally)
    _files: Counter[Wave] = field(default_factory=Counter)

    def path(self, wave: Wave, suffix: str, kind: str = "") -> Path:
        """Return the place of the next file of a wave."""
        self._files[wave] += 1
        place = self.folder / wave.folder
        place.mkdir(parents=True, exist_ok=True)
        name = f"{self._files[wave]:06d}_{kind}" if kind else f"{self._files[wave]:06d}"
        return place / f"{name}.{suffix}"

    def written(self, file: Path, wave: Wave, faults: Iterable[str | None]) -> None:
        """Date a file that is complete, and count what is in it."""
        at = self.schedule.written_at(wave, _number(file)).timestamp()
        os.utime(file, (at, at))
        self.tally.files += 1
        for fault in faults:
            self.tally.documents += 1
            if fault is not None:
                self.tally.rejects[fault] += 1

    def copy(self, file: Path, faults: Iterable[str | None]) -> None:
        """Deliver a file again, byte by byte, under another name."""
        self.written(self._copied(file), Wave.AGAIN, faults)

    def cut(self, file: Path, size_bytes: int, faults: Iterable[str | None]) -> None:
        """Deliver the beginning of a file, as a transfer that broke off does."""
        copy = self._copied(file)
        os.truncate(copy, size_bytes)
        self.written(copy, Wave.AGAIN, faults)

    def _copied(self, file: Path) -> Path:
        copy = self.path(Wave.AGAIN, file.suffix.removeprefix("."))
        shutil.copyfile(file, copy)
        return copy


@dataclass(slots=True)
class _Open:
    """A file that grows.

    Attributes:
        last: Its last document.
    """

    path: Path
    text: TextIO
    faults: list[str | None] = field(default_factory=list)
    last: str = ""


@dataclass(slots=True)
class Batches:
    """Documents one after another in files of as many as the inbox takes.

    Attributes:
        forms: By kind of file.
        is_repeatable: Whether an old version that comes again stays old; where delivery alone gives
            the order it would count as the newest, so only what has one version comes again.
    """

    inbox: Inbox
    forms: Mapping[str, Form]
    is_repeatable: bool = True
    _open: dict[tuple[Wave, str], _Open] = field(default_factory=dict)
    _documents: int = 0

    def deliver(self, report: Report) -> None:
        """Write the documents of a report, each in its wave."""
        for document in report.documents:
            self._write(document)
            self._documents += 1
        last = report.documents[-1] if report.documents else None
        if last is not None and last.fault is None and self._is_repeated(len(report.documents)):
            self._write(last._replace(wave=Wave.AGAIN))

    def close(self) -> None:
        """Complete the files that are open; nothing is delivered afterwards."""
        for place in sorted(self._open):
            self._complete(*place)

    def _is_repeated(self, documents: int) -> bool:
        """Say whether a multiple of the interval lies within the last documents."""
        return self._documents % _REPEATED_DOCUMENT < documents

    def _write(self, document: Document) -> None:
        wave, kind = document.wave, document.kind
        into = self._open.get((wave, kind)) or self._opened(wave, kind)
        into.text.write((self.forms[kind].separator if into.faults else "") + document.body)
        into.faults.append(document.fault)
        into.last = document.body
        if len(into.faults) == self.inbox.documents_max:
            self._complete(wave, kind)

    def _opened(self, wave: Wave, kind: str) -> _Open:
        form = self.forms[kind]
        path = self.inbox.path(wave, form.suffix, kind)
        text = path.open("w", encoding="utf-8", newline="", buffering=_BYTES_AT_ONCE)
        text.write(form.head)
        return self._open.setdefault((wave, kind), _Open(path, text))

    def _complete(self, wave: Wave, kind: str) -> None:
        done = self._open.pop((wave, kind))
        with done.text:
            done.text.write(self.forms[kind].tail)
        self.inbox.written(done.path, wave, done.faults)
        if self._is_copied(done.path, wave) and not any(done.faults):
            self._repeat(done, self.forms[kind])

    def _repeat(self, done: _Open, form: Form) -> None:
        """Deliver a file again; now and then that broke off in its last document before."""
        if form.truncated is not None and _number(done.path) % _CUT_FILE == 1:
            left_out = len(form.tail) + len(done.last.encode()) // 2
            size_bytes = done.path.stat().st_size - left_out
            self.inbox.cut(done.path, size_bytes, [*done.faults[:-1], form.truncated])
        self.inbox.copy(done.path, done.faults)

    def _is_copied(self, path: Path, wave: Wave) -> bool:
        """Say whether a file comes again; all of the late ones have one version."""
        if wave is Wave.LATE:
            return True
        return self.is_repeatable and wave is not Wave.AGAIN and _number(path) % _COPIED_FILE == 1


def _number(file: Path) -> int:
    return int(file.stem.partition("_")[0])
