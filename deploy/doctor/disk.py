"""The disks: whether there is space, and whether a database may lie there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deploy.doctor.check import Finding, fail, ok, warn
from deploy.doctor.installation import Installation

# The first is where the alert WeighbridgeDiskFull rises; with the second no batch is sure of its place.
_WARN_BYTES, _FAIL_BYTES = 2_000_000_000, 100_000_000
_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.cephfs", "fuse.rclone"),
}


def temporary(_: Installation) -> Iterator[Finding]:
    """Look at the folder for what is needed for a moment."""
    yield from _of(Path(tempfile.gettempdir()), "let TMPDIR name a folder with more space")


def of_hub(installation: Installation) -> Iterator[Finding]:
    """Look at the folder of the hub's file."""
    folder = _existing(installation.settings.hub.file.absolute().parent)
    yield from _of(folder, "give it space, or move the hub's file: hub.file")
    kind = kind_of(folder, _MOUNTS.read_text() if _MOUNTS.exists() else "")
    if kind in _NETWORK:
        yield warn(
            f"{folder} lies on a network file system ({kind}): a lock that fails there spoils the hub's file",
            "put the hub's file on a disk of this machine: hub.file",
        )


def kind_of(folder: Path, mounts: str) -> str | None:
    """Return the kind of file system of a folder; `mounts` is a table of mounts as Linux tells it."""
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        # See proc_pid_mountinfo(5): the mount point is the fifth field, the kind follows a hyphen.
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4].replace("\\040", " "))
        if folder.resolve().is_relative_to(point) and (found is None or len(point.parts) >= found[0]):
            found = len(point.parts), after.split()[0]
    return None if found is None else found[1]


def _of(folder: Path, remedy: str) -> Iterator[Finding]:
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    told = f"{folder} has {free / 1e6:,.0f} MB free"
    if found.f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK):
        yield fail(f"{folder} cannot be written", "look at its owner, and how its disk is mounted")
    elif free < _FAIL_BYTES:
        yield fail(f"{told}: that is as good as full", remedy)
    elif found.f_files and not found.f_favail:
        yield fail(f"{folder} can hold no more files: its disk has no inode left", remedy)
    elif free < _WARN_BYTES:
        yield warn(told, remedy)
    else:
        yield ok(told)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())
