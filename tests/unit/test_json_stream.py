"""Streams of JSON documents: exact numbers, bounded memory, broken files named for what they are."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.reading import json_stream
from producers.reading.json_stream import BrokenJsonError

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(-(10**6), 10**6, places=3).map(str) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


class _Slow(io.BytesIO):
    """A stream that gives a few bytes at a time and counts what it gave."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self.size = size
        self.given = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return no more bytes than this stream gives at a time."""
        chunk = super().read(self.size if size is None or size < 0 else min(size, self.size))
        self.given += len(chunk)
        return chunk


def documents(data: bytes) -> list[Any]:
    """Return the documents of a file."""
    return list(json_stream.documents(io.BytesIO(data)))


def broken(data: bytes) -> tuple[list[Any], str]:
    """Return what was read before the file broke, and the rule it broke."""
    read: list[Any] = []
    with pytest.raises(BrokenJsonError) as caught:
        read.extend(json_stream.documents(io.BytesIO(data)))
    return read, caught.value.rule


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a": 1}', [{"a": 1}]),
        (b'{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        (b"[]", []),
        (b'\xef\xbb\xbf {"a": 1}', [{"a": 1}]),
        (b'[{"a": 1}]\n[{"a": 2}]', [{"a": 1}, {"a": 2}]),
        (b"12", [12]),
    ],
)
def test_three_layouts(data: bytes, expected: list[Any]) -> None:
    """One document, one after another, and an array are the same documents; a byte order mark is skipped."""
    assert expected == documents(data)


def test_numbers_are_exact() -> None:
    """A fraction is the decimal as written, a whole number an integer."""
    assert documents(b"[0.1, 1.50, 1e2, 7]") == [Decimal("0.1"), Decimal("1.50"), Decimal("1e2"), 7]


@pytest.mark.parametrize(
    ("data", "read", "rule"),
    [
        (b"", [], "json.truncated"),
        (b" \n", [], "json.truncated"),
        (b'{"a": ', [], "json.truncated"),
        (b'[{"a": 1}, {"a": 2', [{"a": 1}], "json.truncated"),
        (b'[{"a": 1}', [{"a": 1}], "json.truncated"),
        (b'{"a": 1}{"a": "te', [{"a": 1}], "json.truncated"),
        (b'{"a": tru', [], "json.truncated"),
        (b'{"a": 1}, ', [{"a": 1}], "json.syntax"),
        (b"a;b;c", [], "json.syntax"),
        (b"<manifest/>" + b" " * 40, [], "json.syntax"),
        (b'[{"a": 1} {"a": 2}]', [{"a": 1}], "json.syntax"),
        (b"[1, NaN]", [1], "json.syntax"),
        (b"[1, -Infinity]", [1], "json.syntax"),
        (b"[" * 200_000, [], "json.syntax"),
        (b"9" * 5_000, [], "json.syntax"),
        (b"1e99999999999999999999", [], "json.syntax"),
        (b'{"a": "\xff"}', [], "json.encoding"),
        ('{"a": 1}'.encode("utf-16"), [], "json.encoding"),
        (b'{"a": "\xc3', [], "json.encoding"),
    ],
)
def test_broken_file_is_named(data: bytes, read: list[Any], rule: str) -> None:
    """What stands before the break is read, and the break has the rule that fits it."""
    assert (read, rule) == broken(data)


def test_too_large_document_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document beyond the limit is refused before it is read whole."""
    monkeypatch.setattr(json_stream, "DOCUMENT_CHARACTERS_MAX", 100_000)
    stream = _Slow(b'"' + b"x" * 10_000_000, 50_000)
    with pytest.raises(BrokenJsonError) as caught:
        list(json_stream.documents(stream))

    assert caught.value.rule == "json.document.size"
    assert stream.given <= 200_000


def test_reading_is_lazy() -> None:
    """The first document is there before the file is read to its end."""
    stream = _Slow(b"[" + b",".join([b'{"a": "' + b"x" * 1_000 + b'"}'] * 1_000) + b"]", 4_096)
    first = next(json_stream.documents(stream))

    assert len(first["a"]) == 1_000
    assert stream.given < 50_000


@given(values=st.lists(_VALUES, max_size=5), size=st.integers(1, 40))
def test_any_chunking_reads_the_same(values: list[Any], size: int) -> None:
    """However few bytes a read gives, through characters and numbers too, the documents are the same."""
    data = json.dumps(values, ensure_ascii=False).encode()

    assert values == list(json_stream.documents(_Slow(data, size)))


@given(value=_VALUES, data=st.data())
def test_cut_anywhere_is_read_or_named(value: Any, data: st.DataObject) -> None:
    """A file cut at any byte is never taken for whole and never raises anything else."""
    whole = json.dumps({"a": value}).encode()
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]

    assert broken(cut) == ([], "json.truncated")


@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_named(data: bytes) -> None:
    """No bytes raise anything but the error that names what is wrong."""
    rule = None
    try:
        documents(data)
    except BrokenJsonError as error:
        rule = error.rule

    assert rule in {None, "json.syntax", "json.truncated", "json.encoding"}


def test_elements_at_a_place() -> None:
    """Rows are found below an envelope; other members are passed over."""
    data = b'{"id": {"rows": [9]}, "rows": [1, 2], "end": true}'

    assert elements(data, "rows.item") == [1, 2]
    assert elements(data, "rows") == [[1, 2]]
    assert elements(b"[3, 4]", "item") == [3, 4]


def elements(data: bytes, prefix: str) -> list[Any]:
    """Return the values at a place."""
    return [value for value, _ in json_stream.elements(io.BytesIO(data), prefix)]


def test_each_document_is_given_as_written() -> None:
    """Blanks, exact numbers and escapes are as they stand in the file, however long it is."""
    written = [b'{ "a" : 1.50 }', '"\u00e9 é"'.encode(), b"[" + b"1, " * 100_000 + b"2]"]
    apart = [source() for _, source in json_stream.originals(io.BytesIO(b"\n".join(written[:2])))]
    together = [
        source() for _, source in json_stream.originals(io.BytesIO(b"[" + b" ,".join(written) + b"]"))
    ]

    assert written[:2] == apart
    assert written == together


def read_to_error(values: Iterator[Any]) -> tuple[list[Any], str]:
    """Return what is read before the file is told to be broken, and by which rule."""
    found: list[Any] = []
    with pytest.raises(BrokenJsonError) as caught:
        found.extend(values)
    return found, caught.value.rule


@pytest.mark.parametrize("rest", [b"[3]", b'{"rows": [3]}', b"5"])
def test_what_follows_the_document_is_told(rest: bytes) -> None:
    """Elements of one document are read, and then whatever follows it is no part of it."""
    values = (value for value, _ in json_stream.elements(io.BytesIO(b"[1, 2] " + rest), "item"))

    assert ([1, 2], "json.several") == read_to_error(values)


def test_members_of_an_envelope() -> None:
    """The scalar members are read without the rows, wherever they stand; values of other shapes are left."""
    data = b'{"organisation": "o", "rows": [{"id": 1}], "at": 2.5, "more": {"x": 1}}'

    assert json_stream.members(io.BytesIO(data), "rows") == [{"organisation": "o", "at": Decimal("2.5")}]


@pytest.mark.parametrize(("data", "expected"), [(b" [1]", True), (b'{"a": [1]}', False), (b"", False)])
def test_array_is_told_without_moving_the_stream(data: bytes, expected: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """Whether the file is an array is known from its start, and the stream stays there."""
    stream = io.BytesIO(data)

    assert json_stream.is_array(stream) is expected
    assert stream.tell() == 0


def test_what_stands_before_a_bad_byte_is_read() -> None:
    """One byte that is no UTF-8 hides nothing that stands before it."""
    stream = io.BytesIO(b'\xef\xbb\xbf{"a": 1}\n{"b": 2}\n{"c": "\xff"}\n{"d": 4}')

    assert ([{"a": 1}, {"b": 2}], "json.encoding") == read_to_error(json_stream.documents(stream))
