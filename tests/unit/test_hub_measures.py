"""What a hub tells its operators of its file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consumers.hub.check import check
from consumers.hub.decode import decode
from consumers.hub.measures import Measures
from consumers.hub.releases import Releases
from consumers.hub.store import Accepted, Store
from schemas.runtime.metrics import Metrics
from schemas.settings import HubSettings
from schemas.telemetry import RELEASE_DUE, RELEASE_FACTS
from tests.support import events
from tests.support.exposition import values
from tests.support.hub import batch_of, stored, writers

MORNING, NOON = (datetime(2026, 10, 1, hour, tzinfo=UTC) for hour in (8, 12))
NEWEST, ROWS = "weighbridge_newest_stored_timestamp_seconds", "weighbridge_rows_stored_total"
OPEN, OVERDUE = "weighbridge_dead_letters_open", "weighbridge_release_epochs_overdue"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty file of a hub."""
    with closing(Store(tmp_path / "hub.duckdb")) as found:
        yield found


def measures(store: Store) -> tuple[Measures, Metrics]:
    """Return what tells of a file, as after a start of the hub, and where it tells it."""
    metrics = Metrics()
    found = Measures(HubSettings(name="north", file=store.path), metrics, store.cursor)
    found.begin()
    return found, metrics


def test_an_agency_is_as_late_as_its_newest_statement(store: Store) -> None:
    """Each has the newest instant at which it knew anything, in whatever order it arrives, and its rows."""
    found, metrics = measures(store)
    for recorded_at in (NOON, MORNING):
        movements = [events.movement(1, recorded_at=recorded_at), events.movement(2, agency="US-EPA")]
        batch = batch_of(movements)
        accepted, _ = check(decode(batch.values, writers()).events, batch.keys)
        found.stored(batch, Accepted(accepted))
    newest = values(metrics.registry, NEWEST)

    assert newest["GB-EA", "north"] == NOON.timestamp()
    assert newest.keys() == {("GB-EA", "north"), ("US-EPA", "north")}
    assert values(metrics.registry, ROWS) == {("GB-EA", "north"): 2.0, ("US-EPA", "north"): 2.0}


def test_a_hub_that_starts_knows_how_late_agencies_are(store: Store) -> None:
    """What the file holds is told before anything new arrives: a restart does not forget a silence."""
    stored(store, [events.movement(1, recorded_at=NOON), events.movement(2, recorded_at=MORNING)])
    _, metrics = measures(store)

    assert values(metrics.registry, NEWEST) == {("GB-EA", "north"): NOON.timestamp()}


def test_refused_records_are_open_until_they_are_redriven(store: Store) -> None:
    """They are counted by agency and first reason, and vanish when none is left."""
    found, metrics = measures(store)
    with closing(store.cursor()) as connection:
        connection.execute(
            "INSERT INTO dead_letter (kafka_partition, kafka_offset, reasons, agency) VALUES "
            "(0, 1, ['body.corrupt', 'key.mismatch'], 'GB-EA'), (0, 2, ['body.corrupt'], 'GB-EA'), "
            "(0, 3, ['record.forged'], NULL)"
        )
    found.look(NOON)
    before = values(metrics.registry, OPEN)
    with closing(store.cursor()) as connection:
        connection.execute("UPDATE dead_letter SET redriven = 0 WHERE agency = 'GB-EA'")
    found.look(NOON)

    assert before == {("GB-EA", "north", "body.corrupt"): 2.0, ("", "north", "record.forged"): 1.0}
    assert values(metrics.registry, OPEN) == {("", "north", "record.forged"): 1.0}


def test_a_record_that_is_redriven_twice_counts_once(store: Store) -> None:
    """Of two redrives of one record the second stores nothing, and tells of nothing."""
    found, metrics = measures(store)
    with closing(store.cursor()) as connection:
        connection.execute(
            "INSERT INTO dead_letter (kafka_partition, kafka_offset, reasons) "
            "VALUES (0, 0, ['schema.unknown'])"
        )
    batch = batch_of([events.movement(1)])
    accepted, _ = check(decode(batch.values, writers()).events, batch.keys)
    for _ in range(2):
        found.redriven(store.redrive(batch, Accepted(accepted), {}))

    assert values(metrics.registry, ROWS) == {("GB-EA", "north"): 1.0}


def test_what_a_release_left_in_the_file_is_shown(store: Store) -> None:
    """Every fact of the list is a metric, the last one told counts, and other names are passed over."""
    found, metrics = measures(store)
    releases = Releases(store.cursor)
    found.look(NOON)
    assert not any(values(metrics.registry, metric.name) for metric in RELEASE_FACTS)

    releases.tell({metric.name: 1.0 for metric in RELEASE_FACTS} | {"of a later program": 7.0})
    releases.tell({metric.name: float(number) for number, metric in enumerate(RELEASE_FACTS)})
    found.look(NOON)

    for number, metric in enumerate(RELEASE_FACTS):
        assert values(metrics.registry, metric.name) == {("north",): float(number)}


def test_epochs_are_overdue_from_the_moment_they_close(store: Store) -> None:
    """Of three epochs that are cut, one is released and two close one after another."""
    found, metrics = measures(store)
    releases = Releases(store.cursor)
    releases.close(lambda _: ["2026-07", "2026-08", "2026-09"])
    found.look(NOON)
    assert values(metrics.registry, OVERDUE) == {}

    august_closed = datetime(2026, 9, 11, tzinfo=UTC)
    releases.tell({RELEASE_DUE.name: august_closed.timestamp()})
    before, later = datetime(2026, 9, 10, tzinfo=UTC), NOON.replace(day=11)
    for now, overdue in ((before, 0), (august_closed, 1), (later, 2)):
        found.look(now)
        assert values(metrics.registry, OVERDUE) == {("north",): float(overdue)}


def test_the_file_is_measured_with_its_log(store: Store) -> None:
    """What a batch has written is part of the size at once, wherever DuckDB keeps it."""
    found, metrics = measures(store)
    stored(store, events.movements(2_000))
    found.look(NOON)
    log = store.path.with_name(f"{store.path.name}.wal")

    (size,) = values(metrics.registry, "weighbridge_file_bytes").values()
    assert size == store.path.stat().st_size + log.stat().st_size
