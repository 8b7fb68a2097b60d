"""Settings that several commands need together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from schemas.errors import ConfigurationError
from schemas.settings import AgencySettings, load

GIVEN: dict[str, Any] = {"id": "GB-EA", "keys": "keys", "directory": Path("directory.toml")}


@pytest.mark.parametrize("absent", GIVEN)
def test_a_member_has_a_name_keys_and_a_directory(absent: str) -> None:
    """With all three it is known who reads; without one of them the error names the options."""
    assert AgencySettings(**GIVEN).member() == tuple(GIVEN.values())
    with pytest.raises(ConfigurationError) as caught:
        AgencySettings(**GIVEN | {absent: None}).member()
    assert "--agency, --keys and --directory" in caught.value.hint


@pytest.mark.parametrize("words", [("open",), ("shred", "--company", "US-EPA-SITE:VAD000000001")])
def test_sealed_commands_ask_who_it_is(words: tuple[str, ...]) -> None:
    """Neither opens nor shreds anything as nobody."""
    with pytest.raises(ConfigurationError, match="which agency"):
        CliRunner().invoke(app, ["sealed", *words], catch_exceptions=False)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error of the settings, told with its file, not one of the program."""
    (tmp_path / "weighbridge.toml").write_bytes(b"[kafka]\nusername = '\xff'\n")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError, match="settings cannot be read") as caught:
        load()

    assert "weighbridge.toml" in caught.value.hint
