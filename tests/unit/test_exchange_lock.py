"""The lock of the embedded exchange: what is downloaded, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.exchange import lock
from schemas.errors import ConfigurationError


def test_every_file_is_locked_once_by_its_whole_hash() -> None:
    """No coordinate stands twice in the shipped lock, and every one has size and SHA-256."""
    artifacts = lock.read().artifacts

    assert len(artifacts) == len({found.coordinate for found in artifacts})
    assert all(found.size_bytes > 0 for found in artifacts)
    assert all(len(bytes.fromhex(found.sha256)) == 32 for found in artifacts)


def test_all_parts_of_the_broker_have_one_version() -> None:
    """A broker of mixed versions dies at its start, so the lock holds one version of its jars."""
    found = lock.read()
    versions = {jar.version for jar in found.jars if jar.coordinate.startswith("org.apache.kafka:")}

    assert {lock.KAFKA.split(":")[2]} == versions == {found.kafka_version}
    assert found.registry.coordinate == lock.REGISTRY


def test_a_lock_survives_being_written() -> None:
    """What is written is read back the same."""
    found = lock.read()

    assert found == lock.parsed(lock.dumped(found))


def test_any_change_gives_the_files_another_folder() -> None:
    """Two locks that differ in one hash never share downloads."""
    found = lock.read()
    changed = replace(found, registry=replace(found.registry, sha256="0" * 64))

    assert found.digest != changed.digest


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99, "jars": [], "registry": {}}'])
def test_a_damaged_lock_is_refused(text: str) -> None:
    """A file that is not a lock of this format stops the start with a remedy."""
    with pytest.raises(ConfigurationError, match=r"jars\.lock is damaged") as refused:
        lock.parsed(text)

    assert refused.value.hint
