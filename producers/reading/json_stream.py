"""JSON files of any size, one document at a time and numbers as exact decimals.

A file holds one document, documents one after another (JSON lines), or an array of
them. Memory is bounded by the largest document, which has a limit. What is broken, or
deeper or longer than any document of this field, raises BrokenJsonError: what was read
before it stands, nothing after it can be trusted.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from json import JSONDecodeError, JSONDecoder
from typing import Any, BinaryIO, NoReturn

DOCUMENT_CHARACTERS_MAX = 32 * 1024 * 1024
_READ_BYTES = 64 * 1024
_BLANKS = re.compile(r"[ \t\n\r]*")
# What may stand at the end of a file that was cut: nothing, part of a literal, of a number
# (whose whole part was read) or of an escape.
_CUT = re.compile(
    r"(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|-|\.|[eE][+-]?|\\?u[0-9a-fA-F]{0,4})?[ \t\n\r]*", re.ASCII
)
# What an error points at may change with more text only if it lies this close to the end:
# a cut literal, number or escape is no longer than that.
_CUT_CHARACTERS_MAX = 16


# Gives a value as written.
Source = Callable[[], bytes]


class BrokenJsonError(Exception):
    """The file is no JSON from here on; `rule` says in which way."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def is_array(stream: BinaryIO) -> bool:
    """Say whether the file begins with an array, and leave the stream at its start.

    Raises:
        BrokenJsonError: Rule json.encoding.
    """
    start = _Text(stream).peek()
    stream.seek(0)
    return start == "["


def documents(stream: BinaryIO) -> Iterator[Any]:
    """Yield each document of a file: elements of an array, or values one after another.

    Raises:
        BrokenJsonError: Rule json.syntax, json.truncated, json.encoding or
            json.document.size.
    """
    for value, _ in originals(stream):
        yield value


def originals(stream: BinaryIO) -> Iterator[tuple[Any, Source]]:
    """Yield each document as `documents`, and what gives it as written until the next is asked for."""
    text = _Text(stream)
    for start in _values(text):
        if start == "[":
            for _ in _items(text):
                yield text.value(), text.source
        else:
            yield text.value(), text.source


def elements(stream: BinaryIO, prefix: str) -> Iterator[tuple[Any, Source]]:
    """Yield the values at a place of the one document that a file is, with their sources as `originals`.

    Args:
        stream: The file, binary and seekable.
        prefix: Names of members joined by dots, `item` for the elements of an array:
            `rows.item`.

    Raises:
        BrokenJsonError: As `documents`, and json.several where another document follows.
    """
    text = _Text(stream)
    for number, _ in enumerate(_values(text)):
        if number:
            raise BrokenJsonError("json.several")
        yield from _at(text, prefix.split(".") if prefix else [])


def members(stream: BinaryIO, without: str) -> list[dict[str, Any]]:
    """Return the scalar members of each value of a file, skipping the large one; none of an array.

    Raises:
        BrokenJsonError: As `documents`.
    """
    text = _Text(stream)
    found = []
    for start in _values(text):
        if start == "{":
            found.append(_members(text, without))
        else:
            _pass(text)
            found.append({})
    return found


def _members(text: _Text, without: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _names(text):
        if name == without and text.peek() == "[":
            _pass(text)
        else:
            found[name] = text.value()
    return {name: value for name, value in found.items() if not isinstance(value, dict | list)}


class _Text:
    """The text of a file, of which only what is not yet read is in memory."""

    def __init__(self, stream: BinaryIO) -> None:
        stream.seek(0)
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._has_ended = False
        self._is_broken = False
        self._began = 0

    def source(self) -> bytes:
        """Return the last value that was read whole, as written."""
        return self._text[self._began : self._at].encode()

    def peek(self) -> str:
        """Return the next character that is no blank, nothing at the end of the file."""
        while True:
            blanks = _BLANKS.match(self._text, self._at)
            assert blanks is not None
            self._at = blanks.end()
            if self._at < len(self._text) or not self._read_more():
                return self._text[self._at : self._at + 1]

    def take(self, expected: str) -> str:
        """Read the next character, which has to be one of those expected."""
        found = self.peek()
        if not found or found not in expected:
            raise BrokenJsonError("json.syntax" if found else "json.truncated")
        self._at += 1
        return found

    def value(self) -> Any:
        """Read the next value whole."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except JSONDecodeError as error:
                if self._has_ended or self._is_final(error):
                    raise BrokenJsonError(self._rule_of(error)) from None
            except (RecursionError, ValueError, ArithmeticError):
                # Nested too deep, a number of more digits than Python reads, or an exponent
                # beyond those of decimals: RFC 8259, section 9, lets a parser limit them.
                raise BrokenJsonError("json.syntax") from None
            else:
                if self._has_ended or self._is_whole(value, end):
                    self._began, self._at = self._at, end
                    return value
            # Whatever was decoded is decoded again: places in the text have moved.
            self._read_more()

    def _is_whole(self, value: Any, end: int) -> bool:
        """Say whether no further text can belong to a value; a number may be cut anywhere."""
        is_number = isinstance(value, int | Decimal)
        return not is_number or end + _CUT_CHARACTERS_MAX <= len(self._text)

    def _is_final(self, error: JSONDecodeError) -> bool:
        return not _is_open_string(error) and error.pos + _CUT_CHARACTERS_MAX < len(self._text)

    def _rule_of(self, error: JSONDecodeError) -> str:
        rest = self._text[error.pos : error.pos + _CUT_CHARACTERS_MAX]
        is_cut = self._has_ended and _CUT.fullmatch(rest) is not None
        return "json.truncated" if is_cut or _is_open_string(error) else "json.syntax"

    def _read_more(self) -> bool:
        """Add as much text again as there is, so that reading a long value stays linear."""
        if self._has_ended:
            return False
        self._text = self._text[self._at :]
        self._at = 0
        if len(self._text) > DOCUMENT_CHARACTERS_MAX:
            raise BrokenJsonError("json.document.size")
        if self._is_broken:
            raise BrokenJsonError("json.encoding")
        chunk = self._stream.read(max(_READ_BYTES, len(self._text)))
        self._has_ended = not chunk
        try:
            self._text += self._decoder.decode(chunk, final=self._has_ended)
        except UnicodeDecodeError as error:
            # What stands before the bad byte is read first; then it is told.
            self._text += error.object[: error.start].decode().removeprefix("\ufeff")
            self._is_broken, self._has_ended = True, False
        return not self._has_ended


def _values(text: _Text) -> Iterator[str]:
    """Yield the first character of each value of a file, which the caller then reads."""
    start = text.peek()
    if not start:
        raise BrokenJsonError("json.truncated")
    while start:
        yield start
        start = text.peek()


def _items(text: _Text) -> Iterator[None]:
    """Yield at each element of an array, which the caller then reads."""
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    yield
    while text.take(",]") == ",":
        yield


def _names(text: _Text) -> Iterator[str]:
    """Yield the name of each member of an object, whose value the caller then reads."""
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    yield _name(text)
    while text.take(",}") == ",":
        yield _name(text)


def _name(text: _Text) -> str:
    if text.peek() not in {'"', ""}:
        raise BrokenJsonError("json.syntax")
    name = text.value()
    text.take(":")
    return str(name)


def _at(text: _Text, steps: list[str]) -> Iterator[tuple[Any, Source]]:
    """Yield the values at a place of the next value, and read the rest of it."""
    if not steps:
        yield text.value(), text.source
    elif steps[0] == "item" and text.peek() == "[":
        for _ in _items(text):
            yield from _at(text, steps[1:])
    elif text.peek() == "{":
        for name in _names(text):
            if name == steps[0]:
                yield from _at(text, steps[1:])
            else:
                _pass(text)
    else:
        _pass(text)


def _pass(text: _Text) -> None:
    """Read the next value and forget it; the elements of an array one by one, so that it may be large."""
    if text.peek() == "[":
        for _ in _items(text):
            text.value()
    else:
        text.value()


def _is_open_string(error: JSONDecodeError) -> bool:
    # The only error whose place is the start of what is cut, not the cut.
    return error.msg.startswith("Unterminated string")


def _refuse_constant(_: str) -> NoReturn:
    # NaN and the infinities: Python's parser takes them, RFC 8259 does not.
    raise BrokenJsonError("json.syntax")


_DECODER = JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
