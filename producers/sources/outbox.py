"""The outbox source: a table into which a system writes its documents as it commits its work.

A row is read, published, and taken out only after what it says is committed; a process that
dies in between recognises it by its id. There is no order to keep a position in, so that no
row is missed however late its transaction commits. The columns are those of Debezium's outbox.
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

    gives_once: ClassVar[bool] = True

    description: OutboxDescription
    database: Database
    _table: Table | None = None
    _page: rows.PageSize = field(default_factory=rows.PageSize)
    _read: dict[Any, Resource] = field(default_factory=dict)

    def touched(self) -> Resources:
        """Yield all rows, in batches; each batch is taken out before the next is read."""
        yield None
        while batch := self._batch():
            resources = [self._resource(row) for row in batch]
            self._page.adapt(resources)
            for row, resource in zip(batch, resources, strict=True):
                yield resource
                self._read[row[_ID]] = resource
            yield None

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

    def _batch(self) -> Sequence[RowMapping]:
        given, table = self.description, self._opened()
        order = [name for name in (given.written_column, _ID) if name is not None]
        statement = select(*rows.selected(table, (*order, _PAYLOAD))).limit(self._page.rows)
        if given.aggregate_type is not None:
            statement = statement.where(table.columns[_TYPE] == given.aggregate_type)
        if given.published_column is not None:
            statement = statement.where(table.columns[given.published_column].is_(None))
        with self.database.connected() as connection:
            ordered = statement.order_by(*(table.columns[name] for name in order))
            return connection.execute(ordered).mappings().all()

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
