"""The documents that the benchmarks read are documents that the adapters publish."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers import adapter as adapters
from producers.convert import converted
from schemas.identity import DEMONSTRATION_KEYS
from tests.benchmarks import documents


@pytest.mark.parametrize("adapter", documents.ADAPTERS)
def test_benchmark_documents_are_published_whole(adapter: str, tmp_path: Path) -> None:
    """Each document gives events, none is rejected and none repeats another one's statements."""
    count = documents.write(adapter, tmp_path / "large.json", documents=60)
    chosen = adapters.create(adapter, {})
    outcomes = [
        item.outcome for item in converted(chosen, "GB-EA", DEMONSTRATION_KEYS, [tmp_path / "large.json"])
    ]
    published = [event.event_id for outcome in outcomes for event in outcome.events]

    assert [count, 60] == [len(outcomes), count]
    assert all(outcome.events and not outcome.is_rejected for outcome in outcomes)
    assert len(set(published)) == len(published)


@pytest.mark.parametrize("adapter", documents.ADAPTERS)
def test_a_benchmark_file_has_the_size_asked_for_and_can_be_cut(adapter: str, tmp_path: Path) -> None:
    """A file ends at the size given, and one that is cut loses its end and nothing else."""
    file = tmp_path / "large.json"
    documents.write(adapter, file, size_bytes=50_000)
    whole = file.read_bytes()
    documents.cut(file)

    assert 50_000 <= len(whole) < 60_000
    assert whole[:-200] == file.read_bytes()
