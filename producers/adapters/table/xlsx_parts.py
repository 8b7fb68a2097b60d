"""The parts of a workbook, looked through before the library that reads it gets it.

That library takes the error of a formula for an empty cell, unpacks whatever it is given, and
makes room for all cells from the first to the last, one far out included.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from posixpath import join, normpath
from typing import BinaryIO

from lxml import etree

from producers.adapters.table.line import BrokenTableError

UNPACKED_BYTES_MAX = 256 * 1024 * 1024
CELLS_MAX = 4_000_000

Place = tuple[int, int]

_READ_BYTES = 1024 * 1024
_LIST_BYTES_MAX = 4 * 1024 * 1024
_TAG_BYTES_MAX = 4096
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    etree.XMLSyntaxError,
    EOFError,
    KeyError,
    # Also what is raised for methods of compression that nobody has.
    RuntimeError,
    ValueError,
)
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_PLACE = re.compile(rb"<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")
# As nearly every program writes it, which is found three times as fast.
_USUAL_PLACE = re.compile(rb"<c r=\"([A-Z]{1,3})([0-9]{1,7})\"")
_MAY_BE_ERROR = re.compile(rb"t\s*=\s*[\"']e[\"']")
_ERROR = re.compile(rb"<(?:\w+:)?c\s(?:[^>]*?\s)?t\s*=\s*[\"']e[\"'][^>]*>")


def errors(stream: BinaryIO, sheet: str | None) -> frozenset[Place]:
    """Return the cells of a sheet, as (row, column) from 1, in which a formula failed.

    Args:
        stream: The workbook; left at its start.
        sheet: Name of the sheet, None for the first.

    Raises:
        BrokenTableError: It is no workbook, has no such sheet, or is too large to be read.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            _check_size(archive)
            found = _looked_through(archive, _part(archive, sheet))
    except _BROKEN:
        raise BrokenTableError("table.xlsx.broken") from None
    stream.seek(0)
    return found


def _check_size(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len({part.filename.casefold() for part in parts}) < len(parts):
        # Two readers would take different ones.
        raise BrokenTableError("table.xlsx.broken")
    left = UNPACKED_BYTES_MAX
    for part in parts:
        # What the archive says of its sizes may be wrong: it is unpacked, beyond the limit if it is longer.
        part.file_size = left + 2 * _READ_BYTES
        with archive.open(part) as packed:
            while chunk := packed.read(_READ_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise BrokenTableError("table.xlsx.size")


def _part(archive: zipfile.ZipFile, sheet: str | None) -> str:
    """Return the name of the part that holds a sheet."""
    sheets = [item for item in _elements(archive, "xl/workbook.xml") if _local(item.tag) == "sheet"]
    named = [item for item in sheets if sheet is None or item.get("name") == sheet]
    if not named:
        raise BrokenTableError("table.xlsx.sheet")
    number = next(value for name, value in named[0].attrib.items() if _local(name) == "id")
    targets = _elements(archive, "xl/_rels/workbook.xml.rels")
    target = next(str(item.get("Target")) for item in targets if item.get("Id") == number)
    return normpath(join("xl", target)).lstrip("/")


def _elements(archive: zipfile.ZipFile, name: str) -> list[etree._Element]:
    with archive.open(name) as part:
        text = part.read(_LIST_BYTES_MAX)
    return list(etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True)).iter("*"))


def _looked_through(archive: zipfile.ZipFile, part: str) -> frozenset[Place]:
    last_row = last_column = 0
    found: set[Place] = set()
    for text in _pieces(archive, part):
        places = _places(text)
        last_row = max(last_row, *map(int, {row for _, row in places}), 0)
        last_column = max(last_column, *map(_column, {column for column, _ in places}), 0)
        if last_row * last_column > CELLS_MAX:
            raise BrokenTableError("table.xlsx.size")
        found |= _failed(text)
    return frozenset(found)


def _places(text: bytes) -> list[tuple[bytes, bytes]]:
    """Return column and row of each cell."""
    cells = len(_CELL.findall(text))
    places: list[tuple[bytes, bytes]] = _USUAL_PLACE.findall(text)
    if len(places) < cells:
        places = _PLACE.findall(text)
    if len(places) < cells:
        # Cells that do not say where they are would have to be counted.
        raise BrokenTableError("table.xlsx.broken")
    return places


def _failed(text: bytes) -> set[Place]:
    if _MAY_BE_ERROR.search(text) is None:
        return set()
    places = (_PLACE.match(match[0]) for match in _ERROR.finditer(text))
    return {(int(place[2]), _column(place[1])) for place in places if place is not None}


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield the text of a part, cut between tags."""
    rest = b""
    with archive.open(part) as packed:
        while chunk := packed.read(_READ_BYTES):
            text = rest + chunk
            start = text.rfind(b"<")
            end = start if start > text.rfind(b">") else len(text)
            rest = text[end:]
            if len(rest) > _TAG_BYTES_MAX or b"\0" in chunk:
                raise BrokenTableError("table.xlsx.broken")
            yield text[:end]
    yield rest


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _local(name: str | bytes) -> str:
    return str(name).rpartition("}")[2]
