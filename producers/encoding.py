"""Avro bodies of values, by functions that are made once from a schema.

They know what the schemas of the exchange use: no unions but with null, no maps, no fixed,
no defaults. The bytes are those of a general writer, which looks at the schema again for
each value and takes about twice as long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any

Encoder = Callable[[Any], bytes]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_SEVEN_BITS = 0x7F
_BYTE = tuple(bytes((number,)) for number in range(_SEVEN_BITS + 1))
_INT_MAX, _LONG_MAX = 2**31 - 1, 2**63 - 1


def encoder(schema: Any) -> Encoder:
    """Return the function that encodes values of a schema.

    It raises TypeError, ValueError, AttributeError or KeyError for a value of another type, and
    UnicodeEncodeError for half of a surrogate pair.
    """
    if isinstance(schema, list):
        return _nullable(schema)
    if isinstance(schema, str):
        return _PRIMITIVES[schema]
    if "logicalType" in schema:
        return _LOGICAL[schema["logicalType"]]
    return _COMPLEX[schema["type"]](schema)


def _long(number: int) -> bytes:
    """Return a whole number as Avro writes it: zigzag, seven bits a byte, lowest first."""
    rest = number << 1 if number >= 0 else ~(number << 1)
    if rest <= _SEVEN_BITS:
        return _BYTE[rest]
    encoded = bytearray()
    while rest > _SEVEN_BITS:
        encoded.append(rest & _SEVEN_BITS | _SEVEN_BITS + 1)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def _whole(number: int) -> bytes:
    if not -_INT_MAX <= number <= _INT_MAX:
        raise ValueError("a number beyond 32 bits")
    return _long(number)


def _large(number: int) -> bytes:
    if not -_LONG_MAX <= number <= _LONG_MAX:
        raise ValueError("a number beyond 64 bits")
    return _long(number)


def _bytes(value: bytes) -> bytes:
    return _long(len(value)) + value


def _string(text: str) -> bytes:
    value = text.encode()
    return _long(len(value)) + value


def _day(on: date) -> bytes:
    return _long(on.toordinal() - _EPOCH_DAY)


def _instant(at: datetime) -> bytes:
    return _long((at - _EPOCH) // _MICROSECOND)


def _nullable(schema: list[Any]) -> Encoder:
    first, second = schema
    assert first == "null"
    encoded = encoder(second)
    return lambda value: b"\0" if value is None else b"\2" + encoded(value)


def _enum(schema: Mapping[str, Any]) -> Encoder:
    return {symbol: _long(number) for number, symbol in enumerate(schema["symbols"])}.__getitem__


def _array(schema: Mapping[str, Any]) -> Encoder:
    encoded = encoder(schema["items"])
    return lambda items: _long(len(items)) + b"".join(map(encoded, items)) + b"\0" if items else b"\0"


def _record(schema: Mapping[str, Any]) -> Encoder:
    # Of a single name, itemgetter makes no tuple.
    assert len(schema["fields"]) > 1
    values_of = itemgetter(*(field["name"] for field in schema["fields"]))
    encoders = tuple(encoder(field["type"]) for field in schema["fields"])
    return lambda values: b"".join([encode(value) for encode, value in zip(encoders, values_of(values))])  # noqa: B905  # as many values as encoders, by construction


_PRIMITIVES: dict[str, Encoder] = {"bytes": _bytes, "string": _string, "int": _whole, "long": _large}
_LOGICAL: dict[str, Encoder] = {"date": _day, "timestamp-micros": _instant}
_COMPLEX: dict[str, Callable[[Mapping[str, Any]], Encoder]] = {
    "array": _array,
    "enum": _enum,
    "record": _record,
}
