"""Keyed identities: stable, apart from each other, nothing without the key; and their files."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from schemas import identity
from schemas.errors import ConfigurationError
from schemas.identity import DEMONSTRATION_KEYS as KEYS

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
YEARS = range(2025, 2028)


@given(st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, min_size=1, max_size=4))
def test_different_parts_give_different_keys(first: list[str], second: list[str]) -> None:
    """Two identities are equal only if all their parts are, wherever the parts are cut."""
    assert (first == second) == (KEYS.document_key(*first) == KEYS.document_key(*second))


@given(TEXT)
def test_every_identity_has_16_bytes_and_shows_nothing(text: str) -> None:
    """Identities are 16 bytes, differ by kind, and do not hold the native identifier."""
    found = {
        KEYS.document_key(text),
        KEYS.movement_key(text),
        KEYS.pseudonym_of(text, text, 2026),
        KEYS.statement_key(text, text, 1, "RECEIVED", 0),
        KEYS.content_digest(text.encode()),
    }

    assert {16} == {len(item) for item in found}
    assert len(found) == 5
    assert not any(len(text) > 3 and text.encode() in item for item in found)


def test_each_part_of_a_statement_key_counts() -> None:
    """Document, movement, line, stage and step each make another fact."""
    given_ = ("document", "reference", 1, "RECEIVED", 0)
    others = [("other", *given_[1:]), (given_[0], "other", *given_[2:])]
    others += [(*given_[:2], 2, *given_[3:]), (*given_[:3], "REFUSED", 0), (*given_[:4], 1)]
    keys = {KEYS.statement_key(*parts) for parts in (given_, *others)}

    assert len(keys) == 6


def test_revision_edition_and_content_each_make_another_event() -> None:
    """The same statement read twice has one event id; another version or content has another."""
    key, digest = KEYS.document_key("a"), KEYS.content_digest(b"a")
    ids = [
        KEYS.event_id(key, 1, 0, digest),
        KEYS.event_id(key, 2, 0, digest),
        KEYS.event_id(key, 1, 1, digest),
        KEYS.event_id(key, 1, 0, KEYS.content_digest(b"b")),
        KEYS.event_id(KEYS.document_key("b"), 1, 0, digest),
    ]

    assert len(set(ids)) == 5
    assert ids[0] == KEYS.event_id(key, 1, 0, digest)


def test_agencies_meet_in_movements_and_companies_only() -> None:
    """Two agencies of an exchange share movement keys and pseudonyms, and no document or event key."""
    other = replace(KEYS, agency=b"another agency of the exchange..")

    assert KEYS.movement_key("US:1") == other.movement_key("US:1")
    assert KEYS.pseudonym_of("A", "1", 2026) == other.pseudonym_of("A", "1", 2026)
    assert KEYS.document_key("1") != other.document_key("1")
    assert KEYS.content_digest(b"1") != other.content_digest(b"1")


def test_a_pseudonym_lasts_a_year() -> None:
    """The same company has another pseudonym in another year, and none where there is no key."""
    assert KEYS.pseudonym_of("A", "1", 2026) != KEYS.pseudonym_of("A", "1", 2027)
    with pytest.raises(KeyError):
        KEYS.pseudonym_of("A", "1", 3000)


def test_created_keys_load_and_are_private(tmp_path: Path) -> None:
    """Keys come back as they were drawn, in files that only their owner reads, and are never shown."""
    identity.create(tmp_path / "a", YEARS)
    keys = identity.load(tmp_path / "a")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "a").iterdir()}

    assert set(YEARS) == set(keys.pseudonym)
    assert {0o600} == modes
    assert not keys.is_demonstration
    assert keys.agency.hex() not in repr(keys)
    assert keys.agency == identity.load(tmp_path / "a").agency


def test_public_keys_belong_to_the_private_ones() -> None:
    """What the directory names verifies what the signing key signs, and agrees with the opening key."""
    other = X25519PrivateKey.generate()
    signed = Ed25519PrivateKey.from_private_bytes(KEYS.signing).sign(b"record")
    shared = X25519PrivateKey.from_private_bytes(KEYS.opening).exchange(other.public_key())

    Ed25519PublicKey.from_public_bytes(KEYS.verify_key).verify(signed, b"record")
    assert shared == other.exchange(X25519PublicKey.from_public_bytes(KEYS.seal_key))


def test_a_second_agency_takes_the_shared_keys(tmp_path: Path) -> None:
    """With the exchange's keys only the agency's own key is drawn anew."""
    identity.create(tmp_path / "a", YEARS)
    identity.create(tmp_path / "b", YEARS, tmp_path / "a" / identity.EXCHANGE_FILE)
    first, second = (identity.load(tmp_path / name) for name in "ab")

    assert (first.movement, first.pseudonym) == (second.movement, second.pseudonym)
    assert first.agency != second.agency


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    """Creating keys where there are keys is refused and changes nothing."""
    identity.create(tmp_path, YEARS)
    before = (tmp_path / identity.AGENCY_FILE).read_bytes()
    with pytest.raises(ConfigurationError, match="exists"):
        identity.create(tmp_path, YEARS)

    assert before == (tmp_path / identity.AGENCY_FILE).read_bytes()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (identity.AGENCY_FILE, "no JSON"),
        (identity.AGENCY_FILE, "[1]"),
        (identity.AGENCY_FILE, json.dumps({"agency": "5ec2e7"})),
        (identity.AGENCY_FILE, json.dumps({"agency": "5ec2e7 not hexadecimal"})),
        (identity.AGENCY_FILE, json.dumps({"agency": 7})),
        (identity.EXCHANGE_FILE, json.dumps({"movement": "00" * 32})),
        (identity.EXCHANGE_FILE, json.dumps({"movement": "00" * 32, "pseudonym": {"year": "00" * 32}})),
    ],
)
def test_a_malformed_key_file_is_told_without_its_content(tmp_path: Path, file: str, text: str) -> None:
    """A broken key file is a configuration error that shows no part of it."""
    identity.create(tmp_path, YEARS)
    (tmp_path / file).write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        identity.load(tmp_path)

    assert "5ec2e7" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.hint


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    """A key file that the group can read stops the start and names the command that mends it."""
    identity.create(tmp_path, YEARS)
    (tmp_path / identity.AGENCY_FILE).chmod(0o640)
    with pytest.raises(ConfigurationError, match="read by others") as caught:
        identity.load(tmp_path)

    assert "chmod 600" in caught.value.hint
