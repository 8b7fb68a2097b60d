"""The header of a register's file: which register it is, and which column holds what.

A header is recognised if it has every required column of one register and none that is unknown to
it. Any other one is refused with the name of the register that it is nearest to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from producers.adapters.fr_registry.columns import ERROR_LABEL, folded
from producers.adapters.fr_registry.model import MEMBERS
from producers.adapters.fr_registry.registers import REGISTERS, Register
from producers.adapters.fr_registry.rules import RULES_BY_ID
from producers.adapters.fr_registry.sealed import Members, Takers
from producers.reading.csv_stream import Row
from producers.reading.file_rules import FILE_RULES_BY_ID
from schemas.findings import Finding

# A file of something else may have a column or two called alike.
_KNOWN_MIN = 5


class Header(NamedTuple):
    """The header of a file that was recognised.

    Attributes:
        members: Member of each column that is read.
        picked: Takes the cells of those columns from a row.
        takers: Take those about parties.
        width: Number of columns.
    """

    register: Register
    members: tuple[str, ...]
    picked: Callable[[Sequence[str]], tuple[str, ...]]
    takers: Takers
    width: int


def header(row: Row) -> tuple[Header | None, tuple[Finding, ...]]:
    """Return the header of a file, or everything that keeps it from being one."""
    path = f"line[{row.line}]"
    labels = [folded(cell) for cell in row.cells]
    stated = {number: label for number, label in enumerate(labels) if label not in {"", ERROR_LABEL}}
    register = min(REGISTERS, key=lambda item: len(list(_wrong(stated, item))))
    if sum(label in register.columns for label in stated.values()) < _KNOWN_MIN:
        return None, (FILE_RULES_BY_ID["layout.unknown"].at(path),)
    rule = RULES_BY_ID[f"fr.header.{register.name}"]
    findings = (
        *(rule.at(f"{path}.{place}") for place in _wrong(stated, register)),
        *(RULES_BY_ID["fr.header.repeated"].at(f"{path}.{place}") for place in _repeated(stated)),
    )
    if findings:
        return None, findings
    columns = {number: register.columns[label] for number, label in stated.items()}
    read = {number: member for number, member in columns.items() if member in MEMBERS}
    # They are always several: the members of a key are required.
    picked, takers = itemgetter(*read), _takers(columns, len(labels))
    return Header(register, tuple(read.values()), picked, takers, len(labels)), ()


def _takers(columns: dict[int, str], width: int) -> Takers:
    """Return what takes the cells about parties out of a row; behind its last one there is an empty one."""
    numbers = {member: number for number, member in columns.items()}

    def one(name: str) -> Callable[[Any], Any]:
        return itemgetter(numbers.get(name, width))

    def several(names: Members) -> Callable[[Any], tuple[str, ...]]:
        return itemgetter(*(numbers.get(name, width) for name in names))

    return Takers(one, several)


def _wrong(stated: dict[int, str], register: Register) -> Iterator[str]:
    """Yield the places of unknown columns and the members of missing ones."""
    for number, label in stated.items():
        if label not in register.columns:
            yield _place(number)
    present = {register.columns.get(label) for label in stated.values()}
    yield from sorted(register.required_columns - present)


def _repeated(stated: dict[int, str]) -> Iterator[str]:
    counts = Counter(stated.values())
    for number, label in stated.items():
        if counts[label] > 1:
            yield _place(number)


def _place(number: int) -> str:
    return f"column[{number + 1}]"
