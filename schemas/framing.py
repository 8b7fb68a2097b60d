"""Confluent wire format: a zero byte, the schema id (big-endian, 4 bytes), the Avro body."""

from __future__ import annotations

import struct
from functools import cache

HEADER_BYTES = 5
_MAGIC = 0


@cache
def prefix(schema_id: int) -> bytes:
    """Return the five bytes that stand before an Avro body."""
    return struct.pack(">bI", _MAGIC, schema_id)


def schema_id(value: bytes) -> int | None:
    """Return the schema id of a framed value, None where it is not framed."""
    if len(value) < HEADER_BYTES or value[0] != _MAGIC:
        return None
    return int.from_bytes(value[1:HEADER_BYTES], "big")
