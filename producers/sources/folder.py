"""The folder source: every file in a folder and below it, read when new or changed.

A file is known by its name within the folder and the digest of its bytes, so a copy
with an older date or a touched file is not read again; an archive is read as its members.
Names that start with a dot or end with .part or .tmp are somebody else's unfinished work. A
file under its final name is read once it has looked the same for a second, whatever the
clock of a share says; who writes more slowly than that uses one of those names. The folder
is looked at again and again: network shares tell nobody of changes.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from producers.sources.archives import is_archive, is_unfinished, members
from producers.sources.refused import Refused
from producers.sources.source import Resource, Resources, Source
from schemas.errors import ConfigurationError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class File:
    """One file as found."""

    path: Path
    name: str
    size_bytes: int
    modified_ns: int

    @property
    def signature(self) -> tuple[int, int]:
        """What tells from outside that a file has changed: size and date."""
        return self.size_bytes, self.modified_ns

    @property
    def delivered_at(self) -> datetime:
        """When the file was written last, UTC."""
        return _EPOCH + timedelta(microseconds=self.modified_ns // 1000)

    def open(self) -> BinaryIO:
        """Return the file as it is now."""
        return self.path.open("rb")

    def sha256(self) -> bytes:
        """Return the digest of the bytes, read in small pieces."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()


@dataclass(slots=True)
class Folder(Source):
    """A folder that is looked at again and again.

    Attributes:
        settle_seconds: How long a file must look the same before it is read.
    """

    root: Path
    settle_seconds: float = 1.0
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the folder.

        Raises:
            ConfigurationError: It is no folder.
        """
        if not self.root.is_dir():
            raise ConfigurationError(
                f"{self.root} is no folder",
                hint="give a folder that exists, - for stdin, or a .toml file that describes another source",
            )

    def touched(self) -> Resources:
        """Yield the files that are new or look different since the last call, by name."""
        closed: list[OSError] = []
        for file in self._settled(self.files(closed)):
            self._seen[file.name] = file.signature
            if is_archive(file.name):
                yield from self._members(file)
            else:
                yield file
        # A folder that cannot be listed is told like a file that cannot be read.
        for error in closed:
            yield _closed(readable(Path(error.filename).relative_to(self.root)), error)

    def again(self, resource: Resource) -> None:
        """Yield a file, or the archive that a member is from, at the next call too."""
        places = resource.name.split("/")
        for end in range(1, len(places) + 1):
            self._seen.pop("/".join(places[:end]), None)

    def files(self, closed: list[OSError]) -> list[File]:
        """Return all files, by name; add the errors of folders that cannot be listed to `closed`."""
        found = []
        for folder, _, names in os.walk(self.root, onerror=closed.append):
            found += [file for name in names if (file := self._file(Path(folder, name))) is not None]
        closed[:] = [error for error in closed if not isinstance(error, FileNotFoundError)]
        return sorted(found, key=lambda file: file.name)

    def _settled(self, files: list[File]) -> list[File]:
        """Return the files that look new and do not grow."""
        new = [file for file in files if self._seen.get(file.name) != file.signature]
        if new:
            time.sleep(self.settle_seconds)
        return [file for file in new if self._file(file.path) == file]

    def _members(self, archive: File) -> Resources:
        try:
            yield from members(archive)
        except OSError as error:
            self.again(archive)
            yield _closed(archive.name, error)

    def _file(self, path: Path) -> File | None:
        name = readable(path.relative_to(self.root))
        status = None if is_unfinished(name) else _status(path)
        if status is None or not S_ISREG(status.st_mode):
            return None
        return File(path, name, status.st_size, status.st_mtime_ns)


def readable(path: Path) -> str:
    """Return a name as text; bytes that are no UTF-8 are written as escapes."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _status(path: Path) -> os.stat_result | None:
    """Return what the system knows of a file, None where it has gone or its link leads nowhere."""
    try:
        return path.stat()
    except OSError:
        return None


def _closed(name: str, error: OSError) -> Refused:
    return Refused(name, 0, datetime.fromtimestamp(0, UTC), error)
