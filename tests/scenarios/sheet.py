"""Forms of many columns, written from the few cells that a story fills in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from producers.adapters.uk_annex_vii.columns import HEADERS

_ADDRESS = {
    "organisation": "Story Ltd",
    "address": "1 Story Road",
    "address_1": "1 Story Road",
    "town": "Story",
    "contact": "Never Published",
    "phone": "01632 960001",
    "email": "never.published@example.org",
}
# Whom the form asks for, and the country of each.
_PARTIES = {
    "exporter": "England",
    "importer": "Germany",
    "carrier_1": "England",
    "collection": "England",
    "facility_1": "Germany",
}
_PARTY_CELLS = {
    f"{party}_{name}": value
    for party, country in _PARTIES.items()
    for name, value in (_ADDRESS | {"country": country}).items()
    if f"{party}_{name}" in HEADERS
}


def annex_vii(cells: Mapping[str, str]) -> bytes:
    """Return the bulk CSV of green-list exports with one row, of whose companies nothing is told.

    Args:
        cells: By the short name of the column.
    """
    assert cells.keys() <= HEADERS.keys()
    filled = {**_PARTY_CELLS, **cells}
    text = io.StringIO()
    row = [filled.get(name, "") for name in HEADERS]
    csv.writer(text).writerows([["Guidance for people"], [*HEADERS.values()], row])
    return text.getvalue().encode()
