"""What a running hub tells its operators, and that it tells nothing of what it stores."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from deploy.exchange.exchange import Exchange
from schemas.runtime import health
from schemas.telemetry import METRICS, LogEvent
from tests.support import events
from tests.support.hub import new_ledger
from tests.support.sealed import write_directory
from tests.support.signed import EVERYBODY

SECRET_G = 987_654_321
ROWS = 25


@dataclass(slots=True)
class Operated:
    """A hub as its operator sees it."""

    process: subprocess.Popen[str]
    metrics_port: int
    health_file: Path

    def metrics(self) -> str:
        """Return the exposition, empty before it is served."""
        try:
            with urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    def when(self, line: str) -> str:
        """Return the exposition once it holds a line."""
        deadline = time.monotonic() + 60
        while line not in (found := self.metrics()).splitlines():
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
        return found


@contextmanager
def operated(exchange: Exchange, folder: Path) -> Iterator[Operated]:
    """Run the program `weighbridge hub run`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("weighbridge")), "hub", "run", "--name", "telemetry"]
    members = write_directory(folder / "directory.toml", EVERYBODY)
    command += ["--directory", str(members)]
    command += ["--file", str(folder / "hub.duckdb"), "--health-file", str(folder / "alive")]
    command += ["--bootstrap-servers", exchange.bootstrap_servers, "--registry-url", exchange.registry_url]
    process = subprocess.Popen(
        [*command, "--metrics-port", str(port)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Operated(process, port, folder / "alive")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def filled(exchange: Exchange) -> Exchange:
    """Return an exchange with some events, and two records that are none."""
    ledger = new_ledger(exchange, hub="telemetry")
    ledger.publish(events.movement(number, mass_g=SECRET_G, quantity="987654.321") for number in range(ROWS))
    ledger.publish_raw(b"k" * 16, b"987654.321 is no event")
    ledger.publish_raw(b"k" * 16, None)
    return exchange


def test_operators_see_progress_and_no_value(filled: Exchange, tmp_path: Path) -> None:
    """Metrics come from the closed list, logs are JSON with known events, health is fresh, no value shows."""
    with operated(filled, tmp_path) as hub:
        hub.when(f'weighbridge_rows_stored_total{{hub="telemetry"}} {ROWS}.0')
        exposition = hub.when('weighbridge_dead_letters_total{hub="telemetry",reason="record.tombstone"} 1.0')
        is_alive = health.is_alive(hub.health_file)
        hub.process.send_signal(signal.SIGTERM)
        output, logs = hub.process.communicate(timeout=60)

    shown = {line.split()[2] for line in exposition.splitlines() if line.startswith("# TYPE")}
    lines = [json.loads(line) for line in logs.splitlines()]
    assert hub.process.returncode == 0, logs
    assert is_alive
    assert shown <= {name for metric in METRICS for name in (metric.name, f"{metric.name}_total")}
    assert {line["event"] for line in lines} <= {*LogEvent}
    assert not any(secret in exposition + output + logs for secret in ("987654", str(SECRET_G)))
