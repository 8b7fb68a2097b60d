"""The documents that the benchmarks read are documents that the adapters publish."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers import adapter as adapters
from producers.convert import converted
from producers.pipeline import Outcome
from schemas.identity import DEMONSTRATION_KEYS
from tests.benchmarks import documents
from tests.benchmarks.documents import Load

COUNT = 120


def outcomes(load: Load, file: Path) -> list[Outcome]:
    """Return what becomes of the documents of a file."""
    chosen = adapters.create(load.adapter, load.values)
    return [item.outcome for item in converted(chosen, chosen.default_agency, DEMONSTRATION_KEYS, [file])]


def assert_published_whole(found: list[Outcome]) -> None:
    """Require that each document gives events, and none repeats another one's statements."""
    published = [event.event_id for outcome in found for event in outcome.events]

    assert [] == [outcome.findings for outcome in found if outcome.is_rejected or not outcome.events]
    assert len(set(published)) == len(published)


@pytest.mark.parametrize("load", documents.LOADS.values(), ids=documents.LOADS)
def test_benchmark_documents_are_published_whole(load: Load, tmp_path: Path) -> None:
    """Each document gives events, none is rejected and none repeats another one's statements."""
    file = tmp_path / f"large.{load.form}"
    count = load.write(file, documents=COUNT)
    found = outcomes(load, file)

    assert COUNT == count
    # A document of several carriers or borders has a life of its own for each.
    assert len(found) == COUNT or (load.form == "xml" and len(found) > COUNT)
    assert_published_whole(found)


def test_benchmark_workbook_is_published_whole(tmp_path: Path) -> None:
    """The rows of the workbook are those of the CSV file."""
    load = documents.LOADS["table"]
    documents.write_workbook(tmp_path / "large.xlsx", COUNT)
    load.write(tmp_path / "large.csv", documents=COUNT)
    found = outcomes(load, tmp_path / "large.xlsx")

    assert_published_whole(found)
    assert [outcome.key for outcome in outcomes(load, tmp_path / "large.csv")] == [
        outcome.key for outcome in found
    ]


@pytest.mark.parametrize("load", documents.LOADS.values(), ids=documents.LOADS)
def test_companies_of_benchmark_documents_are_many(load: Load) -> None:
    """Hardly two documents are the same but for their number and amount."""
    texts = {load.make(number) for number in range(COUNT)}

    assert COUNT == len(texts)


@pytest.mark.parametrize("load", documents.LOADS.values(), ids=documents.LOADS)
def test_a_benchmark_file_has_the_size_asked_for_and_can_be_cut(load: Load, tmp_path: Path) -> None:
    """A file ends at the size given, and one that is cut loses its end and nothing else."""
    file = tmp_path / "large"
    load.write(file, size_bytes=50_000)
    whole = file.read_bytes()
    documents.cut(file)

    assert 50_000 <= len(whole) < 61_000
    assert whole[:-200] == file.read_bytes()
