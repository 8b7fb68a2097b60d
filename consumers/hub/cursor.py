"""Places in many Avro bodies at once, moved on by each field that is read of all of them.

A body that is not written as expected is lost: its place goes behind all bodies and stays
there, so that whoever compares places with ends in the end finds it. No body is ever read
into another one's columns, since each place moves by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Behind the last body stands what a number takes at most, and the word it is read as.
_PADDING = bytes(32)
_MORE = np.uint64(0x8080808080808080)
_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
# By how much each step closes the gaps between groups of bits, and which bits stay where they are.
_GAPS = (
    (np.uint64(1), np.uint64(0x007F007F007F007F)),
    (np.uint64(2), np.uint64(0x00003FFF00003FFF)),
    (np.uint64(4), np.uint64(0x000000000FFFFFFF)),
)
_ONE_BYTE = 0x7F
_BYTES_MAX = 2**31 - 2**10


def windows(data: bytes, dtype: str) -> npt.NDArray[Any]:
    """Return the number that begins at each byte."""
    size = np.dtype(dtype).itemsize
    return np.ndarray((len(data) - size + 1,), dtype, data, strides=(1,))


def _plain(found: npt.NDArray[np.uint64]) -> Longs:
    """Return numbers with a sign: 0, -1, 1, -2, ..."""
    return ((found >> np.uint64(1)) ^ -(found & np.uint64(1))).view(np.int64)


# Most numbers have one byte: what it says.
_OF_ONE_BYTE = _plain(np.arange(256, dtype=np.uint64))


class Cursor:
    """One place in each of many bodies.

    Attributes:
        data: All bodies, one behind the other.
        at: The places, as offsets in `data`.
    """

    def __init__(self, data: bytes, at: Longs) -> None:
        """Take padded bodies; use `over`."""
        self.data = data
        self.at = at
        self._bytes = np.frombuffer(data, np.uint8)
        self._words = windows(data, "<u8")
        self._lost = len(data) - len(_PADDING) + 1

    @classmethod
    def over(cls, values: Sequence[bytes | None]) -> tuple[Cursor, Longs]:
        """Return the beginnings of some values, and their sizes, -1 of what is absent.

        Raises:
            OverflowError: There are more bytes than places in columns have numbers.
        """
        try:
            sizes = np.fromiter(map(len, values), np.int64, len(values))  # type: ignore[arg-type]  # absent ones are rare
        except TypeError:
            sizes = np.array([-1 if value is None else len(value) for value in values])
        ends = np.cumsum(np.maximum(sizes, 0))
        if len(ends) and ends[-1] > _BYTES_MAX:
            raise OverflowError
        return cls(b"".join((*filter(None, values), _PADDING)), ends - np.maximum(sizes, 0)), sizes

    def __len__(self) -> int:
        """Return how many places there are."""
        return len(self.at)

    def some(self, rows: Longs | slice) -> Cursor:
        """Return some of the places; `put` moves them here too."""
        part = object.__new__(Cursor)
        part.__dict__ |= self.__dict__ | {"at": self.at[rows]}
        return part

    def put(self, rows: Longs, part: Cursor) -> None:
        """Move places to where a part has come."""
        self.at[rows] = part.at

    def lose(self, is_lost: Flags) -> None:
        """Give up bodies that are not written as expected."""
        if is_lost.any():
            self.at = np.where(is_lost, self._lost, self.at)

    def pass_over(self, count: int) -> None:
        """Pass over some bytes."""
        self._move(count)

    def number(self) -> Longs:
        """Read an int or a long: zigzag, seven bits a byte, the lowest first."""
        first = self._bytes[self.at]
        self._move(1)
        found = _OF_ONE_BYTE[first]
        if first.max(initial=0) > _ONE_BYTE:
            rows = np.flatnonzero(first > _ONE_BYTE)
            found[rows] = _plain(self._long(rows))
        return found

    def is_set(self) -> Flags:
        """Read the branch of a union of null and something else."""
        branch = self._bytes[self.at]
        self._move(1)
        self.lose((branch & 0xFD) != 0)
        return np.not_equal(branch, 0)

    def run(self) -> tuple[Longs, Longs]:
        """Read bytes or a text, and return where they begin and how many there are."""
        length = self.number()
        start = self.at
        # A length that is negative is a large one here, and leads behind all bodies like any such.
        self._move(np.minimum(length.view(np.uint64), np.uint64(self._lost)).view(np.int64))
        return start, length

    def _move(self, by: int | Longs) -> None:
        self.at = np.minimum(self.at + by, self._lost)

    def _long(self, rows: Longs) -> npt.NDArray[np.uint64]:
        """Read numbers of several bytes, of which the first one is passed already."""
        first = self.at[rows] - 1
        word = self._words[first]
        ends = ~word & _MORE
        used = ends ^ (ends - np.uint64(1))
        found = word & used & _BITS
        for shift, kept in _GAPS:
            found = (found & kept) | ((found & ~kept) >> shift)
        size = np.bitwise_count(used).astype(np.int64) >> 3
        unfinished = ends == 0
        if unfinished.any():
            found, size = self._longest(first, found, size, unfinished)
        self.at[rows] = np.minimum(first + size, self._lost)
        return found

    def _longest(
        self, first: Longs, found: npt.NDArray[np.uint64], size: Longs, unfinished: Flags
    ) -> tuple[npt.NDArray[np.uint64], Longs]:
        """Add the ninth and tenth byte of numbers that have more than eight."""
        ninth, tenth = (self._bytes[first + place].astype(np.uint64) for place in (8, 9))
        has_tenth = ninth > _ONE_BYTE
        bits = (ninth & np.uint64(_ONE_BYTE)) << np.uint64(56)
        bits |= np.where(has_tenth, tenth << np.uint64(63), 0)
        # Sixty-four bits are one of the tenth byte.
        is_lost = unfinished & has_tenth & (tenth > 1)
        size = np.where(unfinished, size + 1 + has_tenth, size)
        return np.where(unfinished, found | bits, found), np.where(is_lost, self._lost, size)
