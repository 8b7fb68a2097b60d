"""Files that are written whole or not at all, together, and read by none but who may."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

CONFIDENTIAL, OPEN = 0o600, 0o644
_SUPERUSER = 0


def is_private(found: os.stat_result) -> bool:
    """Say whether nobody but its owner can read a file; root may let our group read what it owns.

    That is how Kubernetes and systemd hand a secret to a service that is not root. PostgreSQL
    holds the keys of its certificates to the same rule.
    """
    of_others = stat.S_IRWXG | stat.S_IRWXO
    if found.st_uid == _SUPERUSER and os.geteuid() != _SUPERUSER:
        of_others &= ~stat.S_IRGRP
    return not found.st_mode & of_others


def replace(files: Mapping[Path, tuple[bytes, int]]) -> None:
    """Write files, each with its mode, and let them take their places in order.

    None takes its place before all are written, so a full disk or an end of the process leaves
    what was there before.
    """
    staged: dict[Path, Path] = {}
    try:
        for path, (content, mode) in files.items():
            staged[path] = _staged(path, content, mode)
        for path, temporary in staged.items():
            temporary.replace(path)
        for folder in {path.parent for path in files}:
            _sync(folder)
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)


def _staged(path: Path, content: bytes, mode: int) -> Path:
    """Write a file under another name, its owner's alone until it is whole."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
