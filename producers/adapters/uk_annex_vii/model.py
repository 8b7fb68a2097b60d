"""One row of the bulk template: every column, with the class of each.

All cells are text. Names, addresses and contacts have fields because the agency's rules
are about them too; nothing of them travels. Parts of a row that hold nothing are absent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, TypeVar

from producers.adapters.uk_annex_vii import columns
from producers.adapters.uk_annex_vii.parties import (
    HUB,
    NEVER,
    PUBLIC,
    SEALED,
    Carrier,
    Part,
    Party,
    Sender,
    Site,
)

_PartT = TypeVar("_PartT", bound=Part)

# The same companies stand in row after row; only what is short is remembered.
_REMEMBERED_PARTS, _REMEMBERED_CHARACTERS_MAX = 1024, 2000
_NAMES: dict[type[Part], tuple[str, ...]] = {
    model: tuple(model.model_fields) for model in (Sender, Party, Carrier, Site)
}
_REFERENCE = re.compile(r"[A-Za-z0-9]{2,20}", re.ASCII)


class Entry(Part):
    """One row: one movement of one waste; carriers and facilities by their number from 1."""

    reference: Annotated[str, SEALED]
    basel_code: Annotated[str, PUBLIC]
    oecd_code: Annotated[str, PUBLIC]
    annex_iiia_codes: Annotated[str, PUBLIC]
    annex_iiib_code: Annotated[str, PUBLIC]
    laboratory: Annotated[str, PUBLIC]
    ewc_codes: Annotated[str, PUBLIC]
    national_code: Annotated[str, PUBLIC]
    description: Annotated[str, NEVER]
    tonnes: Annotated[str, HUB]
    cubic_metres: Annotated[str, HUB]
    kilograms: Annotated[str, HUB]
    quantity_flag: Annotated[str, HUB]
    exporter: Sender | None
    importer: Party | None
    collection_date: Annotated[str, PUBLIC]
    date_flag: Annotated[str, PUBLIC]
    carriers: dict[int, Carrier]
    collection: Sender | None
    exit_location: Annotated[str, SEALED]
    transit_countries: Annotated[str, PUBLIC]
    interim: Site | None
    laboratory_site: Site | None
    facilities: dict[int, Site]


def entry(cells: Sequence[str]) -> Entry:
    """Return the row that 145 cells make."""
    return Entry.model_validate(
        {
            **dict(zip(columns.WASTE, cells[: columns.EXPORTER], strict=True)),
            **dict(zip(columns.COLLECTION, cells[columns.DATES : columns.CARRIERS], strict=True)),
            **dict(zip(columns.ROUTE, cells[columns.EXIT : columns.INTERIM], strict=True)),
            "exporter": _part(Sender, cells, columns.EXPORTER),
            "importer": _part(Party, cells, columns.IMPORTER),
            "carriers": _parts(Carrier, cells, columns.CARRIERS),
            "collection": _part(Sender, cells, columns.COLLECTION_SITE),
            "interim": _part(Site, cells, columns.INTERIM),
            "laboratory_site": _part(Site, cells, columns.LABORATORY),
            "facilities": _parts(Site, cells, columns.FACILITIES),
        }
    )


def is_reference(value: str) -> bool:
    """Say whether a value is the reference of a record."""
    return _REFERENCE.fullmatch(value) is not None


def _parts(model: type[_PartT], cells: Sequence[str], start: int) -> dict[int, _PartT]:
    """Return those of five parts that hold anything, by number."""
    size = len(_NAMES[model])
    end = start + size * len(columns.NUMBERS)
    # Most rows have one carrier and one facility, so that the other four are looked at once.
    numbers = columns.NUMBERS if "".join(cells[start + size : end]).strip() else columns.NUMBERS[:1]
    parts = ((number, _part(model, cells, start + (number - 1) * size)) for number in numbers)
    return {number: part for number, part in parts if part is not None}


def _part(model: type[_PartT], cells: Sequence[str], start: int) -> _PartT | None:
    stated = tuple(cells[start : start + len(_NAMES[model])])
    text = "".join(stated)
    if not text.strip():
        return None
    return (_remembered if len(text) <= _REMEMBERED_CHARACTERS_MAX else _made)(model, stated)


def _made(model: type[_PartT], cells: tuple[str, ...]) -> _PartT:
    return model.model_validate(dict(zip(_NAMES[model], cells, strict=True)))


_remembered = lru_cache(_REMEMBERED_PARTS)(_made)
