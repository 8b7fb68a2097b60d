"""The process of a decision: however it ends, whoever asked is told."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from consumers.release.deciding import CONTRIBUTIONS, Question, decided
from consumers.release.tables import configured
from schemas.errors import FatalError
from schemas.settings import ReleaseSettings
from tests.support.full_disk import files_of_at_most
from tests.support.histories import week
from tests.support.releasing import fail


def test_a_decision_that_fails_on_a_full_disk_says_so(tmp_path: Path) -> None:
    """No file is needed to tell what went wrong, and nothing of what was worked on is told."""
    pl.DataFrame().write_parquet(tmp_path / CONTRIBUTIONS)
    tables = configured("north", ReleaseSettings(countries=("FR",)), b"key")
    question = Question(tmp_path, None, week(9), tables)
    with files_of_at_most(0), pytest.raises(FatalError, match="the decision failed: ValueError") as told:
        decided(question, fail, on_wait=lambda: None)

    assert "disk" in told.value.hint
    assert "secret" not in str(told.value)
