"""A file may be far larger than what a document may be: only documents have a limit."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from producers.adapters.uk_packaging import UkPackaging
from producers.reading import json_stream
from tests.benchmarks import documents
from tests.benchmarks.loads import json_loads, table_loads, xml_loads
from tests.support import peak
from tests.support.agency import manifest

MEGABYTE = 1024 * 1024
PEAK_MB_MAX = 500
# Less than a quarter of what the larger file has more.
PADDING, FLAT_MB = 100_000, 8


@pytest.mark.parametrize("order", [["uploadedAt", "rows"], ["rows", "uploadedAt"]])
def test_an_upload_larger_than_a_document_is_read_whole(
    order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of one upload are documents of their own, whatever member of the envelope comes first."""
    rows = [json_loads.row(number) for number in range(600)]
    upload = json_loads.UPLOAD | {"rows": rows}
    names = [*json_loads.UPLOAD.keys() - set(order), *order]
    text = json.dumps({name: upload[name] for name in names}).encode()
    monkeypatch.setattr(json_stream, "DOCUMENT_CHARACTERS_MAX", len(text) // 2)
    readings = list(UkPackaging({}).read(io.BytesIO(text)))

    assert len(rows) == len(readings)
    assert all(reading.statements for reading in readings)


def write_padded(file: Path, natives: Iterable[dict[str, Any]], padding_mb: int) -> None:
    """Write an array of documents with a long text in each, a piece at a time."""
    with file.open("w") as text:
        for number, document in enumerate(natives):
            text.write("," if number else "[")
            text.write(json.dumps(document | {"padding": ""}).removesuffix('"}'))
            for _ in range(padding_mb):
                text.write("x" * MEGABYTE)
            text.write('"}')
        text.write("]")


def converted(
    file: Path, adapter: str = "us-emanifest", values: Mapping[str, str] | None = None
) -> tuple[int, list[str], int]:
    """Convert a file; return exit status, rules of the findings, and peak megabytes."""
    findings = file.with_suffix(".findings")
    arguments = ["adapter", "convert", adapter, str(file), "--findings", str(findings)]
    arguments += [part for name, value in (values or {}).items() for part in ("--set", f"{name}={value}")]
    status, peak_bytes = peak.measured(arguments)
    rules = [json.loads(line)["rule"] for line in findings.read_text().splitlines()]
    return status, rules, peak_bytes // MEGABYTE


def test_a_file_of_200_mb_takes_little_memory(tmp_path: Path) -> None:
    """Documents that fill 200 MB, most of it text that is never read, become events."""
    file = tmp_path / "large.json"
    write_padded(file, (manifest(number) for number in range(8)), padding_mb=25)

    status, rules, peak_mb = converted(file)

    assert (status, rules) == (0, [])
    assert file.stat().st_size > 200 * MEGABYTE
    assert peak_mb < PEAK_MB_MAX


def padded_row(number: int) -> str:
    """Return a row of a table with a long remark, which the mapping leaves alone."""
    # The remark is the last column.
    return f"{table_loads.load_line(number).rpartition(';')[0]};{'x' * PADDING}"


def padded_movement(number: int) -> str:
    """Return a movement document with a long description, which is never read."""
    return xml_loads.movement(number).replace("proprietary", "x" * PADDING)


@pytest.mark.parametrize(("adapter", "make"), [("table", padded_row), ("eu-movement", padded_movement)])
def test_memory_is_flat_in_the_size_of_a_file(
    adapter: str, make: Callable[[int], str], tmp_path: Path
) -> None:
    """Rows in CSV and documents in XML take the same memory, ten times as many or not."""
    load = replace(documents.LOADS[adapter], make=make)
    peaks = []
    for count in (40, 400):
        file = tmp_path / f"{count}.{load.form}"
        load.write(file, documents=count)
        status, _, peak_mb = converted(file, adapter, load.values)
        assert status == 0
        peaks.append(peak_mb)

    assert file.stat().st_size > 400 * PADDING
    assert peaks[1] < peaks[0] + FLAT_MB


def test_a_document_of_200_mb_is_rejected(tmp_path: Path) -> None:
    """A document larger than any of this field is told, not read."""
    file = tmp_path / "large.json"
    write_padded(file, [manifest(1)], padding_mb=200)

    status, rules, peak_mb = converted(file)

    assert (status, rules) == (1, ["json.document.size"])
    assert peak_mb < PEAK_MB_MAX
