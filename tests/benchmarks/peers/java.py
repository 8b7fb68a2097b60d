"""The engines that run on Java: their jars, locked, and our programs, compiled when first needed.

Needs the JDK of the machine, 17 or newer: `javac` and `java`. `python -m tests.benchmarks.peers.java`
writes the lock anew, after a change of the versions below.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from deploy.exchange import jars, lock, maven, settings
from deploy.exchange.lock import Artifact
from schemas.errors import ConfigurationError
from tests.benchmarks.peers import environment

_LOCK = environment.FOLDER / "java.lock"
_SOURCES = environment.FOLDER / "java"
_NEEDED = {
    # Of a jar that both need, the first one's version.
    "KafkaStreamsSums": ("org.apache.kafka:kafka-streams:4.3.1", "org.apache.avro:avro:1.12.0"),
    "FlinkSqlSums": (
        "org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2",
        "org.apache.flink:flink-sql-avro-confluent-registry:2.3.0",
    ),
}
_MEMORY_MAX = "-Xmx4g"


def command(program: str) -> list[str]:
    """Return what runs one of our programs, made if it is absent.

    Raises:
        ConfigurationError: There is no JDK.
        RetriableError, FatalError: A jar cannot be had, or differs from the lock.
        CalledProcessError: The program does not compile.
    """
    source = _SOURCES / f"{program}.java"
    needed = _locked()[program]
    digest = hashlib.sha256(source.read_bytes() + _LOCK.read_bytes()).hexdigest()[:16]
    folder = settings.cache_folder().parent / f"benchmark-java-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as staging:
        jars.download(needed, folder, Path(staging))
    classpath = ":".join(
        map(str, [folder, *(folder / jar.file_name for jar in needed), *_from_wheels(program)])
    )
    if not (folder / f"{program}.class").exists():
        subprocess.run([_tool("javac"), "-d", folder, "-cp", classpath, source], check=True)
    return [_tool("java"), _MEMORY_MAX, "-cp", classpath, program]


def _from_wheels(program: str) -> list[Path]:
    """Return the jars of Flink itself, which come as a Python package."""
    if program != "FlinkSqlSums":
        return []
    return sorted(environment.python("flink").parents[1].glob("lib/python*/site-packages/pyflink/lib/*.jar"))


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ConfigurationError(f"{name} is not on the path", hint="install a JDK, 17 or newer")
    return found


def _locked() -> dict[str, list[Artifact]]:
    content = json.loads(_LOCK.read_text("utf-8"))
    return {program: [Artifact(**entry) for entry in entries] for program, entries in content.items()}


def _resolved(coordinates: Sequence[str], folder: Path) -> Iterable[str]:
    chosen: dict[str, str] = {}
    for coordinate in coordinates:
        for found in maven.resolve(coordinate, folder):
            chosen.setdefault(found.rpartition(":")[0], found)
    return chosen.values()


def _write_lock() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content = {
            program: [asdict(jar) for jar in lock.measured(_resolved(coordinates, folder), folder)]
            for program, coordinates in _NEEDED.items()
        }
    _LOCK.write_text(f"{json.dumps(content, indent=1)}\n", "utf-8")


if __name__ == "__main__":
    _write_lock()
