"""What adapters remember stays small, whatever a file says."""

from __future__ import annotations

import csv
import gc
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from producers.adapters.uk_annex_vii import UkAnnexVii
from producers.adapters.uk_packaging import UkPackaging
from producers.adapters.uk_receipt import UkReceipt
from producers.adapters.us_emanifest import UsEmanifest
from producers.conformance.subject import Sample, Subject
from tests.support.samples import ROOT

DOCUMENTS = ROOT / "tests" / "documents"
# Far beyond any sound text, and within the limits of a cell.
LONG_CHARACTERS, COPIES = 100_000, 2


def long_texts(text: str) -> Iterator[str]:
    """Yield texts that are no two alike: one that means what it did before, and one that means nothing."""
    for number in range(COPIES):
        yield text + " " * (LONG_CHARACTERS + number)
        yield f"{text}{number}{'A' * LONG_CHARACTERS}"


def leaves(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what holds each text of a JSON document, and under which name or number."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, dict | list):
            yield from leaves(value)
        elif isinstance(value, str):
            yield node, key


def json_copies(name: str) -> Iterator[bytes]:
    """Yield the copies of a document in which one of its texts is long."""
    document = json.loads((DOCUMENTS / name).read_text())
    for holder, key in list(leaves(document)):
        stated = holder[key]
        for text in long_texts(stated):
            holder[key] = text
            yield json.dumps(document).encode()
        holder[key] = stated


def csv_copies(name: str) -> Iterator[bytes]:
    """Yield the copies of an upload in which one cell of its first row is long."""
    rows = list(csv.reader(io.StringIO((DOCUMENTS / name).read_text("utf-8-sig"))))[:3]
    for column, stated in enumerate(rows[2]):
        for text in long_texts(stated):
            written = io.StringIO()
            csv.writer(written).writerows([*rows[:2], [*rows[2][:column], text, *rows[2][column + 1 :]]])
            yield written.getvalue().encode()


@pytest.mark.parametrize(
    ("adapter", "values", "copies", "name"),
    [
        (UsEmanifest, {}, json_copies, "us_emanifest/import.json"),
        (UkReceipt, {}, json_copies, "uk_receipt/hazardous.json"),
        (UkPackaging, {}, json_copies, "uk_packaging/exporter.json"),
        (UkAnnexVii, {"account": "ours"}, csv_copies, "uk_annex_vii/actuals.csv"),
    ],
)
def test_no_long_text_is_remembered(
    adapter: Any, values: dict[str, str], copies: Callable[[str], Iterator[bytes]], name: str
) -> None:
    """Whichever value of a document is beyond any sound length, it is not kept once it is read."""
    subject = Subject(adapter, values, ())
    subject.outcomes([Sample("sound", (DOCUMENTS / name).read_bytes())])
    tracemalloc.start()
    try:
        for sample in (Sample("long", data) for data in copies(name)):
            subject.outcomes([sample])
        del sample
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # Remembering one value of either kind would keep as much.
    assert kept < COPIES * LONG_CHARACTERS
