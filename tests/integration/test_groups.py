"""The table of groups at work: what a run publishes of companies that are one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.exchange.exchange import Exchange
from producers.groups import COLUMNS
from schemas import identity
from tests.support import program
from tests.support.agency import Agency, manifest, new_agency, write

SCHEME, LEI, OTHER_LEI = "US-EPA-SITE", "5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55"


def sites_of(native: Any) -> Iterator[str]:
    """Yield every site of a manifest."""
    if isinstance(native, dict):
        if isinstance(native.get("epaSiteId"), str):
            yield native["epaSiteId"]
        native = list(native.values())
    if isinstance(native, list):
        for item in native:
            yield from sites_of(item)


def test_sites_of_one_group_count_as_one(exchange: Exchange, tmp_path: Path) -> None:
    """All contributors have the group of the table; another table corrects them, the same one nothing."""
    agency = new_agency(exchange, "XX-GROUP")
    keys, folder, table = tmp_path / "keys", tmp_path / "in", tmp_path / "groups.csv"
    identity.create(keys, range(2020, 2030))
    agency.keys = identity.load(keys)
    native = manifest(1)
    write(folder, "a.json", [native])

    def published(lei: str) -> int:
        rows = (f"{SCHEME},{site.lower()},,,LEI,{lei},," for site in sorted(set(sites_of(native))))
        table.write_text("\n".join((",".join(COLUMNS), *rows)))
        return events_of(agency, folder, keys, table)

    first, again, changed = published(LEI), published(LEI), published(OTHER_LEI)
    events = [record.fields for record in agency.events()]
    groups = [agency.keys.pseudonym_of("LEI", lei, events[0]["occurred_on"].year) for lei in (LEI, OTHER_LEI)]

    assert (first, 0, first) == (len(events) // 2, again, changed)
    assert len({event["contributor"] for event in events}) > 1
    assert set(groups) == {event["contributor_group"] for event in events}
    assert {"CORRECTED"} == {event["change"] for event in events if event["contributor_group"] == groups[1]}


def events_of(agency: Agency, folder: Path, keys: Path, table: Path) -> int:
    """Run once and return how many events were published."""
    command = agency.command(folder, keys, "--once", "--metrics-port", "0", "--groups", str(table))
    done = program.run(*command)
    assert done.returncode == 0, done.stderr
    return int(json.loads(done.stdout)["events"])
