"""Which movement a row is about, from whose books, and which waste in it."""

from __future__ import annotations

from collections.abc import Iterator

from producers.adapters.table import meaning
from producers.adapters.table.columns import Columns
from producers.adapters.table.identity import joined
from producers.adapters.table.model import MovementKeys, NotificationKeys, OwnKeys
from producers.adapters.table.row import Getter, Row, meant, texts, whole
from producers.adapters.table.source import Source
from producers.reading import references
from schemas.movement import Side


class Movements:
    """The section `[movement]`, bound to the columns of a file."""

    def __init__(self, keys: MovementKeys, columns: Columns) -> None:
        self._keys = keys
        self._references = list(_references(keys, columns))
        self._side = meant(keys.side, columns, meaning.SIDE)
        self._line = whole(keys.line, columns, "table.line.form")

    def reference(self, row: Row) -> str | None:
        """Return the first reference that a row fills in, None where it is none."""
        before = len(row.findings)
        found = next(filter(None, (get(row) for get in self._references)), None)
        if found is None and len(row.findings) == before:
            row.note("table.reference.missing", "movement")
        return found

    def side(self, row: Row) -> Side | None:
        """Return from whose books a row comes, None where it does not say so."""
        side: Side | None = self._side(row)
        if side is None:
            row.miss("table.side.missing", str(self._keys.side.column))
        return side

    def line(self, row: Row) -> int:
        """Return which waste of the movement a row is about."""
        return self._line(row) or 0


def _references(keys: MovementKeys, columns: Columns) -> Iterator[Getter]:
    if keys.notification is not None:
        yield _notification(keys.notification, columns)
    if keys.annex_vii is not None:
        yield _annex_vii(keys.annex_vii, columns)
    if keys.own is not None:
        yield _own(keys.own, columns)


def _notification(keys: NotificationKeys, columns: Columns) -> Getter:
    number, serial = texts(keys.number, columns), texts(keys.serial, columns)

    def get(row: Row) -> str | None:
        stated, count = number(row), serial(row)
        if not stated:
            # A serial number alone says nothing; many tables number other rows too.
            return None
        reference = references.notification(stated, count or "")
        if reference is None:
            row.note("table.notification.form", str(keys.number.column))
        return reference

    return get


def _annex_vii(source: Source, columns: Columns) -> Getter:
    number = texts(source, columns)

    def get(row: Row) -> str | None:
        stated = number(row)
        reference = references.annex_vii(stated) if stated else None
        if stated and reference is None:
            row.note("table.annex_vii.form", str(source.column))
        return reference

    return get


def _own(keys: OwnKeys, columns: Columns) -> Getter:
    parts = [texts(source, columns) for source in keys.columns]

    def get(row: Row) -> str | None:
        found = [part(row) for part in parts]
        return f"{keys.prefix}:{joined(found)}" if all(found) else None

    return get
