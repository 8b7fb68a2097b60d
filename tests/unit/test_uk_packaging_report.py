from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from producers.adapters.uk_packaging import UkPackaging
from tests.support.samples import sample, samples_folder
from tests.support.uk_report import Report, Site

FOLDER = "uk-epr-exporter"
# The register of overseas sites is input of the agency's reports and stands beside none of them.
APPROVED_FROM = {"512": date(2026, 1, 15), "124": date(2026, 1, 25)}


def read_json(name: str) -> Any:
    """Return a real sample with exact numbers."""
    return json.loads(sample(f"{FOLDER}/{name}").read_text(), parse_float=Decimal)


def entries() -> list[Any]:
    """Return one parameter for each report DEFRA's system computed."""
    path = samples_folder() / FOLDER / "expected_reports.json"
    if not path.exists():
        return [pytest.param(0, id="absent")]
    found = json.loads(path.read_text())
    return [
        pytest.param(i, id=f"{entry['inputFile']}-{entry['expected']['period']}")
        for i, entry in enumerate(found)
    ]


def sites() -> dict[str, Site]:
    """Return the register of overseas sites; the reports show names and countries."""
    reports = [entry["expected"] for entry in read_json("expected_reports.json")]
    shown = [site for report in reports for site in report.get("exportActivity", {}).get("overseasSites", ())]
    return {
        site["orsId"]: Site(site["siteName"], site["country"], APPROVED_FROM[site["orsId"]]) for site in shown
    }


def upload(entry: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the envelope around a sample, and its bytes with each number as the sample writes it."""
    source = entry["expected"]["source"]
    head = {
        "organisation": "org-1",
        "registration": "reg-1",
        "summaryLogId": source["summaryLogId"],
        "uploadedAt": source["lastUploadedAt"],
    }
    rows = sample(f"{FOLDER}/{entry['inputFile']}").read_bytes()
    text = json.dumps(head).encode().removesuffix(b"}") + b', "rows": ' + rows + b"}"
    return json.loads(text, parse_float=Decimal), text


@pytest.mark.parametrize("number", entries())
def test_report_equals_that_of_the_agency(number: int) -> None:
    """Each report of the agency's own system follows, lists and all, from what the adapter reads."""
    entry = read_json("expected_reports.json")[number]
    expected = entry["expected"]
    envelope, text = upload(entry)
    readings = list(UkPackaging({}).read(io.BytesIO(text)))

    report = Report(
        envelope, readings, expected["cadence"], expected["year"], expected["period"], sites()
    ).as_dict()

    assert expected == report
