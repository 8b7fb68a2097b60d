"""XML files of any size, one document at a time, read without trusting them.

A document is every element of one name, alone in its file or in whatever elements hold
several. No document type, no entities, no network, no inclusions. Memory is bounded by
the largest document, which has a limit; what embedded binaries hold is dropped before it is parsed. What is
broken or beyond all use raises BrokenXmlError: what was read before it stands, nothing
after it can be trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from lxml import etree

DOCUMENT_BYTES_MAX = 8 * 1024 * 1024
# Each element has one or two of these marks; a movement document has some hundreds.
DOCUMENT_MARKS_MAX = 200_000
_READ_BYTES = 64 * 1024
_PROLOG_BYTES = 1024
# A tag longer than this may be cut between two pieces, and then holds a binary that is parsed.
_TAG_BYTES_MAX = 8 * 1024

_Kinds = etree.ErrorTypes
_ENCODING = frozenset(
    {
        _Kinds.ERR_INVALID_ENCODING,
        _Kinds.ERR_UNKNOWN_ENCODING,
        _Kinds.ERR_UNSUPPORTED_ENCODING,
        _Kinds.I18N_CONV_FAILED,
    }
)
# What the end of a file that was cut is told as.
_CUT = frozenset(
    {
        _Kinds.ERR_DOCUMENT_END,
        _Kinds.ERR_TAG_NOT_FINISHED,
        _Kinds.ERR_GT_REQUIRED,
        _Kinds.ERR_NAME_REQUIRED,
        # Behind the prefix of a name, and behind the value of an attribute.
        _Kinds.NS_ERR_QNAME,
        _Kinds.ERR_SPACE_REQUIRED,
        _Kinds.ERR_LTSLASH_REQUIRED,
        _Kinds.ERR_ATTRIBUTE_NOT_FINISHED,
        _Kinds.ERR_ATTRIBUTE_NOT_STARTED,
        _Kinds.ERR_ATTRIBUTE_WITHOUT_VALUE,
        _Kinds.ERR_ENTITYREF_SEMICOL_MISSING,
        _Kinds.ERR_ENTITYREF_NO_NAME,
        _Kinds.ERR_COMMENT_NOT_FINISHED,
        _Kinds.ERR_CDATA_NOT_FINISHED,
        _Kinds.ERR_PI_NOT_FINISHED,
        _Kinds.ERR_XMLDECL_NOT_FINISHED,
    }
)


class BrokenXmlError(Exception):
    """The file is not to be read from here on; `rule` says why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def documents(stream: BinaryIO, name: str, binaries: str) -> Iterator[etree._Element]:
    """Yield each element of a name that lies in no other of that name, in any namespace.

    Each is emptied when the next is asked for.

    Args:
        stream: The file, binary and seekable.
        name: Name of a document's element, without its namespace.
        binaries: Name of the elements whose text is dropped unread.

    Raises:
        BrokenXmlError: Rule xml.syntax, xml.truncated, xml.encoding, xml.dtd, xml.depth
            or xml.size.
    """
    _refuse_document_type(stream)
    found = _Documents(name)
    for piece in _pieces(stream, binaries.encode()):
        yield from found.read(piece)
    yield from found.end()


class _Documents:
    """The documents in what was parsed, and what has been read since the last of them."""

    def __init__(self, name: str) -> None:
        self._parser = etree.XMLPullParser(
            events=("start", "end"),
            tag=f"{{*}}{name}",
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            remove_blank_text=True,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )
        self._is_empty = True
        self._depth = 0
        self._bytes = 0
        self._marks = 0

    def read(self, piece: bytes) -> Iterator[etree._Element]:
        """Yield the documents that a piece of the file completes."""
        self._is_empty = self._is_empty and not piece.strip()
        self._bytes += len(piece)
        self._marks += piece.count(b"<")
        rule = None
        try:
            self._parser.feed(piece)
        except etree.XMLSyntaxError as error:
            rule = _rule(error)
        yield from self._completed()
        if rule is not None:
            raise BrokenXmlError(rule)
        if self._bytes > DOCUMENT_BYTES_MAX or self._marks > DOCUMENT_MARKS_MAX:
            raise BrokenXmlError("xml.size")

    def end(self) -> Iterator[etree._Element]:
        """Yield the documents that the end of the file completes."""
        rule = None
        try:
            self._parser.close()
        except etree.XMLSyntaxError as error:
            rule = _rule_at_end(error, is_empty=self._is_empty)
        yield from self._completed()
        if rule is not None:
            raise BrokenXmlError(rule)

    def _completed(self) -> Iterator[etree._Element]:
        for event, element in self._parser.read_events():
            self._depth += 1 if event == "start" else -1
            if event == "end" and self._depth == 0:
                assert isinstance(element, etree._Element)  # noqa: SLF001  # the class has no other name
                yield element
                self._bytes = self._marks = 0
                _forget(element)


def _forget(element: etree._Element) -> None:
    """Free a document and whatever stands before it; the text after it may still be growing."""
    element.clear(keep_tail=True)  # type: ignore[call-arg]  # the stubs lack it
    for node in (element, *element.iterancestors()):
        parent = node.getparent()
        while parent is not None and node.getprevious() is not None:
            del parent[0]


class _BegunError(Exception):
    """The first element has begun: there is no document type."""


class _Prolog:
    """What a parser tells of the beginning of a file."""

    def doctype(self, *_: Any) -> NoReturn:
        raise BrokenXmlError("xml.dtd")

    def start(self, *_: Any) -> NoReturn:
        raise _BegunError

    def close(self) -> None:
        """Build nothing."""


def _refuse_document_type(stream: BinaryIO) -> None:
    """Refuse a file that declares a document type, before any of its entities is read."""
    stream.seek(0)
    parser = etree.XMLParser(
        target=_Prolog(),  # type: ignore[arg-type]  # the stubs want every event, the parser does not
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
    )
    try:
        while piece := stream.read(_PROLOG_BYTES):
            parser.feed(piece)
        parser.close()
    except (_BegunError, etree.XMLSyntaxError):
        # What is broken is told when it is read.
        return


def _pieces(stream: BinaryIO, binaries: bytes) -> Iterator[bytes]:
    """Yield the file in pieces, without what its embedded binaries hold."""
    stream.seek(0)
    opened = re.compile(
        rb"<(?:[\w.-]+:)?" + re.escape(binaries) + rb"(?:\s(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+)?>"
    )
    rest, is_inside = b"", False
    while read := stream.read(_READ_BYTES):
        text = rest + read
        cut = _unfinished(text, binaries, opened)
        rest, text = text[cut:], text[:cut]
        kept, is_inside = _without(text, binaries, opened, is_inside=is_inside)
        yield kept
    yield b"" if is_inside and b"<" not in rest else rest


def _unfinished(text: bytes, name: bytes, opened: re.Pattern[bytes]) -> int:
    """Return where a tag begins that the text may not finish, else the text's end."""
    start = text.rfind(b"<", -_TAG_BYTES_MAX)
    if start < 0:
        return len(text)
    # A value of an attribute may hold the sign that ends a tag.
    is_named = text.find(name, start) >= 0
    is_finished = opened.match(text, start) is not None if is_named else text.find(b">", start) >= 0
    return len(text) if is_finished else start


def _without(text: bytes, name: bytes, opened: re.Pattern[bytes], *, is_inside: bool) -> tuple[bytes, bool]:
    """Return a text without what elements of a name hold, and whether it ends inside of one."""
    kept: list[bytes] = []
    at = 0
    while True:
        if is_inside:
            # Text of an element ends at the next tag, whichever that is.
            at = text.find(b"<", at)
            if at < 0:
                return b"".join(kept), True
        found = text.find(name, at)
        if found < 0:
            return b"".join((*kept, text[at:])), False
        tag = opened.match(text, max(text.rfind(b"<", at, found), at))
        end = tag.end() if tag is not None else found + len(name)
        kept.append(text[at:end])
        is_inside = tag is not None and text[end - 2 : end] != b"/>"
        at = end


def _rule(error: etree.XMLSyntaxError) -> str:
    """Return the rule that a parser's error stands for; its text may quote the file."""
    code = _code(error)
    if code in _ENCODING:
        return "xml.encoding"
    if code == _Kinds.ERR_RESOURCE_LIMIT:
        return "xml.depth" if "depth" in str(error) else "xml.size"
    return "xml.syntax"


def _rule_at_end(error: etree.XMLSyntaxError, *, is_empty: bool) -> str:
    return "xml.truncated" if is_empty or _code(error) in _CUT else _rule(error)


def _code(error: etree.XMLSyntaxError) -> int:
    return int(error.code)  # type: ignore[attr-defined]  # the stubs lack it
