"""The Avro schemas of the exchange, every version that was ever released.

`avro/<record>/v<N>.avsc` is version N; the highest is written, all must stay readable.
A released file is never edited: `avro/fingerprints.json` holds a digest of each.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import fastavro

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


def encoded(schema: Any, values: Mapping[str, Any]) -> bytes:
    """Return the Avro bytes of values, in a schema as `parsed` gives it."""
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, schema, values)
    return buffer.getvalue()
