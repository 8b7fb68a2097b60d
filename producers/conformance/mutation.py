"""Hostile copies of documents: seeded, so that whatever they find can be found again.

Two kinds. A mutant has its bytes or words spoiled, and may be anything; an adapter has to
read or reject it. A marked copy is sound but for one value of a document, which has become
a text that no output may ever show.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random
from typing import Any, NamedTuple

# Enough to meet every kind of spoiling, and seconds of work.
MUTANTS = 500
MARK = "Canary"
# What a person may have written into any field: a name, an address, a telephone number.
MARKED_TEXT = f"{MARK} Zoe, {MARK.lower()}@mail.example, +44 1234 567890"
# What of it no form of a name or number excuses.
MARKED_CONTACTS = ("mail.example", "1234567890")

_HOSTILE = [
    b"", b"null", b"true", b"[]", b"{}", b"0", b"-1", b"1e999", b"-0.0", b"NaN", b"9" * 40, b"0." + b"1" * 40,
    b"1,5", b"0000-00-00", b"2026-02-30", b"9999-12-31T23:59:59Z", b"1e-400", b"\x00", b"\xff\xfe",
    b"\\ud800", b"\xe2\x80\xae", b"\xc2\xa0", b"'", b'"', b"<", b"&x;", b";", b"=1+1", b"%s%n", b"A" * 20_000,
    b"[" * 3_000, b"<a>" * 3_000, "\u00e9\u0301".encode(), b"../../etc/passwd", b"ZZ", b"R99", b"999999*",
]  # fmt: skip
# A word of JSON, XML or CSV, with its quotation marks.
_WORD = re.compile(rb'"(?:[^"\\\r\n]|\\.)*"|[^\s,;:{}\[\]<>"=/]+')
_TEXT_NODE = re.compile(r">([^<>]*[^<>\s][^<>]*)<")
_SLICE_MAX = 64
# Tables have one header or two.
_HEADER_ROWS = 2


class Marked(NamedTuple):
    """A marked copy.

    Attributes:
        place: The members that lead to the marked value, joined by points; None where the format names none.
    """

    data: bytes
    place: str | None


class _Spot(NamedTuple):
    """A value of a document: where it is, as in `Marked`, and what makes the copy in which it is marked."""

    place: str | None
    copy: Callable[[], str]


def mutants(data: bytes, others: list[bytes], random: Random) -> Iterator[bytes]:
    """Yield spoiled copies without end.

    Args:
        data: The document.
        others: Documents to take pieces from.
        random: Seeded.
    """
    words = [match.span() for match in _WORD.finditer(data)]
    while True:
        spoiled = data
        for _ in range(random.choice((1, 1, 2, 5))):
            by_word = words and random.random() < 0.6  # noqa: PLR2004  # more words than bytes
            spoiled = _word(spoiled, words, random) if by_word else _bytes(spoiled, others, random)
        yield spoiled


def marked(data: bytes, random: Random, copies_max: int) -> Iterator[Marked]:
    """Yield copies in which one value has become `MARKED_TEXT`; none of formats that are no text.

    In a copy of a table it is one value of each row but the first ones, which are headers.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    spots = _spots(text)
    for spot in random.sample(spots, min(copies_max, len(spots))):
        yield Marked(spot.copy().encode(), spot.place)


def _word(data: bytes, words: list[tuple[int, int]], random: Random) -> bytes:
    start, end = random.choice(words)
    hostile = random.choice(_HOSTILE)
    is_quoted = data[start : start + 1] == b'"' and random.random() < 0.5  # noqa: PLR2004  # a coin
    return data[:start] + (b'"%b"' % hostile if is_quoted else hostile) + data[end:]


def _bytes(data: bytes, others: list[bytes], random: Random) -> bytes:
    start = random.randrange(len(data) + 1)
    end = min(len(data), start + random.randrange(_SLICE_MAX))
    other = random.choice(others)
    piece = random.randrange(len(other) + 1)
    return random.choice(
        (
            data[:start],
            data[:start] + data[end:],
            data[:end] + data[start:],
            data[:start] + random.randbytes(3) + data[end:],
            data[:start] + random.choice(_HOSTILE) + data[start:],
            data[:start] + other[piece : piece + _SLICE_MAX] + data[end:],
        )
    )


def _spots(text: str) -> list[_Spot]:
    start = text.lstrip()[:1]
    if start in {"{", "["}:
        return _json_spots(text)
    return [_Spot(None, copy) for copy in (_xml_copies(text) if start == "<" else _csv_copies(text))]


def _json_spots(text: str) -> list[_Spot]:
    """Return the places of one value, or of several in an array or one after another, each to stand alone."""
    decoder, values, start = json.JSONDecoder(), [], 0
    while rest := text[start:].lstrip():
        try:
            value, length = decoder.raw_decode(rest)
        except ValueError:
            return []
        values += [[item] for item in value] if isinstance(value, list) else [value]
        start = len(text) - len(rest) + length
    return [
        _Spot(place, partial(_json, value, holder, key))
        for value in values
        for place, holder, key in _leaves(value)
    ]


def _leaves(node: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield of each value where it is, what holds it, and under which name or number."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        inner = f"{place}.{key}".lstrip(".") if isinstance(key, str) else place
        if isinstance(value, dict | list):
            yield from _leaves(value, inner)
        else:
            yield inner, node, key


def _json(document: Any, holder: Any, key: Any) -> str:
    before, holder[key] = holder[key], MARKED_TEXT
    text = json.dumps(document)
    holder[key] = before
    return text


def _xml_copies(text: str) -> list[Callable[[], str]]:
    return [partial(_xml, text, *match.span(1)) for match in _TEXT_NODE.finditer(text)]


def _xml(text: str, start: int, end: int) -> str:
    return text[:start] + MARKED_TEXT + text[end:]


def _csv_copies(text: str) -> list[Callable[[], str]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    head, body = rows[:_HEADER_ROWS], rows[_HEADER_ROWS:]
    in_head = [{number: column} for number, row in enumerate(head) for column in range(len(row))]
    in_body = [
        {number: column + number for number in range(len(head), len(rows))}
        for column in range(max(map(len, body), default=0))
    ]
    return [partial(_csv, rows, columns, delimiter) for columns in (*in_head, *in_body)]


def _csv(rows: list[list[str]], columns: Mapping[int, int], delimiter: str) -> str:
    """Return a copy in which a cell is marked in some rows; columns behind the last begin again."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    for number, row in enumerate(rows):
        column = columns[number] % len(row) if number in columns and row else len(row)
        writer.writerow([*row[:column], MARKED_TEXT, *row[column + 1 :]] if column < len(row) else row)
    return written.getvalue()
