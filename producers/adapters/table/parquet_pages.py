"""The pages of the columns of a Parquet file as their own headers state them, before any is unpacked.

The footer of a file may say anything of its pages; what unpacks them trusts their headers.

Source: Apache Parquet, parquet.thrift.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from producers.adapters.table.thrift_compact import BINARY, INTEGER, LONG, Compact, CutError

# The end of a file: the length of the footer before it, and the magic word.
_END_BYTES, _LENGTH_BYTES = 8, 4
# Most headers have less than a hundred bytes; what they say of the least and the greatest text may be long.
_HEADER_BYTES = (512, 8 * 1024, 128 * 1024, 1024 * 1024)
# The library reads so much behind a column whose end old versions stated too early.
_BEHIND_BYTES = 100
# Members of the footer: the row groups, their columns, and what is said of each. All lists are named.
_GROUPS, _COLUMNS, _SAID = 4, 1, 3
_HELD, _LENGTH, _DATA, _DICTIONARY = 5, 7, 9, 11
_COLUMN = {
    **dict.fromkeys((_HELD, _LENGTH, _DATA, _DICTIONARY), LONG),
    **{member: [{}] for member in (8, 13)},
    2: [INTEGER],
    3: [BINARY],
    16: {2: [LONG], 3: [LONG]},
    17: {2: [INTEGER]},
}
_FOOTER = {
    **{member: [{}] for member in (2, 5, 7)},
    _GROUPS: [{_COLUMNS: [{_SAID: _COLUMN, 8: {2: {1: [BINARY]}}}], 4: [{}]}],
}
# Members of a header. Either kind of data page has a structure of its own, for its number of values and how
# it is encoded.
_KIND, _UNPACKED, _PACKED, _VALUES = 1, 2, 3, 1
_DATA_HEADERS = {0: (5, 2), 3: (8, 4)}
_HEADER = {
    **dict.fromkeys((_KIND, _UNPACKED, _PACKED), INTEGER),
    **{own: {_VALUES: INTEGER, encoding: INTEGER} for own, encoding in _DATA_HEADERS.values()},
}
# Texts by their lengths, or as what they have other than the text before: DELTA_LENGTH_BYTE_ARRAY and
# DELTA_BYTE_ARRAY.
_TEXT_DELTAS = {6, 7}


class Page(NamedTuple):
    """What the header of a page states; the bytes are those of the header too, as in footers.

    Attributes:
        has_text_deltas: Whether its texts take more than its bytes once they are read.
    """

    unpacked_bytes: int
    values: int
    has_text_deltas: bool = False


class Chunk(NamedTuple):
    """One column of one row group: where its pages lie, and how many values they are read for."""

    start: int
    end: int
    values: int


def chunks(stream: BinaryIO, places: Sequence[int]) -> Iterator[list[Chunk]]:
    """Yield the columns at some places of each row group of a file that the library has opened.

    The library's own objects for columns end the process where their statistics are wrong.

    Raises:
        ValueError: Some column is not described.
    """
    for group in _footer(stream).get(_GROUPS, ()):
        columns = group.get(_COLUMNS, ())
        if max(places, default=-1) >= len(columns):
            raise ValueError("a row group lacks a column")
        yield [_chunk(columns[place].get(_SAID)) for place in places]


def pages(stream: BinaryIO, chunk: Chunk) -> Iterator[Page]:
    """Yield the pages of a column, until they have all its values.

    Raises:
        ValueError: Something else stands there.
    """
    start, missing = chunk.start, chunk.values
    while missing > 0 and start < chunk.end:
        header, length = _header(stream, start)
        page = _page(header, length)
        yield page
        missing -= page.values
        start += length + _natural(header, _PACKED)
        if start > chunk.end:
            raise ValueError("a page ends behind its column")


def _page(header: dict[int, Any], length: int) -> Page:
    unpacked_bytes = length + _natural(header, _UNPACKED)
    found = _DATA_HEADERS.get(_natural(header, _KIND))
    if found is None:
        return Page(unpacked_bytes, 0)
    own, encoding = header.get(found[0]), found[1]
    return Page(unpacked_bytes, _natural(own, _VALUES), _natural(own, encoding) in _TEXT_DELTAS)


def _footer(stream: BinaryIO) -> dict[int, Any]:
    stream.seek(-_END_BYTES, os.SEEK_END)
    length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
    stream.seek(-_END_BYTES - length, os.SEEK_END)
    return Compact(stream.read(length)).structure(_FOOTER)


def _chunk(said: Any) -> Chunk:
    start, dictionary = _natural(said, _DATA), said.get(_DICTIONARY, 0)
    if 0 < dictionary < start:
        start = dictionary
    return Chunk(start, start + _natural(said, _LENGTH) + _BEHIND_BYTES, _natural(said, _HELD))


def _header(stream: BinaryIO, start: int) -> tuple[dict[int, Any], int]:
    """Return the header at a place of a file, and its length."""
    for size in _HEADER_BYTES:
        stream.seek(start)
        compact = Compact(stream.read(size))
        try:
            return compact.structure(_HEADER), compact.at
        except CutError:
            continue
    raise ValueError("no header ends here")


def _natural(structure: Any, member: int) -> int:
    value = structure.get(member) if isinstance(structure, dict) else None
    if not isinstance(value, int) or value < 0:
        raise ValueError("a member is missing")
    return value
