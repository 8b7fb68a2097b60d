"""Archives of loaded classes, from which a server starts in half the time.

A server without one writes it while it shuts down, in about three seconds, once. An archive is
an aid only: Java checks that it belongs to this runtime and these jars, and starts without it
otherwise.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.exchange import files, process
from deploy.exchange.java import Java

_BASE = "java.jsa"
_NEW = "new"
_BASE_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Archives:
    """The archives in a folder: one of Java's own classes, and on top of it one for each server."""

    folder: Path

    def flags(self, server: str) -> tuple[str, ...]:
        """Return the options of Java that use the archive of a server."""
        own = self._own(server)
        return (f"-XX:SharedArchiveFile={own}",) if own.exists() else ()

    def to_write(self, server: str) -> Path | None:
        """Return where a server is to write its archive; None when it has one or cannot make one."""
        base = self.folder / _BASE
        if self._own(server).exists() or not base.exists():
            return None
        return self.folder / f"{server}.jsa.{secrets.token_hex(4)}.{_NEW}"

    def writing_flags(self, target: Path) -> tuple[str, ...]:
        """Return the options of Java that write an archive when it ends."""
        return (f"-XX:SharedArchiveFile={self.folder / _BASE}", f"-XX:ArchiveClassesAtExit={target}")

    def _own(self, server: str) -> Path:
        return self.folder / f"{server}.jsa"


def prepared(jars_folder: Path, java: Java) -> Archives:
    """Return the archives for a runtime; those of another one are deleted."""
    archives = Archives(jars_folder / f"archives-{java.identity}")
    with files.locked(jars_folder / "archives.lock", timeout_seconds=_BASE_TIMEOUT_SECONDS):
        if not archives.folder.exists():
            for other in jars_folder.glob("archives-*"):
                shutil.rmtree(other, ignore_errors=True)
            files.private_folder(archives.folder)
            _write_base(archives.folder / _BASE, java)
    return archives


def keep(written: Path) -> None:
    """Put an archive into use that a server wrote before it ended; only a whole one is to be named."""
    if written.exists():
        # Its name without the two last parts is the name that `Archives.flags` looks for.
        written.replace(written.with_suffix("").with_suffix(""))


def _write_base(target: Path, java: Java) -> None:
    new = target.with_suffix(f".{_NEW}")
    done = subprocess.run(  # noqa: S603  # our own command
        java.command("-Xshare:dump", f"-XX:SharedArchiveFile={new}"),
        env=process.ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=_BASE_TIMEOUT_SECONDS,
    )
    # Failing costs a slower start only: without the file, no server is asked to write its own.
    if done.returncode == 0 and new.exists():
        new.replace(target)
