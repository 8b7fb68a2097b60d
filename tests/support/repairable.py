"""An adapter as it was shipped, and as it was repaired without anybody raising its version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, BinaryIO, ClassVar

from pydantic import BaseModel

from producers.statement import Company, Identity, Place, Quantity, Reading, Statement, When
from schemas.confidentiality import Confidentiality
from schemas.findings import Rule, Severity
from schemas.movement import Basis, Side, Stage

RULE = Rule("load.heavy", Severity.ERROR, "no lorry is so heavy: check the unit", "the test")


class Load(BaseModel):
    """One line of a file."""

    id: Annotated[str, Confidentiality.SEALED]
    kg: Annotated[int, Confidentiality.HUB]


class Shipped:
    """Reads loads, one a line, `{"id", "kg"}`; takes kilograms for tonnes and refuses what is too heavy."""

    name: ClassVar[str] = "loads"
    source_format: ClassVar[str] = "loads/1"
    version: str = "1"
    default_agency: str = "XX-LOADS"
    settings: ClassVar[Mapping[str, str]] = {}
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Load,)
    rules: ClassVar[tuple[Rule, ...]] = (RULE,)
    has_complete_sets: ClassVar[bool] = False
    unit: ClassVar[str] = "TNE"

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take no settings."""

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield one reading for each line."""
        for number, line in enumerate(stream, 1):
            load = json.loads(line)
            path, identity = f"line[{number}]", Identity(load["id"])
            # What weighs nothing is read right by both.
            unit = self.unit if load["kg"] else "KGM"
            if unit == "TNE" and load["kg"] > 10_000:
                yield Reading(path, identity, findings=(RULE.at(f"{path}.kg"),))
                continue
            quantity = Quantity(Decimal(load["kg"]), unit, Basis.WEIGHED)
            yield Reading(path, identity, (_said(load["id"], quantity),))


class Repaired(Shipped):
    """Knows a kilogram when it sees one."""

    unit: ClassVar[str] = "KGM"


def _said(identifier: str, quantity: Quantity) -> Statement:
    return Statement(
        line_number=0,
        stage=Stage.RECEIVED,
        side=Side.DOMESTIC,
        when=When(date(2026, 1, 5)),
        movement_reference=f"XX:{identifier}",
        origin=Place("GB"),
        destination=Place("GB"),
        quantity=quantity,
        contributor=Company("TEST", identifier),
    )
