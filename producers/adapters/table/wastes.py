"""What waste a statement is about: its codes, whether it is hazardous, what is done with it."""

from __future__ import annotations

from typing import NamedTuple

from producers.adapters.table import meaning
from producers.adapters.table.columns import Columns
from producers.adapters.table.meaning import Operation
from producers.adapters.table.model import CodeKeys, CommonKeys
from producers.adapters.table.row import Getter, Row, meant
from producers.reading.waste_codes import Low
from producers.statement import WasteCode
from schemas.movement import Hazardous

_NO_OPERATION = Operation(None, None)


class Waste(NamedTuple):
    """The waste of one row."""

    codes: tuple[WasteCode, ...]
    hazardous: Hazardous
    operation: Operation


class Wastes:
    """The keys `codes`, `hazardous` and `operation`, bound to the columns of a file."""

    def __init__(self, keys: CommonKeys, columns: Columns) -> None:
        self._keys = keys
        self._low = meant(keys.codes.low, columns, meaning.LOW)
        self._others = _others(keys.codes, columns)
        self._national = [
            (scheme, meant(source, columns, meaning.OTHER)) for scheme, source in keys.codes.other.items()
        ]
        self._hazardous = meant(keys.hazardous, columns, meaning.HAZARDOUS)
        self._operation = meant(keys.operation, columns, meaning.OPERATION)

    def waste(self, row: Row) -> Waste:
        """Return the waste that a row is about."""
        low: Low | None = self._low(row)
        codes = [] if low is None else [low.code]
        codes += [code for get in self._others if (code := get(row)) is not None]
        codes += [WasteCode(scheme, code) for scheme, get in self._national if (code := get(row)) is not None]
        operation = self._operation(row) or _NO_OPERATION
        return Waste(tuple(dict.fromkeys(codes)), self._hazard(row, low), operation)

    def _hazard(self, row: Row, low: Low | None) -> Hazardous:
        """Return what the row says, and what the List of Waste says where it says nothing."""
        listed = Hazardous.UNKNOWN if low is None else low.hazardous
        if low is not None and low.is_mismatched and listed is Hazardous.NO and self._keys.codes.low:
            row.note("table.low.asterisk", self._keys.codes.low.column or "codes.low")
        stated: Hazardous | None = self._hazardous(row)
        if stated is None:
            return listed
        is_conflict = stated is not listed and Hazardous.UNKNOWN not in {stated, listed}
        if is_conflict and self._keys.hazardous is not None:
            row.note("table.hazardous.conflict", self._keys.hazardous.column or "hazardous")
        return stated


def _others(keys: CodeKeys, columns: Columns) -> list[Getter]:
    others = (
        (keys.basel, meaning.BASEL_OR_OECD),
        (keys.oecd, meaning.BASEL_OR_OECD),
        (keys.hs, meaning.HS),
    )
    return [meant(source, columns, means) for source, means in others if source is not None]
