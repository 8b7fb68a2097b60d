"""The folder source: every file in a folder and below it, read when new or changed.

A file is known by its name within the folder and the digest of its bytes, so a copy
with an older date or a touched file is not read again. Names that start with a dot or
end with .part or .tmp are somebody else's unfinished work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import ConfigurationError

_UNFINISHED = (".part", ".tmp")


@dataclass(frozen=True, slots=True)
class File:
    """One file as found."""

    path: Path
    name: str
    size_bytes: int
    modified_ns: int

    def sha256(self) -> bytes:
        """Return the digest of the bytes, read in small pieces."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()


@dataclass(slots=True)
class Folder:
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

    def touched(self) -> Iterator[File]:
        """Yield the files that are new or look different since the last call, by name."""
        for file in self.files():
            signature = (file.size_bytes, file.modified_ns)
            if self._seen.get(file.name) != signature:
                yield file
                self._seen[file.name] = signature

    def files(self) -> list[File]:
        """Return all files, by name."""
        found = []
        for path in self.root.rglob("*"):
            name = path.relative_to(self.root).as_posix()
            if _is_finished(name) and path.is_file():
                status = path.stat()
                found.append(File(path, name, status.st_size, status.st_mtime_ns))
        return sorted(found, key=lambda file: file.name)


def _is_finished(name: str) -> bool:
    return not name.endswith(_UNFINISHED) and not any(part.startswith(".") for part in name.split("/"))
