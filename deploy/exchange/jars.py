"""The jars of broker and registry in the user's cache: downloaded once, verified, unpacked.

Every file is hashed against the lock before anything of it is used. A marker, written last,
lists all files with their sizes; a later start compares the sizes only, in milliseconds instead
of a second of hashing: that finds what cleaners and full disks do. Who can write into the user's
own folder could change this program as well, so hashing again would not keep them out.
"""

from __future__ import annotations

import json
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.exchange import files, maven
from deploy.exchange.lock import Artifact, Lock
from schemas.errors import FatalError

Fetch = Callable[[str, Path, Callable[[int], None]], Path]
Progress = Callable[[int], None]

_MARKER = "verified.json"
_DOWNLOADS_MAX = 4
# The time another process may take to download what we wait for.
_LOCK_TIMEOUT_SECONDS = 1800


@dataclass(frozen=True)
class Jars:
    """Where the verified files lie."""

    folder: Path
    kafka_classpath: tuple[Path, ...]
    registry_folder: Path


def ensure(
    cache: Path, lock: Lock, *, progress: Progress = lambda _: None, fetch: Fetch = maven.fetch
) -> Jars:
    """Return the locked files, after downloading those that are not there.

    Safe when several processes call it at the same time: one downloads, the others wait.

    Args:
        cache: The user's cache folder; each lock has a folder of its own in it.
        lock: What to download.
        progress: Called from several threads with the number of bytes that came.
        fetch: Downloads one coordinate into a folder.

    Raises:
        RetriableError: A download failed; what came before is kept.
        FatalError: A file differs from the lock.
        ConfigurationError: The cache folder cannot be written to, or jgo is not installed.
    """
    found = _located(cache, lock)
    if not _is_complete(found):
        files.private_folder(cache)
        with files.locked(cache / f"{lock.digest}.lock", timeout_seconds=_LOCK_TIMEOUT_SECONDS):
            if not _is_complete(found):
                _install(found, lock, progress, fetch)
    return found


def _located(cache: Path, lock: Lock) -> Jars:
    folder = cache / lock.digest
    classpath = tuple(folder / "jars" / jar.file_name for jar in lock.jars)
    return Jars(folder, classpath, folder / "registry")


def _is_complete(jars: Jars) -> bool:
    try:
        sizes: dict[str, int] = json.loads((jars.folder / _MARKER).read_bytes())
        return all((jars.folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def _install(jars: Jars, lock: Lock, progress: Progress, fetch: Fetch) -> None:
    files.private_folder(jars.folder)
    (jars.folder / _MARKER).unlink(missing_ok=True)
    folder = files.private_folder(jars.folder / "jars")
    staging = jars.folder / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        download(lock.artifacts, folder, staging, progress, fetch)
        _unpack(folder / lock.registry.file_name, staging, jars.registry_folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    (folder / lock.registry.file_name).unlink()
    files.write_atomically(jars.folder / _MARKER, json.dumps(_sizes(jars)))


def download(
    artifacts: Iterable[Artifact],
    folder: Path,
    staging: Path,
    progress: Progress = lambda _: None,
    fetch: Fetch = maven.fetch,
) -> None:
    """Download into a folder the files that are not there, each verified.

    Args:
        artifacts: What to download, several at a time.
        folder: Where verified files lie.
        staging: A folder for what is not verified yet; left to the caller.
        progress: As for `ensure`.
        fetch: As for `ensure`.

    Raises:
        RetriableError, FatalError, ConfigurationError: As `ensure`.
    """
    ended = threading.Event()

    def advanced(size_bytes: int) -> None:
        # After a failure or Ctrl-C nobody waits for the other downloads.
        if ended.is_set():
            raise CancelledError
        progress(size_bytes)

    def one(artifact: Artifact) -> None:
        _download(artifact, folder, staging, advanced, fetch)

    pool = ThreadPoolExecutor(_DOWNLOADS_MAX)
    try:
        # The largest first, so that nothing waits for it at the end.
        for _ in pool.map(one, sorted(artifacts, key=lambda found: -found.size_bytes)):
            pass
    finally:
        ended.set()
        pool.shutdown(cancel_futures=True)


def _download(artifact: Artifact, folder: Path, staging: Path, progress: Progress, fetch: Fetch) -> None:
    target = folder / artifact.file_name
    if target.exists() and artifact.is_intact(target):
        progress(artifact.size_bytes)
        return
    path = fetch(artifact.coordinate, staging, progress)
    if not artifact.is_intact(path):
        raise FatalError(
            f"{artifact.coordinate} differs from {artifact.sha256[:12]}..., the SHA-256 it is locked to",
            hint="the repository or a proxy on the way delivered other bytes: try again, then ask who "
            "runs it; nothing of the file was used",
        )
    path.replace(target)


def _unpack(archive: Path, staging: Path, target: Path) -> None:
    unpacked = staging / "registry"
    with tarfile.open(archive) as tar:
        # Pythons before 3.11.4 have no filters; the archive is the locked one in any case.
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        tar.extractall(unpacked)  # noqa: S202  # verified by its SHA-256, and filtered
    shutil.rmtree(target, ignore_errors=True)
    unpacked.replace(target)


def _sizes(jars: Jars) -> dict[str, int]:
    found = [*jars.kafka_classpath, *(path for path in jars.registry_folder.rglob("*") if path.is_file())]
    return {path.relative_to(jars.folder).as_posix(): path.stat().st_size for path in found}
