"""The directory of an exchange: written as it is read, refused where it is wrong, built by commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from deploy.cli import app
from schemas import directory
from schemas.directory import Directory, HubMember, Member
from schemas.errors import ConfigurationError
from schemas.movement import Side

KEYS = st.binary(min_size=32, max_size=32)
NAMES = st.from_regex(r"[A-Z]{2}-[A-Z0-9]{1,12}", fullmatch=True)
MEMBERS = st.builds(
    Member,
    signing_keys=st.tuples(KEYS) | st.just(()),
    opening_key=st.none() | KEYS,
    countries=st.frozensets(st.sampled_from(["US", "GB", "FR"])),
    sides=st.frozensets(st.sampled_from(list(Side))),
)
HUB_NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True)
HUBS = st.builds(HubMember, signing_keys=st.tuples(KEYS) | st.just(()))
KEY, OTHER = "01" * 32, "02" * 32


def page(folder: Path, name: str, key: str, file: str) -> str:
    """Write an entry, as `keys show` prints one, and return its path."""
    path = folder / file
    path.write_text(f'# comment\n[members.{name}]\nsigning_keys = ["{key}"]\ncountries = ["GB"]\n')
    return str(path)


def run(*arguments: str) -> tuple[int, str]:
    """Return status and output of `weighbridge directory`."""
    answer = CliRunner().invoke(app, ["directory", *arguments])
    return answer.exit_code, answer.output


@given(st.dictionaries(NAMES, MEMBERS, max_size=4), st.dictionaries(HUB_NAMES, HUBS, max_size=3))
def test_a_directory_reads_as_it_was_written(members: dict[str, Member], hubs: dict[str, HubMember]) -> None:
    """Written and read again it says the same, and its text does not depend on an order."""
    written = directory.text(Directory(members, hubs))
    turned = directory.text(Directory(dict(reversed(members.items())), dict(reversed(hubs.items()))))

    assert written == turned
    if members or hubs:
        assert Directory(members, hubs) == directory.parsed(written, "here")


def test_a_hub_is_no_agency(tmp_path: Path) -> None:
    """A hub's key verifies its releases and no movements, and nothing is ever sealed to it."""
    entry = f'[hubs.north]\nsigning_keys = ["{KEY}"]\n'
    found = directory.parsed(entry, "here")

    assert found.hub_keys("north") == (bytes.fromhex(KEY),)
    assert found.signing_keys("north") == found.hub_keys("south") == ()
    assert not [*found.recipients("GB", "FR", ())]
    with pytest.raises(ConfigurationError):
        directory.parsed(f'{entry}opening_key = "{OTHER}"\n', "here")
    (tmp_path / "north.toml").write_text(entry)
    assert run("add", str(tmp_path / "directory.toml"), str(tmp_path / "north.toml"))[0] == 0
    assert directory.load(tmp_path / "directory.toml") == found


@given(NAMES, MEMBERS, MEMBERS)
def test_different_entries_have_different_fingerprints(name: str, first: Member, second: Member) -> None:
    """Keys, countries and sides all count: whoever compares fingerprints compares everything."""
    found = [directory.fingerprint(directory.entry(name, member)) for member in (first, second)]

    assert (first == second) == (found[0] == found[1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "members = 1",
        "[members.GB-EA",
        "[members.gb]",
        '[members.GB-EA]\nopening_key = "01"',
        "[members.GB-EA]\nopening_key = 1",
        '[members.GB-EA]\nopening_keys = ["' + KEY + '"]',
        '[members.GB-EA]\nsides = ["ALL"]',
        '[members.GB-EA]\ncountries = ["england"]',
    ],
)
def test_a_wrong_directory_is_refused(tmp_path: Path, text: str) -> None:
    """What is no directory stops the start, with its place."""
    (tmp_path / "directory.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"directory\.toml"):
        directory.load(tmp_path / "directory.toml")


def test_entries_become_a_directory(tmp_path: Path) -> None:
    """Added one after the other, shown with what to compare, the same again changes nothing."""
    file = str(tmp_path / "directory.toml")
    first, second = page(tmp_path, "GB-EA", KEY, "a"), page(tmp_path, "FR-DGPR", OTHER, "b")
    added = [run("add", file, first), run("add", file, second, first)]
    shown = json.loads(run("show", file, "--json")[1])

    assert [0, 0] == [status for status, _ in added]
    assert {"GB-EA", "FR-DGPR"} == set(directory.load(Path(file)).members)
    assert ["FR-DGPR", "GB-EA"] == [row["member"] for row in shown["members"]]
    assert all(f"{row['member']}: {row['fingerprint']}" in added[1][1] for row in shown["members"])
    assert directory.fingerprint(Path(file).read_text()) == shown["fingerprint"]
    assert shown["fingerprint"] in run("show", file)[1]


def test_nobodys_keys_are_exchanged_unasked(tmp_path: Path) -> None:
    """Another entry of a member needs --replace, and a signing key that goes is told."""
    file = str(tmp_path / "directory.toml")
    run("add", file, page(tmp_path, "GB-EA", KEY, "a"))
    before, other = Path(file).read_bytes(), page(tmp_path, "GB-EA", OTHER, "b")
    answer = CliRunner().invoke(app, ["directory", "add", file, other])
    refused, unchanged = answer.exception, Path(file).read_bytes()
    status, told = run("add", file, other, "--replace")

    assert isinstance(refused, ConfigurationError)
    assert before == unchanged
    assert status == 0
    assert "1 signing keys dropped" in told
    assert (bytes.fromhex(OTHER),) == directory.load(Path(file)).signing_keys("GB-EA")


def test_check_ends_with_a_status(tmp_path: Path) -> None:
    """Monitoring can tell an error from a warning."""
    file = str(tmp_path / "directory.toml")
    run("add", file, page(tmp_path, "GB-EA", KEY, "a"))
    warned = run("check", file, "--json")
    run("add", file, page(tmp_path, "FR-DGPR", KEY, "b"))
    wrong = run("check", file)

    assert warned[0] == 0
    assert ["WARNING"] == [fault["severity"] for fault in json.loads(warned[1])]
    assert wrong[0] == 1
    assert "error: GB-EA: a key that is there twice" in wrong[1]
