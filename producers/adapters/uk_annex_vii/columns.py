"""The 145 columns of the bulk template: their short names, their places, their headers.

Columns are found by position. Their headers prove that the file has this layout: they are
compared without case, blanks, punctuation and what stands in brackets. Findings name a
column by its short name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

REFERENCE = {"reference": "enter your own reference using only letters and numbers"}
CODES = {
    "basel_code": "basel annex ix code",
    "oecd_code": "oecd code",
    "annex_iiia_codes": "annex iiia code",
    "annex_iiib_code": "annex iiib code",
    "laboratory": "unlisted waste going to laboratory",
    "ewc_codes": "all relevant ewc codes",
    "national_code": "national code",
}
WASTE = {
    "description": "enter waste description",
    "tonnes": "waste quantity in tonnes",
    "cubic_metres": "waste quantity in cubic metres",
    "kilograms": "waste quantity in kilograms",
    "quantity_flag": "estimated or actual quantity",
}
SENDER = {
    "organisation": "organisation name",
    "address_1": "address line 1",
    "address_2": "address line 2",
    "town": "town or city",
    "country": "country",
    "postcode": "postcode",
    "contact": "contact full name",
    "phone": "contact phone number",
    "fax": "fax number",
    "email": "email address",
}
PARTY = {
    "organisation": "organisation name",
    "address": "address",
    "country": "country",
    "contact": "contact full name",
    "phone": "phone number",
    "fax": "fax number",
    "email": "email address",
}
COLLECTION = {
    "collection_date": "waste collection date",
    "date_flag": "estimated or actual waste collection date",
}
CARRIER = PARTY | {"means": "means of transport", "means_details": "means of transport details"}
ROUTE = {
    "exit_location": "nearest town port or terminal where waste leaves uk",
    "transit_countries": "transit countries",
}
SITE = PARTY | {"code": "code"}

_ORDINALS = ("first", "second", "third", "fourth", "fifth")
NUMBERS = range(1, len(_ORDINALS) + 1)
# Place of the first column of each part, from 0.
FIRST_CODE, DESCRIPTION = 1, 8
EXPORTER, IMPORTER, DATES, CARRIERS, COLLECTION_SITE = 13, 23, 30, 32, 77
EXIT, INTERIM, LABORATORY, FACILITIES = 87, 89, 97, 105

# Where the template itself departs from its own pattern, by mistake or not.
_ALSO = {
    "facility_2_organisation": "second recovery facility name",
    "facility_3_code": "third recovery site r code",
    "facility_4_code": "fourth recovery site r code",
    "facility_5_code": "fifth recovery site r code",
    "facility_5_country": "first recovery facility country",
}
_BRACKETS = re.compile(r"\(.*", re.DOTALL)
_NOT_WORDS = re.compile(r"[^a-z0-9]+")


def normalised(header: str) -> str:
    """Return a header as it is compared; no-break blanks and byte order marks are no words."""
    plain = unicodedata.normalize("NFKC", header).casefold()
    return _NOT_WORDS.sub(" ", _BRACKETS.sub("", plain)).strip()


def different(headers: Sequence[str]) -> Iterator[str]:
    """Yield the short name of each column whose normalised header is another one."""
    for (name, expected), header in zip(HEADERS.items(), headers, strict=True):
        if header not in {expected, _ALSO.get(name)}:
            yield name


def _part(name: str, header: str, columns: dict[str, str]) -> dict[str, str]:
    return {f"{name}_{column}": f"{header} {text}" for column, text in columns.items()}


def _parts(name: str, header: str, columns: dict[str, str]) -> dict[str, str]:
    return {
        column: text
        for number, ordinal in zip(NUMBERS, _ORDINALS, strict=True)
        for column, text in _part(f"{name}_{number}", f"{ordinal} {header}", columns).items()
    }


# Short name and header of every column, in order.
HEADERS: dict[str, str] = (
    REFERENCE
    | CODES
    | WASTE
    | _part("exporter", "exporter", SENDER)
    | _part("importer", "importer", PARTY)
    | COLLECTION
    | _parts("carrier", "carrier", CARRIER)
    | _part("collection", "waste collection", SENDER)
    | ROUTE
    | _part("interim", "interim site", SITE | {"code": "recovery code"})
    | _part("laboratory", "laboratory", SITE | {"code": "d code"})
    | _parts("facility", "recovery facility", SITE | {"code": "r code"})
)
