"""Decoding: whatever a record holds, its neighbours are never lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.hub.check import check
from consumers.hub.decode import decode, row
from consumers.hub.events import INDEX
from consumers.hub.writers import Writers
from schemas import contract, framing
from schemas.errors import ContractError, RetriableError
from schemas.reasons import Reason
from tests.support import events
from tests.support.hub import SCHEMA_ID, writers

RICH: dict[str, Any] = {
    "occurred_at": "2026-03-01T10:00:00Z",
    "transit_countries": ["BE", "DE"],
    "other_codes": [{"scheme": "US-EPA", "code": "D001"}],
    "related": [{"movement_key": b"0123456789abcdef", "relation": "REPLACES"}],
    "contributor": None,
    "mass_g": None,
}
EVENTS = [events.movement(number, **(RICH if number % 3 == 0 else {})) for number in range(100)]
VALUES = [events.encoded(event, SCHEMA_ID) for event in EVENTS]
KEYS: list[bytes | None] = [event["movement_key"] for event in EVENTS]


@st.composite
def corrupted(draw: st.DrawFn) -> bytes:
    """Return a value that was cut, lengthened, or had a byte of its body changed."""
    value = draw(st.sampled_from(VALUES))
    place = draw(st.integers(framing.HEADER_BYTES, len(value) - 1))
    how = draw(st.sampled_from(("cut", "lengthened", "changed")))
    if how == "cut":
        return value[:place]
    if how == "lengthened":
        return value[:place] + draw(st.binary(min_size=1, max_size=20)) + value[place:]
    return value[:place] + bytes([value[place] ^ draw(st.integers(1, 255))]) + value[place + 1 :]


def _row_or_none(value: bytes) -> dict[str, Any] | None:
    try:
        return row(contract.latest("movement"), value)
    except Exception:  # noqa: BLE001  # the oracle may refuse in any way
        return None


def test_columns_equal_the_rows_of_the_oracle() -> None:
    """The columnar reader and fastavro read the same from the same bytes."""
    decoded = decode(VALUES, writers())

    assert decoded.bad == {}
    assert decoded.events.rows.get_column(INDEX).to_list() == list(range(len(VALUES)))
    assert decoded.events.whole().drop(INDEX).to_dicts() == [
        row(contract.latest("movement"), item) for item in VALUES
    ]


@settings(max_examples=60)
@given(bad=st.dictionaries(st.integers(0, len(VALUES) - 1), corrupted(), min_size=1, max_size=4))
def test_corrupt_records_never_hide_their_neighbours(bad: dict[int, bytes]) -> None:
    """Wherever records are damaged, all others are read as they are, and none is read amiss."""
    values: list[bytes | None] = [bad.get(index, value) for index, value in enumerate(VALUES)]

    decoded = decode(values, writers())

    kept, broken = check(decoded.events, KEYS)
    read = {found.pop(INDEX): found for found in kept.whole().to_dicts()}
    for index, event in enumerate(EVENTS):
        if index not in bad:
            assert read[index]["event_id"] == event["event_id"]
    assert sorted([*read, *broken, *decoded.bad]) == list(range(len(VALUES)))
    for index, value in bad.items():
        if index in read and (oracle := _row_or_none(value)) is not None:
            differing = {k: (v, oracle[k]) for k, v in read[index].items() if v != oracle[k]}
            assert differing == {}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Reason.TOMBSTONE),
        (b"", Reason.UNFRAMED),
        (b"\x00\x00\x00", Reason.UNFRAMED),
        (b'{"stage": 1}', Reason.UNFRAMED),
        (VALUES[0][:5], Reason.BODY_CORRUPT),
        (VALUES[0] + b"\x00", Reason.BODY_CORRUPT),
    ],
)
def test_value_that_is_no_event_is_named(value: bytes | None, reason: Reason) -> None:
    """Each kind of foreign value has its reason, and the events around it are read."""
    decoded = decode([VALUES[0], value, VALUES[1]], writers())

    assert decoded.bad == {1: reason}
    assert decoded.events.rows.get_column(INDEX).to_list() == [0, 2]


@settings(max_examples=60)
@given(values=st.lists(corrupted(), min_size=1, max_size=4))
def test_a_batch_of_corrupt_records_alone_stops_nothing(values: list[bytes]) -> None:
    """Where no record of a batch is written as expected, each is read or named by itself."""
    decoded = decode(values, writers())

    read = decoded.events.rows.get_column(INDEX).to_list()
    assert sorted([*read, *decoded.bad]) == list(range(len(values)))


def test_unknown_schema_is_a_dead_letter_and_an_absent_registry_is_not() -> None:
    """What the registry does not know is refused; a registry that is away refuses nothing."""

    def unknown(_: int) -> dict[str, Any]:
        raise ContractError("no such schema")

    def away(_: int) -> dict[str, Any]:
        raise RetriableError("no answer")

    assert decode([VALUES[0]], Writers({}, unknown)).bad == {0: Reason.SCHEMA_UNKNOWN}
    with pytest.raises(RetriableError):
        decode([VALUES[0]], Writers({}, away))


def test_schema_of_another_record_is_foreign() -> None:
    """A value whose schema is no Movement is refused for that reason."""
    decoded = decode([VALUES[0]], Writers({}, lambda _: contract.latest("reject")))

    assert decoded.bad == {0: Reason.SCHEMA_FOREIGN}


def test_schema_is_asked_for_once_and_offered_for_storing() -> None:
    """A new schema is fetched at its first record, and handed on to be kept."""
    asked: list[int] = []

    def lookup(schema_id: int) -> dict[str, Any]:
        asked.append(schema_id)
        return contract.latest("movement")

    found = Writers({}, lookup)
    decode(VALUES[:3], found)
    decode(VALUES[3:6], found)

    assert asked == [SCHEMA_ID]
    assert set(found.new) == {SCHEMA_ID}


def test_newer_and_older_writers_are_read_as_the_contract() -> None:
    """A field that a writer adds is dropped, one that it lacks has its default."""
    ours = contract.latest("movement")
    fields = [item for item in ours["fields"] if item["name"] != "release_at"]
    theirs = ours | {"fields": [*fields, {"name": "novelty", "type": ["null", "string"], "default": None}]}
    # The last field of ours is absent as null, and so is theirs: the bodies are the same.
    assert ours["fields"][-1]["name"] == "release_at"

    decoded = decode([VALUES[1]], Writers({SCHEMA_ID: theirs}, lambda _: {}))

    assert decoded.events.rows.columns == decode([VALUES[1]], writers()).events.rows.columns
    assert decoded.events.rows.get_column("release_at").to_list() == [None]


def test_a_writer_of_unknown_types_is_read_record_by_record() -> None:
    """Where columns cannot be read, the row decoder reads all; one number too large refuses one record."""
    ours = contract.latest("movement")
    novelty = {"name": "novelty", "type": {"type": "map", "values": "int"}}
    theirs = ours | {"fields": [*ours["fields"], novelty]}
    too_large = events.encoded(events.movement(1) | {"line_number": 2**40}, SCHEMA_ID)
    values = [value + b"\x00" for value in (*VALUES[:40], too_large, *VALUES[40:])]

    decoded = decode(values, Writers({SCHEMA_ID: theirs}, lambda _: {}))

    found = decoded.events.whole()
    assert decoded.bad == {40: Reason.BODY_CORRUPT}
    assert found.get_column("event_id").to_list() == [event["event_id"] for event in EVENTS]


def test_good_events_keep_every_rule() -> None:
    """Nothing of what adapters write is refused."""
    found = decode(VALUES, writers()).events

    kept, broken = check(found, KEYS)

    assert broken == {}
    assert kept.rows.height == len(VALUES)
