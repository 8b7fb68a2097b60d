"""One row of the bulk template: every column, with the class of each.

All cells are text. Contacts and means of transport have fields because the agency's rules
are about them too; nothing of them travels. Parts of a row that hold nothing are absent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, TypeVar

from producers.adapters.uk_annex_vii import columns
from producers.adapters.uk_annex_vii.part import Part
from producers.adapters.uk_annex_vii.parties import (
    HUB,
    NEVER,
    PUBLIC,
    SEALED,
    Carrier,
    Party,
    Sender,
    Site,
)
from producers.adapters.uk_annex_vii.waste import Codes

_PartT = TypeVar("_PartT", bound=Part)

# The same companies stand in row after row; only what is short is remembered.
_REMEMBERED_PARTS, _REMEMBERED_CHARACTERS_MAX = 4096, 1000
_NAMES: dict[type[Part], tuple[str, ...]] = {
    model: tuple(model.model_fields) for model in (Codes, Sender, Party, Carrier, Site)
}
_REFERENCE = re.compile(r"[A-Za-z0-9]{2,20}", re.ASCII)


class Entry(Part):
    """One row: one movement of one waste; carriers and facilities by their number from 1."""

    reference: Annotated[str, SEALED]
    codes: Codes
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
    stated = tuple(cells)
    description, tonnes, cubic_metres, kilograms, quantity_flag = stated[
        columns.DESCRIPTION : columns.EXPORTER
    ]
    codes = stated[columns.FIRST_CODE : columns.DESCRIPTION]
    collection_date, date_flag = stated[columns.DATES : columns.CARRIERS]
    exit_location, transit_countries = stated[columns.EXIT : columns.INTERIM]
    return Entry.model_validate(
        {
            "reference": stated[0],
            "codes": _part(Codes, codes) or _made(Codes, codes),
            "description": description,
            "tonnes": tonnes,
            "cubic_metres": cubic_metres,
            "kilograms": kilograms,
            "quantity_flag": quantity_flag,
            "exporter": _part(Sender, stated[columns.EXPORTER : columns.IMPORTER]),
            "importer": _part(Party, stated[columns.IMPORTER : columns.DATES]),
            "collection_date": collection_date,
            "date_flag": date_flag,
            "carriers": _parts(Carrier, stated[columns.CARRIERS : columns.COLLECTION_SITE]),
            "collection": _part(Sender, stated[columns.COLLECTION_SITE : columns.EXIT]),
            "exit_location": exit_location,
            "transit_countries": transit_countries,
            "interim": _part(Site, stated[columns.INTERIM : columns.LABORATORY]),
            "laboratory_site": _part(Site, stated[columns.LABORATORY : columns.FACILITIES]),
            "facilities": _parts(Site, stated[columns.FACILITIES :]),
        }
    )


def is_reference(value: str) -> bool:
    """Say whether a value is the reference of a record."""
    return _REFERENCE.fullmatch(value) is not None


def _parts(model: type[_PartT], cells: tuple[str, ...]) -> dict[int, _PartT]:
    """Return those of five parts that hold anything, by number."""
    size = len(_NAMES[model])
    # Most rows have one carrier and one facility, so that the other four are looked at once.
    numbers = columns.NUMBERS if any(cells[size:]) else columns.NUMBERS[:1]
    found: dict[int, _PartT] = {}
    for number in numbers:
        part = _part(model, cells[(number - 1) * size : number * size])
        if part is not None:
            found[number] = part
    return found


def _part(model: type[_PartT], cells: tuple[str, ...]) -> _PartT | None:
    """Return what cells hold, None where that is nothing but blanks."""
    text = "".join(cells)
    if not text.strip():
        return None
    return (_remembered if len(text) <= _REMEMBERED_CHARACTERS_MAX else _made)(model, cells)


def _made(model: type[_PartT], cells: tuple[str, ...]) -> _PartT:
    return model.model_validate(dict(zip(_NAMES[model], cells, strict=True)))


_remembered = lru_cache(_REMEMBERED_PARTS)(_made)
