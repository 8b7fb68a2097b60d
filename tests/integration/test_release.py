"""Releases on a real exchange: once an epoch, in order, signed, and the same however often they are made."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from consumers.release.skip import skip
from consumers.subscribe import writing
from deploy.exchange.exchange import Exchange
from schemas.errors import ConfigurationError
from tests.support import releasing
from tests.support.hub import running
from tests.support.releasing import NOW, OCTOBER, Releasing, known, loads

MONTH = timedelta(days=31)


@pytest.fixture
def hub(exchange: Exchange, tmp_path: Path) -> Releasing:
    """Return a hub that stored one open and one dominated cell."""
    made = releasing.new_hub(exchange, tmp_path)
    made.store(loads("150107", 40, 40, 40), loads("150102", 90, 5, 5))
    return made


def test_an_epoch_is_released_once(hub: Releasing) -> None:
    """What is closed is released, signed, and never again, whatever came in between; the next follows it."""
    first = hub.run()
    before = hub.records()
    hub.store(loads("150107", 50, 50, 50))
    again, after = hub.run(), hub.records()
    second = hub.run(NOW + MONTH)

    assert [epoch.epoch for epoch in first.released] == [OCTOBER]
    assert first.closes_at == datetime(2026, 12, 11, tzinfo=UTC)
    assert not again.released
    assert before == after
    assert [epoch.epoch for epoch in second.released] == ["2026-11"]
    one, two = hub.ledger()
    assert one.record["predecessor"] is None
    assert two.record["predecessor"] == one.release_id
    assert sum(two.cut.values()) > sum(one.cut.values())
    assert one.record["released_at"] == datetime(2026, 11, 11, tzinfo=UTC)
    assert one.record["observations"] == two.record["observations"] == len(before) - 1


def test_what_was_published_is_not_published_again(hub: Releasing) -> None:
    """A later release holds only what it adds: sums of all releases are what a cell has altogether."""
    hub.run()
    hub.store(loads("150107", 50, 50, 50))
    hub.run(NOW + MONTH)

    glass = [
        (cell["epoch"], cell["mass_g"])
        for cell in hub.published()
        if cell["mass_g"] and cell["material"] == "GLASS" and cell["region"] == "FR"
    ]
    assert {(OCTOBER, 120_000_000), ("2026-11", 150_000_000)} == set(glass)


def test_missed_epochs_are_released_in_order(hub: Releasing) -> None:
    """After three months without a run every epoch that has closed is there, one after another."""
    hub.run()
    hub.store(loads("150107", 50, 50, 50))

    outcome = hub.run(NOW + 3 * MONTH)

    assert [epoch.epoch for epoch in outcome.released] == ["2026-11", "2026-12", "2027-01"]
    found = hub.ledger()
    ids = [entry.release_id for entry in found]
    assert [entry.record["predecessor"] for entry in found] == [None, *ids[:-1]]


def test_a_running_hub_closes_epochs_by_the_clock(hub: Releasing) -> None:
    """The cut of an epoch is drawn when it closes, though its release runs later without what came since."""
    hub.run()
    awake = hub.topic.hub(hub.file, name=hub.name, release=hub.settings.release)
    awake.clock = lambda: NOW + MONTH
    awake.open()
    try:
        awake.once()
    finally:
        awake.close()
    hub.store(loads("150107", 50, 50, 50))

    hub.run(NOW + 2 * MONTH)

    first, second, third = hub.ledger()
    assert first.cut == second.cut
    assert sum(third.cut.values()) > sum(second.cut.values())


def test_a_running_hub_is_asked(hub: Releasing) -> None:
    """A release of a hub that runs is the same as one of its file: it asks for all it needs."""
    with running(hub.topic.hub(hub.file, name=hub.name)):
        outcome = hub.run()

    assert [epoch.epoch for epoch in outcome.released] == [OCTOBER]
    assert hub.run().released == ()


def test_hubs_release_in_their_order(exchange: Exchange, tmp_path: Path) -> None:
    """The second waits for the first in each epoch, and the first for the second before the next."""
    north = releasing.new_hub(exchange, tmp_path)
    south = releasing.hub_on(north.topic, f"{north.name}-south", tmp_path, countries=("ES",))
    order = (north.name, south.name)
    for hub, other in ((north, south), (south, north)):
        hub.release |= {"order": order, "hubs": {other.name: other.release["countries"]}}
        hub.directory = known(north, south)
    north.store(loads("150107", 40, 40, 40))
    south.catch_up()

    waits = south.run()
    north.run()
    alone = north.run(NOW + MONTH)
    follows = south.run(NOW + MONTH)
    then = north.run(NOW + MONTH)

    assert (waits.released, waits.turn.hub) == ((), north.name)
    assert (alone.released, alone.turn.hub, alone.turn.epoch.name) == ((), south.name, OCTOBER)
    assert [epoch.epoch for epoch in follows.released] == [OCTOBER]
    assert [epoch.epoch for epoch in then.released] == ["2026-11"]
    first, third = north.ledger()
    (second,) = south.ledger()
    assert [second.record["predecessor"], third.record["predecessor"]] == [
        first.release_id,
        second.release_id,
    ]


def test_a_skipped_epoch_gives_the_next_its_turn(exchange: Exchange, tmp_path: Path) -> None:
    """An operator skips with the hub's key alone; what was skipped comes with the next release."""
    north = releasing.new_hub(exchange, tmp_path)
    south = releasing.hub_on(north.topic, f"{north.name}-south", tmp_path, countries=("ES",))
    for hub, other in ((north, south), (south, north)):
        order = (north.name, south.name)
        hub.release |= {"order": order, "hubs": {other.name: other.release["countries"]}}
        hub.directory = known(north, south)
    south.store(loads("150107", 40, 40, 40))
    north.file.unlink(missing_ok=True)
    with pytest.raises(ConfigurationError, match="turn of"):
        skip(south.settings, OCTOBER, south.kafka, NOW, south.directory)
    with pytest.raises(ConfigurationError, match="still open"):
        skip(north.settings, "2026-11", north.kafka, NOW, north.directory)

    skip(north.settings, OCTOBER, north.kafka, NOW, north.directory)
    outcome = south.run()
    north.catch_up()
    later = north.run(NOW + MONTH)

    assert [epoch.epoch for epoch in outcome.released] == [OCTOBER]
    assert [epoch.epoch for epoch in later.released] == ["2026-11"]
    skipped, released = north.ledger()
    assert (skipped.is_released, released.is_released) == (False, True)
    assert skipped.record["observations"] == 0
    assert any(cell["mass_g"] == 120_000_000 for cell in north.published())
    with pytest.raises(ConfigurationError):
        skip(north.settings, "2026-11", north.kafka, NOW + MONTH, north.directory)


def test_a_release_says_nothing_of_its_rules(exchange: Exchange, tmp_path: Path) -> None:
    """Other parameters with the same decision give the same release: nothing in it tells them."""
    hub = releasing.new_hub(exchange, tmp_path)
    hub.store(loads("150107", 40, 40, 40))
    hub.run()
    other = releasing.hub_on(hub.topic, f"{hub.name}-other", tmp_path, p_percent=25)
    other.catch_up()
    other.run()

    (one,), (two,) = hub.ledger(), other.ledger()
    assert one.record["configuration_digest"] == two.record["configuration_digest"]
    assert [cell["mass_g"] for cell in hub.published()] == [cell["mass_g"] for cell in other.published()]


def test_without_keys_nothing_is_released(hub: Releasing, tmp_path: Path) -> None:
    """A hub that cannot sign, or that does not know who else signs, publishes nothing."""
    hub.release |= {"order": (hub.name, "nobody"), "hubs": {"nobody": ("ES",)}}
    with pytest.raises(ConfigurationError, match="no signing key of nobody"):
        hub.run()
    hub.release |= {"order": ("nobody",)}
    with pytest.raises(ConfigurationError, match="not among"):
        hub.run()
    hub.release |= {"order": ()}
    hub.keys = tmp_path / "absent"
    with pytest.raises(ConfigurationError, match=r"hub\.json"):
        hub.run()

    assert not hub.ledger()


def test_subscribers_get_the_same_in_every_format(hub: Releasing, tmp_path: Path) -> None:
    """CSV, JSON lines and Parquet hold the same observations; a confidential value is empty in each."""
    hub.run()
    found = hub.published()

    table, lines, parquet = io.StringIO(), io.StringIO(), tmp_path / "aggregates.parquet"
    written = {
        writing.write_csv(found, table),
        writing.write_json_lines(found, lines),
        writing.write_parquet(found, parquet),
    }

    masses = [cell["mass_g"] for cell in found]
    assert {len(found)} == written
    assert None in masses
    rows = list(csv.DictReader(io.StringIO(table.getvalue())))
    assert masses == [int(row["mass_g"]) if row["mass_g"] else None for row in rows]
    assert found == [json.loads(line) for line in lines.getvalue().splitlines()]
    assert masses == pl.read_parquet(parquet)["mass_g"].to_list()
