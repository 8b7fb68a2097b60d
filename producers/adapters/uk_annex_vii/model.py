"""One row of the bulk template: every column, with the class of each.

All cells are text. Names, addresses and contacts have fields because the agency's rules
are about them too; nothing of them travels. Parts of a row that hold nothing are absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import ConfigDict

from producers.adapters.uk_annex_vii import columns
from producers.native_model import Native
from schemas.confidentiality import Confidentiality

PUBLIC = Confidentiality.PUBLIC
HUB = Confidentiality.HUB
SEALED = Confidentiality.SEALED
NEVER = Confidentiality.NEVER


_REFERENCE = re.compile(r"[A-Za-z0-9]{2,20}", re.ASCII)


def is_reference(value: str) -> bool:
    """Say whether a value is the reference of a record."""
    return _REFERENCE.fullmatch(value) is not None


class _Cells(Native):
    model_config = ConfigDict(str_strip_whitespace=True)


class Sender(_Cells):
    """The exporter, or the site from which the waste is collected: both in the United Kingdom."""

    organisation: Annotated[str, SEALED]
    address_1: Annotated[str, SEALED]
    address_2: Annotated[str, SEALED]
    town: Annotated[str, SEALED]
    country: Annotated[str, HUB]
    postcode: Annotated[str, SEALED]
    contact: Annotated[str, NEVER]
    phone: Annotated[str, NEVER]
    fax: Annotated[str, NEVER]
    email: Annotated[str, NEVER]


class Party(_Cells):
    """The importer, and what carriers and sites have in common with it."""

    organisation: Annotated[str, SEALED]
    address: Annotated[str, SEALED]
    country: Annotated[str, PUBLIC]
    contact: Annotated[str, NEVER]
    phone: Annotated[str, NEVER]
    fax: Annotated[str, NEVER]
    email: Annotated[str, NEVER]


class Carrier(Party):
    """One of up to five carriers."""

    means: Annotated[str, NEVER]
    means_details: Annotated[str, NEVER]


class Site(Party):
    """An interim site, a laboratory or one of up to five recovery facilities."""

    code: Annotated[str, PUBLIC]


class Entry(_Cells):
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
            **_named(cells, 0, columns.WASTE),
            **_named(cells, columns.DATES, columns.COLLECTION),
            **_named(cells, columns.EXIT, columns.ROUTE),
            "exporter": _part(cells, columns.EXPORTER, columns.SENDER),
            "importer": _part(cells, columns.IMPORTER, columns.PARTY),
            "carriers": _parts(cells, columns.CARRIERS, columns.CARRIER),
            "collection": _part(cells, columns.COLLECTION_SITE, columns.SENDER),
            "interim": _part(cells, columns.INTERIM, columns.SITE),
            "laboratory_site": _part(cells, columns.LABORATORY, columns.SITE),
            "facilities": _parts(cells, columns.FACILITIES, columns.SITE),
        }
    )


def _named(cells: Sequence[str], start: int, names: Mapping[str, str]) -> dict[str, str]:
    return dict(zip(names, cells[start : start + len(names)], strict=True))


def _part(cells: Sequence[str], start: int, names: Mapping[str, str]) -> dict[str, str] | None:
    is_filled = "".join(cells[start : start + len(names)]).strip()
    return _named(cells, start, names) if is_filled else None


def _parts(cells: Sequence[str], start: int, names: Mapping[str, str]) -> dict[int, dict[str, str]]:
    parts = ((number, _part(cells, start + (number - 1) * len(names), names)) for number in columns.NUMBERS)
    return {number: part for number, part in parts if part is not None}
