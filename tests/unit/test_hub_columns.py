"""Reading field by field: the same values as a row decoder reads, and nothing of a body that is damaged."""

from __future__ import annotations

import io
from typing import Any

import fastavro
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.hub.columns import UnreadableTypeError, type_of
from consumers.hub.cursor import Cursor

SIDES = ["ORIGIN", "TRANSIT"]
CODE: dict[str, Any] = {
    "type": "record",
    "name": "Code",
    "fields": [{"name": "scheme", "type": "string"}, {"name": "code", "type": "bytes"}],
}
LONGS = st.integers(-(2**63), 2**63 - 1) | st.integers(-200, 200)
INTS = st.integers(-(2**31), 2**31 - 1) | st.integers(-200, 200)
# Around twelve bytes, where a view holds the whole text or names its place, and far beyond.
TEXTS = st.text(max_size=14) | st.text(min_size=60, max_size=200)
CODES = st.fixed_dictionaries({"scheme": TEXTS, "code": st.binary(max_size=20)})
# An Avro type, and its values.
TYPES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    ("long", LONGS),
    ("int", INTS),
    ("string", TEXTS),
    ("bytes", st.binary(max_size=40)),
    ({"type": "enum", "name": "Side", "symbols": SIDES}, st.sampled_from(SIDES)),
    ({"type": "array", "items": "string"}, st.lists(TEXTS, max_size=5)),
    ({"type": "array", "items": CODE}, st.lists(CODES, max_size=4)),
]
OPTIONAL = [(["null", kind], st.none() | values) for kind, values in TYPES[:5]]


def schema(kind: Any) -> dict[str, Any]:
    """Return a record of one field and a number behind it."""
    fields = [{"name": "field", "type": kind}, {"name": "end", "type": "int"}]
    return {"type": "record", "name": "Tested", "fields": fields}


def written(kind: Any, value: Any) -> bytes:
    """Return the body of a record."""
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema(kind)), {"field": value, "end": 7})
    return stream.getvalue()


def read(kind: Any, bodies: list[bytes]) -> tuple[list[Any], list[bool]]:
    """Return the values of the field, and of each body whether it was read to its end; all or none."""
    cursor, sizes = Cursor.over(bodies)
    ends = cursor.at + sizes
    column = type_of(kind).read(cursor)
    type_of("int").read(cursor)
    is_whole = cursor.at == ends
    if not is_whole.all():
        return [], is_whole.tolist()
    found: Any = pl.from_arrow(column.array())
    return found.cast(type_of(kind).dtype).to_list(), is_whole.tolist()


@pytest.mark.parametrize(("kind", "values"), TYPES + OPTIONAL, ids=lambda item: str(item)[:40])
@settings(max_examples=25)
@given(data=st.data())
def test_columns_are_what_was_written(kind: Any, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    """Whatever a type may hold, in any order of long and short ones, is read as it was written."""
    stated = data.draw(st.lists(values, min_size=1, max_size=20))

    found, is_whole = read(kind, [written(kind, value) for value in stated])

    assert all(is_whole)
    assert found == stated


@pytest.mark.parametrize(("kind", "values"), TYPES + OPTIONAL, ids=lambda item: str(item)[:40])
@settings(max_examples=40)
@given(data=st.data())
def test_a_damaged_body_is_lost_alone(kind: Any, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    """A body that is cut, or that names a wrong size, is not read to its end, and its neighbours are."""
    first, second = (written(kind, data.draw(values)) for _ in range(2))
    damaged = first[: data.draw(st.integers(0, len(first) - 1))]

    _, is_whole = read(kind, [second, damaged, second])

    assert is_whole == [True, False, True]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("long", b"\xff" * 9 + b"\x02"),  # more than 64 bits
        ("long", b"\xff" * 12),
        ("int", b"\x80\x80\x80\x80\x20"),  # more than 32 bits
        ("string", b"\x01"),  # a negative size
        ("string", b"\xff" * 9 + b"\x01"),  # the most negative one
        ("bytes", b"\xfe" + b"\xff" * 8 + b"\x01"),  # a size beyond all bodies
        (["null", "long"], b"\x04\x00"),  # a branch that is none
        ({"type": "enum", "name": "Side", "symbols": ["ORIGIN"]}, b"\x02"),
        ({"type": "array", "items": "string"}, b"\xfe\xff\xff\x0f"),  # more items than anybody writes
        ({"type": "array", "items": "string"}, b"\x02\x00\x02\x00\x00"),  # in two blocks
    ],
)
def test_what_no_writer_of_ours_writes_is_set_aside(kind: Any, body: bytes) -> None:
    """Numbers too large, sizes and branches that are none, and odd lists are left to the row decoder."""
    good = written("long", 1) if kind == "long" else b"\x00\x0e"
    _, is_whole = read(kind, [good, body + b"\x0e", good])

    assert is_whole == [True, False, True]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("float", 1.5),
        ("double", 2.5),
        ("boolean", True),
        ({"type": "fixed", "name": "Four", "size": 4}, b"four"),
        (["null", "double"], None),
        (["null", CODE], {"scheme": "UN", "code": b"1993"}),
        ({"type": "array", "items": "double"}, [1.5, 2.5]),
    ],
)
def test_what_a_later_writer_may_add_is_passed_over(kind: Any, value: Any) -> None:
    """A field of a type that the contract does not have yet hides nothing of what stands behind it."""
    assert read(kind, [written(kind, value)] * 2)[1] == [True, True]


@pytest.mark.parametrize("kind", ["Named", {"type": "map", "values": "int"}, ["int", "null"]])
def test_a_type_that_the_contract_has_not_is_unreadable(kind: Any) -> None:
    """There is no guess at a type that nobody needs."""
    with pytest.raises(UnreadableTypeError):
        type_of(kind)


def test_nothing_is_read_of_nothing() -> None:
    """No bodies make no rows."""
    cursor, sizes = Cursor.over([])

    assert type_of("string").read(cursor).array().to_pylist() == []
    assert np.array_equal(sizes, [])
