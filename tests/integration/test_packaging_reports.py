"""The agency's own reports, recomputed from what a hub stored of its documents."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from consumers.hub.offline import answered
from deploy.exchange.exchange import Exchange
from tests.support.agency import new_agency
from tests.support.hub import new_ledger
from tests.support.samples import sample, samples_folder

FOLDER = "uk-epr-exporter"
EXPORT = {
    "exported": "totalTonnageExported",
    "received_not_exported": "tonnageReceivedNotExported",
    "refused": "tonnageRefusedAtDestination",
    "stopped": "tonnageStoppedDuringExport",
    "refused_or_stopped": "totalTonnageRefusedOrStopped",
    "repatriated": "tonnageRepatriated",
}
SENT = {
    "sent_to_reprocessor": "tonnageSentToReprocessor",
    "sent_to_exporter": "tonnageSentToExporter",
    "sent_to_another_site": "tonnageSentToAnotherSite",
}


def reports() -> list[Any]:
    """Return one parameter for each report that the agency's own system computed."""
    path = samples_folder() / FOLDER / "expected_reports.json"
    if not path.exists():
        return [pytest.param(None, id="absent")]
    entries = json.loads(path.read_text(), parse_float=Decimal)
    return [
        pytest.param(entry, id=f"{entry['inputFile']}-{entry['expected']['startDate']}") for entry in entries
    ]


@pytest.mark.parametrize("entry", reports())
def test_report_totals_come_out_of_the_hub(entry: Any, exchange: Exchange, tmp_path: Path) -> None:
    """Published through the broker and stored by a hub, each total is DEFRA's to the last digit."""
    rows = sample(f"{FOLDER}/{entry['inputFile'] if entry else 'expected_reports.json'}").read_text()
    ledger = new_ledger(exchange)
    _publish(exchange, _upload(entry, rows), tmp_path / "inbox")
    ledger.run_to_end(tmp_path / "hub.duckdb")

    expected = entry["expected"]
    found = _report(tmp_path / "hub.duckdb", expected["startDate"], expected["endDate"])

    assert _totals(expected) == {name: found.get(name) or Decimal(0) for name in _totals(expected)}


def _upload(entry: Any, rows: str) -> str:
    """Return the upload that a report is about, each number as the sample writes it."""
    source = entry["expected"]["source"]
    head = {
        "organisation": "organisation",
        "registration": "registration",
        "summaryLogId": source["summaryLogId"],
        "uploadedAt": source["lastUploadedAt"],
    }
    return f'{json.dumps(head)[:-1]}, "rows": {rows}}}'


def _publish(exchange: Exchange, upload: str, inbox: Path) -> None:
    inbox.mkdir()
    (inbox / "upload.json").write_text(upload)
    # A source of its own, so that it knows nothing of what other tests published.
    run = new_agency(exchange, "GB-EA", "uk-packaging").run(inbox, source_id=inbox.parent.name)

    assert run.totals.rejected == 0
    assert run.totals.events > 0


def _report(file: Path, first_on: str, last_on: str) -> dict[str, Any]:
    query = f"FROM uk_packaging_report(DATE '{first_on}', DATE '{last_on}')"  # dates of the oracle
    answer = answered(file, "500MB", "sql", query=query)
    assert len(answer["rows"]) <= 1
    values = answer["rows"][0] if answer["rows"] else ()
    return {
        name: None if value is None else Decimal(value)
        for name, value in zip(answer["columns"], values, strict=False)
        if name not in {"agency", "contributor"}
    }


def _totals(expected: dict[str, Any]) -> dict[str, Decimal]:
    """Return the totals of a report; one for reprocessors says nothing of exports."""
    totals = {"received": expected["recyclingActivity"]["totalTonnageReceived"]}
    totals |= {name: expected["wasteSent"][field] for name, field in SENT.items()}
    if "exportActivity" in expected:
        totals |= {name: expected["exportActivity"][field] for name, field in EXPORT.items()}
    return {name: Decimal(value) for name, value in totals.items()}
