"""A worked scenario: one TOML file that is fixture, test and documentation at once.

A story says in plain words what happens, lists in order what is delivered to which agency's
adapter and when, and after any step shows tables of the hub as they then have to be.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from schemas.identity import DEMONSTRATION_KEYS
from tests.scenarios import sheet

FOLDER = Path(__file__).parent / "stories"
_YEARS = range(2015, 2030)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(_Model):
    """A table that the hub shows.

    Attributes:
        view: What follows FROM: a view, with a condition where the table is a part of it. Of a
            release, whose cells are shown, only a name.
        table: Header with names of columns, rule, rows; the order of rows does not matter.
    """

    view: str
    table: str

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Return the names in the header."""
        return self._cells[0]

    @cached_property
    def rows(self) -> list[tuple[str, ...]]:
        """Return the rows as text, sorted; an empty cell is null."""
        return sorted(self._cells[2:])

    @cached_property
    def _cells(self) -> list[tuple[str, ...]]:
        lines = self.table.strip().splitlines()
        return [tuple(cell.strip() for cell in line.strip().strip("|").split("|")) for line in lines]


class Step(_Model):
    """What happens next: a delivery to an adapter, or a release of the hub.

    Attributes:
        says: What happens, for people.
        delivered_at: When the agency's system wrote the file.
        name: Of the file, in its source.
        document: The file itself.
        cells: Instead of it, of a form with many columns, the cells that are filled in.
        finds: Rules of all findings, in alphabetical order.
        publishes: How many events the delivery leads to.
        release: Epoch that the hub releases, instead of a delivery.
    """

    says: str
    agency: str = ""
    adapter: str = ""
    settings: Mapping[str, str] = {}
    delivered_at: datetime | None = None
    name: str = ""
    document: str = ""
    cells: Mapping[str, str] = {}
    finds: tuple[str, ...] = ()
    publishes: int = 0
    release: str = ""
    shows: tuple[Shown, ...] = ()

    @property
    def content(self) -> bytes:
        """Return the bytes of the file."""
        return sheet.annex_vii(self.cells) if self.cells else self.document.encode()


class Story(_Model):
    """A scenario.

    Attributes:
        movements: Movement references by the name that the tables use.
        companies: `scheme identifier` of companies, likewise.
        in_any_order: Whether its documents, delivered in any other order, leave the hub the same.
    """

    title: str
    story: str
    movements: Mapping[str, str] = {}
    companies: Mapping[str, str] = {}
    in_any_order: bool = False
    steps: tuple[Step, ...]

    @cached_property
    def names(self) -> dict[bytes, str]:
        """Return the names of the keys that stand for movements and companies."""
        keys = DEMONSTRATION_KEYS
        named = {keys.movement_key(reference): name for name, reference in self.movements.items()}
        for name, company in self.companies.items():
            scheme, identifier = company.split(" ", 1)
            named |= {keys.pseudonym_of(scheme, identifier, year): name for year in _YEARS}
        return named

    def told(self, value: Any) -> str:
        """Return a value of the hub as the tables write it."""
        if value is None:
            return ""
        if isinstance(value, bytes):
            return self.names[value]
        return json.dumps(value) if isinstance(value, bool) else str(value)


def load(path: Path) -> Story:
    """Return the story of a file."""
    return Story.model_validate(tomllib.loads(path.read_text("utf-8")))


def stories() -> dict[str, Story]:
    """Return all stories by the name of their file, in the order in which they are told."""
    return {path.stem: load(path) for path in sorted(FOLDER.glob("*.toml"))}
