"""What a running hub tells its operators, and that it tells nothing of what it stores."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from deploy.exchange.exchange import Exchange
from schemas import topics
from schemas.telemetry import LogEvent
from tests.support import events
from tests.support.exposition import strangers
from tests.support.hub import new_ledger, new_producer
from tests.support.operated import hub_command, operated

SECRET_G = 987_654_321
ROWS = 25


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
    command = hub_command(tmp_path, "telemetry", filled.bootstrap_servers, filled.registry_url)
    with operated(tmp_path, *command) as hub:
        hub.when(f'weighbridge_rows_stored_total{{agency="GB-EA",hub="telemetry"}} {ROWS}.0')
        exposition = hub.when(
            'weighbridge_dead_letters_total{agency="GB-EA",hub="telemetry",reason="record.tombstone"} 1.0'
        )
        is_alive = hub.is_alive
        status, _ = hub.stopped()
        assert hub.process.stdout is not None
        output = hub.process.stdout.read().decode()

    logs = hub.log.read_text()
    assert status == 0, logs
    assert is_alive
    assert len(hub.lines()) == len(logs.splitlines())
    assert [] == strangers(exposition, agencies={"GB-EA"}, sources=set(), hubs={"telemetry"})
    assert {line["event"] for line in hub.lines()} <= {*LogEvent}
    assert not any(secret in exposition + output + logs for secret in ("987654", str(SECRET_G)))


def test_a_batch_takes_as_long_as_its_first_record_waits(exchange: Exchange, tmp_path: Path) -> None:
    """Also where the record waits for a signature that never comes, and nothing else is read meanwhile."""
    ledger = new_ledger(exchange, hub="telemetry")
    ledger.publish([events.movement(1)])
    command = hub_command(tmp_path, "telemetry", exchange.bootstrap_servers, exchange.registry_url)
    with operated(tmp_path, *command) as hub:
        hub.when('weighbridge_batch_duration_seconds_count{hub="telemetry"} 1.0')
        producer, began = new_producer(ledger.kafka), time.monotonic()
        producer.produce(topics.MOVEMENTS, b"nobody has signed this")
        producer.flush()
        exposition = hub.when('weighbridge_batch_duration_seconds_count{hub="telemetry"} 2.0')
        elapsed = time.monotonic() - began

    (taken,) = (
        float(line.split()[-1])
        for line in exposition.splitlines()
        if line.startswith('weighbridge_batch_duration_seconds_sum{hub="telemetry"}')
    )
    # The first batch is in the sum, too.
    assert 0 < taken < elapsed + 30
