"""The Avro schemas of the exchange, every version that was ever released.

`avro/<record>/v<N>.avsc` is version N; the highest is written, all must stay readable.
A released file is never edited: `avro/fingerprints.json` holds a digest of each.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import fastavro

# Some megabytes for each part of each shape.
_REMEMBERED_MAX = 16_384
# From here on Avro writes a length in more than one byte.
_LONG_BYTES = 64

# The parts of a record by their fields: whether each repeats, or the parts of the items of an array.
Parts = Mapping[str, "bool | Parts"]

RECORDS = (
    "movement",
    "sealed_part",
    "sealed_content",
    "data_key",
    "signature",
    "observation",
    "release",
    "position",
    "reject",
    "dead_letter",
)


@cache
def versions(record: str) -> tuple[dict[str, Any], ...]:
    """Return all versions of a record's schema as written, oldest first."""
    folder = resources.files("schemas") / "avro" / record
    files = sorted(folder.iterdir(), key=lambda file: int(file.name[1 : -len(".avsc")]))
    return tuple(json.loads(file.read_text("utf-8")) for file in files)


def latest(record: str) -> dict[str, Any]:
    """Return the schema that this release writes."""
    return versions(record)[-1]


def schema_text(record: str) -> str:
    """Return the schema that this release writes, as registered."""
    return json.dumps(latest(record))


@cache
def parsed(record: str) -> Any:
    """Return the schema that this release writes, parsed for fastavro."""
    return fastavro.parse_schema(json.loads(schema_text(record)))


def field_names(record: str) -> tuple[str, ...]:
    """Return the names of a record's fields in the order in which they are written."""
    return tuple(field["name"] for field in latest(record)["fields"])


def enum_symbols(record: str, field: str) -> tuple[str, ...]:
    """Return the symbols of a field that is an enumeration."""
    (found,) = (item for item in latest(record)["fields"] if item["name"] == field)
    return tuple(found["type"]["symbols"])


def encoded(schema: Any, values: Any) -> bytes:
    """Return the Avro bytes of values, in a schema as `parsed` gives it.

    Raises:
        ValueError: A value is none of its field; the text does not show it.
        UnicodeEncodeError: A text holds half of a character.
    """
    buffer = io.BytesIO()
    try:
        fastavro.schemaless_writer(buffer, schema, values)
    except UnicodeEncodeError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever the library says, it says with the value
        raise ValueError(f"values do not fit their schema: {type(error).__name__}") from None
    return buffer.getvalue()


def decoded(schema: Any, body: bytes) -> dict[str, Any]:
    """Return the values of Avro bytes that this release has written, in a schema as `parsed` gives it."""
    found: Any = fastavro.schemaless_reader(io.BytesIO(body), schema, None)
    return dict(found)


class Encoder:
    """Writes records of one shape, and encodes what repeats from record to record once.

    Avro writes the fields of a record one after another, so the bytes of a record are those
    of its parts. Encoding a part anew costs ten times what finding it does.
    """

    def __init__(self, schema: Mapping[str, Any], parts: Parts) -> None:
        """Take the fields of each part, separated by blanks, and whether it repeats.

        Args:
            schema: Of a record; the parts are all its fields, or some that follow one another.
            parts: Of an array of records the parts of its items.
        """
        self._encoders: list[Callable[[Any], bytes]] = []
        for part, how in parts.items():
            names = part.split()
            fields = [field for field in schema["fields"] if field["name"] in names]
            assert [field["name"] for field in fields] == names
            if isinstance(how, bool):
                self._encoders.append(_part_encoder(schema_text=json.dumps(fields), repeats=how))
            else:
                self._encoders.append(_array_encoder(fields[0], how))

    def encoded(self, values: Iterable[Any]) -> bytes:
        """Return the Avro bytes of a record.

        Args:
            values: One for each part: of a part of one field its value, of several a tuple. What
                repeats has to be hashable: arrays are tuples, of named tuples where their items
                are records.
        """
        return b"".join([encode(value) for encode, value in zip(self._encoders, values, strict=True)])


@cache
def _part_encoder(*, schema_text: str, repeats: bool) -> Callable[[Any], bytes]:
    """Return what writes a part; one for all records that have it, so that they share what is remembered."""
    fields = json.loads(schema_text)
    types = [field["type"] for field in fields]
    if types == ["bytes"]:
        return _keyed_hash
    if types == ["string"]:
        return lambda text: encoded_bytes(text.encode())
    if types == [["null", "bytes"]]:
        return _optional_keyed_hash
    if set(map(str, types)) == {"bytes"}:
        return lambda values: b"".join(map(_keyed_hash, values))
    schema = fastavro.parse_schema({"type": "record", "name": "Part", "fields": fields})
    names = [field["name"] for field in fields]

    def encode(values: Any) -> bytes:
        stated = values if len(names) > 1 else (values,)
        return encoded(schema, {name: _plain(value) for name, value in zip(names, stated, strict=True)})

    return lru_cache(_REMEMBERED_MAX)(encode) if repeats else encode


def _array_encoder(field: Mapping[str, Any], parts: Parts) -> Callable[[Any], bytes]:
    """Return what writes an array of records: one block with their number before it, and an empty one."""
    encoder = Encoder(field["type"]["items"], parts)

    def encode(items: Any) -> bytes:
        blocks = [_count(len(items)), *map(encoder.encoded, items)] if items else []
        return b"".join((*blocks, _count(0)))

    return encode


@cache
def _count(number: int) -> bytes:
    return encoded("long", number)


def encoded_bytes(value: bytes) -> bytes:
    """Return the Avro bytes of a value of type bytes, of any length."""
    return _count(len(value)) + value


def _keyed_hash(value: bytes) -> bytes:
    """Return the Avro bytes of a short value, which no two events share: its length doubled, and itself."""
    assert len(value) < _LONG_BYTES
    return b"%c%b" % (2 * len(value), value)


def _optional_keyed_hash(value: bytes | None) -> bytes:
    """Return the Avro bytes of a short value that may be absent: which of the two, and itself."""
    return b"\0" if value is None else b"\2" + _keyed_hash(value)


def _plain(value: Any) -> Any:
    """Return an array of named tuples as the records that it stands for."""
    if isinstance(value, tuple) and value and hasattr(value[0], "_asdict"):
        return [item._asdict() for item in value]
    return value
