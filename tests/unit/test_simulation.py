"""What a simulation writes is what it says: its documents, its rejects, and the figures of a hub."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from consumers.hub.store import Store
from deploy.cli import app
from producers import adapter as adapters
from producers.convert import Converted, converted
from producers.simulation import systems
from producers.simulation.movement import Period
from producers.simulation.simulation import Simulation
from schemas.identity import DEMONSTRATION_KEYS
from tests.support import hub

YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))
MOVEMENTS = 600


def simulated(folder: Path, movements: int = MOVEMENTS, seed: int = 1) -> dict[str, Any]:
    """Write a simulation and return its truth."""
    folder.mkdir()
    Simulation(movements, seed, YEAR, systems.NAMES).write(folder)
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return truth


def read(folder: Path, source: dict[str, Any]) -> Iterator[Converted]:
    """Yield what the adapter of a source makes of its documents, in the order of delivery."""
    values = {
        name: str(folder / value) if name == "mapping" else value
        for name, value in source["settings"].items()
    }
    files = sorted(path for path in (folder / source["folder"]).rglob("*") if path.is_file())
    return converted(adapters.create(source["adapter"], values), source["agency"], DEMONSTRATION_KEYS, files)


def refused(items: list[Converted]) -> dict[str, int]:
    """Return how many documents were refused, by the first rule that each breaks."""
    found = (item.outcome.findings for item in items if item.outcome.is_rejected)
    return dict(Counter(min(findings, key=lambda item: item.severity).rule for findings in found))


def digests(folder: Path) -> dict[str, tuple[str, int]]:
    """Return digest and date of every file."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns if "documents" in path.parts else 0,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """A simulation is repeatable to the byte and the dates of its files; another seed is another one."""
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        simulated(tmp_path / name, 100, seed)
    one, again, other = (digests(tmp_path / name) for name in ("one", "again", "other"))

    assert one == again
    assert one != other


def test_documents_rejects_and_figures_are_those_of_the_truth(tmp_path: Path, store: Store) -> None:
    """Each adapter reads what was written and refuses what is faulty; a hub then answers with the truth."""
    folder = tmp_path / "simulated"
    truth = simulated(folder)
    for source in truth["sources"]:
        items = list(read(folder, source))
        bodies = [(event.key, event.body) for item in items for event in item.outcome.events]
        hub.stored_bodies(store, bodies)

        assert source["documents"] == len(items)
        assert source["rejects"] == refused(items)
        assert bodies, source["adapter"]
    for name, answer in truth["answers"].items():
        assert answer["rows"] == [list(row) for row in hub.asked(store, answer["query"])], name


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--source", "us-manifest"], "choose of"),
        (["--from", "2025-02-01", "--to", "2025-01-01"], "exchange them"),
        (["--to", "2999-01-01"], "choose --to"),
    ],
)
def test_what_cannot_be_simulated_is_told(tmp_path: Path, arguments: list[str], told: str) -> None:
    """A wrong option says what to write instead, and nothing is written."""
    answer = CliRunner().invoke(app, ["simulate", str(tmp_path / "out"), *arguments])

    assert told in getattr(answer.exception, "hint", "")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder that holds anything is refused."""
    (tmp_path / "mine").write_text("mine")
    answer = CliRunner().invoke(app, ["simulate", str(tmp_path)])

    assert answer.exit_code != 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    """The summary is that of the truth file, with the pace."""
    answer = CliRunner().invoke(
        app, ["simulate", str(tmp_path / "out"), "--movements", "50", "--source", "us-emanifest"]
    )
    told = json.loads(answer.stdout)

    assert [source["adapter"] for source in told["sources"]] == ["us-emanifest"]
    assert told["documents_per_second"] > 0
    assert json.loads((tmp_path / "out" / "truth.json").read_text()).keys() >= {"sources", "answers"}
