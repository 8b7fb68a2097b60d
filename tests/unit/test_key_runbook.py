"""The runbook for keys: every command on it works, in its order, and does what the page says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from deploy.cli import app
from schemas import directory, identity
from schemas.errors import ConfigurationError
from tests.support import softhsm
from tests.support.samples import ROOT

PAGE = (ROOT / "deploy" / "KEYS.md").read_text("utf-8")
BLOCK = re.compile(r"^ *```sh *(?P<kind>\w*)\n(?P<body>.*?)^ *```$", re.DOTALL | re.MULTILINE)


def blocks(kind: str) -> list[list[str]]:
    """Return the command lines of a kind of block, as words."""
    return [
        shlex.split(line)
        for found in BLOCK.finditer(PAGE)
        if found["kind"] == kind
        for line in found["body"].splitlines()
        if line.strip()
    ]


def run(words: list[str]) -> str:
    """Run one command as the shell would, with its output in a file where it says so."""
    program, *arguments = words
    assert program == "weighbridge"
    target = None
    if ">" in arguments:
        *arguments, _, target = arguments
    answer = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert answer.exit_code == 0, f"{shlex.join(words)}\n{answer.output}"
    if target is not None:
        Path(target).write_text(answer.stdout)
    return answer.stdout


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder in which the commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bring a key service with the key that the page names."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        client: Any = boto3.client("kms")
        key = client.create_key()["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName="alias/weighbridge", TargetKeyId=key)
        yield


def test_the_page_can_be_followed(desk: Path) -> None:
    """From the first key to a finished rotation: both agencies agree, old and new keys both work."""
    commands = blocks("")
    outputs = [run(words) for words in commands]
    us, gb = identity.load(desk / "us"), identity.load(desk / "gb")
    member = directory.load(desk / "directory.toml").members["GB-EA"]

    assert len(commands) > 20
    assert (us.movement, us.pseudonym) == (gb.movement, gb.pseudonym)
    assert 2045 in gb.pseudonym
    assert us.agency != gb.agency
    assert gb.verify_key in member.signing_keys
    assert (2, 1) == (len(member.signing_keys), len(gb.former_opening))
    assert member.opening_key == gb.seal_key
    assert "nothing wrong\n" == outputs[-1]
    assert not [
        text for text in outputs for key in (*gb.openings, gb.signing, gb.agency) if key.hex() in text
    ]


def test_settings_may_name_what_is_not_there_yet(desk: Path) -> None:
    """The first keys are drawn, shown and rotated before there is a directory; check says so."""
    (desk / "weighbridge.toml").write_text(
        '[agency]\nid = "US-EPA"\nkeys = "us"\ndirectory = "directory.toml"\n'
    )
    for line in ("create --out us", "show --country US > us-epa.toml", "extend --last-year 2045", "rotate"):
        run(["weighbridge", "keys", *line.split()])
    answer = CliRunner().invoke(app, ["keys", "check"])
    run(["weighbridge", "directory", "add", "directory.toml", "us-epa.toml"])

    assert isinstance(answer.exception, ConfigurationError)
    assert "US-EPA" in run(["weighbridge", "keys", "show"])


@pytest.mark.usefixtures("service")
def test_the_page_knows_the_key_service(desk: Path) -> None:
    """Copied into the key service, the keys are the same and their files show none of them."""
    run(blocks("")[0])
    for words in blocks("service"):
        run(words)

    assert identity.load("us") == identity.load("awskms:alias/weighbridge?folder=service-us")
    assert identity.load("us").agency.hex().encode() not in _bytes_of(desk / "service-us")


def test_the_page_knows_the_token(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copied under a token, the keys are the same and their files show none of them."""
    token = softhsm.made(desk / "hsm", monkeypatch)
    (token.folder / "pin").rename(desk / "pin")
    run(blocks("")[0])
    commands = [
        [re.sub(r"module-path=[^&]+", f"module-path={token.module}", word) for word in words]
        for words in blocks("token")
    ]
    for words in commands:
        run(words)

    assert identity.load("us") == identity.load(commands[1][-1])
    assert identity.load("us").agency.hex().encode() not in _bytes_of(desk / "token-us")


def _bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())
