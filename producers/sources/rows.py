"""Rows of a table as documents: the document in one column, or the row as a JSON object.

Numbers keep every digit, and what is JSON already stays as the database writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, Text, cast
from sqlalchemy.types import JSON

from producers.sources.document import Document
from producers.sources.refused import Refused
from producers.sources.source import RefusedError, Resource

_FIRST_PAGE_ROWS = 20
_PAGE_ROWS_MAX = 1_000
_PAGE_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class PageSize:
    """How many rows to ask for at once, so that a page takes the same memory however long the rows are."""

    rows: int = _FIRST_PAGE_ROWS

    def adapt(self, resources: Sequence[Resource]) -> None:
        """Learn from the last page."""
        average_bytes = 1 + sum(resource.size_bytes for resource in resources) // len(resources)
        self.rows = max(1, min(_PAGE_ROWS_MAX, _PAGE_BYTES // average_bytes))


def selected(table: Table, names: Iterable[str]) -> list[ColumnElement[Any]]:
    """Return columns to select; JSON as text, as a decoded number would lose digits."""
    return [
        cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column
        for column in (table.columns[name] for name in names)
    ]


def json_columns(table: Table) -> frozenset[str]:
    """Return the names of the columns that hold JSON."""
    return frozenset(column.name for column in table.columns if isinstance(column.type, JSON))


def name(row: RowMapping, keys: Sequence[str]) -> str:
    """Return what a row is called: its key."""
    return "/".join(str(row[key]) for key in keys)


def resource(called: str, content: bytes | None, delivered_at: datetime) -> Resource:
    """Return a row as a resource; one without a document is told."""
    if content is None:
        return Refused(called, 0, delivered_at, RefusedError("source.empty"))
    return Document(called, content, delivered_at)


def content(value: Any) -> bytes | None:
    """Return the bytes of a document in a column, None where there is none."""
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else bytes(value)


def json_object(row: RowMapping, is_json: frozenset[str]) -> bytes:
    """Return a row as a JSON object by column.

    Decimals keep their digits, dates and times are ISO 8601, bytes hexadecimal; what is no
    number of JSON, such as infinity, is text.
    """
    members = (
        f"{json.dumps(column)}:{value if column in is_json and value is not None else _json(value)}"
        for column, value in row.items()
    )
    return f"{{{','.join(members)}}}".encode()


def instant(value: Any) -> datetime:
    """Return when a row was written: now where its value is no instant; UTC where it has no zone."""
    if not isinstance(value, datetime):
        return datetime.now(UTC)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _json(value: Any) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, float) and value - value == 0:
        return repr(value)
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    return json.dumps(_text(value))


def _text(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
