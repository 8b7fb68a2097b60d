"""Tables as JSON: an array of rows, or rows one after another, each an object by column.

This is what the results of a query are. The first row says which columns there are, and every
row has them all; a cell without a value is null.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO

from producers.adapters.table.line import BrokenTableError, Line
from producers.reading import json_stream
from producers.reading.json_stream import BrokenJsonError


class JsonLines:
    """Rows in JSON; see `producers.adapters.table.line.Lines`."""

    def __init__(self, stream: BinaryIO) -> None:
        rows = _rows(stream)
        first = next(rows, None)
        if first is None:
            raise BrokenTableError("table.file.empty")
        if not isinstance(first, dict):
            raise BrokenTableError("table.row.kind", "line[1]")
        self._names = list(first)
        self.header: Sequence[object] = self._names
        self._rows = chain([first], rows)

    def read(self, places: Sequence[int]) -> Iterator[Line]:
        """Yield all rows; there is no header row to count."""
        names = [self._names[place] for place in places]
        for number, row in enumerate(self._rows, 1):
            try:
                yield Line(number, [row[name] for name in names])
            except (KeyError, TypeError):
                yield Line(number, rule="table.row.kind")


def _rows(stream: BinaryIO) -> Iterator[Any]:
    number = 1
    try:
        for row in json_stream.documents(stream):
            yield row
            number += 1
    except BrokenJsonError as error:
        raise BrokenTableError(error.rule, f"line[{number}]") from None
