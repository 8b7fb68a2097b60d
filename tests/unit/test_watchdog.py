"""A process that is stuck ends, says where, and does so whatever holds it; one that works is left alone."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from schemas.errors import EXIT_FAILURE, EXIT_STUCK, EXIT_USAGE
from tests.support import program, stuck
from tests.support.program import Running

ENTRY = "tests.support.stuck:main"


@pytest.fixture
def address() -> Iterator[str]:
    """Return where a server answers every connection with a part of a header, again and again."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def trickle(connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.5):
                connection.sendall(b"X-More: more\r\n")

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=trickle, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"127.0.0.1:{server.getsockname()[1]}"
    over.set()
    server.close()


def started(way: str, address: str = "") -> Running:
    """Start a loop that gets stuck in a way."""
    return program.start(way, address, entry=ENTRY)


def told(log: bytes) -> list[dict[str, Any]]:
    """Return the log lines that are JSON."""
    return [json.loads(line) for line in log.splitlines() if line.startswith(b"{")]


@pytest.mark.parametrize(("way", "place"), [("ask_broker", "stuck.py"), ("ask_registry", "httpcore2")])
def test_a_call_that_never_returns_ends_the_process(address: str, way: str, place: str) -> None:
    """Whether the broker's client or the registry's: the log has the call, since when, and what to do."""
    with started(way, address) as process:
        _, log = process.communicate(timeout=60)

    (line,) = (line for line in told(log) if line["event"] == "stuck")
    assert process.returncode == EXIT_STUCK == line["status"]
    assert line["seconds"] >= stuck.PATIENCE_SECONDS
    assert line["hint"]
    assert line["call"] == line["places"][-1]
    assert any(place in item for item in line["places"])
    assert any(f"in {way}" in item for item in line["places"])


def test_a_call_that_holds_python_ends_the_process() -> None:
    """A call that lets no other thread run is ended all the same, and its place is told."""
    with started("hold_python") as process:
        _, log = process.communicate(timeout=60)

    assert process.returncode == EXIT_FAILURE
    assert b"hold_python" in log


def test_a_log_that_nobody_reads_does_not_keep_a_process() -> None:
    """A process that is stuck in its own log ends, though it cannot say so."""
    with started("hold_the_log") as process:
        assert process.wait(60) == EXIT_STUCK


def test_a_stop_has_an_end() -> None:
    """A loop that goes on although it was told to stop is ended."""
    with started("go_on") as process:
        _, log = process.communicate(timeout=60)

    assert process.returncode == EXIT_STUCK
    assert "told to stop" in told(log)[-1]["hint"]


def test_a_loop_that_turns_is_left_alone_and_its_error_is_logged() -> None:
    """A loop lives as long as it turns; the error by which it ends is the last line of the log."""
    with started("turn") as process:
        _, log = process.communicate(timeout=60)

    (line,) = told(log)
    assert process.returncode == EXIT_FAILURE
    assert (line["event"], line["status"], line["error"]) == ("ended", EXIT_USAGE, "the loop is over")


def test_an_end_that_nobody_expected_is_logged_without_its_text() -> None:
    """The log has kind and place of the error, and nothing that it says."""
    with started("fail") as process:
        _, log = process.communicate(timeout=60)

    (line,) = told(log)
    assert (line["event"], line["status"]) == ("ended", EXIT_FAILURE)
    assert line["exception"][0] == "ValueError"
    assert b"secret" not in log.splitlines()[0]


def test_long_work_is_left_alone() -> None:
    """A loop that does not turn for long, and moves, is not stuck."""
    with started("work") as process:
        out, _ = process.communicate(timeout=60)

    assert (process.returncode, out) == (0, b"done")


def test_a_process_that_was_suspended_is_left_alone() -> None:
    """The time for which a process was stopped does not count."""
    with started("rest") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(stuck.PATIENCE_SECONDS + 1)
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(timeout=60)

    assert (process.returncode, out) == (0, b"done")
