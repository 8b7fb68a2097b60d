"""Opened parts as people and programs get them: all values, when they may be handed on, no formulas."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

from consumers.sealed.parts import OpenedPart
from consumers.sealed.writing import Format, write
from tests.support import events

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PARTY = {"role": "GENERATOR", "scheme": "TEST", "identifier": "42", "name": "Works", "address": "1 Road"}


def part(release_at: datetime | None, number: str = "=1+1") -> OpenedPart:
    """Return a part that was opened."""
    content = {
        "document_number": number,
        "movement_reference": "XX:native-reference",
        "references": [{"kind": "CONSENT", "value": "C1"}],
        "parties": [PARTY, {**PARTY, "role": "CARRIER", "identifier": None, "name": None, "address": None}],
    }
    return OpenedPart("GB-EA", release_at, events.movement(1, release_at=release_at), content)


def written(file_format: Format, *parts: OpenedPart) -> list[dict[str, Any]]:
    """Return what a program reads of what is written."""
    file = io.StringIO()

    assert len(parts) == write(parts, file, file_format, NOW)
    text = file.getvalue().splitlines()
    return list(csv.DictReader(text)) if file_format is Format.CSV else [json.loads(line) for line in text]


def test_a_part_may_be_handed_on_from_its_instant_on() -> None:
    """Before, and where there is no end, it is confidential."""
    later = datetime(2026, 6, 1, 0, 0, 1, tzinfo=UTC)
    found = written(Format.JSONL, *map(part, (NOW, later, None)))

    assert [True, False, False] == [item["is_released"] for item in found]
    assert ["2026-06-01T00:00:00Z", "2026-06-01T00:00:01Z", None] == [
        item["confidential_until"] for item in found
    ]


def test_json_lines_have_the_whole_event_and_all_that_was_sealed() -> None:
    """Nothing is left out or joined."""
    (found,) = written(Format.JSONL, part(None))

    assert PARTY == found["parties"][0]
    assert "=1+1" == found["document_number"]
    assert set(events.movement(1)) == set(found["event"])


def test_a_table_has_one_line_for_each_part_and_no_formula() -> None:
    """A spreadsheet that opens it computes nothing that a document says."""
    (found,) = written(Format.CSV, part(None))

    assert "'=1+1" == found["document_number"]
    assert "GENERATOR Works, 1 Road, TEST:42; CARRIER" == found["parties"]
    assert "CONSENT C1" == found["references"]
