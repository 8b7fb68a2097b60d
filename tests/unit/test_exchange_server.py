"""How a server of the embedded exchange is started and ended, with a shell in the place of Java."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.exchange import archive, ports
from deploy.exchange.archive import Archives
from deploy.exchange.installation import Installation
from deploy.exchange.jars import Jars
from deploy.exchange.java import Java
from deploy.exchange.server import Server
from deploy.exchange.state import StateFile
from schemas.errors import ConfigurationError, FatalError


class Shell(Server):
    """A server that is a script."""

    name = "kafka"
    title = "broker"
    usual_port = 9092
    free_ports = ports.BROKER
    script = "touch ready; sleep 60"

    def answers(self) -> bool:
        """Say whether the script came to its first line."""
        return (self.folder / "ready").exists()

    def _address(self, port: int) -> str:
        return f"{ports.HOST}:{port}"

    def _version(self, installation: Installation) -> str:
        return installation.kafka_version

    def _arguments(self, _installation: Installation, _port: int) -> Sequence[str]:
        return ("-c", self.script)


@pytest.fixture
def server(tmp_path: Path) -> Shell:
    """Return a server that never ran."""
    java = Java(Path("/bin/sh"), "shell", flags=())
    installation = Installation(java, Jars(tmp_path, (), tmp_path), Archives(tmp_path), "1.0", "2.0")
    return Shell(StateFile(tmp_path), lambda: installation)


def test_a_server_keeps_its_port(server: Shell) -> None:
    """Clients find a server again where it was, whether it was stopped or killed."""
    server.launch(0)
    server.wait_until_it_answers()
    first = server.port
    server.kill()
    is_alive_after_kill = server.is_alive()
    server.launch(None)
    was_alive = server.is_alive()
    server.stop()

    assert (first, f"{ports.HOST}:{first}") == (server.port, server.address)
    assert first in ports.BROKER
    assert (is_alive_after_kill, was_alive, server.is_alive()) == (False, True, False)


def test_a_taken_port_is_refused_before_anything_starts(server: Shell) -> None:
    """The message names the port, the hint the option."""
    with socket.create_server((ports.HOST, 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(ConfigurationError, match=f"port {port} of the broker is taken") as refused:
            server.launch(port)

    assert "--kafka-port" in refused.value.hint
    assert server.state is None


def test_a_server_that_dies_shows_the_end_of_its_log(server: Shell) -> None:
    """Java's own words are the best explanation of why it ended."""
    server.script = "echo first; echo no space left >&2; exit 1"
    server.launch(0)

    with pytest.raises(FatalError, match=r"broker ended while starting; its log .*(?s:.)*no space left"):
        server.wait_until_it_answers()


def test_a_port_that_is_lost_in_a_race_is_told_apart(server: Shell) -> None:
    """A port that another program took after the check is a matter of configuration."""
    server.script = "echo java.net.BindException: Address already in use; exit 1"
    server.launch(0)

    with pytest.raises(ConfigurationError) as refused:
        server.wait_until_it_answers()

    assert f"port {server.port} was taken in the meantime" in refused.value.hint


def test_a_running_server_is_not_moved(server: Shell) -> None:
    """Asking for another port while it runs is refused, asking for none or the same is not."""
    server.launch(0)
    try:
        with pytest.raises(ConfigurationError, match=f"runs on port {server.port} already"):
            server.runs_as_asked(server.port + 1)
        asked = [server.runs_as_asked(port) for port in (None, 0, server.port)]
    finally:
        server.kill()

    assert asked == [True, True, True]
    assert not server.runs_as_asked(None)


def test_an_archive_is_used_once_it_is_whole(tmp_path: Path) -> None:
    """A server writes its archive under another name, and only a clean end puts it into use."""
    archives = Archives(tmp_path)
    (tmp_path / "java.jsa").touch()
    target = archives.to_write("kafka")
    assert target is not None
    target.write_bytes(b"classes")
    before = archives.flags("kafka")
    archive.keep(target)

    assert before == ()
    assert (f"-XX:SharedArchiveFile={tmp_path / 'kafka.jsa'}",) == archives.flags("kafka")
    assert archives.to_write("kafka") is None
