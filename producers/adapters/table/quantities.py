"""How much a statement is about: figure, unit and basis."""

from __future__ import annotations

from decimal import Decimal

from producers.adapters.table import cells, meaning
from producers.adapters.table.columns import Columns
from producers.adapters.table.model import QuantityKeys, TableKeys
from producers.adapters.table.row import Row, getter, meant
from producers.statement import Quantity
from schemas.movement import Basis


class Quantities:
    """The key `quantity`, bound to the columns of a file."""

    def __init__(self, keys: QuantityKeys, columns: Columns, table: TableKeys) -> None:
        def read(cell: object) -> Decimal | None:
            return cells.number(cell, table.decimal, table.thousands)

        self._column = str(keys.column.column)
        self._unit_column = str(keys.unit.column)
        self._value = getter(keys.column, columns, read)
        self._unit = meant(keys.unit, columns, meaning.UNIT)
        self._basis = meant(keys.basis, columns, meaning.BASIS)

    def quantity(self, row: Row) -> Quantity | None:
        """Return the quantity of a row, None where it states none."""
        value = self._value(row)
        if value is None:
            row.miss("table.quantity.missing", self._column)
            return None
        unit = self._unit(row)
        if unit is None:
            row.miss("table.unit.missing", self._unit_column)
            return None
        return Quantity(value, unit, self._basis(row) or Basis.UNKNOWN)
