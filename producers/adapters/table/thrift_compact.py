"""Structures in Thrift's compact protocol, as the metadata of Parquet files is written.

Of a structure only those members are kept that a shape names, where they are of its kind. Bytes may be
hostile: whatever they are, reading ends with them, and nothing is accepted that two readers of the
protocol could take for different things.

Source: Apache Thrift, compact protocol.
"""

from __future__ import annotations

from typing import Any

INTEGER, LONG, BINARY = 5, 6, 8
_TRUE, _FALSE, _BYTE, _SHORT, _DOUBLE, _LIST, _STRUCTURE = 1, 2, 3, 4, 7, 9, 12
_SIZES = {_BYTE: 1, _DOUBLE: 8}
_DEPTH_MAX = 16
_NUMBER_MAX = 2**15
_VARINT_SHIFTS = range(0, 70, 7)
_LONG_LIST = 15

# The kind of a number, members of a structure by theirs, or a list with the shape of its items. Of lists
# none but those of structures are kept, but readers that know one do not look at what it says it holds.
Shape = int | dict[int, Any] | list[Any]


class CutError(ValueError):
    """The bytes end before what is read of them."""


class Compact:
    """Bytes, and how far they are read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def structure(self, shape: dict[int, Any], depth: int = 0) -> dict[int, Any]:
        """Return the members of a structure that have a shape.

        Raises:
            CutError: It does not end within the bytes.
            ValueError: This is nothing of the protocol.
        """
        members: dict[int, Any] = {}
        number = 0
        while kind := (head := self._byte()) & 15:
            before = number
            number = number + (head >> 4) if head >> 4 else self._integer(_SHORT)
            if not before < number < _NUMBER_MAX:
                raise ValueError("a member out of order")
            asked = shape.get(number)
            value = self._value(kind, asked, depth + 1)
            if asked is not None and _kind(asked) == kind:
                members[number] = value
        return members

    def _value(self, kind: int, shape: Shape | None, depth: int) -> Any:
        if depth > _DEPTH_MAX:
            raise ValueError("too deep")
        if kind == _STRUCTURE:
            return self.structure(shape if isinstance(shape, dict) else {}, depth)
        if kind == _LIST:
            return self._list(shape[0] if isinstance(shape, list) else None, depth)
        if kind in {_SHORT, INTEGER, LONG}:
            return self._integer(kind)
        if kind not in {_TRUE, _FALSE}:
            self._pass(kind)
        return None

    def _list(self, shape: Shape | None, depth: int) -> list[Any]:
        head = self._byte()
        count, kind = head >> 4, head & 15
        if count == _LONG_LIST:
            count = self._varint()
        if count and shape is not None and kind != _kind(shape):
            raise ValueError("a list of something else")
        kind = _BYTE if kind in {_TRUE, _FALSE} else kind
        items = (self._value(kind, shape, depth + 1) for _ in range(count))
        return [item for item in items if shape and isinstance(item, dict)]

    def _pass(self, kind: int) -> None:
        size = self._varint() if kind == BINARY else _SIZES.get(kind)
        if size is None:
            raise ValueError("no kind of value")
        # A list may say that it has more items than there are bytes in the world.
        if size > len(self._data) - self.at:
            raise CutError("it goes on")
        self.at += size

    def _integer(self, kind: int) -> int:
        value = self._varint() & (2**64 - 1 if kind == LONG else 2**32 - 1)
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = 0
        for shift in _VARINT_SHIFTS:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte == byte & 127:
                return value
        raise ValueError("a number without end")

    def _byte(self) -> int:
        if self.at >= len(self._data):
            raise CutError("it goes on")
        self.at += 1
        return self._data[self.at - 1]


def _kind(shape: Shape) -> int:
    if isinstance(shape, int):
        return shape
    return _STRUCTURE if isinstance(shape, dict) else _LIST
