"""Folders for what a release hands between processes: its owner's alone, and gone afterwards.

They stand beside the hub's file, on the same disk as what they hold. A release that was killed
leaves its folder; the next one removes it, unless the lock tells that somebody is at work.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "lock"


@contextmanager
def workspace(file: Path) -> Iterator[Path]:
    """Yield an empty folder beside a hub's file; it is removed at the end, whatever happens."""
    root = file.absolute().with_name(f"{file.name}.release")
    root.mkdir(mode=0o700, exist_ok=True)
    _sweep(root)
    folder = Path(tempfile.mkdtemp(dir=root))
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield _made(folder / "work")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(root: Path) -> None:
    """Remove what killed releases have left."""
    for folder in root.iterdir():
        try:
            with (folder / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            # Killed before it was locked, or beginning just now: an empty one holds nothing.
            continue
        except BlockingIOError:
            continue


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
