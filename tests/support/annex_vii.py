"""Green-list uploads for tests: rows that are right, but for the cells given."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import fastavro

from producers.adapters.uk_annex_vii import UkAnnexVii
from producers.adapters.uk_annex_vii.columns import HEADERS
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Reading, Statement
from schemas import contract
from schemas.identity import DEMONSTRATION_KEYS

DOCUMENTS = Path(__file__).parents[1] / "documents" / "uk_annex_vii"
ACCOUNT = "acc-7"

_CONTACT = {"contact": "Kim Sample", "phone": "+310000000001", "email": "desk@abroad.example"}
_ABROAD = {"organisation": "Example BV", "address": "1 Example Street", **_CONTACT}
_HOME = {"organisation": "Example Ltd", "address_1": "1 Example Lane", "town": "Exampleton", **_CONTACT}
_PARTS = {
    "exporter": _HOME | {"country": "England"},
    "importer": _ABROAD | {"country": "Italy"},
    "carrier_1": _ABROAD | {"country": "England", "means": "Road"},
    "collection": _HOME | {"country": "Wales"},
    "facility_1": _ABROAD | {"country": "Italy", "code": "R4"},
    "laboratory": _ABROAD | {"country": "Italy", "code": "D10"},
    "interim": _ABROAD | {"country": "Italy", "code": "R13"},
    "facility_2": _ABROAD | {"country": "Italy", "code": "R4"},
}
_WASTE = {
    "reference": "ref1",
    "basel_code": "B1010",
    "ewc_codes": "170405",
    "description": "scrap",
    "tonnes": "10",
    "quantity_flag": "actual",
    "collection_date": "01/09/2026",
    "date_flag": "actual",
}
_COMPULSORY = ("exporter", "importer", "carrier_1", "collection", "facility_1")
_TO_LABORATORY = {
    "basel_code": "",
    "laboratory": "yes",
    "tonnes": "",
    "kilograms": "5",
    "carrier_1_means": "",
}


def part(name: str) -> dict[str, str]:
    """Return the cells of one part of a row, by their short names."""
    return {f"{name}_{column}": value for column, value in _PARTS[name].items()}


def without(name: str) -> dict[str, str]:
    """Return the cells of one part of a row, all empty."""
    return dict.fromkeys(part(name), "")


def row(**cells: str) -> dict[str, str]:
    """Return a row of listed waste."""
    right = _WASTE.copy()
    for name in _COMPULSORY:
        right |= part(name)
    return right | cells


def laboratory_row(**cells: str) -> dict[str, str]:
    """Return a row of unlisted waste that goes to a laboratory."""
    return row(**(_TO_LABORATORY | without("facility_1") | part("laboratory") | cells))


def cells_of(cells: dict[str, str]) -> list[str]:
    """Return the 145 cells of a row."""
    assert cells.keys() <= HEADERS.keys()
    return [cells.get(name, "") for name in HEADERS]


def upload(
    rows: Iterable[dict[str, str] | Sequence[str]], headers: Sequence[str] = tuple(HEADERS.values())
) -> bytes:
    """Return a file with guidance, headers and rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([["guidance", *[""] * (len(headers) - 1)], headers])
    writer.writerows(cells_of(item) if isinstance(item, dict) else item for item in rows)
    return text.getvalue().encode()


def document(name: str) -> bytes:
    """Return one of our own uploads."""
    return (DOCUMENTS / name).read_bytes()


def read(file: bytes, account: str = ACCOUNT) -> list[Reading]:
    """Return the readings of a file."""
    return list(UkAnnexVii({"account": account}).read(io.BytesIO(file)))


def read_row(**cells: str) -> Reading:
    """Return the reading of one row of listed waste."""
    return read(upload([row(**cells)]))[0]


def said(reading: Reading) -> Statement:
    """Return the one statement of a row."""
    (statement,) = reading.statements
    return statement


def rules(*readings: Reading) -> list[str]:
    """Return the rules of all findings, in order."""
    return [finding.rule for reading in readings for finding in reading.findings]


def pipeline() -> Pipeline:
    """Return the pipeline of one agency."""
    return Pipeline(UkAnnexVii({"account": ACCOUNT}), "GB-EA", DEMONSTRATION_KEYS, Positions("test"))


def publish(works: Pipeline, file: bytes) -> list[Outcome]:
    """Return what becomes of a file."""
    return list(works.outcomes(io.BytesIO(file), "upload.csv"))


def events(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """Return the events as readers of the topic see them."""
    found: list[Any] = [
        fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)
        for outcome in outcomes
        for event in outcome.events
    ]
    return found
