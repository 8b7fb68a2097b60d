"""Small disks for a hub's file and a broker's data, which can be filled; mostly only root can mount one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
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
        if is_available():
            _mount(folder, mebibytes)
        try:
            yield cls(folder, is_available())
        finally:
            if is_available():
                _unmount(folder)

    def fill(self) -> None:
        """Leave no room; a disk that others use too is never filled."""
        assert self.is_small
        with suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while ballast.write(_BLOCK):
                pass

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


@cache
def is_available() -> bool:
    """Say whether this user may mount a disk, which in a container not even root may."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as name:
        try:
            _mount(Path(name), 1)
        except (OSError, subprocess.CalledProcessError):
            return False
        _unmount(Path(name))
    return True


def _mount(folder: Path, mebibytes: int) -> None:
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "tmpfs", str(folder)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder], check=True)
