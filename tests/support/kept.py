"""Contributions that somebody keeps of a hub's file, and brings up to date by what changed since."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from consumers.hub.store import Store
from tests.support.hub import asked

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file showed once.

    Attributes:
        figures: Mass, statements and those without a mass, by cell, group and which of them it is.
        as_of: How far the file was.
    """

    figures: Counter[tuple[Any, ...]]
    as_of: dict[int, int]

    @classmethod
    def of(cls, store: Store) -> Kept:
        """Return what a file shows now, as one query."""
        rows = asked(store, "SELECT *, as_of() FROM contributions")
        return cls(_figures([row[:-1] for row in rows]), rows[0][-1] if rows else {})

    def since(self) -> str:
        """Return what to ask for what changed since."""
        return f"changes_since(MAP {self.as_of or {-1: 0}})"

    def brought_up(self, store: Store) -> dict[tuple[Any, ...], int]:
        """Return the figures with what changed since, without zeros."""
        found = self.figures.copy()
        found.update(_figures(asked(store, f"FROM {self.since()}")))
        return {name: figure for name, figure in found.items() if figure}


def _figures(rows: Rows) -> Counter[tuple[Any, ...]]:
    return Counter(
        {
            (*cell, name): figure
            for *cell, mass_g, statements, unconverted in rows
            for name, figure in (("g", mass_g), ("statements", statements), ("unconverted", unconverted))
            if figure
        }
    )
