"""The program as a person meets it: help, errors that say what to do, exit status."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from schemas import identity
from tests.support import program
from tests.support.samples import ROOT

COMMANDS = (
    ("demo",),
    ("subscribe",),
    ("alive",),
    ("exchange", "up"),
    ("exchange", "down"),
    ("exchange", "status"),
    ("adapter", "list"),
    ("adapter", "convert"),
    ("adapter", "run"),
    ("hub", "run"),
    ("hub", "status"),
    ("hub", "sql"),
    ("release", "run"),
    ("topics", "plan"),
    ("topics", "apply"),
    ("schemas", "check"),
    ("schemas", "plan"),
    ("schemas", "apply"),
    ("codes", "show"),
    ("codes", "find"),
    ("codes", "check"),
    ("keys", "create"),
    ("doctor", "agency"),
    ("doctor", "hub"),
    ("doctor", "ledger"),
    ("disclosure", "protect"),
    ("disclosure", "audit"),
    ("disclosure", "verify"),
)


def weighbridge(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does, but for its imports."""
    return program.run_text(*arguments, cwd=cwd)


def test_it_is_installed_under_its_name() -> None:
    """The command that the package installs is the program, and finds all that it imports."""
    program_file = Path(sys.executable).with_name("weighbridge")
    answer = subprocess.run([program_file, "--help"], capture_output=True, text=True, check=False)

    assert (answer.returncode, answer.stderr) == (0, "")
    assert all(noun in answer.stdout for noun in {first for first, *_ in COMMANDS})


@pytest.mark.parametrize("noun", sorted({command[0] for command in COMMANDS}))
def test_every_noun_has_help(noun: str) -> None:
    """`--help` of each noun lists its verbs."""
    verbs = [verb for first, *rest in COMMANDS if first == noun for verb in rest]

    answer = weighbridge(noun, "--help")

    assert answer.returncode == 0
    assert all(verb in answer.stdout for verb in verbs)


def test_an_expected_error_is_two_lines() -> None:
    """What went wrong and what to try; status 2 for wrong usage, and no traceback."""
    answer = weighbridge("hub", "status", "--file", "absent.duckdb")

    assert answer.returncode == 2
    assert ["Error:", "Try:"] == [line.split()[0] for line in answer.stderr.splitlines()]
    assert answer.stdout == ""


def test_schemas_check_needs_no_registry() -> None:
    """The check for continuous integration says what it looked at."""
    answer = weighbridge("schemas", "check")

    assert answer.returncode == 0
    assert "as released" in answer.stdout


def test_keys_are_private_and_never_overwritten(tmp_path: Path) -> None:
    """Key files are their owner's alone, two agencies share what they must, and a second call refuses."""
    first, second = tmp_path / "first", tmp_path / "second"
    weighbridge("keys", "create", "--out", str(first))
    shared = first / identity.EXCHANGE_FILE

    joined = weighbridge("keys", "create", "--out", str(second), "--exchange-keys", str(shared))
    again = weighbridge("keys", "create", "--out", str(first))

    assert joined.returncode == 0
    assert again.returncode == 2
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*.json")}
    one, two = identity.load(first), identity.load(second)
    assert one.movement_key("US:1") == two.movement_key("US:1")
    assert one.pseudonym_of("VAT", "1", 2026) == two.pseudonym_of("VAT", "1", 2026)
    assert one.document_key("1") != two.document_key("1")


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    """A key file with loose permissions stops the adapter, and the remedy is named."""
    weighbridge("keys", "create", "--out", str(tmp_path / "keys"))
    (tmp_path / "keys" / identity.AGENCY_FILE).chmod(0o644)

    answer = weighbridge("adapter", "convert", "us-emanifest", "--keys", str(tmp_path / "keys"), "README.md")

    assert answer.returncode == 2
    assert "chmod 600" in answer.stderr


def test_settings_refuse_what_they_do_not_know(tmp_path: Path) -> None:
    """A misspelt setting stops the program; its name is shown, its value never."""
    (tmp_path / "weighbridge.toml").write_text('[kafka]\npasswort = "hunter2"\n')

    answer = weighbridge("topics", "plan", cwd=tmp_path)

    assert answer.returncode == 2
    assert "passwort" in answer.stderr
    assert "hunter2" not in answer.stderr


def test_adapters_are_listed_with_what_they_take() -> None:
    """An agency sees which systems are known and which values bare documents need."""
    answer = weighbridge("adapter", "list")

    assert answer.returncode == 0
    assert all(word in answer.stdout for word in ("us-emanifest", "uk-packaging", "organisation"))


def test_status_of_nothing_is_an_error(tmp_path: Path) -> None:
    """A script can tell that no exchange runs."""
    answer = weighbridge("exchange", "status", "--json", "--state", str(tmp_path))

    assert answer.returncode == 1
    json.loads(answer.stdout)


def test_a_probe_tells_a_living_loop_from_a_dead_one(tmp_path: Path) -> None:
    """A fresh health file is alive, an old or absent one is not."""
    file = tmp_path / "health"
    file.touch()

    alive = weighbridge("alive", str(file))
    os.utime(file, (0, 0))
    old, absent = (weighbridge("alive", str(path)) for path in (file, tmp_path / "absent"))

    assert (alive.returncode, old.returncode, absent.returncode) == (0, 1, 1)
    assert "did not turn" in old.stdout
    assert "no such file" in absent.stdout
