"""The SQL source: the rows of a table or view, in the order of a column that grows.

The column is an instant or a number that every change of a row sets anew, from the
database's own clock or a sequence without a cache. A transaction may show its rows after
later ones were read. On PostgreSQL the position therefore stays behind whatever was read
until all transactions are over that ran at that time. Elsewhere, and where a program takes
the instant from its own clock, `look_back` must be longer than any transaction. What is read
twice is recognised by its key and its bytes. Rows that are deleted, and versions of a row
between two looks, are not seen: an outbox tells those.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    Numeric,
    RowMapping,
    Table,
    and_,
    or_,
    select,
)

from producers.sources import rows
from producers.sources.database import Database, DatabaseUrl
from producers.sources.description import Description
from producers.sources.running import Running, Unwatched, Watched
from producers.sources.source import Resource, Resources, Source
from schemas.errors import ConfigurationError, FatalError

TableName = Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)?$")]
_MARKS_MAX = 1_000
# No zone of the earth is farther ahead of UTC.
_AHEAD_MAX = timedelta(hours=14)

Value = datetime | int | Decimal


class SqlDescription(Description):
    """Which table of which database.

    Attributes:
        table: Table or view, with its schema or without.
        key_columns: What identifies a row; never null.
        position_column: Grows with every change; a row in which it is null is not read.
        document_column: Holds the native document; without it a row is a JSON object by column.
        look_back: How far before the position each look starts: seconds, or numbers.
        watch_transactions: Whether to ask PostgreSQL which transactions are running.
    """

    kind: Literal["sql"]
    url: DatabaseUrl
    table: TableName
    key_columns: Annotated[tuple[str, ...], Field(min_length=1)]
    position_column: str
    document_column: str | None = None
    look_back: Annotated[int, Field(ge=0)] = 300
    watch_transactions: bool = True


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a look read, and when it had: what began later is behind it in the column too."""

    value: Value
    at: datetime


@dataclass(slots=True)
class Sql(Source):
    """A table that is looked at again and again."""

    description: SqlDescription
    database: Database
    _settled: Value | None = None
    _marks: list[_Mark] = field(default_factory=list)
    _table: Table | None = None
    _running: Running = field(default_factory=Unwatched)
    _page_size: rows.PageSize = field(default_factory=rows.PageSize)

    @property
    def scope(self) -> str:
        """The table, and what is read of it."""
        given = self.description
        parts = (given.table, given.position_column, given.document_column or "", *given.key_columns)
        return "\0".join(("sql", given.url, *parts))

    def start(self, position: str | None) -> None:
        """Go on from a value of the column, and from the newest mark beyond it."""
        if position is not None:
            settled, marked, at = json.loads(position)
            self._settled = settled and _value(settled)
            if marked is not None:
                self._marks = [_Mark(_value(marked), datetime.fromisoformat(at))]

    def touched(self) -> Resources:
        """Yield the rows from the position on, in pages."""
        yield None
        with self.database.connected() as connection:
            table = self._opened(connection)
            settled_before = self._running.settled_before(connection)
        last: RowMapping | None = None
        while page := self._page(table, last):
            resources = [self._resource(table, row) for row in page]
            self._page_size.adapt(resources)
            yield from resources
            last = page[-1]
            yield None
        self._settle(settled_before)
        if last is not None:
            self._mark(last[self.description.position_column])

    def position(self) -> str | None:
        """Return the value up to which all rows have shown and are read, and the newest mark beyond it."""
        if self._settled is None and not self._marks:
            return None
        settled = None if self._settled is None else _text(self._settled)
        marked, at = (
            (_text(self._marks[-1].value), self._marks[-1].at.isoformat()) if self._marks else (None,) * 2
        )
        return json.dumps([settled, marked, at])

    def close(self) -> None:
        """Close the connections."""
        self.database.close()

    def _opened(self, connection: Connection) -> Table:
        if self._table is None:
            given = self.description
            names = (given.position_column, *given.key_columns)
            if given.document_column is not None:
                names += (given.document_column,)
            self._table = self.database.table(connection, given.table, names)
            if not isinstance(self._growing(self._table).type, DateTime | Integer | Numeric):
                raise ConfigurationError(
                    f"column {given.position_column} is neither an instant nor a number",
                    hint="name another position_column",
                )
            if given.watch_transactions and self.database.has_transactions_view:
                self._running = Watched(connection)
        return self._table

    def _growing(self, table: Table) -> ColumnElement[Any]:
        return table.columns[self.description.position_column]

    def _page(self, table: Table, last: RowMapping | None) -> Sequence[RowMapping]:
        """Return the rows that follow the last one, from the position on; none at the end."""
        given = self.description
        order = [table.columns[name] for name in (given.position_column, *given.key_columns)]
        statement = (
            select(*rows.selected(table, self._names(table))).order_by(*order).limit(self._page_size.rows)
        )
        if last is not None:
            values = [last[column.name] for column in order]
            statement = statement.where(order[0] >= values[0], _beyond(order, values))
        elif self._settled is None:
            statement = statement.where(order[0].is_not(None))
        else:
            statement = statement.where(order[0] >= self._start(self._settled))
        with self.database.connected() as connection:
            page = connection.execute(statement).mappings().all()
        if page and last is not None and all(page[-1][column.name] == last[column.name] for column in order):
            raise FatalError(
                "the table gives the same row again and again",
                hint="key_columns must identify a row, and the driver keep all digits of position_column",
            )
        return page

    def _names(self, table: Table) -> list[str]:
        given = self.description
        if given.document_column is None:
            return [column.name for column in table.columns]
        return list(dict.fromkeys((given.position_column, *given.key_columns, given.document_column)))

    def _start(self, settled: Value) -> Value:
        if isinstance(settled, datetime):
            return settled - timedelta(seconds=self.description.look_back)
        return settled - self.description.look_back

    def _resource(self, table: Table, row: RowMapping) -> Resource:
        given = self.description
        called = rows.name(row, given.key_columns)
        content = (
            rows.json_object(row, rows.json_columns(table))
            if given.document_column is None
            else rows.content(row[given.document_column])
        )
        return rows.resource(called, content, rows.instant(row[given.position_column]))

    def _settle(self, settled_before: datetime | None) -> None:
        """Move the position to the last mark at which no transaction ran that is not over."""
        while settled_before is not None and self._marks and self._marks[0].at < settled_before:
            self._settled = self._marks.pop(0).value

    def _mark(self, value: Value) -> None:
        """Note how far a look has read; where the notes are full, the position waits for the first."""
        with self.database.connected() as connection:
            now = self._running.now(connection)
        if isinstance(value, datetime):
            # A row from the future must not hide those of the time until then.
            latest = now if value.tzinfo else now.astimezone(UTC).replace(tzinfo=None) + _AHEAD_MAX
            value = min(value, latest)
        known = self._marks[-1].value if self._marks else self._settled
        if len(self._marks) < _MARKS_MAX and (known is None or value > known):  # type: ignore[operator]  # one column has one type
            self._marks.append(_Mark(value, now))


def _text(value: Value) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _value(text: str) -> Value:
    if "T" in text:
        return datetime.fromisoformat(text)
    number = Decimal(text)
    # An index on whole numbers is not used for decimal ones.
    return int(number) if number == number.to_integral_value() else number


def _beyond(columns: Sequence[ColumnElement[Any]], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that a row follows one with these values, in the order of the columns."""
    return or_(
        *(
            and_(
                *(column == value for column, value in zip(columns[:place], values[:place], strict=True)),
                columns[place] > values[place],
            )
            for place in range(len(columns))
        )
    )
