"""What one section `[[statement]]` says of a row, bound to the columns of a file."""

from __future__ import annotations

from producers.adapters.table import cells, meaning
from producers.adapters.table.columns import Columns
from producers.adapters.table.model import CompanyKeys, Condition, PlaceKeys, StatementKeys, TableKeys
from producers.adapters.table.quantities import Quantities
from producers.adapters.table.row import Getter, Once, Row, folds, getter, meant, nothing, texts, whole
from producers.adapters.table.wastes import Waste, Wastes
from producers.statement import Company, Place, Statement, When
from schemas.movement import FIRST_DAY, Side

_NO_DAY = When(FIRST_DAY)


class Fact:
    """One stage that rows may state.

    Attributes:
        stage: How far the waste is.
        is_conditional: True where the section is about some rows only.
    """

    def __init__(
        self, keys: StatementKeys, columns: Columns, table: TableKeys, once: Once, sealed: Getter
    ) -> None:
        form = keys.date.form or table.date_format

        def read(cell: object) -> When | None:
            return cells.when(cell, form, table.zone)

        self.stage = keys.stage
        self.is_conditional = bool(keys.when)
        self._step = keys.step
        self._date_column = str(keys.date.column)
        self._conditions = [(_words(item, columns, once), frozenset(item.is_)) for item in keys.when]
        self._when = getter(keys.date, columns, read)
        self._origin = _places(keys.origin, columns, once)
        self._destination = _places(keys.destination, columns, once)
        stated = (keys.codes, keys.hazardous, keys.operation)
        self._waste = once.get(stated, lambda: Wastes(keys, columns).waste)
        self._quantities = Quantities(keys.quantity, columns, table) if keys.quantity is not None else None
        self._load_count = whole(keys.load_count, columns, "table.count.form")
        self._contributor = _companies(keys.contributor, columns, once)
        self._group = _companies(keys.group, columns, once)
        self._counterparty = _companies(keys.counterparty, columns, once)
        self._sealed = sealed

    def is_selected(self, row: Row) -> bool:
        """Say whether the section is about a row."""
        return not self._conditions or all((get(row) or "") in words for get, words in self._conditions)

    def statement(self, row: Row, reference: str, side: Side, line_number: int) -> Statement | None:
        """Return what the section says of a row, None where it has not happened."""
        when = self._when(row)
        if when is None and not row.is_noted(self._date_column):
            if self.is_conditional:
                row.note("table.date.missing", self._date_column)
            return None
        waste: Waste = self._waste(row)
        return Statement(
            line_number=line_number,
            stage=self.stage,
            step=self._step,
            side=side,
            # Of a row that is rejected for its date, everything else that is wrong is told too.
            when=when or _NO_DAY,
            movement_reference=reference,
            origin=self._origin(row),
            destination=self._destination(row),
            codes=waste.codes,
            hazardous=waste.hazardous,
            operation_code=waste.operation.code,
            native_operation_code=waste.operation.native,
            quantity=None if self._quantities is None else self._quantities.quantity(row),
            load_count=self._load_count(row),
            contributor=self._contributor(row),
            contributor_group=self._group(row),
            counterparty=self._counterparty(row),
            sealed=self._sealed(row),
        )


def _words(condition: Condition, columns: Columns, once: Once) -> Getter:
    return once.get(condition.column, lambda: folds(condition.column, columns))


def _places(keys: PlaceKeys, columns: Columns, once: Once) -> Getter:
    return once.get(keys, lambda: _place(keys, columns))


def _place(keys: PlaceKeys, columns: Columns) -> Getter:
    country = meant(keys.country, columns, meaning.COUNTRY)
    region = meant(keys.region, columns, meaning.REGION)

    def get(row: Row) -> Place:
        found = country(row)
        if found is None:
            row.miss("table.country.missing", str(keys.country.column))
            return Place()
        return Place(found, region(row))

    return get


def _companies(keys: CompanyKeys | None, columns: Columns, once: Once) -> Getter:
    return nothing if keys is None else once.get(keys, lambda: _company(keys, columns))


def _company(keys: CompanyKeys, columns: Columns) -> Getter:
    number, scheme = texts(keys.column, columns), keys.scheme

    def get(row: Row) -> Company | None:
        stated = number(row)
        # One company is one pseudonym, however its number is spaced.
        return Company(scheme, "".join(stated.split()).upper()) if stated else None

    return get
