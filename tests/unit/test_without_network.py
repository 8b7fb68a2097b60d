"""Programs started where there is no network: some wait for it, the others end soon; each says what to do."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from schemas.errors import EXIT_FAILURE
from schemas.identity import DEMONSTRATION_KEYS
from schemas.runtime.watchdog import STOP_SECONDS
from tests.support import program, sealed
from tests.support.operated import hub_command, operated
from tests.support.supervising import supervising
from tests.support.waiting import eventually

AGENCY = "US-EPA"


@pytest.fixture(params=["unknown", "closed", "silent"])
def host(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return a host and port: a name without an address, nobody there, or somebody who never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_port = silent.getsockname()[1]
        yield {
            "unknown": "broker.invalid:9092",
            "closed": "127.0.0.1:9",
            "silent": f"127.0.0.1:{silent_port}",
        }[request.param]


@pytest.fixture
def member(tmp_path: Path) -> list[object]:
    """Return the options of an agency that is alone in its exchange."""
    sealed.write_keys(tmp_path / "keys", DEMONSTRATION_KEYS)
    members = sealed.directory_beside(tmp_path / "keys", AGENCY)
    (tmp_path / "inbox").mkdir()
    return ["--agency", AGENCY, "--keys", tmp_path / "keys", "--directory", members]


def test_who_runs_for_long_waits_and_stops_when_told(
    host: str, member: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adapter and hub say what they wait for and what to do, are ready all the same, and end when told to."""
    registry, notify = f"http://{host}", str(tmp_path / "notify")
    adapter = ["adapter", "run", "us-emanifest", tmp_path / "inbox", *member]
    adapter += ["--bootstrap-servers", host, "--registry-url", registry]
    hub = hub_command(tmp_path / "files", "north", host, registry)
    monkeypatch.setenv("NOTIFY_SOCKET", notify)
    with supervising(notify) as supervisor, ExitStack() as stack:
        both = [
            stack.enter_context(operated(tmp_path / "adapter", *adapter)),
            stack.enter_context(operated(tmp_path / "hub", *hub)),
        ]
        assert eventually(lambda: all(one.told("waiting") for one in both))
        supervisor.hears("READY=1", times=2)
        lines = [one.told("waiting")[0] for one in both]
        is_alive = [one.is_alive for one in both]
        ends = [one.stopped() for one in both]
        said = supervisor.said()

    assert [line["awaited"] for line in lines] == ["registry", "broker"]
    assert all("does not answer" in line["error"] and line["hint"] for line in lines)
    assert is_alive == [True, True]
    assert [status for status, _ in ends] == [0, 0]
    assert max(seconds for _, seconds in ends) < STOP_SECONDS
    assert {f"STATUS=waits for {line['awaited']}: {line['error']}" for line in lines} <= set(said)
    assert said.count("READY=1") == said.count("STOPPING=1") == len(both) <= said.count("WATCHDOG=1")
    assert supervisor.senders == {one.process.pid for one in both}


def test_who_does_one_thing_ends_soon_and_says_what_to_do(member: list[object], tmp_path: Path) -> None:
    """A command that needs broker or registry ends with status 1 and two lines, and nothing else."""
    inbox = tmp_path / "inbox"
    nowhere = os.environ | {
        "WEIGHBRIDGE_KAFKA__BOOTSTRAP_SERVERS": "broker.invalid:9092",
        "WEIGHBRIDGE_KAFKA__REGISTRY_URL": "http://broker.invalid:8081",
    }
    commands: list[list[object]] = [
        ["adapter", "run", "us-emanifest", inbox, *member, "--once", "--metrics-port", "0"],
        ["rejects", "list", "--agency", AGENCY],
        ["rejects", "redrive", "us-emanifest", inbox, *member],
        ["deadletters", "list", "--hub", "north"],
        ["sealed", "open", *member],
        ["subscribe"],
        ["release", "show"],
        ["release", "verify", *member[-2:]],
        ["doctor", "ledger", *member[-2:]],
        ["topics", "plan", "--agency", AGENCY],
        ["schemas", "plan", "--agency", AGENCY],
    ]
    with ThreadPoolExecutor(len(commands)) as pool:
        ended = [*pool.map(lambda words: program.run(*words, environment=nowhere, timeout=90), commands)]

    for done in ended:
        told = [line for line in done.stderr.decode().splitlines() if not line.startswith("{")]
        assert done.returncode == EXIT_FAILURE, done
        assert [line.split()[0] for line in told] == ["Error:", "Try:"], done
        assert "does not answer" in told[0], done
        assert done.stdout == b"", done
