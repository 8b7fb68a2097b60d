"""The lock: every file the exchange is made of, with its coordinate, size and SHA-256.

`python -m deploy.exchange.lock` writes it anew, after a change of the versions below. Whatever
repository or mirror a file comes from, only these bytes are ever run.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

from deploy.exchange import maven
from schemas.errors import ConfigurationError

FILE = "jars.lock"
FORMAT = 1
_CHUNK_BYTES = 1 << 20

# The broker's coordinate is resolved alone: resolved beside a log4j binding, the client library
# of an older Kafka is chosen and the broker does not start.
KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
# Without a binding the broker logs nothing.
LOGGING = "org.slf4j:slf4j-simple:1.7.36"
REGISTRY = "io.apicurio:apicurio-registry-app:3.3.3:all:tar.gz"


@dataclass(frozen=True)
class Artifact:
    """One file: `coordinate` is group:artifact:version, or with :classifier:packaging after it."""

    coordinate: str
    size_bytes: int
    sha256: str

    @property
    def version(self) -> str:
        """The version in the coordinate."""
        return self.coordinate.split(":")[2]

    @property
    def file_name(self) -> str:
        """The file's name in a repository."""
        return maven.file_name(self.coordinate)

    def is_intact(self, path: Path) -> bool:
        """Say whether a file has exactly the locked bytes."""
        return path.stat().st_size == self.size_bytes and sha256(path) == self.sha256


@dataclass(frozen=True)
class Lock:
    """All files: the jars of the broker's class path in order, and the registry's archive."""

    jars: tuple[Artifact, ...]
    registry: Artifact

    @cached_property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that change with any change of the lock."""
        return hashlib.sha256(dumped(self).encode()).hexdigest()[:16]

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """Every file."""
        return (*self.jars, self.registry)

    @property
    def kafka_version(self) -> str:
        """The version of the broker."""
        return next(jar.version for jar in self.jars if jar.file_name.startswith("kafka_"))


def read() -> Lock:
    """Return the lock of this release."""
    return parsed(resources.files("deploy.exchange").joinpath(FILE).read_text(encoding="utf-8"))


def parsed(text: str) -> Lock:
    """Return the lock in a text.

    Raises:
        ConfigurationError: It is not a lock.
    """
    try:
        content = json.loads(text)
        jars = tuple(Artifact(**entry) for entry in content["jars"])
        return {FORMAT: Lock(jars, Artifact(**content["registry"]))}[content["format"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{FILE} is damaged", hint="install weighbridge again") from error


def dumped(lock: Lock) -> str:
    """Return the text of a lock."""
    content = {
        "format": FORMAT,
        "jars": [asdict(jar) for jar in lock.jars],
        "registry": asdict(lock.registry),
    }
    return json.dumps(content, indent=1) + "\n"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def resolved() -> Lock:
    """Resolve the versions above, download every file and return the lock of what came."""
    with tempfile.TemporaryDirectory() as folder:
        jars = tuple(measured((*maven.resolve(KAFKA, Path(folder)), LOGGING), Path(folder)))
        (registry,) = measured((REGISTRY,), Path(folder))
    return Lock(jars, registry)


def measured(coordinates: Iterable[str], folder: Path) -> Iterator[Artifact]:
    """Download files below a folder, and yield what they are to be locked to."""
    for coordinate in coordinates:
        path = maven.fetch(coordinate, folder)
        yield Artifact(coordinate, path.stat().st_size, sha256(path))


if __name__ == "__main__":
    Path(__file__).with_name(FILE).write_text(dumped(resolved()), encoding="utf-8")
