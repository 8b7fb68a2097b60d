"""Everything that is needed to start the servers: runtime, verified jars, class archives."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from deploy.exchange import java, jars, lock
from deploy.exchange.archive import Archives
from deploy.exchange.java import Java
from deploy.exchange.jars import Jars, Progress


@dataclass(frozen=True)
class Installation:
    """A Java runtime and the jars it runs."""

    java: Java
    jars: Jars
    archives: Archives
    kafka_version: str
    registry_version: str

    def command(self, server: str, *arguments: str) -> list[str]:
        """Return a command line that runs Java for a server."""
        return [str(self.java.executable), *java.FLAGS, *self.archives.flags(server), *arguments]


def ensure(cache: Path, *, progress: Progress = lambda _: None) -> Installation:
    """Return the installation in a cache folder, after downloading what is missing."""
    runtime = java.find()
    locked = lock.read()
    found = jars.ensure(cache, locked, progress=progress)
    archives = Archives(found.folder / f"archives-{runtime.version}-{platform.machine()}")
    return Installation(runtime, found, archives, locked.kafka_version, locked.registry.version)
