"""What the embedded exchange remembers between commands."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.exchange import process, settings
from deploy.exchange.process import Process
from deploy.exchange.state import ServerState, StateFile
from schemas.errors import ConfigurationError

RUNNING = ServerState("4.3.1", 9092, "127.0.0.1:9092", Process(17, "boot 4711"))


def test_servers_are_remembered_apart(tmp_path: Path) -> None:
    """Recording one server leaves the other as it was, and only the owner may read the file."""
    state = StateFile(tmp_path)
    stopped = replace(RUNNING, port=8081, process=None)
    state.record("kafka", RUNNING)
    state.record("registry", stopped)

    assert StateFile(tmp_path).read("kafka") == RUNNING
    assert stopped == StateFile(tmp_path).read("registry")
    assert state.path.stat().st_mode & 0o777 == 0o600


def test_a_server_that_never_ran_is_unknown(tmp_path: Path) -> None:
    """Before its first start nothing is known about a server."""
    assert StateFile(tmp_path).read("kafka") is None


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99, "servers": {}}'])
def test_a_file_of_another_version_is_refused(tmp_path: Path, text: str) -> None:
    """Servers of an unknown file are never started twice; the data is left alone."""
    state = StateFile(tmp_path)
    state.path.write_text(text)

    with pytest.raises(ConfigurationError, match="not a state file of this version"):
        state.read("kafka")


def test_a_process_that_inherited_a_number_is_never_signalled() -> None:
    """After the number of a dead server went to another process, that one lives on."""
    with subprocess.Popen(["sleep", "60"]) as other:
        stale = Process(other.pid, "born at another time")
        process.kill(stale)
        is_alive = other.poll() is None
        other.kill()

    assert not process.is_alive(stale)
    assert is_alive


def test_a_living_process_is_recognised() -> None:
    """A process is alive for whoever noted its number and birth."""
    birth = process.birth_of(os.getpid())

    assert birth
    assert process.is_alive(Process(os.getpid(), birth))


def test_the_state_folder_is_chosen_named_or_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An option wins over WEIGHBRIDGE_STATE, which wins over the folder in the user's home."""
    monkeypatch.delenv(settings.STATE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    at_home = settings.state_folder()
    monkeypatch.setenv(settings.STATE_VARIABLE, str(tmp_path / "named"))

    assert tmp_path / "home" / "weighbridge" / "exchange" == at_home
    assert tmp_path / "named" / "exchange" == settings.state_folder()
    assert tmp_path / "chosen" / "exchange" == settings.state_folder(tmp_path / "chosen")
