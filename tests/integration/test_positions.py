"""Positions that lie behind somebody's open transaction: a starting adapter waits for them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from confluent_kafka import Producer

from deploy.exchange.exchange import Exchange
from schemas import topics
from schemas.errors import RetriableError
from schemas.runtime import reading
from tests.support.agency import Agency, manifest, new_agency, write

# The test ends the transaction long before the broker would.
TIMEOUT_MS = 30_000


def foreign(agency: Agency) -> Producer:
    """Return another writer of the positions topic, with a transaction that it leaves open."""
    producer = Producer(
        {
            "bootstrap.servers": agency.kafka.bootstrap_servers,
            "transactional.id": f"foreign.{agency.id}",
            "transaction.timeout.ms": TIMEOUT_MS,
        }
    )
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(topics.positions(agency.id), key=b"foreign\0key", value=b"\0\0\0\0\1body")
    assert producer.flush(10) == 0
    return producer


@pytest.mark.parametrize("ending", ["abort", "commit"])
def test_a_position_behind_an_open_transaction_is_seen(
    exchange: Exchange, tmp_path: Path, ending: str
) -> None:
    """The adapter does not start before it has read what was committed behind the open transaction."""
    agency = new_agency(exchange, f"XX-OPEN{len(ending)}")
    write(tmp_path, "a.json", manifest(1))
    others: list[Producer] = []
    agency.run(tmp_path, on_step=lambda step: others.append(foreign(agency)) if step == "restored" else None)
    opened = threading.Event()
    second = agency.made(tmp_path)

    def start() -> None:
        second.open()
        opened.set()

    starting = threading.Thread(target=start)
    starting.start()
    has_waited = not opened.wait(2)
    others[0].abort_transaction() if ending == "abort" else others[0].commit_transaction()
    starting.join(120)
    second.once()
    second.close()

    assert has_waited
    assert opened.is_set()
    assert second.totals.documents == 0
    assert len(agency.events()) == 6


def test_a_transaction_that_never_ends_is_told(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When patience ends the adapter says whom to stop, and has published nothing."""
    agency = new_agency(exchange, "XX-OPEN9")
    write(tmp_path, "a.json", manifest(1))
    other = foreign(agency)
    monkeypatch.setattr(reading, "_PATIENCE_SECONDS", 1.0)
    with pytest.raises(RetriableError, match="stays open") as caught:
        agency.run(tmp_path)
    other.abort_transaction()

    assert "stop it" in caught.value.hint
    assert agency.events() == []
