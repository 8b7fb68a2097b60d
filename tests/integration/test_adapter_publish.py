"""An adapter over a folder: each statement once, and of a changed document what changed."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import IsolationLevel

from deploy.exchange.exchange import Exchange
from schemas import identity, topics
from schemas.errors import ConfigurationError
from tests.support import agency as support
from tests.support.agency import DOCUMENTS, ROOT, Agency, manifest, new_agency, write
from tests.support.waiting import eventually

DEMONSTRATION = ROOT / "deploy" / "demo" / "documents"
UK_VALUES = {"organisation": "org-9", "registration": "reg-9", "uploaded_at": "2026-05-03T09:00:00Z"}


def told(agency: Agency, start: int = 0) -> Counter[tuple[str, str, int, int]]:
    """Return (change, stage, line, step) of the events from the n-th on, in no order."""
    names = ("change", "stage", "line_number", "step")
    known = agency.events()
    recent = sorted(known, key=lambda record: record.fields["revision"])[start:]
    return Counter(tuple(record.fields[name] for name in names) for record in recent)


@pytest.mark.parametrize(
    ("agency_id", "adapter", "folder"),
    [
        ("XX-PUB1", "us-emanifest", DOCUMENTS / "us_emanifest"),
        ("XX-PUB2", "uk-packaging", DOCUMENTS / "uk_packaging"),
        ("XX-PUB3", "us-emanifest", DEMONSTRATION / "us-emanifest"),
        ("XX-PUB4", "uk-packaging", DEMONSTRATION / "uk-packaging"),
    ],
)
def test_a_folder_is_published_once(exchange: Exchange, agency_id: str, adapter: str, folder: Path) -> None:
    """Every statement of a folder is committed once; reading the folder again commits nothing."""
    values = UK_VALUES if adapter == "uk-packaging" else {}
    agency = new_agency(exchange, agency_id, adapter, values=values)
    first = agency.run(folder)
    once = agency.sizes()
    second = agency.run(folder)

    assert agency.truth(*sorted(folder.iterdir())) == agency.published()
    assert set(agency.published().values()) == {1}
    assert (first.totals.events, first.totals.rejected) == (once[0], once[2])
    assert once == agency.sizes()
    assert (second.totals.documents, second.totals.events) == (0, 0)


def test_events_and_positions_are_one_transaction(exchange: Exchange, tmp_path: Path) -> None:
    """What a run adds before its commit is on no topic for a reader of committed records."""
    agency = new_agency(exchange, "XX-ATOM")
    write(tmp_path, "a.json", [manifest(1), {**manifest(2), "status": None}])
    own = (topics.positions(agency.id), topics.rejects(agency.id))
    before: set[tuple[int, ...]] = set()

    def sizes() -> tuple[int, ...]:
        return tuple(
            len(support.committed(agency.kafka, topic, IsolationLevel.READ_COMMITTED)) for topic in own
        )

    def look(step: str) -> None:
        if step == "flushed":
            before.add(sizes())

    agency.run(tmp_path, on_step=look)

    assert before == {(0, 0)}
    # Positions of the document, of the file, of the keys, and of the chain of signatures. A broker writes
    # the markers of a commit topic by topic, after it has promised it.
    assert eventually(lambda: sizes() == (4, 1))
    assert agency.sizes() == (6, 4, 1)


def test_only_what_changed_is_published(exchange: Exchange, tmp_path: Path) -> None:
    """A changed line is CORRECTED, a vanished one CANCELLED, one that returns REPORTED again."""
    agency = new_agency(exchange, "XX-CHG")
    first, changed = manifest(1, 0), manifest(1, 1)
    shorter = manifest(1, 1, wastes=changed["wastes"][:1])
    shorter["updatedDate"] = "2025-03-20T18:02:00.000+0000"
    longer = manifest(1, 1) | {"updatedDate": "2025-03-20T18:03:00.000+0000"}
    facts = [("DISPATCHED", 0), ("TRANSFERRED", 2), ("RECEIVED", 0)]
    seen, news = 0, []
    for number, document in enumerate((first, changed, shorter, longer)):
        write(tmp_path, f"{number}.json", document)
        agency.run(tmp_path)
        news.append(told(agency, seen))
        seen = len(agency.events())

    def expected(change: str, line: int) -> Counter[tuple[str, str, int, int]]:
        return Counter((change, stage, line, step) for stage, step in facts)

    assert news == [
        expected("REPORTED", 1) + expected("REPORTED", 3),
        expected("CORRECTED", 1),
        expected("CANCELLED", 3),
        expected("REPORTED", 3),
    ]


def test_an_older_revision_that_arrives_late_publishes_nothing(exchange: Exchange, tmp_path: Path) -> None:
    """A revision that was overtaken is a warning and no event."""
    agency = new_agency(exchange, "XX-LATE")
    write(tmp_path, "1.json", manifest(1, 5))
    agency.run(tmp_path)
    before = agency.published()
    write(tmp_path, "2.json", manifest(1, 2))
    late = agency.run(tmp_path)

    assert before == agency.published()
    assert (1, 1, 0) == (late.totals.documents, late.totals.warnings, late.totals.rejected)


def test_an_announcement_that_arrives_late_is_published(exchange: Exchange, tmp_path: Path) -> None:
    """The signed manifest has moved past the announcement, which is published when it comes."""
    agency = new_agency(exchange, "XX-FILL")
    scheduled = json.loads((DOCUMENTS / "us_emanifest" / "scheduled.json").read_text())
    number: dict[str, Any] = {"manifestTrackingNumber": "000000001ELC"}
    write(tmp_path, "1.json", manifest(1))
    agency.run(tmp_path)
    write(tmp_path, "2.json", scheduled | number | {"updatedDate": "2025-03-01T00:00:00.000+0000"})
    agency.run(tmp_path)
    changes = Counter((record.fields["change"], record.fields["stage"]) for record in agency.events())

    assert set(changes) == {
        ("REPORTED", stage) for stage in ("ANNOUNCED", "DISPATCHED", "TRANSFERRED", "RECEIVED")
    }


def test_a_renamed_or_copied_file_publishes_nothing(exchange: Exchange, tmp_path: Path) -> None:
    """The same document under another name is read, recognised and not published again."""
    agency = new_agency(exchange, "XX-COPY")
    first = write(tmp_path, "a.json", manifest(1))
    agency.run(tmp_path)
    before = agency.published()
    shutil.copy(first, tmp_path / "b.json")
    again = agency.run(tmp_path)

    assert before == agency.published()
    assert (1, 0) == (again.totals.documents, again.totals.events)


def test_two_sources_of_an_agency_keep_apart(exchange: Exchange, tmp_path: Path) -> None:
    """A second source reads for itself, and what it publishes again has the same event ids."""
    agency = new_agency(exchange, "XX-TWO")
    write(tmp_path, "a.json", manifest(1))
    agency.run(tmp_path)
    agency.run(tmp_path, source_id="archive")

    assert set(agency.published().values()) == {2}


def test_other_keys_are_refused(exchange: Exchange, tmp_path: Path) -> None:
    """Under other keys everything would be published again as other facts: the adapter does not start."""
    agency = new_agency(exchange, "XX-KEYS")
    write(tmp_path / "in", "a.json", manifest(1))
    agency.run(tmp_path / "in")
    before = agency.sizes()
    identity.create(tmp_path / "keys", range(2020, 2030))
    agency.keys = identity.load(tmp_path / "keys")

    with pytest.raises(ConfigurationError, match="under other keys"):
        agency.run(tmp_path / "in")
    assert before == agency.sizes()
