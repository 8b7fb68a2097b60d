"""JSON documents of any number: templates of our own with other numbers, companies and amounts."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any

from tests.support.samples import ROOT

GENERATORS, FACILITIES, TRANSPORTERS, OVERSEAS_SITES = 20_000, 500, 2_000, 200
UPLOAD = {"organisation": "BENCH-ORG", "registration": "BENCH-REG", "uploadedAt": "2026-06-30T09:30:00.000Z"}
_FORMS = ("accepted", "partial", "refused", "departed", "transshipped")
_RECEIPTS = ("hazardous", "household", "northern_ireland", "sorted")
_MILLION = 1_000_000


def manifest(number: int) -> dict[str, Any]:
    """Return a signed US manifest; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    found = _template(_manifests(), number)
    found["manifestTrackingNumber"] = f"{number:09d}ELC"
    _at_another(found["generator"], dice.randrange(GENERATORS))
    _at_another(found["designatedFacility"], dice.randrange(FACILITIES))
    for transporter in found["transporters"]:
        _at_another(transporter, dice.randrange(TRANSPORTERS))
    for waste in found["wastes"]:
        waste["quantity"]["quantity"] = dice.randrange(1, 20_000)
    return found


def row(number: int) -> dict[str, Any]:
    """Return a row of a UK exporter's log; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    found = _template(_rows(), number)
    found["rowId"] = found["data"]["ROW_ID"] = 1_000 + number
    tonnes = dice.randrange(1_000, 25_000) / 1_000
    for name in found["data"]:
        if name.startswith("TONNAGE_"):
            found["data"][name] = tonnes
    if "OSR_ID" in found["data"]:
        found["data"]["OSR_ID"] = 100 + dice.randrange(OVERSEAS_SITES)
    return found


def receipt(number: int) -> dict[str, Any]:
    """Return a UK receipt in its envelope; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    found = _template(_receipts(), number)
    found["wasteTrackingId"] = f"26B{number:08d}"
    found["body"]["receiver"]["authorisationNumber"] = f"EPR/BB{dice.randrange(FACILITIES):04d}BB"
    factor = dice.randrange(1, 500) / 100
    for item in found["body"]["wasteItems"]:
        for weight in (item["weight"], *(code["weight"] for code in item["disposalOrRecoveryCodes"])):
            weight["amount"] = round(weight["amount"] * factor, 3)
    return found


def form(number: int) -> dict[str, Any]:
    """Return an Italian transport form; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    found = _template(_forms(), number)
    departure = found["dati_partenza"]
    series, serial = divmod(number, _MILLION)
    departure["numero_fir"] = f"BNCH{'BCDFGHJK'[series]} {serial:06d} HJ"
    departure["produttore"]["codice_fiscale"] = f"91{dice.randrange(GENERATORS):09d}"
    departure["destinatario"]["codice_fiscale"] = f"92{dice.randrange(FACILITIES):09d}"
    for carrier in departure["trasportatori"]:
        carrier["codice_fiscale"] = f"93{dice.randrange(TRANSPORTERS):09d}"
    departure["rifiuto"]["quantita"]["valore"] = dice.randrange(20_000, 250_000) / 10
    return found


def _template(templates: list[dict[str, Any]], number: int) -> dict[str, Any]:
    return deepcopy(templates[number % len(templates)])


def _at_another(site: dict[str, Any], number: int) -> None:
    site["epaSiteId"] = f"{site['epaSiteId'][:3]}{number:09d}"


@cache
def _manifests() -> list[dict[str, Any]]:
    return [item for manifests in _demonstrated("us-emanifest", "01_") for item in manifests]


@cache
def _rows() -> list[dict[str, Any]]:
    return [item for upload in _demonstrated("uk-packaging", "exporter_1") for item in upload["rows"]]


@cache
def _receipts() -> list[dict[str, Any]]:
    return [_test_document("uk_receipt", name) for name in _RECEIPTS]


@cache
def _forms() -> list[dict[str, Any]]:
    return [_test_document("it_rentri", name) for name in _FORMS]


def _demonstrated(adapter: str, start: str) -> Iterator[Any]:
    folder = resources.files("deploy.demo") / "documents" / adapter
    for file in folder.iterdir():
        if file.name.startswith(start):
            yield json.loads(file.read_text("utf-8"))


def _test_document(folder: str, name: str) -> Any:
    return json.loads((ROOT / "tests" / "documents" / folder / f"{name}.json").read_text("utf-8"))
