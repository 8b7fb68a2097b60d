"""An agency's own adapter, installed as a package of its own beside weighbridge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tests" / "example_agency"
PROGRAM = Path(sys.executable).with_name("weighbridge")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of programs beside which the package is installed."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*command, "--no-build-isolation", "--target", target, PACKAGE], check=True)
    return {**os.environ, "PYTHONPATH": f"{target}:{ROOT}", "COLUMNS": "120"}


def ran(environment: dict[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    """Return what a program said."""
    command = [str(word) for word in words]
    return subprocess.run(command, env=environment, cwd=PACKAGE, capture_output=True, text=True, check=False)


def test_it_is_found_by_its_entry_point(installed: dict[str, str]) -> None:
    """Nothing of ours names it, and it stands in the list of adapters."""
    assert "example-weighings" in ran(installed, PROGRAM, "adapter", "list").stdout


def test_its_documents_become_events(installed: dict[str, str]) -> None:
    """A good ticket is published and corrected, a bad one rejected with all that is wrong with it."""
    files = ("samples/monday.json", "samples/tuesday.json")
    done = ran(installed, PROGRAM, "adapter", "convert", "example-weighings", *files)

    events = [json.loads(line) for line in done.stdout.splitlines()]
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert done.returncode == 1
    assert [(event["change"], event["mass_g"]) for event in events] == [
        ("REPORTED", 7_420_500),
        ("REPORTED", 980_000),
        ("CORRECTED", 7_240_500),
    ]
    assert {item["path"] for item in told} == {"$[1].site", "$[1].waste", "$[1].kilograms"}


def test_it_conforms_on_the_command_line(installed: dict[str, str]) -> None:
    """`adapter check` finds no problem and counts what became of the samples."""
    done = ran(
        installed, PROGRAM, "adapter", "check", "example-weighings", "samples", "--mutants", "100", "--json"
    )

    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert not any(said["problems"].values())
    assert (said["samples"]["documents"], said["samples"]["rejected"]) == (4, 1)


def test_it_conforms_by_its_own_tests(installed: dict[str, str]) -> None:
    """The suite runs as pytest tests of the package, with the plug-in's option."""
    alone = ("-c", os.devnull, "--rootdir", ".")
    done = ran(installed, sys.executable, "-m", "pytest", "tests", "-q", "--mutants", "50", *alone)

    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout
