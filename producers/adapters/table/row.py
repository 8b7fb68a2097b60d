"""A row of a table while it is read, and what is found wrong with it.

What a key of the mapping means is worked out once for a file: a `Getter` then takes the value out
of each row, and notes the rule that a cell breaks at its column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from producers.adapters.table import cells
from producers.adapters.table.cells import CellError
from producers.adapters.table.columns import Columns
from producers.adapters.table.meaning import Meaning
from producers.adapters.table.rules import RULES_BY_ID
from producers.adapters.table.source import Source
from schemas.findings import Finding

_CACHED_TEXTS = 4096
_DIGITS_MAX = 18


class Row:
    """The mapped cells of a row."""

    __slots__ = ("_findings", "cells", "path")

    def __init__(self, path: str, found: Sequence[object]) -> None:
        self.path = path
        self.cells = found
        self._findings: dict[Finding, None] = {}

    def note(self, rule: str, where: str) -> None:
        """Note that the row breaks a rule at a column; said once, however many statements need it."""
        self._findings[RULES_BY_ID[rule].at(f"{self.path}.{where}")] = None

    def miss(self, rule: str, where: str) -> None:
        """Note that a column is empty, unless its cell was told to be wrong."""
        if not self.is_noted(where):
            self.note(rule, where)

    def is_noted(self, where: str) -> bool:
        """Say whether anything was noted at a column."""
        return any(finding.path == f"{self.path}.{where}" for finding in self._findings)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return everything noted so far, in order."""
        return tuple(self._findings)


Getter = Callable[[Row], Any]


class Once:
    """Getters that read a row once, however many statements say the same of it."""

    def __init__(self) -> None:
        self._made: list[tuple[object, Getter]] = []

    def get(self, keys: object, made: Callable[[], Getter]) -> Getter:
        """Return the getter of some keys, made for the first that asks."""
        for known, getter in self._made:
            if known == keys:
                return getter
        self._made.append((keys, _remembering(made())))
        return self._made[-1][1]


def _remembering(get: Getter) -> Getter:
    """Return a getter that takes its value out of a row when it is first asked."""
    last: Row | None = None
    value: Any = None

    def read(row: Row) -> Any:
        nonlocal last, value
        if row is not last:
            last, value = row, get(row)
        return value

    return read


def nothing(_: Row) -> None:
    """Get what the mapping does not state."""


def texts(source: Source | None, columns: Columns) -> Getter:
    """Return what gets a cell as text, nothing where it is empty."""
    return nothing if source is None else getter(source, columns, cells.text)


def folds(source: Source, columns: Columns) -> Getter:
    """Return what gets a cell as a word is compared, None where the cell breaks a rule."""
    return getter(source, columns, lambda cell: cells.folded(cells.text(cell)))


def whole(source: Source | None, columns: Columns, rule: str) -> Getter:
    """Return what gets a cell as a whole number from 0, None where it is empty."""

    def read(cell: object) -> int | None:
        stated = cells.text(cell)
        if not stated:
            return None
        if len(stated) > _DIGITS_MAX or not (stated.isascii() and stated.isdigit()):
            raise CellError(rule)
        return int(stated)

    return nothing if source is None else getter(source, columns, read)


def meant(source: Source | None, columns: Columns, meaning: Meaning) -> Getter:
    """Return what gets the value that a cell, one of the words for it, or a constant means."""
    if source is None:
        return nothing
    if source.value is not None:
        constant = meaning.read(source.value)
        return lambda _: constant
    words = {word: meaning.read(stands_for) for word, stands_for in source.words}

    @lru_cache(_CACHED_TEXTS)
    def known(stated: str) -> Any:
        clean = cells.text(stated)
        if not clean:
            return None
        folded = cells.folded(clean)
        value = words[folded] if folded in words else meaning.read(clean)
        if value is None:
            raise CellError(meaning.rule)
        return value

    def read(cell: object) -> Any:
        # Nearly every cell is a text that was seen before.
        is_short = type(cell) is str and len(cell) <= cells.CHARACTERS_MAX
        return known(cell if is_short else cells.text(cell))

    return getter(source, columns, read)


def getter(source: Source, columns: Columns, read: Callable[[object], Any]) -> Getter:
    """Return what gets a cell as `read` reads it, None where the cell breaks a rule."""
    column = str(source.column)
    number = columns.number(column)

    def get(row: Row) -> Any:
        try:
            return read(row.cells[number])
        except CellError as error:
            row.note(error.rule, column)
            return None

    return get
