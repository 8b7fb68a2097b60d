"""The folder source: every file in a folder and below it, read when new or changed.

A file is known by its name within the folder and the digest of its bytes, so a copy
with an older date or a touched file is not read again. Names that start with a dot or
end with .part or .tmp are somebody else's unfinished work.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from producers.sources.source import Resource, Resources, Source
from schemas.errors import ConfigurationError

_GONE = FileNotFoundError
_UNFINISHED = (".part", ".tmp")


@dataclass(frozen=True, slots=True)
class File:
    """One file as found."""

    path: Path
    name: str
    size_bytes: int
    modified_ns: int

    @property
    def delivered_at(self) -> datetime:
        """When the file was written last, UTC."""
        return datetime.fromtimestamp(self.modified_ns / 1e9, UTC)

    def open(self) -> BinaryIO:
        """Return the file as it is now."""
        return self.path.open("rb")

    def sha256(self) -> bytes:
        """Return the digest of the bytes, read in small pieces."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()


@dataclass(slots=True)
class Folder(Source):
    """A folder that is looked at again and again."""

    root: Path
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the folder.

        Raises:
            ConfigurationError: It is no folder.
        """
        if not self.root.is_dir():
            raise ConfigurationError(f"{self.root} is no folder", hint="give a folder that exists")

    def touched(self) -> Resources:
        """Yield the files that are new or look different since the last call, by name."""
        for file in self.files():
            signature = (file.size_bytes, file.modified_ns)
            if self._seen.get(file.name) != signature:
                self._seen[file.name] = signature
                yield file

    def again(self, resource: Resource) -> None:
        """Yield a file at the next look too, though it will look the same."""
        self._seen.pop(resource.name, None)

    def files(self) -> list[File]:
        """Return all files, by name."""
        found = []
        closed: list[OSError] = []
        for folder, _, names in os.walk(self.root, onerror=closed.append):
            found += [file for name in names if (file := self._file(Path(folder, name))) is not None]
        # A folder that cannot be listed is told like a file that cannot be read.
        found += [self._closed(Path(error.filename)) for error in closed if not isinstance(error, _GONE)]
        return sorted(found, key=lambda file: file.name)

    def _file(self, path: Path) -> File | None:
        name = readable(path.relative_to(self.root))
        status = _status(path) if _is_finished(name) else None
        if status is None or not S_ISREG(status.st_mode):
            return None
        return File(path, name, status.st_size, status.st_mtime_ns)

    def _closed(self, path: Path) -> File:
        return File(path, readable(path.relative_to(self.root)), 0, 0)


def readable(path: Path) -> str:
    """Return a name as text; bytes that are no UTF-8 are written as escapes."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _status(path: Path) -> os.stat_result | None:
    """Return what the system knows of a file, None where it has gone or its link leads nowhere."""
    try:
        return path.stat()
    except OSError:
        return None


def _is_finished(name: str) -> bool:
    return not name.endswith(_UNFINISHED) and not any(part.startswith(".") for part in name.split("/"))
