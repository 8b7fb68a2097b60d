"""Conversion without a broker: the same pipeline, its events in a form for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from producers.adapters.uk_packaging import UkPackaging
from producers.adapters.us_emanifest import UsEmanifest
from producers.convert import Converted, converted, event_json
from schemas import contract
from schemas.identity import DEMONSTRATION_KEYS as KEYS

DOCUMENTS = Path(__file__).parents[1] / "documents"
SIGNED = DOCUMENTS / "us_emanifest" / "signed.json"


def manifests(*files: Path) -> list[Converted]:
    """Return what becomes of manifests."""
    return list(converted(UsEmanifest({}), "US-EPA", KEYS, files))


def events(items: list[Converted]) -> list[dict[str, Any]]:
    """Return all events as people see them."""
    return [event_json(event) for item in items for event in item.outcome.events]


def leaves(value: Any) -> Iterator[Any]:
    """Yield each leaf of an event."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from leaves(item)
    else:
        yield value


def test_events_have_the_contracts_fields_and_are_json() -> None:
    """Every event has each field of the contract in its order, and only what JSON can hold."""
    found = events(manifests(SIGNED))

    assert len(found) == 6
    assert {contract.field_names("movement")} == {tuple(event) for event in found}
    assert found == json.loads(json.dumps(found))
    assert all(isinstance(leaf, str | int | None) for event in found for leaf in leaves(event))


def test_the_same_file_gives_the_same_events() -> None:
    """Conversion depends on document and keys alone."""
    assert events(manifests(SIGNED)) == events(manifests(SIGNED))


def test_files_are_read_as_one_run_reads_them() -> None:
    """A later file shows as corrections and cancellations of the earlier one."""
    log = DOCUMENTS / "uk_packaging"
    files = (log / "exporter.json", log / "exporter_corrected.json")
    items = list(converted(UkPackaging({}), "GB-EA", KEYS, files))
    changes = {
        str(file): Counter(
            event_json(event)["change"]
            for item in items
            if item.file == str(file)
            for event in item.outcome.events
        )
        for file in files
    }

    assert set(changes[str(files[0])]) == {"REPORTED"}
    assert set(changes[str(files[1])]) == {"REPORTED", "CORRECTED", "CANCELLED"}


def test_the_same_file_twice_says_nothing_the_second_time() -> None:
    """What was read is known for the rest of the conversion."""
    once, twice = manifests(SIGNED), manifests(SIGNED, SIGNED)

    assert events(once) == events(twice)
    assert len(twice) == 2


def test_a_rejected_document_keeps_its_place_and_file(tmp_path: Path) -> None:
    """A reject says of which file and where in it, beside the events of its neighbours."""
    native = json.loads(SIGNED.read_text())
    file = tmp_path / "a.json"
    file.write_text(json.dumps([native | {"status": "Lost"}, native]))
    bad, good = manifests(file)

    assert (bad.file, bad.outcome.path, bad.outcome.is_rejected) == (str(file), "$[0]", True)
    assert (good.outcome.path, len(good.outcome.events)) == ("$[1]", 6)
