"""Grants that are taken away from members at work: each says so, and comes back with the grant."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.access import Rule
from producers.run import Run, keep_running
from schemas import topics
from schemas.errors import Awaited, ConfigurationError
from schemas.identity import DEMONSTRATION_KEYS
from tests.support import hub as support
from tests.support import sealed
from tests.support.agency import Agency, manifest, write
from tests.support.hub import LedgerTopic, running
from tests.support.secured import Secured
from tests.support.signed import ANYBODY
from tests.support.waiting import eventually

pytestmark = pytest.mark.embedded


def test_an_adapter_that_may_not_write_any_more_ends_and_its_successor_goes_on(
    secured: Secured, tmp_path: Path
) -> None:
    """It ends with the status of a wrong configuration and a hint; nothing is lost once the grant is back."""
    name = "US-WITHDRAWN"
    kafka, rule = secured.new_agency(name), may("User:us-withdrawn", "WRITE", topics.MOVEMENTS)
    agency = Agency(kafka, name, "us-emanifest", directory=sealed.alone(name, DEMONSTRATION_KEYS))
    stop, published = threading.Event(), threading.Event()
    first = write(tmp_path, "1.json", manifest(1))

    def prepared() -> Run:
        return agency.made(
            tmp_path, stop=stop, on_step=lambda step: published.set() if step == "committed" else None
        )

    failed = failing(lambda: keep_running(prepared, stop, once=False))
    assert published.wait(120)
    secured.drop(rule)
    try:
        second = write(tmp_path, "2.json", manifest(2))
        error = failed()
    finally:
        secured.add(rule)
    agency.run(tmp_path)

    assert isinstance(error, ConfigurationError)
    assert "weighbridge topics acl" in error.hint
    assert Agency(secured.operator, name, "us-emanifest").published() == agency.truth(first, second)


def test_a_hub_that_may_not_read_any_more_ends_and_its_successor_goes_on(
    secured: Secured, tmp_path: Path
) -> None:
    """It ends with a hint, its file as it was; with the grant again it has everything once."""
    name = "US-UNREAD"
    directory = sealed.alone(name, DEMONSTRATION_KEYS)
    write(tmp_path, "1.json", manifest(1))
    Agency(secured.new_agency(name), name, "us-emanifest", directory=directory).run(tmp_path)
    ledger, rule = hub_ledger(secured, "unread"), may("User:unread", "READ", topics.MOVEMENTS)
    hub, file = ledger.hub(tmp_path / "hub.duckdb", name="unread"), tmp_path / "hub.duckdb"
    hub.open()
    failed = failing(hub.run)
    secured.drop(rule)
    try:
        error = failed()
    finally:
        secured.add(rule)
        hub.close()
    ledger.run_to_end(file, name="unread")

    assert isinstance(error, ConfigurationError)
    assert "weighbridge topics acl" in error.hint
    records = "SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM event"
    ((rows, distinct),) = support.read(file, records)
    assert rows == distinct > 0


def test_a_hub_that_may_not_write_dead_letters_stores_all_the_same(secured: Secured, tmp_path: Path) -> None:
    """Dead letters wait in its file, a metric says so, and they leave when the grant is back."""
    ledger, name = hub_ledger(secured, "unsent"), "unsent"
    rule = may("User:unsent", "WRITE", topics.dead_letters(name))
    with running(ledger.hub(tmp_path / "hub.duckdb", name=name)) as hub:
        secured.drop(rule)
        try:
            secured.put(topics.MOVEMENTS)
            assert eventually(lambda: hub.totals.dead_letters > 0)
            assert eventually(lambda: hub.health.awaited == {Awaited.DEAD_LETTERS})
        finally:
            secured.add(rule)
        assert eventually(lambda: not hub.health.awaited)

    assert support.read(tmp_path / "hub.duckdb", "FROM outbox") == []


def may(principal: str, operation: str, topic: str) -> Rule:
    """Return the grant of one operation on one topic."""
    return Rule(principal, "ALLOW", operation, "TOPIC", "LITERAL", topic)


def hub_ledger(secured: Secured, name: str) -> LedgerTopic:
    """Return the ledger of the secured exchange as a new hub reads it."""
    return LedgerTopic(secured.new_hub(name), {}, directory=ANYBODY)


def failing(act: Callable[[], object]) -> Callable[[], BaseException]:
    """Run something in a thread, and return what waits for the error by which it ends."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001  # handed to the test
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def failed() -> BaseException:
        thread.join(90)
        assert errors, "it goes on"
        return errors[0]

    return failed
