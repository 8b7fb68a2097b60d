"""Archives of loaded classes, from which Java starts in half the time.

An archive is an aid only: Java itself checks that it belongs to this runtime and to these jars,
and starts without it otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_BASE = "jdk"


@dataclass(frozen=True)
class Archives:
    """
    The archives in a folder: one of Java's own classes, and on top of it one for each server.

    While training, a server writes its archive when it ends.
    """

    folder: Path
    is_training: bool = False

    @property
    def base(self) -> Path:
        """The archive of Java's own classes."""
        return self._file(_BASE)

    def flags(self, server: str) -> tuple[str, ...]:
        """Return the options of Java for a server."""
        own = self._file(server)
        if self.is_training:
            return (f"-XX:SharedArchiveFile={self.base}", f"-XX:ArchiveClassesAtExit={own}")
        return (f"-XX:SharedArchiveFile={own}",) if own.exists() else ()

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.jsa"
