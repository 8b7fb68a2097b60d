"""Small disks for a hub's file and a broker's data, which can be filled; only root can mount one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_BLOCK = bytes(1 << 16)


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder.

    Attributes:
        is_small: Whether it is a file system of its own, which can be filled.
    """

    folder: Path
    is_small: bool

    @classmethod
    @contextmanager
    def of(cls, folder: Path, mebibytes: int) -> Iterator[Disk]:
        """Make a folder, on a disk of its own and of a size where that can be had."""
        folder.mkdir(parents=True, mode=0o700)
        is_small = is_available() and _mount(folder, mebibytes)
        try:
            yield cls(folder, is_small)
        finally:
            if is_small:
                subprocess.run(["umount", "--lazy", folder], check=True)

    def fill(self) -> None:
        """Leave no room."""
        with suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while ballast.write(_BLOCK):
                pass

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


def is_available() -> bool:
    """Say whether this user may mount a disk."""
    return sys.platform == "linux" and os.geteuid() == 0


def _mount(folder: Path, mebibytes: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0
