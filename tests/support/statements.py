"""Statements for unit tests: one that is right, with changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from producers.statement import Company, Place, Quantity, Statement, WasteCode, When
from schemas.movement import Basis, Side, Stage


def statement(**changes: Any) -> Statement:
    """Return a statement that breaks no rule, but for the changes."""
    right: dict[str, Any] = {
        "line_number": 1,
        "stage": Stage.RECEIVED,
        "side": Side.DOMESTIC,
        "when": When(date(2026, 3, 1)),
        "movement_reference": "XX:native-reference",
        "origin": Place("GB"),
        "destination": Place("FR"),
        "codes": (WasteCode("LOW", "150102"), WasteCode("BASEL", "B3011")),
        "quantity": Quantity(Decimal("12.5"), "TNE", Basis.WEIGHED),
        "contributor": Company("TEST", "native-company"),
    }
    return Statement(**(right | changes))
