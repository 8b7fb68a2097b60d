"""The embedded exchange itself: real broker, real registry, real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from deploy.exchange import ports, process
from deploy.exchange.exchange import Exchange, running_exchange
from schemas.errors import ConfigurationError
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
WAITING_SECONDS_MAX = 6.0
pytestmark = pytest.mark.embedded

PROGRAM = "from deploy.exchange.cli import app; app()"
HOLD = """
import sys, time
from pathlib import Path
from deploy.exchange.exchange import running_exchange
with running_exchange(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one state folder for all tests of the module; each leaves it stopped."""
    return tmp_path_factory.mktemp("own") / "exchange"


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def _runs(exchange: Exchange) -> bool:
    return any(server.is_alive() for server in exchange.servers)


def _produce(exchange: Exchange, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": exchange.bootstrap_servers, "acks": "all"})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def _first_value(exchange: Exchange, topic: str) -> bytes | None:
    consumer = Consumer(
        {"bootstrap.servers": exchange.bootstrap_servers, "group.id": topic, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    try:
        record = consumer.poll(20)
    finally:
        consumer.close()
    return record.value() if record else None


def _create(exchange: Exchange, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": exchange.bootstrap_servers})
    for created in admin.create_topics([NewTopic(topic, 1)]).values():
        created.result(20)


def test_commands_start_tell_and_stop(folder: Path) -> None:
    """The exchange outlives `up`, `status` finds it, `down` leaves no process behind."""
    options = ("--state", str(folder.parent))
    up = _command("up", *options, "--kafka-port", "0", "--registry-port", "0")
    try:
        up_again = _command("up", *options)
        while_up = _command("status", *options, "--json")
    finally:
        down = _command("down", *options)
    after = _command("status", *options, "--json")
    servers = json.loads(while_up.stdout)["servers"]

    assert [done.returncode for done in (up, up_again, while_up, down, after)] == [0, 0, 0, 0, 1]
    assert up.stdout == up_again.stdout
    assert "\x1b" not in up.stderr
    assert [entry["address"] in up.stdout for entry in servers.values()] == [True, True]
    assert [entry["state"] for entry in servers.values()] == ["running", "running"]
    assert {"stopped"} == {entry["state"] for entry in json.loads(after.stdout)["servers"].values()}
    assert {process.birth_of(entry["pid"]) for entry in servers.values()} == {None}


def test_data_survives_a_restart_which_is_quick(folder: Path) -> None:
    """Schemas, records and addresses are the same after a stop, and the second start waits for nothing."""
    schema = Schema('{"type": "record", "name": "Kept", "fields": []}', "AVRO")
    started = time.monotonic()
    with running_exchange(folder) as before:
        first_seconds = time.monotonic() - started
        addresses = (before.bootstrap_servers, before.registry_url)
        with SchemaRegistryClient({"url": before.registry_url}) as registry:
            schema_id = registry.register_schema("kept-value", schema)
        _create(before, "kept")
        _produce(before, "kept", b"record")
    started = time.monotonic()
    with running_exchange(folder) as after:
        second_seconds = time.monotonic() - started
        addresses_after = (after.bootstrap_servers, after.registry_url)
        with SchemaRegistryClient({"url": after.registry_url}) as registry:
            found = registry.lookup_schema("kept-value", schema)
        record = _first_value(after, "kept")

    assert addresses == addresses_after
    assert (schema_id, b"record") == (found.schema_id, record)
    assert second_seconds < first_seconds + WAITING_SECONDS_MAX
    assert not _runs(after)


def test_acknowledged_records_survive_a_killed_broker(exchange: Exchange) -> None:
    """What the broker acknowledged is there after a crash, at the same address."""
    address = exchange.bootstrap_servers
    _create(exchange, "crash")
    _produce(exchange, "crash", b"acknowledged")
    exchange.kill_broker()
    was_running = exchange.is_running()
    exchange.restart_broker()

    assert not was_running
    assert address == exchange.bootstrap_servers
    assert _first_value(exchange, "crash") == b"acknowledged"


def test_a_taken_port_stops_the_start_and_leaves_nothing_running(folder: Path) -> None:
    """When the registry cannot have its port, the broker that was started is stopped again."""
    exchange = Exchange(folder)
    with socket.create_server((ports.HOST, 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(ConfigurationError, match=f"port {port} of the schema registry is taken"):
            exchange.up(kafka_port=0, registry_port=port)

    assert not _runs(exchange)


def test_a_running_exchange_is_not_taken_over(exchange: Exchange) -> None:
    """A block that would stop somebody's exchange at its end does not begin."""
    with (
        pytest.raises(ConfigurationError, match="already runs"),
        running_exchange(exchange.folder),
    ):
        pass

    assert exchange.is_running()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_the_block(folder: Path, number: signal.Signals) -> None:
    """Ctrl-C and even a killed process leave no server behind."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as holder:
        assert holder.stdout is not None
        ready = holder.stdout.readline()
        was_running = _runs(Exchange(folder))
        os.kill(holder.pid, number)
        holder.wait(60)

    assert (ready, was_running) == (b"ready\n", True)
    assert eventually(lambda: not _runs(Exchange(folder)))
