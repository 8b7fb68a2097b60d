"""What operators see of an adapter: how late its source is, and how much of it has no mass."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from deploy.exchange.exchange import Exchange
from tests.support.agency import manifest, new_agency, write
from tests.support.exposition import values

NEWEST = "weighbridge_newest_recorded_timestamp_seconds"
PUBLISHED, UNCONVERTED = (
    f"weighbridge_{name}_total" for name in ("events_published", "quantities_unconverted")
)
AGENCY = "XX-TOLD"


def test_a_source_is_as_late_as_its_newest_statement(exchange: Exchange, tmp_path: Path) -> None:
    """The newest instant at which the agency's system knew anything is told, and none before there is one."""
    agency = new_agency(exchange, AGENCY)
    write(tmp_path, "a.json", [manifest(1, status="Lost")])
    agency.run(tmp_path, source_id="inbox-1")
    before = values(agency.metrics.registry, NEWEST)
    write(tmp_path, "b.json", [manifest(2, version=30), manifest(3, version=10)])
    agency.run(tmp_path, source_id="inbox-1")

    assert before == {}
    newest = datetime(2025, 3, 20, 18, 30, tzinfo=UTC).timestamp()
    assert values(agency.metrics.registry, NEWEST) == {(AGENCY, "inbox-1"): newest}


def test_what_has_no_mass_is_counted(exchange: Exchange, tmp_path: Path) -> None:
    """Events whose quantity says no mass are published and counted, the others are not."""
    agency = new_agency(exchange, f"{AGENCY}2")
    native = manifest(1)
    # Gallons, with what they weigh: without that they say no mass.
    del native["wastes"][0]["brInfo"]
    write(tmp_path, "a.json", [native])
    agency.run(tmp_path)
    unconverted = sum(record.fields["mass_g"] is None for record in agency.events())

    (told,) = values(agency.metrics.registry, UNCONVERTED).values()
    (published,) = values(agency.metrics.registry, PUBLISHED).values()
    assert 0 < told == unconverted < published
