"""Style that has a right answer; each message names the fix."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from schemas import telemetry
from schemas.reasons import Reason
from tests.support.samples import ROOT

SOURCES = ("schemas", "producers", "consumers", "deploy")
README = ROOT / "README.md"
# Where the environment may be read, and why.
ENVIRONMENT = {
    "schemas/settings.py": "settings",
    "schemas/keystore/environment.py": "a key store",
    "schemas/runtime/supervisor.py": "what a supervisor says to a service",
    "deploy/exchange/settings.py": "folders of the embedded exchange",
    "deploy/demo/deliveries.py": "real samples of the demonstration",
}
SUPPRESSION = re.compile(r"#\s*(noqa|type: ignore)(?P<code>:?\s*(\[[a-z-]+\]|[A-Z0-9, ]+))?(?P<reason>.*)")
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error")))
# Seconds on a machine that only these pages would know, and paths of one.
FOREIGN = re.compile(r"/(work|root|farm)/|\bDESIGN\.md\b|\bDOMAIN\.md\b|\bissue #?[0-9]+ of ours\b")


@cache
def tracked(*patterns: str) -> list[Path]:
    """Return the files that belong to the project."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for line in answer.stdout.splitlines() if (path := ROOT / line).is_file()]


def lines(*patterns: str) -> list[tuple[str, str]]:
    """Return (place, text) of every line of some files, this one left out."""
    return [
        (f"{path.relative_to(ROOT)}:{number}", text)
        for path in tracked(*patterns)
        if path != Path(__file__)
        for number, text in enumerate(path.read_text("utf-8").splitlines(), 1)
    ]


def test_suppressions_have_a_code_and_a_reason() -> None:
    """Whoever switches a rule off says which one and why."""
    bare = []
    for place, text in lines("*.py"):
        found = SUPPRESSION.search(text)
        if found and not (found["code"] and found["reason"].strip(" #-")):
            bare.append(place)

    assert not bare, f"write the rule and a reason behind it: {bare}"


def test_nothing_is_left_unfinished() -> None:
    """Notes to ourselves belong into the tracker."""
    marked = [place for place, text in lines("*.py", "*.sql", "*.md", "Makefile") if UNFINISHED.search(text)]

    assert not marked, f"finish or remove: {marked}"


def test_the_project_speaks_for_itself() -> None:
    """No text names a machine's paths or pages that a reader does not have."""
    foreign = [
        place for place, text in lines("*.py", "*.sql", "*.md", "*.toml", "Makefile") if FOREIGN.search(text)
    ]

    assert not foreign, f"say it in the project's own words: {foreign}"


def test_the_environment_is_read_in_few_places() -> None:
    """Settings come through the settings model."""
    readers = {
        place.partition(":")[0]
        for place, text in lines(*(f"{folder}/*.py" for folder in SOURCES))
        if "os.environ" in text
    }

    assert readers <= set(ENVIRONMENT), "use schemas.settings, or say here why not"


def test_every_module_says_what_it_is() -> None:
    """A module that is not empty begins with its purpose."""
    bare = [
        str(path.relative_to(ROOT))
        for path in tracked(*(f"{folder}/*.py" for folder in SOURCES))
        if (text := path.read_text("utf-8").strip()) and not text.startswith('"""')
    ]

    assert not bare, f"add a module docstring: {bare}"


def test_closed_lists_hold_nothing_unused() -> None:
    """Every metric, log event and reason on its list is one that the program gives out."""
    text = "\n".join(path.read_text("utf-8") for path in tracked(*(f"{folder}/*.py" for folder in SOURCES)))
    # A log event is named where it is used; a reason has its hint, and a metric its row, besides.
    needed = {f"LogEvent.{item.name}": 1 for item in telemetry.LogEvent}
    needed |= {f"Reason.{item.name}": 2 for item in Reason}
    needed |= {name: 2 for name, value in vars(telemetry).items() if isinstance(value, telemetry.Metric)}

    unused = [name for name, least in needed.items() if len(re.findall(rf"\b{name}\b", text)) < least]

    assert not unused, f"use or remove: {unused}"


@pytest.mark.parametrize("path", ["README.md", *(f"{folder}/README.md" for folder in SOURCES)])
def test_files_named_in_a_readme_exist(path: str) -> None:
    """A file map points at what is there."""
    folder = (ROOT / path).parent
    named = re.findall(r"`([\w/.-]+(?:\.(?:py|toml|json|md|sql)|/))`", (ROOT / path).read_text("utf-8"))
    absent = [
        name
        for name in named
        if not (folder / name).exists()
        and not (ROOT / name).exists()
        and name not in {"directory.toml", "inbox/", "weighbridge.toml"}
    ]

    assert not absent, f"mend {path}: {absent}"


def test_commands_of_the_readme_exist() -> None:
    """Each command that the README shows is one the program has."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", README.read_text("utf-8"), re.DOTALL))
    shown = set(re.findall(r"^weighbridge ([a-z]+(?: [a-z]+)?)", blocks, re.MULTILINE))

    for command in sorted(shown):
        answer = CliRunner().invoke(app, [*command.split(), "--help"])
        assert answer.exit_code == 0, f"weighbridge {command}"


def test_dependencies_are_locked_with_hashes_and_no_address() -> None:
    """The lock names no index and covers what pyproject.toml asks for."""
    lock = (ROOT / "requirements" / "dev.lock").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *(item for extra in extras for item in extra),
    ]
    names = {re.split(r"[\[<>=]", item)[0].lower() for item in wanted}
    locked = set(re.findall(r"^([a-z0-9.-]+)==", lock, re.MULTILINE))

    assert names <= locked, "run make lock"
    assert "://" not in lock
    assert lock.count("==") <= lock.count("--hash=sha256:")


def test_the_wheel_holds_the_data_and_no_tests(tmp_path: Path) -> None:
    """What is installed has its schemas, code lists, SQL and documents, under our four names only."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    folders = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert set(SOURCES) == folders
    assert {
        "schemas/avro/movement/v1.avsc",
        "schemas/codelists/low.csv",
        "consumers/hub/sql/latest.sql",
        "deploy/exchange/jars.lock",
        "deploy/demo/documents/uk-packaging/exporter_1.json",
    } <= set(names)
