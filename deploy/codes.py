"""Code lists for people: what a code means, what it leads to, and whether it may be used.

Every answer is a plain record, so that a table on the terminal and JSON show the same. The
lists themselves are the contract's; nothing is decided here.
"""

from __future__ import annotations

import difflib
import io
import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import BinaryIO

from producers.reading import csv_stream, waste_codes
from schemas import codes, crosswalks
from schemas.codes import Code, Status
from schemas.errors import ConfigurationError

_SIMILAR_MAX = 5
_LIKENESS_MIN = 0.7
# A longer text is a name or a remark: a wrong column, which may hold thousands.
_CODE_LENGTH_MAX = 10
# Where people look for the codes of a waste, when nothing says which list they mean.
_WASTE_SCHEMES = ("LOW", "BASEL", "OECD", "OPERATION")
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class ListSize:
    """One list of codes or one crosswalk, with where its rows come from."""

    name: str
    table: str
    rows: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """What a code leads to in another list."""

    crosswalk: str
    scheme: str
    code: str
    label: str
    quality: str
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything that is known about one code.

    Attributes:
        status: Whether it may be used on the day `on`.
        maps_to: What it leads to on that day.
    """

    scheme: str
    code: str
    on: date
    status: Status
    intervals: tuple[Code, ...]
    maps_to: tuple[Reached, ...]
    replaced_by: tuple[Reached, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one code as somebody wrote it.

    Attributes:
        count: How often it was stated.
        scheme: Of the list that was asked, empty where the text is no code of any.
        valid_to: Last valid day of the latest interval, None while in force or unknown.
        similar: Listed codes that look alike, where the code is unknown.
    """

    stated: str
    count: int
    scheme: str
    code: str
    status: Status
    label: str
    valid_from: date | None
    valid_to: date | None
    replaced_by: tuple[str, ...]
    similar: tuple[str, ...]


def lists() -> list[ListSize]:
    """Return every list of codes, then every crosswalk."""
    found = [_size(scheme, table) for scheme, table in codes.TABLE_OF_SCHEME.items()]
    return found + [_size(name, name) for name in (*crosswalks.CROSSWALKS, "successor")]


def entry(scheme: str, code: str, on: date) -> Entry:
    """Return what is known about a code in canonical form.

    Raises:
        ConfigurationError: No list has it; the hint names codes that look alike.
    """
    intervals, maps_to = codes.find(scheme, code), _maps_to(scheme, code, on)
    if not intervals and all(target.code == crosswalks.UNMAPPED for target in maps_to):
        raise ConfigurationError(f"{code} is in no list of {scheme or 'codes'}", hint=_hint(scheme, code))
    return Entry(
        scheme=scheme,
        code=code,
        on=on,
        status=codes.status(scheme, code, on),
        intervals=intervals,
        maps_to=maps_to,
        replaced_by=tuple(_named("successor", target) for target in crosswalks.successors(scheme, code)),
    )


def recognise(stated: str, scheme: str | None = None) -> tuple[str, str]:
    """Return scheme and canonical form of a code as people write it; an empty scheme where none fits."""
    code = "".join(stated.split()).upper()
    low = codes.normalise_low(stated)
    if low is not None and scheme in {None, "LOW"}:
        return "LOW", low[0]
    if scheme is not None:
        return scheme, code
    for name in codes.TABLE_OF_SCHEME:
        if codes.find(name, code):
            return name, code
    shaped = waste_codes.basel_or_oecd(code)
    if shaped is not None:
        return shaped.scheme, shaped.code
    if operation := waste_codes.operation(code):
        return "OPERATION", operation
    return ("US-EPA" if codes.is_us_federal_code(code) else ""), code


def search(text: str, scheme: str | None = None) -> list[Code]:
    """Return the codes that have every word of a text in their code or label, exact codes first."""
    words = _plain(text).split()
    wanted = "".join(words).rstrip("*")
    found = [
        code
        for code in _all(scheme)
        if (wanted and _plain(code.code).startswith(wanted)) or all(word in _words(code) for word in words)
    ]
    return sorted(found, key=lambda code: _plain(code.code) != wanted)


def resembling(text: str, scheme: str | None = None) -> list[Code]:
    """Return codes that look like a text of which nothing matches: misspelt words, mistyped codes."""
    vocabulary = sorted({word for code in _all(scheme) for word in _words(code).split()})
    found: dict[tuple[str, str], Code] = {}
    for spelling in _corrections(_plain(text).split(), vocabulary):
        found |= {(code.scheme, code.code): code for code in search(spelling, scheme)}
    return list(found.values())


def check(stated: Iterable[str], on: date, scheme: str | None = None) -> list[Checked]:
    """Return a verdict on each different code, in the order of their first appearance."""
    return [_checked(text, count, on, scheme) for text, count in Counter(stated).items()]


def stated_codes(stream: BinaryIO, column: str | None) -> Iterator[str]:
    """Yield the codes of a file: a column of a CSV file, or one a line; empty ones are left out.

    Raises:
        ConfigurationError: The file has no such column.
    """
    content = stream.read()
    if column is None:
        lines = content.decode("utf-8-sig", errors="replace").splitlines()
        yield from (line.strip() for line in lines if line.strip())
        return
    head = next((line for line in content.splitlines() if line.strip()), b"")
    delimiter = max(_DELIMITERS, key=head.decode("utf-8-sig", errors="replace").count)
    rows = csv_stream.rows(io.BytesIO(content), delimiter)
    header = [cell.strip() for row in itertools.islice(rows, 1) for cell in row.cells]
    if column not in header:
        raise ConfigurationError(
            f"there is no column {column!r}", hint=f"the columns are: {', '.join(header) or 'none'}"
        )
    place = header.index(column)
    yield from (row.cells[place].strip() for row in rows if row.cells[place:] and row.cells[place].strip())


def _size(name: str, table: str) -> ListSize:
    rows = [row for row in codes.rows(table) if row.get("scheme", name) == name or table == name]
    sources = Counter(row["source"] for row in rows)
    return ListSize(name, table, len(rows), tuple(source for source, _ in sources.most_common()))


def _maps_to(scheme: str, code: str, on: date) -> tuple[Reached, ...]:
    return tuple(
        _named(name, target)
        for name in crosswalks.names(scheme)
        for target in crosswalks.crosswalk(name, scheme, code, on)
    )


def _named(name: str, target: crosswalks.Target) -> Reached:
    intervals = codes.find(target.scheme, target.code)
    label = intervals[-1].label if intervals else ""
    return Reached(name, target.scheme, target.code, label, target.quality, target.source)


def _checked(stated: str, count: int, on: date, scheme: str | None) -> Checked:
    named, code = recognise(stated, scheme)
    intervals = codes.find(named, code)
    last = intervals[-1] if intervals else None
    status = codes.status(named, code, on)
    return Checked(
        stated=stated,
        count=count,
        scheme=named,
        code=code,
        status=status,
        label=last.label if last else "",
        valid_from=intervals[0].valid_from if intervals else None,
        valid_to=last.valid_to if last else None,
        replaced_by=tuple(f"{new.scheme} {new.code}" for new in crosswalks.successors(named, code)),
        similar=() if status is not Status.UNKNOWN else _alike(named, code),
    )


def _hint(scheme: str, code: str) -> str:
    alike = _alike(scheme, code)
    return (
        f"did you mean {', '.join(alike)}?" if alike else "`weighbridge codes find` searches codes and labels"
    )


def _alike(scheme: str, code: str) -> tuple[str, ...]:
    asked = (scheme,) if codes.listed(scheme) else _WASTE_SCHEMES
    known = {other: name for name in asked for other in codes.listed(name)}
    if len(code) > _CODE_LENGTH_MAX:
        return ()
    # Spreadsheets lose the first zero.
    near = [f"0{code}"] if f"0{code}" in known else _near(code, known)
    return tuple(f"{known[other]} {other}" for other in near)


def _near(text: str, known: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(text, list(known), n=_SIMILAR_MAX, cutoff=_LIKENESS_MIN)


def _corrections(words: list[str], vocabulary: list[str]) -> Iterator[str]:
    """Yield spellings with one word replaced by a listed one, or each word by its nearest."""
    near = [
        difflib.get_close_matches(word, vocabulary, n=_SIMILAR_MAX, cutoff=_LIKENESS_MIN) for word in words
    ]
    yield " ".join(found[0] if found else word for word, found in zip(words, near, strict=True))
    for place, found in enumerate(near):
        for word in found:
            yield " ".join((*words[:place], word, *words[place + 1 :]))


def _all(scheme: str | None) -> Iterator[Code]:
    """Yield the latest interval of every code."""
    for name in (scheme,) if scheme else codes.TABLE_OF_SCHEME:
        for intervals in codes.listed(name).values():
            yield intervals[-1]


@cache
def _words(code: Code) -> str:
    return f"{_plain(code.code)} {_plain(code.label)}"


@cache
def _plain(text: str) -> str:
    """Return a text as it is searched: lower case, without accents."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in split if not unicodedata.combining(char))
