"""Which document a row is, and which version of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from producers.adapters.table import cells
from producers.adapters.table.cells import CellError
from producers.adapters.table.columns import Columns
from producers.adapters.table.model import IdentityKeys, TableKeys
from producers.adapters.table.row import Getter, Row, getter, nothing, texts, whole
from producers.adapters.table.source import Source
from producers.reading import dates
from producers.statement import Identity


def joined(parts: Iterable[str]) -> str:
    """Return the parts of an identity as one text, another one for any other parts."""
    return "/".join([part.replace("\\", r"\\").replace("/", r"\/") for part in parts])


class Identities:
    """The section `[identity]`, bound to the columns of a file."""

    def __init__(self, keys: IdentityKeys, columns: Columns, table: TableKeys) -> None:
        self._keys = keys
        self._parts = [(str(source.column), texts(source, columns)) for source in keys.document]
        self._revision = whole(keys.revision, columns, "table.revision.form")
        self._recorded_at = _instants(keys.recorded_at, columns, table)

    def identify(self, row: Row) -> Identity | None:
        """Return which version of which document a row is, None where it does not say so."""
        parts = [get(row) for _, get in self._parts]
        if not all(parts):
            self._miss(row, parts)
        revision, recorded_at = self._revision(row), self._recorded_at(row)
        is_ordered = _is_stated(row, self._keys.revision, revision, "table.revision.form")
        is_dated = _is_stated(row, self._keys.recorded_at, recorded_at, "table.recorded_at.form")
        if not (is_ordered and is_dated and all(parts)):
            return None
        if revision is None and recorded_at is not None:
            revision = dates.milliseconds(recorded_at)
        return Identity(joined(parts), revision, recorded_at)

    def _miss(self, row: Row, parts: list[str | None]) -> None:
        for (column, _), part in zip(self._parts, parts, strict=True):
            if not part:
                row.miss("table.document.missing", column)


def _is_stated(row: Row, source: Source | None, value: object, rule: str) -> bool:
    """Say whether a row has what orders its versions, where the mapping says that rows have it."""
    if source is None or value is not None:
        return True
    row.miss(rule, str(source.column))
    return False


def _instants(source: Source | None, columns: Columns, table: TableKeys) -> Getter:
    if source is None:
        return nothing
    form = source.form or table.date_format

    def read(cell: object) -> datetime | None:
        try:
            when = cells.when(cell, form, table.zone)
        except CellError:
            raise CellError("table.recorded_at.form") from None
        if when is None:
            return None
        instant = when.at or dates.midnight(when.on, table.zone)
        if dates.milliseconds(instant) < 0:
            raise CellError("table.recorded_at.form")
        return instant

    return getter(source, columns, read)
