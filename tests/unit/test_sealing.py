"""Sealing: the same input gives the same bytes, sizes come in classes, and only the recipient opens."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import fastavro
import pytest

from schemas import contract, sealing
from schemas.errors import ConfigurationError, ContractError, SealError
from schemas.keyring import Keyring
from schemas.sealing import DataKey
from tests.support import sealed
from tests.support.sealed import exchange_of, keys_of, part_of, wrapped

AGENCIES = {name: keys_of(name) for name in ("US-EPA", "GB-EA", "FR-DGPR")}
KEY = DataKey(bytes(range(16)), bytes(range(64)))


@pytest.fixture
def keyring() -> Keyring:
    """Return a recipient's keyring that holds the key."""
    return sealed.keyring_of("GB-EA", AGENCIES, [wrapped(KEY, "US-EPA", "GB-EA", AGENCIES)])


def test_a_recipient_opens_what_was_sealed_to_it(keyring: Keyring) -> None:
    """Key and part travel as records, and every value comes out as it went in."""
    found: Any = fastavro.schemaless_reader(
        io.BytesIO(sealing.encoded_part(part_of(KEY, "US-EPA", "GB-EA", 1))),
        contract.parsed("sealed_part"),
        None,
    )
    opened = keyring.open(sealing.SealedPart(**found))

    assert "native-1" == opened["document_number"]
    assert ("GENERATOR", "Native Works Ltd") == (opened["parties"][0]["role"], opened["parties"][0]["name"])
    assert [{"kind": "CONSENT", "value": "native-consent"}] == opened["references"]


def test_sealing_twice_gives_the_same_bytes() -> None:
    """A document that is read again gives the same part; another event or recipient another one."""
    first = part_of(KEY, "US-EPA", "GB-EA", 1)

    assert first == part_of(KEY, "US-EPA", "GB-EA", 1)
    assert first.ciphertext != part_of(KEY, "US-EPA", "FR-DGPR", 1).ciphertext
    assert first.ciphertext != part_of(KEY, "US-EPA", "GB-EA", 2).ciphertext


@pytest.mark.parametrize(("size", "padded"), [(0, 64), (64, 64), (65, 256), (257, 1024), (1025, 4096)])
def test_sizes_come_in_few_classes(size: int, padded: int) -> None:
    """The length of a name shows only where it moves the whole to another class."""
    assert padded == len(sealing.padded(b"x" * size))


def test_the_name_of_a_party_leaves_no_trace_in_a_part() -> None:
    """Nothing of the content is in the bytes that travel."""
    travels = sealing.encoded_part(part_of(KEY, "US-EPA", "GB-EA", 1))

    assert b"native" not in travels.lower()
    assert b"Native" not in travels


def test_a_secret_is_never_shown() -> None:
    """Printed keys and keyrings name no secret."""
    shown = repr(KEY) + repr(
        sealed.keyring_of("GB-EA", AGENCIES, [wrapped(KEY, "US-EPA", "GB-EA", AGENCIES)])
    )

    assert repr(KEY.secret) not in shown
    assert repr(AGENCIES["GB-EA"].opening) not in shown


def test_former_opening_keys_still_unwrap() -> None:
    """A recipient that changed its keys opens what was sealed before."""
    found = wrapped(KEY, "US-EPA", "GB-EA", AGENCIES)
    openings = (b"n" * 32, AGENCIES["GB-EA"].opening)

    assert KEY == sealing.unwrapped(found, openings, [AGENCIES["US-EPA"].verify_key])[0]


def test_an_agency_is_told_more_with_its_own_key() -> None:
    """The note inside a wrapped key comes out with it."""
    own = AGENCIES["US-EPA"]
    text = sealing.wrap(
        KEY,
        agency="US-EPA",
        recipient="US-EPA",
        quarter="2026-Q3",
        seal_key=own.seal_key,
        signing=own.signing,
        note=b"hash",
    )
    found = wrapped(KEY, "US-EPA", "US-EPA", AGENCIES)._replace(wrapped=text)

    assert (KEY, b"hash") == sealing.unwrapped(found, own.openings, [own.verify_key])


def test_a_public_key_that_is_none_is_refused() -> None:
    """Nothing is wrapped for a key with which anybody could unwrap."""
    with pytest.raises(ConfigurationError, match="GB-EA"):
        sealing.wrap(
            KEY, agency="US-EPA", recipient="GB-EA", quarter="2026-Q3", seal_key=bytes(32), signing=b"s" * 32
        )


def test_an_original_opens_for_its_agency_alone() -> None:
    """A refused document opens with its reject and the agency's keys, and with nothing else."""
    own, other = AGENCIES["US-EPA"], AGENCIES["GB-EA"]
    text = sealing.seal_original(b"native document\0", b"place", b"digest", own.seal_key)

    assert b"native document\0" == sealing.opened_original(text, b"place", b"digest", own.openings)
    for place, digest, openings in (
        (b"place", b"digest", other.openings),
        (b"other", b"digest", own.openings),
        (b"place", b"other", own.openings),
    ):
        with pytest.raises(SealError):
            sealing.opened_original(text, place, digest, openings)


def test_the_policy_changes_with_any_class() -> None:
    """A leaf of another class, a new one or a lost one gives another digest; one without a class none."""
    movement, sealed_content = contract.latest("movement"), contract.latest("sealed_content")
    fields = movement["fields"]
    other = {**fields[0], "sdc:confidentiality": "hub"}

    assert sealing.policy() == sealing.policy_of(movement, sealed_content)
    assert sealing.policy() != sealing.policy_of({**movement, "fields": [other, *fields[1:]]}, sealed_content)
    assert sealing.policy() != sealing.policy_of({**movement, "fields": fields[1:]}, sealed_content)
    bare = {name: value for name, value in fields[0].items() if name != "sdc:confidentiality"}
    with pytest.raises(ContractError):
        sealing.policy_of({**movement, "fields": [bare, *fields[1:]]}, sealed_content)


def test_quarters_follow_the_calendar() -> None:
    """The first and last day of each quarter lie in it."""
    days = [
        date(2026, month, day) for month, day in ((1, 1), (3, 31), (4, 1), (6, 30), (7, 1), (9, 30), (12, 31))
    ]

    assert ["Q1", "Q1", "Q2", "Q2", "Q3", "Q3", "Q4"] == [sealing.quarter(day)[5:] for day in days]


def test_a_directory_knows_its_members() -> None:
    """The helpers of tests and the directory agree on who is who."""
    assert (AGENCIES["GB-EA"].verify_key,) == exchange_of(AGENCIES).signing_keys("GB-EA")
