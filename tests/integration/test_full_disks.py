"""Full disks, a hub's and a broker's: nothing is lost, and all goes on when there is space again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.exchange.exchange import Exchange, running_exchange
from schemas import topics
from schemas.errors import EXIT_FAILURE
from tests.support import events, program
from tests.support import hub as support
from tests.support.hub import LedgerTopic
from tests.support.operated import Operated, hub_command, operated
from tests.support.small_disk import fill, small_disk
from tests.support.waiting import eventually

pytestmark = pytest.mark.embedded

ROWS = 2_000
HUB = "full"


def assert_stored_once(file: Path, count: int) -> None:
    """Hold a hub's file against the number of events."""
    query = "SELECT count(*), count(DISTINCT event_id) FROM movement"

    assert support.read(file, query) == [(count, count)]


def ended(hub: Operated) -> dict[str, object]:
    """Return the last line of the log of a hub that ends."""
    assert hub.process.wait(90) == EXIT_FAILURE, hub.log.read_text()
    return hub.told("ended")[-1]


def test_a_hub_on_a_full_disk_ends_and_goes_on_when_there_is_space(
    exchange: Exchange, tmp_path: Path
) -> None:
    """It says so and ends, at work and at each start, with the space in a metric; later it has all once."""
    ledger = support.new_ledger(exchange, hub=HUB)
    ledger.publish(events.movements(ROWS))
    with small_disk(tmp_path / "disk", 20) as disk:
        folder = disk / "hub"
        command = hub_command(folder, HUB, exchange.bootstrap_servers, exchange.registry_url)
        with operated(folder, *command) as hub:
            hub.when(f'weighbridge_rows_stored_total{{agency="GB-EA",hub="{HUB}"}} {ROWS}.0')
            hub.when("weighbridge_disk_free_bytes{")
            ballast = fill(disk)
            ledger.publish(events.movements(ROWS, start=ROWS))
            at_work = ended(hub)
        with operated(tmp_path / "again", *command) as hub:
            at_start = ended(hub)
        ballast.unlink()
        done = program.run(*command, "--until-end", "--metrics-port", "0")
        assert_stored_once(folder / "hub.duckdb", 2 * ROWS)

    assert done.returncode == 0
    for line in (at_work, at_start):
        assert (line["status"], "disk" in str(line["hint"])) == (EXIT_FAILURE, True)


def test_a_broker_on_a_full_disk_is_waited_for(tmp_path: Path) -> None:
    """To a hub it is a lost broker: it waits, and goes on when the broker has space and runs again."""
    with small_disk(tmp_path / "disk", 300) as disk, running_exchange(disk / "exchange") as exchange:
        ledger = support.new_ledger(exchange, hub=HUB)
        ledger.publish(events.movements(ROWS))
        command = hub_command(tmp_path / "hub", HUB, exchange.bootstrap_servers, exchange.registry_url)
        with operated(tmp_path / "hub", *command) as hub:
            hub.when(f'weighbridge_rows_stored_total{{agency="GB-EA",hub="{HUB}"}} {ROWS}.0')
            ballast = fill(disk)
            assert eventually(lambda: has_failed(exchange, ledger))
            hub.when('weighbridge_waiting_since_timestamp_seconds{reason="broker"}')
            ballast.unlink()
            exchange.restart_broker()
            hub.when("weighbridge_waiting_since_timestamp_seconds{", is_shown=False)
            status, _ = hub.stopped()
        ledger.reconnect()
        ledger.publish(events.movements(ROWS, start=ROWS))
        done = program.run(*command, "--until-end", "--metrics-port", "0")

    assert (status, done.returncode) == (0, 0)
    assert hub.told("answered")
    assert_stored_once(tmp_path / "hub" / "hub.duckdb", 2 * ROWS)


def has_failed(exchange: Exchange, ledger: LedgerTopic) -> bool:
    """Write more to the broker, and say whether that has ended it."""
    producer = support.new_producer(ledger.kafka)
    for _ in range(20):
        producer.produce(topics.dead_letters(HUB), os.urandom(100_000), key=b"key")
    producer.flush(5)
    producer.purge()
    return not exchange.broker.is_alive()
