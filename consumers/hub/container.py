"""Bodies of many records as one Avro object container, which a columnar reader decodes.

Each value keeps its five framing bytes as a leading `fixed`, and gets its running index as
a trailing `long`: a corrupt record shifts all that follow, and then one of the two is off.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

from schemas.framing import HEADER_BYTES

FRAME = "_frame"
INDEX = "_index"
_SYNC = b"weighbridge-sync"
_MAGIC = b"Obj\x01"


def container(schema: dict[str, Any], values: Sequence[bytes], indexes: Sequence[int]) -> bytes:
    """Return framed values, written with one schema, as an object container file."""
    body = b"".join(chain.from_iterable(zip(values, map(_encoded_index, indexes), strict=True)))
    return b"".join((_header(schema), _long(len(values)), _long(len(body)), body, _SYNC))


def _header(schema: dict[str, Any]) -> bytes:
    frame = {"name": FRAME, "type": {"type": "fixed", "name": "WeighbridgeFrame", "size": HEADER_BYTES}}
    fields = [frame, *schema["fields"], {"name": INDEX, "type": "long"}]
    text = json.dumps(schema | {"fields": fields}).encode()
    name = b"avro.schema"
    metadata = b"".join((_long(1), _long(len(name)), name, _long(len(text)), text, _long(0)))
    return _MAGIC + metadata + _SYNC


@cache
def _encoded_index(index: int) -> bytes:
    return _long(index)


def _long(number: int) -> bytes:
    """Return a number that is not negative as Avro writes a long: zigzag, seven bits a byte."""
    rest, encoded = number << 1, bytearray()
    while rest > 0x7F:  # noqa: PLR2004  # seven bits
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)
