"""A broker that dies while an adapter publishes: the adapter waits, goes on, loses and doubles nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from deploy.exchange.exchange import Exchange
from producers.run import Run, keep_running
from schemas.errors import Awaited
from schemas.runtime import clients
from tests.support.agency import manifest, new_agency, write
from tests.support.waiting import eventually

# Kills the broker's process itself.
pytestmark = pytest.mark.embedded

DOCUMENTS = 30


@pytest.mark.parametrize("step", ["produced", "flushed"])
def test_a_broker_that_dies_loses_and_doubles_nothing(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Killed with a transaction open and started again, the broker ends up with each statement once."""
    agency = new_agency(exchange, f"XX-BRK{len(step)}")
    file = write(tmp_path, "a.json", [manifest(number) for number in range(DOCUMENTS)])
    monkeypatch.setattr("producers.run.RETRY_SECONDS", 0.2)
    stop, steps = threading.Event(), list[str]()

    def restart() -> None:
        time.sleep(1.5)
        exchange.restart_broker()

    restarting = threading.Thread(target=restart)

    def on_step(name: str) -> None:
        steps.append(name)
        # After a first commit, in the middle of the file.
        if name == step and "committed" in steps and restarting.ident is None:
            exchange.kill_broker()
            restarting.start()

    def prepared() -> Run:
        return agency.made(tmp_path, on_step=on_step, commit_events=30, stop=stop)

    working = threading.Thread(target=keep_running, args=(prepared, stop), kwargs={"once": False})
    working.start()
    try:
        assert eventually(lambda: restarting.ident is not None and not restarting.is_alive())
        assert eventually(lambda: len(agency.events()) == DOCUMENTS * 6)
    finally:
        stop.set()
        working.join(60)

    assert agency.truth(file) == agency.published()
    assert set(agency.published().values()) == {1}
    assert not working.is_alive()
    assert exchange.is_running()


def test_a_lost_broker_is_noticed_where_nothing_is_published(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An adapter at rest waits for a broker that is away, and for none when it is back; then it publishes."""
    agency, stop = new_agency(exchange, "XX-BRKREST"), threading.Event()
    run = agency.made(tmp_path, stop=stop)
    run.open()
    # It has published which keys it has: from now on there is nothing.
    run.once()
    monkeypatch.setattr("producers.run.LOOK_INTERVAL_SECONDS", 0.2)
    monkeypatch.setattr(clients, "REQUEST_TIMEOUT_SECONDS", 1.0)
    exchange.kill_broker()
    working = threading.Thread(target=run.until_stopped)
    working.start()
    try:
        assert eventually(lambda: Awaited.BROKER in run.health.awaited)
        exchange.restart_broker()
        assert eventually(lambda: not run.health.awaited)
        write(tmp_path, "a.json", manifest(1))
        assert eventually(lambda: len(agency.events()) == 6)
    finally:
        stop.set()
        working.join(60)
        run.close()

    assert run.totals.events == 6


def test_an_outage_longer_than_a_transaction_is_waited_for(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When records time out the transaction is given up, and published whole when the broker is back."""
    agency = new_agency(exchange, "XX-BRK9")
    file = write(tmp_path, "a.json", [manifest(number) for number in range(DOCUMENTS)])
    monkeypatch.setattr("producers.run.RETRY_SECONDS", 0.2)
    # As short as the client's other time-outs allow.
    monkeypatch.setattr(clients, "TRANSACTION_TIMEOUT_MS", 10_500)
    stop, sessions = threading.Event(), list[Run]()

    def on_step(name: str) -> None:
        if name == "before flush" and len(sessions) == 1:
            exchange.kill_broker()
        if name == "committed":
            stop.set()

    def prepared() -> Run:
        if sessions:
            exchange.restart_broker()
        sessions.append(agency.made(tmp_path, on_step=on_step, stop=stop))
        return sessions[-1]

    keep_running(prepared, stop, once=False)

    assert len(sessions) == 2
    assert agency.truth(file) == agency.published()
    assert exchange.is_running()
