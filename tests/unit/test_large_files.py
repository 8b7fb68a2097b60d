"""A file may be far larger than what a document may be: only documents have a limit."""

from __future__ import annotations

import io
import json

import pytest

from producers import json_stream
from producers.adapters.uk_packaging import UkPackaging
from tests.benchmarks import documents


@pytest.mark.parametrize("order", [["uploadedAt", "rows"], ["rows", "uploadedAt"]])
def test_an_upload_larger_than_a_document_is_read_whole(
    order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of one upload are documents of their own, whatever member of the envelope comes first."""
    rows = [documents.row(number) for number in range(600)]
    upload = documents.UPLOAD | {"rows": rows}
    names = [*documents.UPLOAD.keys() - set(order), *order]
    text = json.dumps({name: upload[name] for name in names}).encode()
    monkeypatch.setattr(json_stream, "DOCUMENT_CHARACTERS_MAX", len(text) // 2)
    readings = list(UkPackaging({}).read(io.BytesIO(text)))

    assert len(rows) == len(readings)
    assert all(reading.statements for reading in readings)
