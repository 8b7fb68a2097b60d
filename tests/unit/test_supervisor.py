"""What a loop says to whatever supervises it, on a real socket."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import Awaited, RetriableError
from schemas.runtime import supervisor
from schemas.runtime.health import Health
from tests.support.supervising import Supervising, supervising


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervising]:
    """Return a supervisor of everything that is made or started from here on."""
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with supervising(address) as found:
        yield found


def test_a_loop_that_stands_says_nothing(listening: Supervising, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a turn of the loop says that it lives, and not each of them; errors and answers do not."""
    health = Health(None)
    lost = RetriableError("the broker is away\nREADY=1")
    health.lacks(Awaited.BROKER, lost)
    health.lacks(Awaited.DEAD_LETTERS, lost)
    health.answered(Awaited.BROKER)
    standing = listening.said()
    for _ in range(100):
        health.turned()
    turning = listening.said()[len(standing) :]
    monkeypatch.setattr(supervisor, "_PAUSE_SECONDS", 0.0)
    health.turned()

    away = "the broker is away READY=1"
    assert standing == [
        f"STATUS=waits for broker: {away}",
        f"STATUS=waits for broker: {away}; waits for dead_letters: {away}",
        f"STATUS=waits for dead_letters: {away}",
    ]
    assert turning == ["READY=1", "WATCHDOG=1"]
    assert listening.said()[-1] == "WATCHDOG=1"


def test_abstract_sockets_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor in a container listens under a name that is no file."""
    address = f"@weighbridge-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with supervising(address) as found:
        Health(None).turned()

        assert found.said() == ["READY=1", "WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "/nobody/listens/here"])
def test_without_a_supervisor_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop turns and stops as well where nobody listens."""
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    health = Health(None)
    health.turned()
    health.stops()

    assert health.turns == 1
