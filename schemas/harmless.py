"""Whether decoders can be trusted with a schema that somebody else has registered.

A decoder follows the schema that a record names. One that contains itself overflows the stack,
one whose items take no bytes has the decoder count for ever, one of huge values asks for all
memory: no such end can be caught. So a schema like that is refused before anything is decoded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import fastavro

_PRIMITIVES = {
    "null": 0,
    "boolean": 1,
    "int": 1,
    "long": 1,
    "float": 4,
    "double": 8,
    "bytes": 1,
    "string": 1,
}
_DEPTH_MAX = 20
# A columnar decoder makes room for each of them times the records of a batch.
_PARTS_MAX = 500
_FIXED_BYTES_MAX = 64


class _Size(NamedTuple):
    """What one value of a schema is made of.

    Attributes:
        bytes_min: How many bytes it takes at least.
        parts: How many values it holds beside those of lists, each record written out.
    """

    bytes_min: int
    parts: int = 1


def is_harmless(schema: Any) -> bool:
    """Say whether decoding any bytes with a schema takes time and memory in proportion to their number."""
    try:
        _Measuring().size(schema)
        fastavro.parse_schema(schema)
    except Exception:  # noqa: BLE001  # what is no schema may fail in any way
        return False
    return True


@dataclass(slots=True)
class _Measuring:
    """Measures one schema, and fails in some way where it is none or may do harm."""

    # By name without its namespace, and only when all of it is known: so nothing contains itself.
    known: dict[str, _Size] = field(default_factory=dict)

    def size(self, schema: Any, depth: int = 0) -> _Size:
        if depth > _DEPTH_MAX:
            raise ValueError("too deep")
        if isinstance(schema, str):
            return _Size(_PRIMITIVES[schema]) if schema in _PRIMITIVES else self.known[_short(schema)]
        if isinstance(schema, list):
            return self._union([self.size(branch, depth + 1) for branch in schema])
        return self._complex(schema, depth)

    def _complex(self, schema: dict[str, Any], depth: int) -> _Size:
        match schema["type"]:
            case "record":
                size = self._record(schema["fields"], depth)
            case "enum":
                size = _Size(1)
            case "fixed":
                size = _Size(_within(schema["size"], _FIXED_BYTES_MAX))
            case "array":
                return self._listed(self.size(schema["items"], depth + 1))
            case "map":
                return self._listed(self.size(schema["values"], depth + 1))
            case other:
                return self.size(other, depth + 1)
        return self._named(schema, size)

    def _record(self, fields: list[Any], depth: int) -> _Size:
        sizes = [self.size(item["type"], depth + 1) for item in fields]
        parts = _within(1 + sum(size.parts for size in sizes), _PARTS_MAX)
        return _Size(sum(size.bytes_min for size in sizes), parts)

    def _union(self, branches: list[_Size]) -> _Size:
        return _Size(1 + min(branch.bytes_min for branch in branches), max(size.parts for size in branches))

    def _listed(self, item: _Size) -> _Size:
        if item.bytes_min == 0:
            raise ValueError("items without bytes")
        return _Size(1, item.parts)

    def _named(self, schema: dict[str, Any], size: _Size) -> _Size:
        name = _short(schema["name"])
        if name in self.known:
            raise ValueError("a name twice")
        self.known[name] = size
        return size


def _within(number: int, most: int) -> int:
    if not 0 < number <= most:
        raise ValueError("too many, or none")
    return number


def _short(name: str) -> str:
    return name.rpartition(".")[2]
