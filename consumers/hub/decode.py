"""From framed Avro values to columns; one bad record never hides its neighbours.

Values of one schema are decoded together, field by field. What is not written as expected is
set aside and decoded once more by itself, strictly and slowly, which says whether it is damaged.
That row decoder is the oracle of the other one in the tests.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import fastavro
import numpy as np
import polars as pl
from polars.exceptions import ComputeError

from consumers.hub.columns import UnreadableTypeError
from consumers.hub.cursor import Cursor, Longs, windows
from consumers.hub.events import INDEX, Events, empty, joined
from consumers.hub.layout import Layout, Read
from consumers.hub.writers import Writers
from schemas import contract, framing
from schemas.reasons import Reason

# Below this it costs less to decode records one by one than to find out which one is no text.
_FEW = 32
# What is read together stays in the processor's cache.
_BLOCK_RECORDS = 8_192
# As the five bytes in front of a body are read: the first one is zero, then comes the id of the schema.
_UNFRAMED = 2**32


@dataclass(slots=True)
class Decoded:
    """What became of a batch of values.

    Attributes:
        events: What was decoded.
        bad: By place in the batch, why a value could not be decoded.
    """

    events: Events
    bad: dict[int, Reason] = field(default_factory=dict)


def decode(values: Sequence[bytes | None], writers: Writers) -> Decoded:
    """Decode a batch of record values.

    Raises:
        RetriableError: A schema is not known yet and the registry does not answer.
    """
    bad: dict[int, Reason] = {}
    parts: list[Events] = []
    cursor, sizes = Cursor.over(values)
    for schema_id, rows in _by_schema(cursor, sizes):
        schema = Reason.UNFRAMED if schema_id is None else writers.find(schema_id)
        if isinstance(schema, Reason):
            bad |= dict.fromkeys(rows.tolist(), schema)
        else:
            parts += _Written(schema, values, cursor, cursor.at + sizes, bad).events(rows)
    bad |= dict.fromkeys(np.flatnonzero(sizes < 0).tolist(), Reason.TOMBSTONE)
    return Decoded(joined(parts), bad)


def _by_schema(cursor: Cursor, sizes: Longs) -> Iterator[tuple[int | None, Longs]]:
    """Yield which values are there of each schema, by its id, None for those that are not framed."""
    heads = windows(cursor.data, ">u8")[cursor.at] >> np.uint64(8 * (8 - framing.HEADER_BYTES))
    is_framed = (sizes >= framing.HEADER_BYTES) & (heads < _UNFRAMED)
    heads[~is_framed] = _UNFRAMED
    present = np.flatnonzero(sizes >= 0)
    rows = present[np.argsort(heads[present], kind="stable")]
    for chosen in np.split(rows, np.flatnonzero(np.diff(heads[rows])) + 1):
        if chosen.size:
            head = int(heads[chosen[0]])
            yield (None if head == _UNFRAMED else head), chosen


@dataclass(frozen=True, slots=True)
class _Written:
    """Values that one schema wrote.

    Attributes:
        values, cursor, ends: Of the whole batch.
        bad: Gets what cannot be decoded.
    """

    schema: dict[str, Any]
    values: Sequence[bytes | None]
    cursor: Cursor
    ends: Longs
    bad: dict[int, Reason]

    def events(self, rows: Longs) -> list[Events]:
        """Return the decoded ones of some places in the batch."""
        try:
            return self._columns(Layout.of(self.schema), rows)
        except UnreadableTypeError:
            return [self._one_by_one(rows)]
        except ComputeError:
            # Somewhere is a text that is none.
            if len(rows) <= _FEW:
                return [self._one_by_one(rows)]
            half = len(rows) // 2
            return self.events(rows[:half]) + self.events(rows[half:])

    def _columns(self, layout: Layout, rows: Longs) -> list[Events]:
        """Read field by field, and set aside what is not written as expected.

        Raises:
            polars.exceptions.ComputeError: A text is none.
        """
        kept, reads, odd = [], [], []
        for start in range(0, len(rows), _BLOCK_RECORDS):
            block = rows[start : start + _BLOCK_RECORDS]
            read = self._read(layout, block)
            if not read.is_whole.all():
                odd.append(block[~read.is_whole])
                block = block[read.is_whole]
                read = self._read(layout, block)
            if block.size:
                kept.append(block)
                reads.append(read)
        found = [layout.events(reads, np.concatenate(kept), self.cursor.data)] if kept else []
        return [*found, *map(self._one_by_one, odd)]

    def _read(self, layout: Layout, rows: Longs) -> Read:
        bodies = self.cursor.some(rows)
        bodies.pass_over(framing.HEADER_BYTES)
        return layout.read(bodies, self.ends[rows])

    def _one_by_one(self, rows: Longs) -> Events:
        found, parsed = [], cast("dict[str, Any]", fastavro.parse_schema(self.schema))
        for place in rows.tolist():
            try:
                found.append(row(parsed, self.values[place] or b"") | {INDEX: place})
            except Exception:  # noqa: BLE001  # a corrupt body may fail in any way; the reason is the same
                self.bad[place] = Reason.BODY_CORRUPT
        return Events.of(pl.concat([empty(), *self._frames(found)]))

    def _frames(self, found: Sequence[dict[str, Any]]) -> list[pl.DataFrame]:
        """Return some decoded values as columns; a number beyond its column must not take others along."""
        try:
            return [pl.DataFrame(found, schema=empty().schema)]
        except Exception:  # noqa: BLE001  # whatever the library says of a number
            if len(found) == 1:
                self.bad[found[0][INDEX]] = Reason.BODY_CORRUPT
                return []
            half = len(found) // 2
            return self._frames(found[:half]) + self._frames(found[half:])


def row(schema: dict[str, Any], value: bytes) -> dict[str, Any]:
    """Return one framed value as fields of the contract, strictly and slowly.

    Raises:
        ValueError: The body is longer than its schema says; a corrupt one may raise anything.
    """
    body = io.BytesIO(value)
    body.seek(framing.HEADER_BYTES)
    found: Any = fastavro.schemaless_reader(body, fastavro.parse_schema(schema), contract.parsed("movement"))
    if body.tell() != len(value):
        raise ValueError("bytes after the body")
    return dict(found)
