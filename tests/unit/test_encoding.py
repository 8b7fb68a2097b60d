"""The encoder writes exactly what a general Avro writer writes, and refuses what that refuses."""

from __future__ import annotations

import io
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.encoding import encoder
from schemas import contract
from tests.support import events

LONGS = st.integers(-(2**63) + 1, 2**63 - 1)
INSTANTS = st.datetimes(timezones=st.timezones())


def by_fastavro(schema: Any, value: Any) -> bytes:
    """Return what the general writer makes of a value."""
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(schema), value)
    return buffer.getvalue()


@given(
    number=st.integers(0, 2**32), mass_g=st.none() | LONGS, occurred_at=st.none() | INSTANTS, text=st.text()
)
def test_events_are_the_bytes_of_a_general_writer(
    number: int, mass_g: int | None, occurred_at: Any, text: str
) -> None:
    """Whatever a statement holds, an event is byte for byte what fastavro writes with the same schema."""
    related = [{"movement_key": events.key(number), "relation": "ONWARD_OF"}] * (number % 3)
    other_codes = [{"scheme": "UN", "code": text}] * (number % 130)
    event = events.movement(number) | {
        "mass_g": mass_g,
        "occurred_at": occurred_at,
        "native_operation_code": text,
        "other_codes": other_codes,
        "related": related,
    }
    schema = contract.latest("movement")

    assert by_fastavro(schema, event) == encoder(schema)(event)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("int", 2**31),
        ("long", 2**63),
        ("string", b"bytes"),
        ("string", None),
        ("bytes", "text"),
        (["null", "string"], 1),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "B"),
        ({"type": "array", "items": "string"}, [None]),
    ],
)
def test_a_value_of_another_type_is_refused(schema: Any, value: Any) -> None:
    """What does not fit its schema raises; no bytes are made that a reader would take for something else."""
    with pytest.raises((TypeError, ValueError, AttributeError, KeyError)):
        encoder(schema)(value)


def test_half_a_surrogate_pair_is_refused_as_such() -> None:
    """A text that has no UTF-8 raises the error by which the pipeline knows it."""
    with pytest.raises(UnicodeEncodeError):
        encoder("string")("\ud800")
