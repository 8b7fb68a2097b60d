"""Readings of JSON files whose every document is read by itself, as most systems write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from producers.reading import json_stream
from producers.reading.file_rules import FILE_RULES_BY_ID
from producers.reading.json_stream import BrokenJsonError
from producers.statement import Reading


def readings(stream: BinaryIO, read: Callable[[Any, str], Reading]) -> Iterator[Reading]:
    """Yield the reading of each document; where the file breaks off, a last one says how.

    Args:
        stream: The file, binary and seekable.
        read: Given a document and its place in the file.
    """
    number = 0
    try:
        for native, source in json_stream.originals(stream):
            yield read(native, f"$[{number}]").of(source)
            number += 1
    except BrokenJsonError as error:
        path = f"$[{number}]"
        yield Reading(path, findings=(FILE_RULES_BY_ID[error.rule].at(path),))
