"""The parts of a workbook, looked through before the library that reads it gets them.

That library takes the error of a formula for an empty cell, unpacks whatever it is given, and
takes whatever memory a sheet asks for. It gets a copy that holds those parts alone
that were looked through, so that it can find nothing else.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from posixpath import normpath
from typing import BinaryIO, NamedTuple

from lxml import etree

from producers.adapters.table.line import BrokenTableError
from producers.adapters.table.xlsx_cells import Parser, Place, SharedTexts, SheetCells

UNPACKED_BYTES_MAX = 256 * 1024 * 1024

_READ_BYTES = 1024 * 1024
_LIST_BYTES_MAX = 4 * 1024 * 1024
_STYLES_BYTES_MAX = 32 * 1024 * 1024
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_TEXTS = "xl/sharedStrings.xml"
_STYLES = "xl/styles.xml"
# Where every archive of this kind says which part is the workbook.
_ROOT = "_rels/.rels"
_ROOT_TEXT = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="xl/workbook.xml"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>
</Relationships>"""
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


class Checked(NamedTuple):
    """A workbook that may be read.

    Attributes:
        stream: Its copy, at its start, without what is not needed to read the sheet.
        errors: The cells of the sheet, as (row, column) from 1, in which a formula failed.
    """

    stream: BinaryIO
    errors: frozenset[Place]


def checked(stream: BinaryIO, sheet: str | None) -> Checked:
    """Return a workbook that takes a bounded amount of memory.

    Args:
        stream: The workbook.
        sheet: Name of the sheet, None for the first.

    Raises:
        BrokenTableError: It is no workbook, has no such sheet, or is too large to be read.
    """
    copied = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(stream) as archive,
            zipfile.ZipFile(copied, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy,
        ):
            errors = _Parts(archive, copy).sheet(sheet)
    except _BROKEN:
        raise BrokenTableError("table.xlsx.broken") from None
    copied.seek(0)
    return Checked(copied, frozenset(errors))


class _Parts:
    """The parts of an archive, and the copy of those that were looked through."""

    def __init__(self, archive: zipfile.ZipFile, copy: zipfile.ZipFile) -> None:
        self._archive, self._copy = archive, copy
        parts = archive.infolist()
        self._parts = {part.filename.replace("\\", "/").casefold(): part for part in parts}
        self._left = UNPACKED_BYTES_MAX
        if len(self._parts) < len(parts):
            # Two readers would take different ones.
            raise BrokenTableError("table.xlsx.broken")

    def sheet(self, name: str | None) -> set[Place]:
        """Look through a sheet and what belongs to it, and return its cells in which a formula failed."""
        self._copy.writestr(_ROOT, _ROOT_TEXT)
        path = self._path(name)
        texts = SharedTexts()
        if _TEXTS.casefold() in self._parts:
            self._take(_TEXTS, Parser(texts).feed)
        if _STYLES in self._parts:
            self._take(_STYLES, _Bounded(_STYLES_BYTES_MAX).feed)
        cells = SheetCells(texts.sizes)
        self._take(path, Parser(cells).feed)
        return cells.errors

    def _path(self, name: str | None) -> str:
        """Return the name of the part that holds a sheet."""
        sheets = [item for item in self._elements(_WORKBOOK) if _local(item.tag) == "sheet"]
        named = [item for item in sheets if name is None or item.get("name") == name]
        if not named:
            raise BrokenTableError("table.xlsx.sheet")
        number = next(value for key, value in named[0].attrib.items() if _local(key) == "id")
        targets = self._elements(_RELATIONS)
        target = next(str(item.get("Target")) for item in targets if item.get("Id") == number)
        # Some programs name the folder in which the names begin once more.
        return normpath(f"xl/{target.removeprefix('/').removeprefix('xl/')}")

    def _elements(self, name: str) -> list[etree._Element]:
        kept = _Bounded(_LIST_BYTES_MAX)
        self._take(name, kept.feed)
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return list(etree.fromstring(kept.getvalue(), parser).iter("*"))

    def _take(self, name: str, feed: Callable[[bytes], object]) -> None:
        """Copy a part while it is looked through; the last piece is empty."""
        part = self._parts[name.casefold()]
        # What the archive says of its sizes may be wrong: it is unpacked, beyond the limit if it is longer.
        part.file_size = self._left + 2 * _READ_BYTES
        with self._archive.open(part) as packed, self._copy.open(name, "w") as copied:
            while chunk := packed.read(_READ_BYTES):
                self._left -= len(chunk)
                if self._left < 0:
                    raise BrokenTableError("table.xlsx.size")
                feed(chunk)
                copied.write(chunk)
            feed(b"")


class _Bounded(io.BytesIO):
    """What is kept of a part that has to be short."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def feed(self, piece: bytes) -> None:
        """Keep a piece."""
        if self.write(piece) and self.tell() > self._size:
            raise BrokenTableError("table.xlsx.size")


def _local(name: str | bytes) -> str:
    return str(name).rpartition("}")[2]
