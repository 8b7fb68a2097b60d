"""Checks between the members of one register line: dates, weight, operation.

They need no other line. A member that is missing leaves its check undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from producers.adapters.fr_registry.model import Day, Line, Operation
from producers.adapters.fr_registry.registers import Register
from producers.adapters.fr_registry.rules import RULES_BY_ID
from schemas.findings import Finding

_CACHED_DAYS = 4096
# Each pair in the order in which the days follow one another.
_DAYS_IN_ORDER = (
    ("collectionDate", "unloadingDate"),
    ("managingStartDate", "managingEndDate"),
    ("processingDate", "processingEndDate"),
    ("processingEndDate", "useDate"),
    ("processingEndDate", "dispatchDate"),
    ("processingDate", "useDate"),
    ("processingDate", "dispatchDate"),
)
# Every other D9 than D9F, which ends a treatment, is an interim operation.
_INTERIM = frozenset({"R12", "R13", "D9", "D13", "D14", "D15"})
_DISPOSED = "ELIMINATION"


def checked(line: Line, register: Register, path: str) -> Iterator[Finding]:
    """Yield what is wrong between the members of one line."""
    stated = tuple([line.day(member) for member in register.days])
    for rule, member in (*_days(stated, register), *_operation(line, register)):
        yield RULES_BY_ID[rule].at(f"{path}.{member}")


def _operation(line: Line, register: Register) -> Iterator[tuple[str, str]]:
    operation = line.operation_code
    if operation is None:
        return
    if line.weight_is_estimate and operation.code in register.weighed_operations:
        yield "fr.weight.estimated", "weightIsEstimate"
    if not _has_its_mode(line.operation_mode, operation, register):
        yield "fr.mode.operation", "operationMode"
    if register.is_traced and operation.native in _INTERIM:
        if line.next_operation_code is None:
            yield "fr.operation.next", "nextOperationCode"
        if line.no_traceability is None:
            yield "fr.operation.next", "noTraceability"


@lru_cache(_CACHED_DAYS)
def _days(days: tuple[Day | None, ...], register: Register) -> tuple[tuple[str, str], ...]:
    return tuple(_misdated(days, register))


def _misdated(days: tuple[Day | None, ...], register: Register) -> Iterator[tuple[str, str]]:
    stated = {member: day for member, day in zip(register.days, days, strict=True) if day is not None}
    if len(register.dates) > 1 and len(stated.keys() & set(register.dates)) != 1:
        yield "fr.date.choice", register.dates[0]
    for member, day in stated.items():
        if day.is_ambiguous:
            yield "fr.date.spelling", member
    late = [
        first
        for first, last in _DAYS_IN_ORDER
        if first in stated and last in stated and stated[last].on < stated[first].on
    ]
    for member in dict.fromkeys(late):
        yield "fr.date.order", member


def _has_its_mode(mode: str | None, operation: Operation, register: Register) -> bool:
    is_interim = operation.native in _INTERIM
    if mode is None:
        return is_interim or not register.has_mode
    return not is_interim and operation.native.startswith("D") == (mode == _DISPOSED)
