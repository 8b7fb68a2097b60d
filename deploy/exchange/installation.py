"""Everything that is needed to start the servers: runtime, verified jars, class archives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.exchange import archive, jars, java, lock
from deploy.exchange.archive import Archives
from deploy.exchange.jars import Jars, Progress
from deploy.exchange.java import Java


@dataclass(frozen=True)
class Installation:
    """A Java runtime and the jars it runs."""

    java: Java
    jars: Jars
    archives: Archives
    kafka_version: str
    registry_version: str


def ensure(cache: Path, *, progress: Progress) -> Installation:
    """Return the installation in a cache folder, after downloading what is missing.

    Raises:
        ConfigurationError: A package of the extra `exchange` is not installed, or the cache folder
            cannot be written to.
        RetriableError: A download failed.
        FatalError: A download differs from the lock.
    """
    runtime = java.find()
    locked = lock.read()
    found = jars.ensure(cache, locked, progress=progress)
    archives = archive.prepared(found.folder, runtime)
    return Installation(runtime, found, archives, locked.kafka_version, locked.registry.version)
