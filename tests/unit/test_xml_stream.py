"""XML files are read a document at a time, and nothing in them is trusted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.reading import xml_stream
from producers.reading.file_rules import FILE_RULES_BY_ID
from producers.reading.xml_stream import BrokenXmlError

BINARY = b'<p:Scan name="a > b">AAAA</p:Scan>'
MEGABYTE = 1024 * 1024


def read(data: bytes | BinaryIO) -> tuple[list[str], str | None]:
    """Return the texts of all documents `Doc` of a file, and the rule that ends it."""
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    found: list[str] = []
    try:
        documents = xml_stream.documents(stream, "Doc", "Scan")
        found.extend("".join(map(str, element.itertext())) for element in documents)
    except BrokenXmlError as error:
        return found, error.rule
    return found, None


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b"<Doc>1</Doc>", ["1"]),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!-- no --><?no no?><Doc>1<!-- no --></Doc>", ["1"]),
        (b"<all><Doc>1</Doc> between <one><Doc>2</Doc></one></all>", ["1", "2"]),
        (b"<all xmlns='urn:a'><Doc>1</Doc><Doc xmlns=''>2</Doc></all>", ["1", "2"]),
        (b"<Doc>1<Doc>2</Doc></Doc>", ["12"]),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><Doc>\xe9</Doc>".encode("latin-1"), ["\xe9"]),
        ("<Doc>\xe9</Doc>".encode("utf-16"), ["\xe9"]),
        (b"<Other/>", []),
        (b"<Doc>&lt;&#49;</Doc>", ["<1"]),
    ],
)
def test_documents_are_found_wherever_they_lie(data: bytes, texts: list[str]) -> None:
    """One document or several, in any container, namespace and encoding; one inside another is part of it."""
    assert (texts, None) == read(data)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "xml.truncated"),
        (b" \n", "xml.truncated"),
        (b"<all><Doc>1</Doc><Doc>2</Do", "xml.truncated"),
        (b"<all><Doc>1</Doc><Doc a='", "xml.truncated"),
        (b"<all><Doc>1</Doc><Doc a='b'", "xml.truncated"),
        (b"<all xmlns:n='urn:n'><Doc>1</Doc><n:", "xml.truncated"),
        (b"<all xmlns:n='urn:n'><Doc>1</Doc><Doc><n:b></n:", "xml.truncated"),
        (b"<all><Doc>1</Doc><!-- ", "xml.truncated"),
        (b"<all><Doc>1</Doc><![CDATA[ ", "xml.truncated"),
        (b"<all><Doc>1</Doc>", "xml.truncated"),
        (b"reference;quantity", "xml.syntax"),
        (b"<all><Doc>1</Doc><Doc>2</Dec></all>", "xml.syntax"),
        (b"<Doc>1</Doc><Doc>2</Doc>", "xml.syntax"),
        (b"<all><Doc>1</Doc><Doc>&unknown;</Doc></all>", "xml.syntax"),
        (b"<all><Doc>1</Doc><!DOCTYPE all></all>", "xml.syntax"),
        (b"<all><Doc>1</Doc><Doc>\xff</Doc></all>", "xml.encoding"),
        (b"<?xml version='1.0' encoding='X-NONE'?><Doc/>", "xml.encoding"),
        (b"<all><Doc>1</Doc>" + b"<a>" * 300, "xml.depth"),
        (b"<!DOCTYPE Doc><Doc>1</Doc>", "xml.dtd"),
        (b"<!-- %s --><!DOCTYPE Doc [<!ENTITY a 'b'>]><Doc>&a;</Doc>" % (b"x" * 9000), "xml.dtd"),
        ("<!DOCTYPE Doc SYSTEM 'file:///etc/hostname'><Doc/>".encode("utf-16"), "xml.dtd"),
    ],
)
def test_what_is_broken_ends_the_file(data: bytes, rule: str) -> None:
    """The rule says in which way a file is broken; the document before the break stands."""
    texts, found = read(data)

    assert rule == found
    assert rule in FILE_RULES_BY_ID
    assert texts == (["1"] if b"<Doc>1</Doc>" in data and rule != "xml.dtd" else [])[:1]


@pytest.mark.parametrize(
    "large",
    [
        b"x" * (9 * MEGABYTE),
        b"<a/>" * 250_000,
        b"<!-- " + b"x" * (9 * MEGABYTE) + b" -->",
        b"<a b='" + b"x" * (9 * MEGABYTE) + b"'/>",
        b" " * (9 * MEGABYTE),
    ],
)
def test_a_document_beyond_all_use_ends_the_file(large: bytes) -> None:
    """Eight megabytes or a hundred thousand elements are more than any document has."""
    assert (["1"], "xml.size") == read(b"<all><Doc>1</Doc><Doc>" + large + b"</Doc></all>")


def test_a_file_may_be_larger_than_a_document() -> None:
    """The limit is that of each document, not of all together."""
    document = b"<Doc>" + b"x" * MEGABYTE + b"</Doc>"

    texts, rule = read(b"<all>" + document * 20 + b"</all>")

    assert (20, None) == (len(texts), rule)


@pytest.mark.parametrize(
    "scan",
    [
        BINARY,
        BINARY.replace(b"AAAA", b"A" * (20 * MEGABYTE)),
        BINARY.replace(b"AAAA", b""),
        b"<p:Scan/>",
        b"<p:Scan \n size='1'/>",
        b"<p:Scan size='1'>AAAA<p:inner/></p:Scan>",
    ],
)
def test_what_embedded_binaries_hold_is_dropped(scan: bytes) -> None:
    """However large they are, they do not count, and the document around them is read."""
    data = b"<all xmlns:p='urn:p'><Doc>1" + scan + b"2</Doc><Doc>3</Doc></all>"

    assert (["12", "3"], None) == read(data)


class _Dribble(io.BytesIO):
    """A stream that gives a few bytes at a time, however many are asked for."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, _: int | None = -1) -> bytes:
        """Read a few bytes."""
        return super().read(self._size)


@given(st.integers(1, 60))
def test_binaries_are_dropped_wherever_the_file_is_cut_into_pieces(size: int) -> None:
    """Where reading pauses changes nothing."""
    data = b"<all xmlns:p='urn:p'>" + (b"<Doc>1" + BINARY + b"2<p:Scan/></Doc>") * 3 + b"</all>"

    assert (["12"] * 3, None) == read(_Dribble(data, size))


def _endless() -> Iterator[bytes]:
    yield b"<Doc>"
    while True:
        yield b"<a>x</a>" * 1000


def test_an_endless_document_is_left_soon() -> None:
    """No more of it is read than a document may have."""

    class Endless(io.RawIOBase):
        taken = 0
        pieces = _endless()

        def seek(self, *_: int) -> int:
            self.pieces = _endless()
            return 0

        def read(self, _: int = -1) -> bytes:
            piece = next(self.pieces)
            self.taken += len(piece)
            return piece

    stream = Endless()

    assert ([], "xml.size") == read(stream)  # type: ignore[arg-type]  # offers what is read of a binary file
    assert stream.taken < 2 * xml_stream.DOCUMENT_BYTES_MAX
