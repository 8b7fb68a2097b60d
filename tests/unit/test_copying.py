"""The two clusters of a copy: what their files say, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.copying.clusters import cluster
from schemas.errors import ConfigurationError


def written(folder: Path, text: str) -> Path:
    """Return a settings file with a text."""
    file = folder / "cluster.toml"
    file.write_text(text)
    return file


def test_a_cluster_is_what_its_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that would hold for both clusters holds for neither; other sections are left alone."""
    monkeypatch.setenv("WEIGHBRIDGE_KAFKA__BOOTSTRAP_SERVERS", "elsewhere:9092")
    file = written(tmp_path, '[kafka]\nbootstrap_servers = "here:9092"\n[hub]\nname = "north"\n')

    assert "here:9092" == cluster(file).bootstrap_servers


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[hub]\nname = "north"\n', "no section kafka"),
        ("[kafka\n", "no section kafka"),
        ("kafka = 3\n", "kafka: Input should be"),
        ('[kafka]\nbootstrap = "here:9092"\n', "bootstrap"),
        ('[kafka]\nusername = "operator"\npassword = "hidden"\n', "SASL_SSL"),
    ],
)
def test_a_file_that_names_no_cluster_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """The refusal names the file and what is wrong in it, and no secret."""
    with pytest.raises(ConfigurationError, match=told) as refused:
        cluster(written(tmp_path, text))

    assert "cluster.toml" in str(refused.value)
    assert "hidden" not in f"{refused.value} {refused.value.hint}"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Whoever names an archive of keys by mistake is told so, as of any file without the section."""
    (tmp_path / "keys.tar").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigurationError, match="no section kafka"):
        cluster(tmp_path / "keys.tar")


def test_the_command_needs_both_files(tmp_path: Path) -> None:
    """Without a target nothing is asked of the source."""
    answer = CliRunner().invoke(app, ["topics", "copy", "--source", str(written(tmp_path, "[kafka]\n"))])

    assert 2 == answer.exit_code
    assert "--target" in answer.output
