"""Copies of documents with a text of their own in one place, which no output may ever show.

A place is a value or the name of a member, column, element or attribute. Places that differ
only in the number of a line are one.
"""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from lxml import etree

Make = Callable[[str], bytes]

_HEADER_ROWS = 2


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of a document: what it is called, and what makes the copy that has a text there."""

    name: str
    make: Make


def spots(data: bytes) -> Iterator[Spot]:
    """Yield the places of a document; none of what is no JSON, XML or CSV."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    start = text.lstrip()[:1]
    if start in {"{", "["}:
        yield from _json_spots(text)
    elif start == "<":
        yield from _xml_spots(data)
    elif "\n" in text:
        yield from _csv_spots(text)


def _json_spots(text: str) -> Iterator[Spot]:
    try:
        whole = [json.loads(text)]
    except ValueError:
        lines = text.splitlines()
        whole = [json.loads(line) for line in lines if line.startswith("{")]
    # Several documents are taken one by one.
    documents = [item for value in whole for item in (value if isinstance(value, list) else [value])]
    for document in documents:
        for path, _ in leaves(document):
            yield Spot(_named(path), lambda mark, d=document, p=path: _json_with(d, p, mark))  # type: ignore[misc]  # mypy does not type default arguments
        for path in _objects(document):
            yield Spot(
                f"{_named(path)} member",
                lambda mark, d=document, p=path: _json_with(d, (*p, mark), mark),  # type: ignore[misc]  # as above
            )


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield (path, value) of each leaf of a JSON document."""
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, name))
    else:
        yield path, value


def _objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        yield path
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _objects(item, (*path, name))


def _named(path: tuple[Any, ...]) -> str:
    return ".".join("[]" if isinstance(step, int) else step for step in path)


def _json_with(document: Any, path: tuple[Any, ...], mark: str) -> bytes:
    other = place = copy.deepcopy(document)
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = mark
    return json.dumps(other).encode()


def _xml_spots(data: bytes) -> Iterator[Spot]:
    try:
        tree = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return
    for number, element in enumerate(tree.iter("*")):
        path = "/".join(reversed([str(item.tag) for item in (element, *element.iterancestors())]))
        if element.text and element.text.strip():
            yield Spot(path, lambda mark, n=number: _xml_with(tree, n, mark))  # type: ignore[misc]  # as above
        for name in map(str, element.attrib):
            yield Spot(f"{path}@{name}", lambda mark, n=number, a=name: _xml_with(tree, n, mark, a))  # type: ignore[misc]  # as above
    yield Spot("comment", lambda mark: data + f"<!-- {mark} -->".encode())


def _xml_with(tree: etree._Element, number: int, mark: str, attribute: str | None = None) -> bytes:
    other = copy.deepcopy(tree)
    element = list(other.iter("*"))[number]
    if attribute is None:
        element.text = mark
    else:
        element.set(attribute, mark)
    return etree.tostring(other)


def _csv_spots(text: str) -> Iterator[Spot]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    for number in range(min(_HEADER_ROWS, len(rows))):
        for column in range(len(rows[number])):
            spoil = partial(_csv_with, rows, {number: column}, delimiter=delimiter)
            yield Spot(f"header {number} column {column}", spoil)
    body = range(_HEADER_ROWS, len(rows))
    for column in range(max((len(rows[number]) for number in body), default=0)):
        places = dict.fromkeys(body, column)
        yield Spot(f"column {column}", partial(_csv_with, rows, places, delimiter=delimiter))


def _csv_with(rows: list[list[str]], columns: dict[int, int], mark: str, delimiter: str) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    for number, row in enumerate(rows):
        column = columns.get(number, len(row))
        writer.writerow([*row[:column], mark, *row[column + 1 :]] if column < len(row) else row)
    return written.getvalue().encode()
