"""The Avro schemas of the exchange, every version that was ever released.

`avro/<record>/v<N>.avsc` is version N; the highest is written, all must stay readable.
A released file is never edited: `avro/fingerprints.json` holds a digest of each.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import resources
from operator import itemgetter
from typing import Any

import fastavro

# Some megabytes for each part of each shape.
_REMEMBERED_MAX = 16_384
# From here on Avro writes a length in more than one byte.
_LONG_BYTES = 64

# The parts of a record by their fields: whether each repeats, or the parts of the items of an array.
Parts = Mapping[str, "bool | Parts"]

RECORDS = ("movement", "observation", "release", "position", "reject", "dead_letter")


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
    """Return the Avro bytes of values, in a schema as `parsed` gives it."""
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, schema, values)
    return buffer.getvalue()


class Encoder:
    """Writes records of one shape, and encodes what repeats from record to record once.

    Avro writes the fields of a record one after another, so the bytes of a record are those
    of its parts. Encoding a part anew costs ten times what finding it does.
    """

    def __init__(self, schema: Mapping[str, Any], parts: Parts) -> None:
        """Take the fields of each part, separated by blanks, and whether it repeats.

        Args:
            schema: Of a record; the parts are fields of it that follow one another.
            parts: The values of fields that repeat have to be hashable: arrays are tuples,
                of named tuples where their items are records. Of an array of records the parts
                of its items.
        """
        self._parts: list[tuple[Callable[[Mapping[str, Any]], Any], Callable[[Any], bytes]]] = []
        for number, (part, how) in enumerate(parts.items()):
            names = part.split()
            fields = [field for field in schema["fields"] if field["name"] in names]
            assert [field["name"] for field in fields] == names
            part_schema = {**schema, "name": f"{schema['name']}Part{number}", "fields": fields}
            encode = _part_encoder(part_schema) if isinstance(how, bool) else _array_encoder(fields[0], how)
            remembered = lru_cache(_REMEMBERED_MAX)(encode) if how is True else encode
            self._parts.append((itemgetter(*names), remembered))

    def encoded(self, values: Mapping[str, Any]) -> bytes:
        """Return the Avro bytes of a record's values."""
        return b"".join([encode(get(values)) for get, encode in self._parts])


def _part_encoder(schema: Mapping[str, Any]) -> Callable[[Any], bytes]:
    fields = schema["fields"]
    if all(field["type"] == "bytes" for field in fields):
        return _keyed_hash if len(fields) == 1 else lambda values: b"".join(map(_keyed_hash, values))
    parsed_part = fastavro.parse_schema(dict(schema))
    names = [field["name"] for field in fields]

    def encode(values: Any) -> bytes:
        stated = values if len(names) > 1 else (values,)
        return encoded(parsed_part, {name: _plain(value) for name, value in zip(names, stated, strict=True)})

    return encode


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


def _keyed_hash(value: bytes) -> bytes:
    """Return the Avro bytes of a short value, which no two events share: its length doubled, and itself."""
    assert len(value) < _LONG_BYTES
    return b"%c%b" % (2 * len(value), value)


def _plain(value: Any) -> Any:
    """Return an array of named tuples as the records that it stands for."""
    if isinstance(value, tuple) and value and hasattr(value[0], "_asdict"):
        return [item._asdict() for item in value]
    return value
