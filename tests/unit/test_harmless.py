"""Schemas that would end or hang a decoder are refused before it sees them; ours are not."""

from __future__ import annotations

from typing import Any

import pytest

from consumers.hub.decode import decode
from consumers.hub.writers import Writers
from schemas import contract
from schemas.harmless import is_harmless
from schemas.reasons import Reason
from tests.support import events

OURS = contract.latest("movement")
RECORDS = (
    *("movement", "signature", "position", "reject", "dead_letter", "observation", "release"),
    *("data_key", "sealed_part", "sealed_content"),
)


def record(name: str, *types: Any) -> dict[str, Any]:
    """Return a record with a field of each type."""
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": f"f{number}", "type": kind} for number, kind in enumerate(types)],
    }


def nested(depth: int) -> Any:
    """Return lists in lists."""
    return "int" if depth == 0 else {"type": "array", "items": nested(depth - 1)}


def doubling(depth: int) -> Any:
    """Return a record of two that are alike, each of two that are alike, and so on, with a short text."""
    return record("R0", "null") if depth == 0 else record(f"R{depth}", doubling(depth - 1), f"R{depth - 1}")


HARMFUL: dict[str, Any] = {
    "items without a byte": {"type": "array", "items": "null"},
    "items of records without a byte": {"type": "array", "items": record("Empty")},
    "items of records of nothing": {"type": "array", "items": record("Nothing", "null", record("Inner"))},
    "fixed values without a byte": {"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}},
    "huge fixed values": {"type": "fixed", "name": "F", "size": 2**40},
    "fixed values below nothing": {"type": "fixed", "name": "F", "size": -1},
    "a record in itself": record("Node", ["null", "Node"]),
    "a record in itself by a list": record("Node", {"type": "array", "items": "Node"}),
    "endless depth": nested(100),
    "endless width": doubling(16),
    "no branch": [],
    "an unknown type": "nonsense",
    "no type": {"name": "nothing"},
    "no schema": 7,
    "two of a name": ["null", record("Twice", "int"), record("Twice", "null")],
}


@pytest.mark.parametrize("name", RECORDS)
def test_our_own_schemas_are_harmless(name: str) -> None:
    """Nothing that this release writes or reads is refused."""
    assert is_harmless(contract.latest(name))


@pytest.mark.parametrize("harm", HARMFUL)
def test_a_harmful_schema_is_refused_before_anything_is_decoded(harm: str) -> None:
    """A record of such a schema is a dead letter, and its neighbours are read; decoding it would not end."""
    foreign = OURS | {"fields": [*OURS["fields"], {"name": "harm", "type": HARMFUL[harm]}]}
    good = events.encoded(events.movement(1), 7)
    # A list of 2^40 items, or of records in each other.
    bad = events.encoded(events.movement(2), 8) + b"\x80\x80\x80\x80\x80\x80\x01" + b"\x02" * 100_000
    writers = Writers({}, lambda number: OURS if number == 7 else foreign)

    found = decode([good, bad, good], writers)

    assert found.bad == {1: Reason.SCHEMA_FOREIGN}
    assert found.events.rows.height == 2


@pytest.mark.parametrize("fields", [None, "text", 7, [None], [{}], [{"name": "a"}]])
def test_what_only_looks_like_a_schema_is_refused(fields: object) -> None:
    """Whatever a registry returns under our name, nothing but a refusal comes of it."""
    foreign = OURS | {"fields": fields}

    assert decode([b"\0\0\0\0\x08"], Writers({}, lambda _: foreign)).bad == {0: Reason.SCHEMA_FOREIGN}
