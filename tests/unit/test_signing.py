"""Signatures of records: what was signed verifies, and nothing else does."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import contract
from schemas.directory import Directory, Member
from schemas.identity import DEMONSTRATION_KEYS
from schemas.signing import RECORDS_MAX, START, Chain, Signature, Signer, digest, verified

RECORDS = [(7, b"key", b"value"), (9, b"other", b"text"), (10, None, None)]
KNOWN = Directory({"GB-EA": Member.model_validate({"signing_keys": [DEMONSTRATION_KEYS.verify_key.hex()]})})
Parts = list[bytes | None]


def fields_of(body: bytes) -> dict[str, Any]:
    """Return the decoded fields of a signature."""
    found: Any = fastavro.schemaless_reader(io.BytesIO(body), contract.parsed("signature"), None)
    return dict(found)


def checked(body: bytes, directory: Directory = KNOWN) -> Signature | None:
    """Return what a signature says if it verifies."""
    return verified(body, fields_of(body), directory)


def signed(agency: str = "GB-EA", key: bytes = DEMONSTRATION_KEYS.signing) -> bytes:
    """Return the first signature of a chain."""
    return Signer(agency, key).signed(Chain(), "topic", 2, RECORDS)


def test_signatures_say_what_was_signed_and_follow_one_another() -> None:
    """Two signatures of one writer verify, are numbered, and the second names the first."""
    signer, end = Signer("GB-EA", DEMONSTRATION_KEYS.signing), Chain()

    first, second = (checked(signer.signed(end, "topic", 2, RECORDS)) for _ in range(2))

    assert first is not None
    assert second is not None
    assert (first.agency, first.topic, first.partition) == ("GB-EA", "topic", 2)
    assert (first.runs, first.records, first.last) == ([range(7, 8), range(9, 11)], 3, 10)
    assert first.digest == digest([b"key", b"other", None], [b"value", b"text", None])
    assert (first.sequence, first.previous) == (0, START)
    assert (second.sequence, second.previous, second.writer) == (1, first.link, first.writer)
    assert (end.sequence, end.previous) == (2, second.link)


def test_no_bit_of_a_signature_can_be_changed() -> None:
    """Every bit of the body matters: with any one of them changed it verifies no more."""
    body = signed()
    for place in range(len(body) * 8):
        changed = bytearray(body)
        changed[place // 8] ^= 1 << place % 8
        try:
            fields = fields_of(bytes(changed))
        except Exception:  # noqa: BLE001, S112  # what cannot be decoded is not accepted either
            continue
        assert verified(bytes(changed), fields, KNOWN) is None, place


@pytest.mark.parametrize(
    ("body", "directory"),
    [
        (signed("FR-DGPR"), KNOWN),
        (signed(key=bytes(range(32))), KNOWN),
        (signed(), Directory({})),
        (signed(), Directory({"GB-EA": Member()})),
        (signed() + b"\0", KNOWN),
    ],
    ids=["unknown agency", "foreign key", "nobody known", "no key known", "bytes after it"],
)
def test_only_a_listed_key_of_the_named_agency_signs(body: bytes, directory: Directory) -> None:
    """An agency nobody lists, another one's key, or a body that goes on count for nothing."""
    assert checked(body, directory) is None


def test_an_old_key_signs_beside_a_new_one() -> None:
    """While a directory lists two keys of an agency, what either signed verifies."""
    new = replace(DEMONSTRATION_KEYS, signing=bytes(range(32)))
    keys = (new.verify_key.hex(), DEMONSTRATION_KEYS.verify_key.hex())
    both = Directory({"GB-EA": Member.model_validate({"signing_keys": keys})})

    assert checked(signed(), both) is not None
    assert checked(signed(key=new.signing), both) is not None


@pytest.mark.parametrize(
    ("firsts", "counts"),
    [
        ([], []),
        ([3], []),
        ([3, 5], [1]),
        ([-1], [1]),
        ([3], [0]),
        ([3], [-1]),
        ([3, 3], [1, 1]),
        ([3, 4], [2, 1]),
        ([3, 4], [1, 1]),
        ([4, 2], [1, 1]),
        ([0], [RECORDS_MAX + 1]),
        ([0], [2**63 - 1]),
        ([0, 2**62], [RECORDS_MAX, 1]),
    ],
)
def test_runs_that_no_agency_writes_are_refused(firsts: list[int], counts: list[int]) -> None:
    """A signature of nothing, of a record twice, of records out of order, or of too many is none."""
    body = signed()
    assert verified(body, fields_of(body) | {"firsts": firsts, "counts": counts}, KNOWN) is None


@given(st.sets(st.integers(0, 40), min_size=1))
def test_runs_are_the_offsets_that_were_signed(offsets: set[int]) -> None:
    """Whatever offsets an agency signs, the runs of the signature are these, and no run touches another."""
    records = [(offset, b"key", b"value") for offset in sorted(offsets)]
    found = checked(Signer("GB-EA", DEMONSTRATION_KEYS.signing).signed(Chain(), "topic", 2, records))

    assert found is not None
    assert [offset for run in found.runs for offset in run] == sorted(offsets)
    assert all(one.stop < other.start for one, other in pairwise(found.runs))


@given(st.lists(st.tuples(*[st.none() | st.binary(max_size=3)] * 2)), st.data())
def test_digests_of_different_records_differ(records: list[tuple[Any, Any]], data: st.DataObject) -> None:
    """However bytes move between keys, values and records, the digest changes with them."""
    others = data.draw(st.lists(st.tuples(*[st.none() | st.binary(max_size=3)] * 2)))

    assert (_digest(records) == _digest(others)) == (records == others)


def _digest(records: list[tuple[Any, Any]]) -> bytes:
    return digest([key for key, _ in records], [value for _, value in records])
