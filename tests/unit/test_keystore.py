"""Key stores: each gives back what it was given, and refuses what is not safe or not its own."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from moto import mock_aws

from schemas import files, identity
from schemas.errors import ConfigurationError, RetriableError
from schemas.keystore import private_file
from schemas.keystore.folder import Folder
from schemas.keystore.store import at
from schemas.keystore.wrapped import Wrapped
from tests.support import softhsm
from tests.support.samples import ROOT

NAME, TEXT = "agency.json", b'{"a": "secret of a test"}'
YEARS = range(2025, 2028)


class Wrapping:
    """A wrapping in memory, for what does not depend on who wraps."""

    _key = bytes(32)

    def wrap(self, key: bytes, label: str) -> bytes:
        """Encrypt a key."""
        return AESGCM(self._key).encrypt(bytes(12), key, label.encode())

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        """Decrypt a key, or say as a token does that it does not."""
        try:
            return AESGCM(self._key).decrypt(bytes(12), wrapped, label.encode())
        except InvalidTag:
            raise ConfigurationError("refused") from None


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the id of a key of AWS KMS, or rather of moto's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        client: Any = boto3.client("kms")
        yield client.create_key()["KeyMetadata"]["KeyId"]


def test_a_folder_keeps_documents_for_its_owner_alone(tmp_path: Path) -> None:
    """What is written comes back, in place of what was there, in a folder and files closed to others."""
    store = at(str(tmp_path / "keys"))
    before = store.read(NAME)
    store.write(NAME, b"first")
    store.write(NAME, TEXT)

    assert (None, TEXT) == (before, store.read(NAME))
    assert [NAME] == [file.name for file in (tmp_path / "keys").iterdir()]
    assert 0o600 == stat.S_IMODE((tmp_path / "keys" / NAME).stat().st_mode)
    assert 0o700 == stat.S_IMODE((tmp_path / "keys").stat().st_mode)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """Whatever others may do with a key file, it is not read."""
    store = Folder(tmp_path)
    store.write(NAME, TEXT)
    (tmp_path / NAME).chmod(mode)
    with pytest.raises(ConfigurationError, match="read by others") as caught:
        store.read(NAME)

    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize(
    ("mode", "owner", "expected"),
    [
        (0o600, 1000, True),
        (0o640, 1000, False),
        (0o440, 0, True),
        (0o640, 0, True),
        (0o444, 0, False),
        (0o460, 0, False),
        (0o450, 0, False),
    ],
)
def test_root_may_let_our_group_read_what_it_owns(
    mode: int, owner: int, *, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that is not root reads a secret that root hands to its group, and nothing looser."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = os.stat_result((stat.S_IFREG | mode, 0, 0, 1, owner, 1000, 0, 0, 0, 0))

    assert files.is_private(found) is expected


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """Where others can put files of their own, keys are neither read nor written."""
    store = Folder(tmp_path)
    store.write(NAME, TEXT)
    tmp_path.chmod(mode)
    with pytest.raises(ConfigurationError, match="written by others"):
        store.read(NAME)
    with pytest.raises(ConfigurationError, match="written by others"):
        store.write(NAME, b"new")
    tmp_path.chmod(0o700)

    assert store.read(NAME) == TEXT


def test_the_files_of_another_user_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that somebody else owns may be somebody else's keys."""
    store = Folder(tmp_path)
    store.write(NAME, TEXT)
    monkeypatch.setattr(private_file, "_SUPERUSER", -1)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)

    with pytest.raises(ConfigurationError, match="another user"):
        store.read(NAME)


def test_a_pipe_in_place_of_a_key_file_is_refused_at_once(tmp_path: Path) -> None:
    """Nobody waits for a writer that never comes."""
    os.mkfifo(tmp_path / NAME, 0o600)

    with pytest.raises(ConfigurationError, match="no file"):
        Folder(tmp_path).read(NAME)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk costs no key and leaves no half of one."""
    store = Folder(tmp_path)
    store.write(NAME, TEXT)

    def full(_: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        store.write(NAME, b"new")

    assert store.read(NAME) == TEXT
    assert [NAME] == [file.name for file in tmp_path.iterdir()]


def test_the_environment_gives_keys_and_takes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys made in a folder load from two variables; writing there is refused with the way to do it."""
    identity.create(tmp_path / "keys", YEARS)
    for name in (identity.AGENCY_FILE, identity.EXCHANGE_FILE):
        variable = f"TEST_KEYS_{name.removesuffix('.json').upper()}"
        monkeypatch.setenv(variable, (tmp_path / "keys" / name).read_text())
    monkeypatch.setenv("TEST_KEYS_AGENCY_2", "other")

    assert identity.load(tmp_path / "keys") == identity.load("env:TEST_KEYS")
    with pytest.raises(ConfigurationError) as caught:
        identity.extend("env:TEST_KEYS", range(2030, 2031))
    assert "TEST_KEYS_EXCHANGE" in caught.value.hint
    with pytest.raises(ConfigurationError, match=r"no agency\.json"):
        identity.load("env:TEST_ABSENT")


def test_wrapped_documents_are_not_on_disk_in_clear(tmp_path: Path) -> None:
    """The file holds neither the text nor anything that is the same when it is written again."""
    store = Wrapped(Folder(tmp_path), Wrapping())
    files = []
    for _ in range(2):
        store.write(NAME, TEXT)
        (file,) = tmp_path.iterdir()
        files.append(json.loads(file.read_text()))

    assert store.read(NAME) == TEXT
    assert not any(TEXT.hex() in part or TEXT.decode() in part for part in files[0].values())
    assert all(files[0][part] != files[1][part] for part in files[0])


@pytest.mark.parametrize("part", ["key", "nonce", "text"])
@pytest.mark.parametrize("change", ["flip", "cut", "empty", "absent", "number"])
def test_an_altered_wrapped_document_does_not_open(tmp_path: Path, part: str, change: str) -> None:
    """A bit, an end or a member that changed is found, and the message shows nothing."""
    store = Wrapped(Folder(tmp_path), Wrapping())
    store.write(NAME, TEXT)
    file = tmp_path / f"{NAME}.sealed"
    sealed = json.loads(file.read_text())
    right = sealed.pop(part)
    flipped = f"{int(right[0], 16) ^ 1:x}{right[1:]}"
    changed = {"flip": flipped, "cut": right[:-2], "empty": "", "number": 7}
    file.write_text(json.dumps(sealed | ({part: changed[change]} if change in changed else {})))

    with pytest.raises(ConfigurationError) as caught:
        store.read(NAME)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_wrapped_documents_cannot_be_exchanged(tmp_path: Path) -> None:
    """A document under another's name does not open."""
    store = Wrapped(Folder(tmp_path), Wrapping())
    store.write("agency.json", TEXT)
    (tmp_path / "agency.json.sealed").rename(tmp_path / "exchange.json.sealed")

    with pytest.raises(ConfigurationError):
        store.read("exchange.json")


def test_a_key_service_wraps_and_unwraps(tmp_path: Path, service: str) -> None:
    """Keys drawn into the service's store load again, and no key is in its files."""
    place = f"awskms:{service}?folder={tmp_path / 'keys'}"
    identity.create(place, YEARS)
    identity.extend(place, range(2028, 2030))
    keys = identity.load(place)
    texts = [file.read_bytes() for file in (tmp_path / "keys").iterdir()]

    assert set(range(2025, 2030)) == set(keys.pseudonym)
    assert 2 == len(texts)
    secrets = (keys.agency, keys.signing, keys.opening, keys.movement, *keys.pseudonym.values())
    assert not any(form in text for text in texts for key in secrets for form in (key, key.hex().encode()))


def test_another_key_of_the_service_opens_nothing(tmp_path: Path, service: str) -> None:
    """The refusal of the service becomes a configuration error without its text."""
    identity.create(f"awskms:{service}?folder={tmp_path / 'keys'}", YEARS)
    client: Any = boto3.client("kms")
    other = client.create_key()["KeyMetadata"]["KeyId"]

    for key in (other, "alias/absent"):
        with pytest.raises(ConfigurationError, match=r"the key service refuses: [A-Za-z]+$"):
            identity.load(f"awskms:{key}?folder={tmp_path / 'keys'}")


def test_a_service_that_cannot_be_reached_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing answers at that address: the error says that waiting may help."""
    values = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_MAX_ATTEMPTS": "1",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(RetriableError, match="cannot be reached"):
        identity.create(f"awskms:alias/weighbridge?folder={tmp_path}", YEARS)


def _in_own_process(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ)


def test_a_token_wraps_and_unwraps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys drawn under a real token load in another process, not with another PIN, key or file."""
    token = softhsm.made(tmp_path / "hsm", monkeypatch)
    place = token.address(tmp_path / "keys")
    load = "import sys; from schemas import identity; print(identity.load(sys.argv[1]).verify_key.hex())"
    made = _in_own_process(f"from schemas import identity; identity.create({place!r}, range(2025, 2028))")
    first, second = _in_own_process(load, place), _in_own_process(load, place)

    assert (0, 0) == (made.returncode, first.returncode), made.stderr + first.stderr
    assert 65 == len(first.stdout)
    assert first.stdout == second.stdout
    other_key = _in_own_process(load, token.address(tmp_path / "keys", key="other"))
    assert "the token has no key of that name" in other_key.stderr
    (token.folder / "pin").write_text("271829")
    wrong_pin = _in_own_process(load, place)
    assert "the token refuses: PinIncorrect" in wrong_pin.stderr
    assert "27182" not in wrong_pin.stderr


def test_what_a_token_wrapped_cannot_be_altered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token itself refuses a wrapped key of which one bit changed."""
    token = softhsm.made(tmp_path / "hsm", monkeypatch)
    place = token.address(tmp_path / "keys")
    _in_own_process(f"from schemas import identity; identity.create({place!r}, range(2025, 2028))")
    file = tmp_path / "keys" / "agency.json.sealed"
    sealed = json.loads(file.read_text())
    sealed["key"] = sealed["key"][:-1] + f"{int(sealed['key'][-1], 16) ^ 1:x}"
    file.write_text(json.dumps(sealed))

    refused = _in_own_process(f"from schemas import identity; identity.load({place!r})")
    assert "ConfigurationError: the token refuses" in refused.stderr


@pytest.mark.parametrize(
    "place",
    [
        "vault:weighbridge",
        "awskm:alias/weighbridge?folder=keys",
        "awskms:alias/weighbridge",
        "awskms:?folder=keys",
        "awskms:alias/weighbridge?folder=",
        "awskms:alias/weighbridge?folder=a&folder=b",
        "awskms:alias/weighbridge?folder=keys&region=x",
        "pkcs11:token=a?module-path=m&pin-source=file:p&folder=k",
        "pkcs11:token=a;object=b;object=c?module-path=m&pin-source=file:p&folder=k",
        "pkcs11:token=a;object=b?module-path=m&pin-value=271828&folder=k",
        "pkcs11:token=a;object=b?module-path=m&pin-source=271828&folder=k",
        "env:",
        "env:A=B",
    ],
)
def test_a_wrong_address_is_told_without_repeating_it(place: str) -> None:
    """A mistyped address stops the start; what may be a PIN in it is not shown."""
    with pytest.raises(ConfigurationError) as caught:
        at(place)

    assert caught.value.hint
    assert "271828" not in f"{caught.value}{caught.value.hint}"


def test_a_folder_of_an_odd_name_is_still_a_folder(tmp_path: Path) -> None:
    """A path object is never an address, nor is a text with a slash before the colon."""
    assert Folder(Path("env:KEYS")) == at(Path("env:KEYS"))
    assert Folder(tmp_path / "a:b") == at(f"{tmp_path}/a:b")
