"""Downloads of the embedded exchange: once, verified, repaired."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.exchange import jars
from deploy.exchange.lock import Artifact, Lock
from schemas.errors import FatalError, RetriableError


def _archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo("quarkus-run.jar")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"run"))
    return buffer.getvalue()


CONTENTS = {
    "org.example:kafka_2:1.0": b"broker",
    "org.example:helper:2.0": b"helper",
    "org.example:registry:3.0:all:tar.gz": _archive(),
}
REGISTRY = "org.example:registry:3.0:all:tar.gz"


def _artifact(coordinate: str) -> Artifact:
    content = CONTENTS[coordinate]
    return Artifact(coordinate, len(content), hashlib.sha256(content).hexdigest())


LOCK = Lock(tuple(_artifact(name) for name in CONTENTS if name != REGISTRY), _artifact(REGISTRY))


class Repository:
    """A repository of files; `asked` lists what was downloaded."""

    def __init__(self, **changes: bytes) -> None:
        self.contents = CONTENTS | {f"org.example:{name}": content for name, content in changes.items()}
        self.asked: list[str] = []
        self.is_down_for = ""

    def fetch(self, coordinate: str, folder: Path, advanced: Callable[[int], None]) -> Path:
        """Write one file below the folder."""
        self.asked.append(coordinate)
        if coordinate == self.is_down_for:
            raise RetriableError(f"could not download {coordinate}")
        path = folder / coordinate.replace(":", "-")
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.contents[coordinate])
        advanced(path.stat().st_size)
        return path


def test_files_are_downloaded_once(tmp_path: Path) -> None:
    """The second start finds everything and asks for nothing; progress adds up to the whole."""
    repository, came = Repository(), list[int]()

    found = jars.ensure(tmp_path, LOCK, progress=came.append, fetch=repository.fetch)
    again = jars.ensure(tmp_path, LOCK, fetch=repository.fetch)

    assert sorted(CONTENTS) == sorted(repository.asked)
    assert sum(artifact.size_bytes for artifact in LOCK.artifacts) == sum(came)
    assert found == again
    assert [path.read_bytes() for path in found.kafka_classpath] == [b"broker", b"helper"]
    assert (found.registry_folder / "quarkus-run.jar").read_bytes() == b"run"


def test_other_bytes_than_locked_are_never_used(tmp_path: Path) -> None:
    """A file of the same size with other content stops the start and stays out of the class path."""
    repository = Repository(**{"helper:2.0": b"Helper"})

    with pytest.raises(FatalError, match=r"org\.example:helper:2\.0 differs from") as refused:
        jars.ensure(tmp_path, LOCK, fetch=repository.fetch)

    assert "try again" in refused.value.hint
    assert not list(tmp_path.rglob("helper-2.0.jar"))


def test_a_failed_download_keeps_what_came(tmp_path: Path) -> None:
    """After an interruption only the missing files are downloaded."""
    repository = Repository()
    repository.is_down_for = "org.example:helper:2.0"
    with pytest.raises(RetriableError, match="could not download"):
        jars.ensure(tmp_path, LOCK, fetch=repository.fetch)
    kept = {path.name for path in tmp_path.rglob("jars/*")}
    repository.asked, repository.is_down_for = [], ""

    jars.ensure(tmp_path, LOCK, fetch=repository.fetch)

    missing = [found.coordinate for found in LOCK.artifacts if found.file_name not in kept]
    assert sorted(missing) == sorted(repository.asked)


@pytest.mark.parametrize("name", ["jars/helper-2.0.jar", "registry/quarkus-run.jar"])
def test_a_lost_or_cut_file_is_repaired(tmp_path: Path, name: str) -> None:
    """What a cleaner or a full disk took away comes back at the next start."""
    found = jars.ensure(tmp_path, LOCK, fetch=Repository().fetch)
    (found.folder / name).write_bytes(b"")

    jars.ensure(tmp_path, LOCK, fetch=Repository().fetch)

    assert (found.folder / name).read_bytes() in {b"helper", b"run"}


def test_two_starts_at_once_download_once(tmp_path: Path) -> None:
    """One of several starts downloads and the others wait for it."""
    repository = Repository()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: jars.ensure(tmp_path, LOCK, fetch=repository.fetch), range(4)))

    assert sorted(CONTENTS) == sorted(repository.asked)
