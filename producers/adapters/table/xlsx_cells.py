"""The sheet and the shared texts of a workbook, looked through for how much memory their cells take.

They are parsed strictly as XML, in pieces, without document types and entities: what is counted
here is what the library finds that reads them after. That one copies a shared text into
every cell that refers to it, and makes room for all cells from the first to the last.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NoReturn, Protocol
from xml.parsers import expat

from producers.adapters.table.line import BrokenTableError

CELLS_MAX = 4_000_000
TEXT_BYTES_MAX = 128 * 1024 * 1024

Place = tuple[int, int]

# Spreadsheet programs keep no more in one cell.
_CELL_CHARACTERS_MAX = 32_767
# No tag and no comment of a spreadsheet program is longer.
_TOKEN_BYTES_MAX = 4 * 1024 * 1024
_PLACE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_VALUES = frozenset({"v", "is"})


class Elements(Protocol):
    """What takes the elements of a part, by their names without a prefix, and their text."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Begin an element."""

    def end(self, name: str) -> None:
        """End an element."""

    def text(self, piece: str) -> None:
        """Take some text."""


class Parser:
    """A parser that takes a part piece by piece.

    Raises:
        BrokenTableError: It is not XML, or declares a document type.
    """

    def __init__(self, elements: Elements) -> None:
        # The library that reads it after believes no declaration of another encoding either.
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = lambda name, found: elements.start(_local(name), found)
        self._parser.EndElementHandler = lambda name: elements.end(_local(name))
        self._parser.CharacterDataHandler = elements.text
        self._parser.StartDoctypeDeclHandler = _refuse
        self._bytes = 0

    def feed(self, piece: bytes) -> None:
        """Parse a piece; an empty one is the end."""
        try:
            self._parser.Parse(piece, not piece)
        except expat.ExpatError:
            raise BrokenTableError("table.xlsx.broken") from None
        self._bytes += len(piece)
        if self._bytes - self._parser.CurrentByteIndex > _TOKEN_BYTES_MAX:
            raise BrokenTableError("table.xlsx.broken")


class SharedTexts:
    """How long the texts are to which cells refer by their number.

    Attributes:
        sizes: Bytes of each.
    """

    def __init__(self) -> None:
        self.sizes = array("L")
        self._size = _Size()

    def start(self, name: str, _: Mapping[str, str]) -> None:
        """Begin an element."""
        if name == "si":
            self._size.clear()

    def end(self, name: str) -> None:
        """End an element."""
        if name != "si":
            return
        self.sizes.append(self._size.bytes)
        if len(self.sizes) > CELLS_MAX:
            raise BrokenTableError("table.xlsx.size")

    def text(self, piece: str) -> None:
        """Take some text."""
        self._size.add(piece)


class SheetCells:
    """The cells of a sheet: how many there are, how much they hold, in which a formula failed.

    Attributes:
        errors: The places of the last, as (row, column) from 1.
    """

    def __init__(self, shared_sizes: Sequence[int]) -> None:
        self.errors: set[Place] = set()
        self._shared = shared_sizes
        self._longest = max(shared_sizes, default=0)
        self._count = self._last_row = self._last_column = self._bytes = 0
        self._is_shared = self._is_value = False
        self._pieces: list[str] = []
        self._size = _Size()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Begin an element."""
        if name == "c":
            self._cell(attributes)
        elif name in _VALUES:
            self._is_value = True
            self._pieces.clear()
            self._size.clear()

    def end(self, name: str) -> None:
        """End an element."""
        if name not in _VALUES:
            return
        self._is_value = False
        self._bytes += self._shared_size() if self._is_shared else self._size.bytes
        if self._bytes > TEXT_BYTES_MAX:
            raise BrokenTableError("table.xlsx.size")

    def text(self, piece: str) -> None:
        """Take some text."""
        if not self._is_value:
            return
        if self._is_shared:
            self._pieces.append(piece)
        else:
            self._size.add(piece)

    def _cell(self, attributes: Mapping[str, str]) -> None:
        place = _PLACE.fullmatch(attributes.get("r", ""))
        if place is None:
            # Cells that do not say where they are would have to be counted.
            raise BrokenTableError("table.xlsx.broken")
        row, column = int(place[2]), _column(place[1])
        kind = attributes.get("t")
        self._is_shared = kind == "s"
        if kind == "e":
            self.errors.add((row, column))
        self._count += 1
        if row > self._last_row or column > self._last_column:
            self._last_row = max(self._last_row, row)
            self._last_column = max(self._last_column, column)
        if self._last_row * self._last_column > CELLS_MAX or self._count > CELLS_MAX:
            raise BrokenTableError("table.xlsx.size")

    def _shared_size(self) -> int:
        """Return the bytes of the text that a number refers to; at least those, where it came in pieces."""
        if len(self._pieces) != 1:
            # A piece of a number may count as the number.
            return self._longest
        try:
            return self._shared[int(self._pieces[0])]
        except (ValueError, IndexError):
            raise BrokenTableError("table.xlsx.broken") from None


class _Size:
    """How long the text of one cell is."""

    __slots__ = ("_characters", "bytes")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.bytes = self._characters = 0

    def add(self, piece: str) -> None:
        self._characters += len(piece)
        self.bytes += len(piece) if piece.isascii() else len(piece.encode())
        if self._characters > _CELL_CHARACTERS_MAX:
            raise BrokenTableError("table.xlsx.size")


def _refuse(*_: object) -> NoReturn:
    raise BrokenTableError("table.xlsx.broken")


def _local(name: str) -> str:
    return name.rpartition(":")[2] if ":" in name else name


@lru_cache
def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
