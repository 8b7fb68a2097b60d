"""Folders of releases: their owner's alone, gone afterwards, and swept where a killed one left them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from consumers.release.workspace import workspace


def test_nothing_stays(tmp_path: Path) -> None:
    """Whether a release ends well or badly, nothing of what it handed over is left."""

    def release() -> None:
        with workspace(tmp_path / "hub.duckdb") as folder:
            (folder / "contributions.parquet").write_bytes(b"secret")
            assert folder.parent.parent.stat().st_mode & 0o077 == 0
            raise ValueError("badly")

    with pytest.raises(ValueError, match="badly"):
        release()

    assert list(tmp_path.rglob("*.parquet")) == []


def test_what_a_killed_release_left_is_removed_and_what_is_at_work_is_not(tmp_path: Path) -> None:
    """The next one sweeps what nobody holds any more, and leaves a release alone that runs beside it."""
    file = tmp_path / "hub.duckdb"
    with workspace(file) as folder:
        (folder / "contributions.parquet").write_bytes(b"secret")
        left = folder.parent.with_name("left")
        shutil.copytree(folder.parent, left)
        with workspace(file) as other:
            assert folder.exists()
            assert other != folder
            assert not left.exists()
