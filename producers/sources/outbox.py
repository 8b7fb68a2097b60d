"""The outbox source: a table into which a system writes its documents as it commits its work.

A row is read, published, and taken out only after what it says is committed; a process that
dies in between recognises it by its id. There is no order to keep a position in, so that no
row is missed however late its transaction commits. A row whose document is refused stays, and is read
again at the next start. The columns are those of Debezium's outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from sqlalchemy import RowMapping, Table, delete, func, select, update

from producers.sources import rows
from producers.sources.database import Database, DatabaseUrl
from producers.sources.description import Description
from producers.sources.source import Resource, Resources, Source
from producers.sources.sql import TableName

_ID = "id"
_TYPE = "aggregatetype"
_PAYLOAD = "payload"
# Ids that are held in memory at once.
_LOOK_ROWS_MAX = 50_000


class OutboxDescription(Description):
    """Which table of which database.

    Attributes:
        aggregate_type: Only rows of this type are read and taken out; all without it.
        written_column: Instant of writing, by which rows are read; without it by their id.
        published_column: Instant that marks a published row; without it such rows are deleted.
    """

    kind: Literal["outbox"]
    url: DatabaseUrl
    table: TableName = "outbox"
    aggregate_type: str | None = None
    written_column: str | None = None
    published_column: str | None = None


@dataclass(slots=True)
class Outbox(Source):
    """A table that is emptied again and again; one process for each table and type."""

    takes_out: ClassVar[bool] = True

    description: OutboxDescription
    database: Database
    _table: Table | None = None
    _size: rows.PageSize = field(default_factory=rows.PageSize)
    _read: dict[Any, Resource] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)

    def touched(self) -> Resources:
        """Yield all rows but refused ones, in batches; each batch is taken out before the next is read."""
        yield None
        before: set[Any] = set()
        found = self._ids()
        # What is there though it was yielded, as in a rehearsal, ends the look.
        while ids := [row_id for row_id in found if row_id not in before]:
            while ids:
                page, ids = ids[: self._size.rows], ids[self._size.rows :]
                yield from self._page(page)
            before, found = set(found), self._ids()

    def refused(self, resource: Resource) -> None:
        """Leave the row alone that was yielded last."""
        self._refused.add(resource.name)

    def committed(self) -> Iterable[Resource]:
        """Take out the rows that are published, and no other; their ids never come again."""
        if not self._read:
            return ()
        table = self._opened()
        is_read = table.columns[_ID].in_(list(self._read))
        marked = self.description.published_column
        with self.database.connected() as connection:
            if marked is None:
                connection.execute(delete(table).where(is_read))
            else:
                connection.execute(update(table).where(is_read).values({marked: func.current_timestamp()}))
        done, self._read = tuple(self._read.values()), {}
        return done

    def close(self) -> None:
        """Close the connections."""
        self.database.close()

    def _page(self, ids: Sequence[Any]) -> Resources:
        batch = self._rows(ids)
        resources = [self._resource(row) for row in batch]
        if resources:
            self._size.adapt(resources)
        for row, resource in zip(batch, resources, strict=True):
            yield resource
            if resource.name not in self._refused:
                self._read[row[_ID]] = resource
        yield None

    def _order(self) -> list[str]:
        return [name for name in (self.description.written_column, _ID) if name is not None]

    def _ids(self) -> list[Any]:
        """Return the ids of rows to be read, in their order, up to a bound."""
        given, table = self.description, self._opened()
        statement = select(table.columns[_ID]).limit(_LOOK_ROWS_MAX + len(self._refused))
        if given.aggregate_type is not None:
            statement = statement.where(table.columns[_TYPE] == given.aggregate_type)
        if given.published_column is not None:
            statement = statement.where(table.columns[given.published_column].is_(None))
        with self.database.connected() as connection:
            found = connection.execute(statement.order_by(*(table.columns[name] for name in self._order())))
            return [row_id for row_id in found.scalars() if str(row_id) not in self._refused]

    def _rows(self, ids: Sequence[Any]) -> Sequence[RowMapping]:
        table = self._opened()
        statement = select(*rows.selected(table, (*self._order(), _PAYLOAD)))
        ordered = statement.order_by(*(table.columns[name] for name in self._order()))
        with self.database.connected() as connection:
            return connection.execute(ordered.where(table.columns[_ID].in_(ids))).mappings().all()

    def _resource(self, row: RowMapping) -> Resource:
        written = self.description.written_column
        written_at = rows.instant(row[written] if written is not None else None)
        return rows.resource(str(row[_ID]), rows.content(row[_PAYLOAD]), written_at)

    def _opened(self) -> Table:
        if self._table is None:
            given = self.description
            optional = (given.written_column, given.published_column)
            names = (_ID, _TYPE, _PAYLOAD, *(name for name in optional if name is not None))
            with self.database.connected() as connection:
                self._table = self.database.table(connection, given.table, names)
        return self._table
