from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import fastavro
import pytest

from producers.adapters.uk_packaging import UkPackaging
from producers.pipeline import Pipeline
from producers.positions import Positions
from schemas import contract
from schemas.identity import DEMONSTRATION_KEYS
from tests.support.samples import sample, samples_folder
from tests.support.uk_report import Report, Site

FOLDER = "uk-epr-exporter"
# The register of overseas sites is input of the agency's reports and stands beside none of them.
APPROVED_FROM = {"512": date(2026, 1, 15), "124": date(2026, 1, 25)}
TOTALS = """
WITH fact AS (
    SELECT *, round(CAST(quantity AS DECIMAL(38, 18)), 2) AS tonnes,
           occurred_on BETWEEN $first AND $last AS is_in_period
    FROM movement WHERE change <> 'CANCELLED'
), period AS (SELECT * FROM fact WHERE is_in_period)
SELECT
    (SELECT sum(tonnes) FROM period WHERE stage = 'RECEIVED' AND side = 'DOMESTIC'),
    (SELECT sum(tonnes) FROM period WHERE stage = 'DISPATCHED' AND side = 'ORIGIN'),
    (SELECT sum(tonnes) FROM period i WHERE stage = 'RECEIVED' AND side = 'DOMESTIC' AND NOT EXISTS (
        SELECT 1 FROM period o WHERE o.stage = 'DISPATCHED' AND o.side = 'ORIGIN'
        AND list_contains(o.onward_of, i.movement_key))),
    (SELECT sum(tonnes) FROM period WHERE stage = 'REFUSED' AND side = 'ORIGIN'),
    (SELECT sum(tonnes) FROM period WHERE stage = 'STOPPED' AND side = 'ORIGIN'),
    (SELECT sum(tonnes) FROM (SELECT movement_key, any_value(tonnes) AS tonnes FROM period
        WHERE stage IN ('REFUSED', 'STOPPED') AND side = 'ORIGIN' GROUP BY movement_key)),
    (SELECT sum(tonnes) FROM period WHERE stage = 'REPATRIATED' AND side = 'ORIGIN'),
    (SELECT sum(tonnes) FROM period WHERE stage = 'DISPATCHED' AND side = 'DOMESTIC'
        AND native_operation_code = 'REPROCESSOR'),
    (SELECT sum(tonnes) FROM period WHERE stage = 'DISPATCHED' AND side = 'DOMESTIC'
        AND native_operation_code = 'EXPORTER'),
    (SELECT sum(tonnes) FROM period WHERE stage = 'DISPATCHED' AND side = 'DOMESTIC'
        AND native_operation_code = 'OTHER')
"""


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


@pytest.mark.parametrize("number", entries())
def test_totals_follow_from_published_events_alone(number: int) -> None:
    """Every total of the agency's report is one query over the columns of the events."""
    entry = read_json("expected_reports.json")[number]
    expected = entry["expected"]
    _, text = upload(entry)
    pipeline = Pipeline(UkPackaging({}), "GB-EA", DEMONSTRATION_KEYS, Positions("test"))
    outcomes = list(pipeline.outcomes(io.BytesIO(text), "log.json"))

    found = query([decoded(event.body) for outcome in outcomes for event in outcome.events], expected)

    assert not any(outcome.is_rejected for outcome in outcomes)
    assert totals(expected) == found


def totals(expected: dict[str, Any]) -> list[Decimal]:
    """Return the totals of a report in the order of the query; a reprocessor exports nothing."""
    export = expected.get("exportActivity")
    received = Decimal(expected["recyclingActivity"]["totalTonnageReceived"])
    names = (
        "totalTonnageExported",
        "tonnageReceivedNotExported",
        "tonnageRefusedAtDestination",
        "tonnageStoppedDuringExport",
        "totalTonnageRefusedOrStopped",
        "tonnageRepatriated",
    )
    nothing = dict.fromkeys(names, Decimal()) | {"tonnageReceivedNotExported": received}
    sent = ("tonnageSentToReprocessor", "tonnageSentToExporter", "tonnageSentToAnotherSite")
    return [
        received,
        *(Decimal((export or nothing)[name]) for name in names),
        *(Decimal(expected["wasteSent"][name]) for name in sent),
    ]


def decoded(body: bytes) -> dict[str, Any]:
    """Return an event as a reader of the topic sees it."""
    event: Any = fastavro.schemaless_reader(io.BytesIO(body), contract.parsed("movement"), None)
    return dict(event)


def query(events: list[dict[str, Any]], expected: dict[str, Any]) -> list[Decimal]:
    """Return the totals of a period by SQL; no row is no tonne."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE movement (change TEXT, stage TEXT, side TEXT, native_operation_code TEXT,"
            " occurred_on DATE, quantity TEXT, movement_key BLOB, onward_of BLOB[])"
        )
        for event in events:
            plain = [event[name] for name in ("change", "stage", "side", "native_operation_code")]
            facts = [event[name] for name in ("occurred_on", "quantity", "movement_key")]
            onward = [part["movement_key"] for part in event["related"] if part["relation"] == "ONWARD_OF"]
            connection.execute(
                "INSERT INTO movement VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [*plain, *facts, onward]
            )
        period = {"first": expected["startDate"], "last": expected["endDate"]}
        row = connection.execute(TOTALS, period).fetchone()
    assert row is not None
    return [value or Decimal() for value in row]
