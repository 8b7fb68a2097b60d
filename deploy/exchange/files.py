"""Private folders, atomic writes and locks between processes.

A file is either its old or its new content, never half of one, also after a power cut.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.exchange import waiting
from schemas import files
from schemas.errors import ConfigurationError, RetriableError

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter; one that exists stays as it is.

    Raises:
        ConfigurationError: It cannot be made or written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        raise _not_writable(path) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise _not_writable(path)
    return path


def write_atomically(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in place of what was there, whole or not at all."""
    files.replace({path: (text.encode(), files.CONFIDENTIAL)})


@contextmanager
def locked(path: Path, *, timeout_seconds: float) -> Iterator[None]:
    """Hold a lock file while the block runs; the system frees it when the process dies.

    Raises:
        RetriableError: Another process held it all the time.
    """
    import fcntl  # noqa: PLC0415  # missing on Windows, where starting is refused with a reason

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)

    def is_taken() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        if not waiting.until(is_taken, timeout_seconds=timeout_seconds, interval_seconds=0.1):
            raise RetriableError(
                f"another process has been using {path.parent} for {timeout_seconds:.0f} s",
                hint="wait for it to finish, or stop it, then try again",
            )
        yield
    finally:
        os.close(descriptor)


def _not_writable(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"folder {path} cannot be written to",
        hint="change its permissions, or name another with WEIGHBRIDGE_STATE or WEIGHBRIDGE_CACHE",
    )
