"""Files that nobody but their owner may read: checked when read, and right from the start when written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from schemas import files
from schemas.errors import ConfigurationError

_SUPERUSER = 0


def read(path: Path) -> bytes:
    """Return the bytes of a file that is private and owned by the user or root.

    The file that is checked is the one that is read, whatever happens to its name meanwhile.

    Raises:
        ConfigurationError: Others can read it, somebody else owns it, or it is no plain file.
        FileNotFoundError: It is absent.
    """
    # A pipe of that name would make us wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ConfigurationError(f"{path} is no file", hint="give the file itself")
        if not files.is_private(found):
            raise ConfigurationError(f"{path} can be read by others", hint=f"chmod 600 {path}")
        _require_owner(path, found)
        return file.read()


def require_safe_folder(path: Path) -> None:
    """Refuse a folder in which others could put files of their own.

    Raises:
        ConfigurationError: Others can write to it, or somebody else owns it.
    """
    found = path.stat()
    if found.st_mode & 0o022:
        raise ConfigurationError(f"{path} can be written by others", hint=f"chmod 700 {path}")
    _require_owner(path, found)


def write(path: Path, text: bytes) -> None:
    """Write a file that only its owner can read, in place of what was there, whole or not at all."""
    files.replace({path: (text, files.CONFIDENTIAL)})


def _require_owner(path: Path, found: os.stat_result) -> None:
    if found.st_uid not in {os.geteuid(), _SUPERUSER}:
        raise ConfigurationError(
            f"{path} belongs to another user", hint="let the user who runs this own it, with chown"
        )
