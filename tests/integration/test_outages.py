"""Programs whose broker or registry is not there: they wait, say so, go on by themselves and end in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from deploy.exchange.exchange import Exchange
from schemas import topics
from schemas.identity import DEMONSTRATION_KEYS
from schemas.runtime import clients
from schemas.runtime.watchdog import STOP_SECONDS
from tests.support import hub as support
from tests.support import sealed
from tests.support.agency import kafka_of, manifest, new_agency, write
from tests.support.hub import new_ledger
from tests.support.operated import Operated, hub_command, operated
from tests.support.samples import ROOT

# Stops servers of the exchange itself.
pytestmark = pytest.mark.embedded

AGENCY, HUB = "US-EPA", "outages"
EVENTS_EACH = 6
# Asks for the cluster as a hub does when it starts, again and again, until it is told to end.
ASKS = """
import select, sys
from consumers.hub.ledger import Ledger
from schemas.errors import RetriableError
from schemas.settings import KafkaSettings

ledger = Ledger(KafkaSettings(bootstrap_servers=sys.argv[1]), "asks", "weighbridge.movements")
while not select.select([sys.stdin], [], [], 0.005)[0]:
    try:
        ledger.cluster_id()
    except RetriableError:
        pass
"""


@pytest.fixture
def prepared(exchange: Exchange) -> Exchange:
    """Return an exchange with the topics of one agency and one hub, without events."""
    new_ledger(exchange, hub=HUB)
    new_agency(exchange, AGENCY)
    return exchange


@contextmanager
def both(exchange: Exchange, folder: Path) -> Iterator[tuple[Operated, Operated]]:
    """Run an adapter over an inbox, and a hub."""
    keys, inbox = folder / "keys", folder / "inbox"
    inbox.mkdir(exist_ok=True)
    if not keys.exists():
        sealed.write_keys(keys, DEMONSTRATION_KEYS)
    addresses = ("--bootstrap-servers", exchange.bootstrap_servers, "--registry-url", exchange.registry_url)
    directory = sealed.directory_beside(keys, AGENCY)
    adapter = ["adapter", "run", "us-emanifest", inbox, "--agency", AGENCY, "--keys", keys]
    # What an agency has published of one source stays published: each test has another.
    adapter += ["--source-id", folder.name.replace("_", "-")]
    with ExitStack() as stack:
        yield (
            stack.enter_context(operated(folder / "adapter", *adapter, "--directory", directory, *addresses)),
            stack.enter_context(
                operated(
                    folder / "hub",
                    *hub_command(folder / "hub", HUB, exchange.bootstrap_servers, exchange.registry_url),
                )
            ),
        )


def rows(count: int) -> str:
    """Return what a hub shows that has stored so many events."""
    return f'weighbridge_rows_stored_total{{agency="{AGENCY}",hub="{HUB}"}} {count}.0'


def waiting(reason: str) -> str:
    """Return what a program shows that waits."""
    return f'weighbridge_waiting_since_timestamp_seconds{{reason="{reason}"}}'


def test_the_order_of_starts_does_not_matter(prepared: Exchange, tmp_path: Path) -> None:
    """Started before broker and registry, adapter and hub wait with a line and a metric, and then work."""
    for server in prepared.servers:
        server.stop()
    with both(prepared, tmp_path) as (adapter, hub):
        write(tmp_path / "inbox", "a.json", manifest(1))
        adapter.when(waiting("registry"))
        hub.when(waiting("broker"))
        is_alive = adapter.is_alive, hub.is_alive
        prepared.up()
        hub.when(rows(EVENTS_EACH))
        adapter.when("weighbridge_waiting_since_timestamp_seconds{", is_shown=False)
        hub.when("weighbridge_waiting_since_timestamp_seconds{", is_shown=False)
        statuses = adapter.stopped()[0], hub.stopped()[0]

    assert is_alive == (True, True)
    assert statuses == (0, 0)
    for program in (adapter, hub):
        assert all(line["hint"] and line["awaited"] for line in program.told("waiting"))
        assert program.told("answered")
        assert not program.told("ended")


def test_a_lost_broker_is_waited_for_and_a_stop_meanwhile_is_quick(
    prepared: Exchange, tmp_path: Path
) -> None:
    """Whoever waits for a lost broker ends well when told to, and the next one has everything once."""
    with both(prepared, tmp_path) as (adapter, hub):
        write(tmp_path / "inbox", "a.json", manifest(1))
        hub.when(rows(EVENTS_EACH))
        prepared.kill_broker()
        write(tmp_path / "inbox", "b.json", manifest(2))
        adapter.when(waiting("broker"))
        hub.when(waiting("broker"))
        (adapter_status, adapter_seconds), (hub_status, hub_seconds) = adapter.stopped(), hub.stopped()
        # Shown when the test fails.
        print(adapter_seconds, hub_seconds, adapter.log.read_text(), hub.log.read_text())  # noqa: T201  # as said
    prepared.restart_broker()
    with both(prepared, tmp_path) as (_, hub):
        hub.when(rows(EVENTS_EACH))
    stored = support.read(
        tmp_path / "hub" / "hub.duckdb", "SELECT count(*), count(DISTINCT event_id) FROM movement"
    )

    assert (adapter_status, hub_status) == (0, 0)
    assert max(adapter_seconds, hub_seconds) < STOP_SECONDS
    assert stored == [(2 * EVENTS_EACH, 2 * EVENTS_EACH)]


def test_a_lost_source_is_waited_for_under_its_own_name(prepared: Exchange, tmp_path: Path) -> None:
    """An adapter whose database does not answer says so, and ends well when told to."""
    place = write(
        tmp_path,
        "source.toml",
        b'kind = "outbox"\nurl = "postgresql+psycopg://u@127.0.0.1:9/d"\ntable = "outbox"\n',
    )
    sealed.write_keys(tmp_path / "keys", DEMONSTRATION_KEYS)
    agency = new_agency(prepared, AGENCY)
    with operated(tmp_path / "adapter", *agency.command(place, tmp_path / "keys")) as adapter:
        shown = adapter.when(waiting("source"))
        status, _ = adapter.stopped()

    assert waiting("broker") not in shown
    assert status == 0
    assert adapter.told("waiting")[-1]["awaited"] == "source"


def test_a_commit_that_is_under_way_does_not_keep_a_process(prepared: Exchange) -> None:
    """A consumer whose broker was lost in the middle of a commit is left behind within seconds."""
    kafka = kafka_of(prepared)
    reader, place = clients.consumer(kafka, "test.leave"), [TopicPartition(topics.MOVEMENTS, 0, 0)]
    reader.assign(place)
    reader.commit(offsets=place, asynchronous=False)
    prepared.kill_broker()
    reader.commit(offsets=place, asynchronous=True)
    began = time.monotonic()
    clients.leave(reader)
    seconds = time.monotonic() - began
    prepared.restart_broker()

    assert seconds < STOP_SECONDS / 4


def test_a_broker_that_was_out_for_a_while_ends_no_process(prepared: Exchange) -> None:
    """Whoever starts while a cluster lets no broker in waits for one: no client library ends it."""
    assert prepared.broker.state is not None
    assert prepared.broker.state.process is not None
    broker = prepared.broker.state.process.pid
    asks = [sys.executable, "-c", ASKS, prepared.bootstrap_servers]
    with subprocess.Popen(asks, cwd=ROOT, stdin=subprocess.PIPE) as process:
        time.sleep(2.0)
        for seconds in (2.5, 3.0, 3.5):
            # Longer than the cluster waits for a sign of life.
            os.kill(broker, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(broker, signal.SIGCONT)
            time.sleep(1.5)
        process.communicate(b"\n", timeout=60)

    assert process.returncode == 0
