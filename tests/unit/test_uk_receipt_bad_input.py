"""Wrong receipts: each becomes findings that say what and where, and never the value."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.adapters.uk_receipt import UkReceipt
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from schemas.findings import Severity
from schemas.identity import DEMONSTRATION_KEYS
from tests.support.json_values import JSON, places, put
from tests.support.samples import sample

DOCUMENTS = Path(__file__).parents[1] / "documents" / "uk_receipt"
TEXT = "Never Told"

Spoil = Callable[[dict[str, Any]], object]


def right() -> dict[str, Any]:
    """Return a receipt that is right, of four lines."""
    native: dict[str, Any] = json.loads((DOCUMENTS / "sorted.json").read_text())
    return native


def outcomes(data: bytes, settings: dict[str, str] | None = None) -> list[Outcome]:
    """Return what became of the documents of a file."""
    pipeline = Pipeline(UkReceipt(settings or {}), "GB-EA", DEMONSTRATION_KEYS, Positions("test"))
    return list(pipeline.outcomes(io.BytesIO(data), "file.json"))


def submitted(native: Any) -> Outcome:
    """Return what became of one document."""
    (outcome,) = outcomes(json.dumps(native).encode())
    return outcome


def found(outcome: Outcome, severity: Severity) -> list[tuple[str, str]]:
    """Return (rule, path) of the findings of a severity."""
    return [(item.rule, item.path) for item in outcome.findings if item.severity is severity]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "json.truncated"),
        (b"movement;weight", "json.syntax"),
        (b'{"wasteItems": "Z\xfcrich"}', "json.encoding"),
        (b'"text"', "layout.unknown"),
        (b'{"wasteTrackingId": "26NPB0A1", "body": null}', "layout.unknown"),
        (b'{"validation": {"errors": []}}', "layout.unknown"),
    ],
)
def test_file_that_is_no_receipt(data: bytes, rule: str) -> None:
    """A file that is broken or of another kind is one reject that says in which way."""
    (outcome,) = outcomes(data)

    assert found(outcome, Severity.ERROR) == [(rule, "$[0]")]
    assert outcome.events == ()


def test_what_was_read_before_the_break_stands() -> None:
    """A file cut in its second receipt publishes the first and rejects the rest."""
    text = json.dumps(right())
    first, second = outcomes(f"[{text},{text[:200]}".encode())

    assert len(first.events) == 4
    assert found(second, Severity.ERROR) == [("json.truncated", "$[1]")]


@pytest.mark.parametrize(
    ("spoil", "rule", "path"),
    [
        (lambda m: m.pop("wasteTrackingId"), "receipt.id.missing", "wasteTrackingId"),
        (lambda m: m.update(wasteTrackingId="a b"), "receipt.id.missing", "wasteTrackingId"),
        (lambda m: m.update(wasteTrackingId=["26NPB0A1"]), "receipt.id.missing", "wasteTrackingId"),
        (lambda m: m.update(revision=1.5), "receipt.revision.form", "revision"),
        (lambda m: m.update(revision=-1), "receipt.revision.form", "revision"),
        (lambda m: m.update(revision=True), "receipt.revision.form", "revision"),
        (lambda m: m.update(recordedAt="2026-01-05"), "receipt.recorded.form", "recordedAt"),
        (lambda m: m.update(recordedAt="1969-01-05T00:00:00Z"), "receipt.recorded.form", "recordedAt"),
    ],
)
def test_envelope_that_does_not_tell_the_version(spoil: Spoil, rule: str, path: str) -> None:
    """What the envelope gets wrong is told at the envelope."""
    native = right()
    spoil(native)

    assert found(submitted(native), Severity.ERROR) == [(rule, f"$[0].{path}")]


@pytest.mark.parametrize(
    ("spoil", "rule", "path"),
    [
        (lambda b: b.pop("apiCode"), "receipt.field.missing", "apiCode"),
        (lambda b: b.update(apiCode=TEXT), "receipt.field.type", "apiCode"),
        (lambda b: b.update(dateTimeReceived="2026-01-05T08:15:00"), "receipt.date.form", "dateTimeReceived"),
        (
            lambda b: b.update(dateTimeReceived="2026-02-30T08:15:00Z"),
            "receipt.date.form",
            "dateTimeReceived",
        ),
        (lambda b: b.update(wasteItems=[]), "receipt.field.type", "wasteItems"),
        (
            lambda b: b.update(reasonForNoConsignmentCode=TEXT),
            "receipt.consignment.reason",
            "reasonForNoConsignmentCode",
        ),
        (lambda b: b.pop("carrier"), "receipt.field.missing", "carrier"),
        (
            lambda b: b["carrier"].update(registrationNumber=""),
            "receipt.carrier.registration",
            "carrier.registrationNumber",
        ),
        (
            lambda b: b["carrier"].update(meansOfTransport="Rail"),
            "receipt.carrier.vehicle",
            "carrier.vehicleRegistration",
        ),
        (
            lambda b: b["carrier"].update(meansOfTransport="road"),
            "receipt.field.type",
            "carrier.meansOfTransport",
        ),
        (
            lambda b: b["carrier"].pop("vehicleRegistration"),
            "receipt.carrier.vehicle",
            "carrier.vehicleRegistration",
        ),
        (
            lambda b: b["receipt"]["address"].update(postcode="Leeds"),
            "receipt.postcode.form",
            "receipt.address.postcode",
        ),
    ],
)
def test_error_rejects_the_receipt_and_names_the_field(spoil: Spoil, rule: str, path: str) -> None:
    """What the service itself refuses is one finding at its field; no value is told."""
    native = right()
    spoil(native["body"])
    outcome = submitted(native)

    assert found(outcome, Severity.ERROR) == [(rule, f"$[0].body.{path}")]
    assert outcome.events == ()
    assert TEXT not in repr(outcome)


@pytest.mark.parametrize(
    ("spoil", "rule", "path"),
    [
        (lambda i: i.update(ewcCodes=[]), "receipt.field.type", "ewcCodes"),
        (lambda i: i.update(ewcCodes=["170904"] * 6), "receipt.field.type", "ewcCodes"),
        (lambda i: i.update(ewcCodes=[170904]), "receipt.field.type", "ewcCodes[0]"),
        (lambda i: i.update(ewcCodes=["999999"]), "receipt.ewc.unknown", "ewcCodes[0]"),
        (lambda i: i.update(ewcCodes=["170904", TEXT]), "receipt.ewc.unknown", "ewcCodes[1]"),
        (lambda i: i.update(numberOfContainers=-1), "receipt.field.type", "numberOfContainers"),
        (lambda i: i.update(containsHazardous="no"), "receipt.field.type", "containsHazardous"),
        (lambda i: i.pop("containsPops"), "receipt.field.missing", "containsPops"),
        (lambda i: i["weight"].update(metric="kg"), "receipt.weight.unit", "weight.metric"),
        (lambda i: i["weight"].update(amount=0), "receipt.weight.range", "weight.amount"),
        (lambda i: i["weight"].update(amount=-2.5), "receipt.weight.range", "weight.amount"),
        (lambda i: i["weight"].update(amount=1e13), "receipt.weight.range", "weight.amount"),
        (lambda i: i["weight"].update(amount=1e-13), "receipt.weight.range", "weight.amount"),
        (lambda i: i["weight"].update(amount="2.5"), "receipt.field.type", "weight.amount"),
        (lambda i: i["weight"].update(amount=True), "receipt.field.type", "weight.amount"),
        (lambda i: i["weight"].pop("isEstimate"), "receipt.field.missing", "weight.isEstimate"),
        (
            lambda i: i["disposalOrRecoveryCodes"][1].update(code="R14"),
            "receipt.operation.unknown",
            "disposalOrRecoveryCodes[1].code",
        ),
        (
            lambda i: i["disposalOrRecoveryCodes"][0].pop("weight"),
            "receipt.field.missing",
            "disposalOrRecoveryCodes[0].weight",
        ),
        (
            lambda i: i.update(disposalOrRecoveryCodes=i["disposalOrRecoveryCodes"] * 50),
            "receipt.operation.count",
            "disposalOrRecoveryCodes",
        ),
    ],
)
def test_error_of_an_item_rejects_the_receipt(spoil: Spoil, rule: str, path: str) -> None:
    """An item that is wrong rejects the whole receipt, and is named."""
    native = right()
    spoil(native["body"]["wasteItems"][0])
    outcome = submitted(native)

    assert found(outcome, Severity.ERROR) == [(rule, f"$[0].body.wasteItems[0].{path}")]
    assert outcome.events == ()
    assert TEXT not in repr(outcome)


def test_hazardous_waste_needs_its_papers() -> None:
    """Neither consignment code nor a reason for its absence: no such receipt was stored."""
    native = json.loads((DOCUMENTS / "household.json").read_text())
    del native["body"]["reasonForNoConsignmentCode"]

    assert found(submitted(native), Severity.ERROR) == [
        ("receipt.consignment.missing", "$[0].body.hazardousWasteConsignmentCode")
    ]


@pytest.mark.parametrize(
    ("spoil", "rule", "path"),
    [
        (
            lambda b: b["receiver"].update(authorisationNumber=TEXT),
            "receipt.receiver.form",
            "receiver.authorisationNumber",
        ),
        (
            lambda b: b["receipt"]["address"].update(postcode="LD7 1AA"),
            "receipt.postcode.nation",
            "receipt.address.postcode",
        ),
        (
            lambda b: b.update(dateTimeReceived="2026-01-05T09:30:00Z"),
            "receipt.date.future",
            "dateTimeReceived",
        ),
        (
            lambda b: b["wasteItems"][0].update(ewcCodes=["170904", "17 09 04"]),
            "receipt.ewc.repeated",
            "wasteItems[0].ewcCodes[1]",
        ),
        (
            lambda b: b["wasteItems"][0].update(hazardous={"hazCodes": [TEXT]}),
            "receipt.hazard.code",
            "wasteItems[0].hazardous.hazCodes[0]",
        ),
        (
            lambda b: b["wasteItems"][0].update(containsHazardous=True),
            "receipt.hazard.mismatch",
            "wasteItems[0].containsHazardous",
        ),
    ],
)
def test_warning_travels_on(spoil: Spoil, rule: str, path: str) -> None:
    """What is doubtful is told once, where it stands, and the receipt is published all the same."""
    native = right()
    spoil(native["body"])
    outcome = submitted(native)

    assert found(outcome, Severity.WARNING) == [(rule, f"$[0].body.{path}")]
    assert len(outcome.events) == 4
    assert TEXT.encode() not in b"".join(event.body for event in outcome.events)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "faulty",
            {
                "receipt.revision.form",
                "receipt.recorded.form",
                "receipt.field.missing",
                "receipt.date.form",
                "receipt.weight.unit",
                "receipt.weight.range",
            },
        ),
        (
            "refused",
            {
                "receipt.consignment.missing",
                "receipt.carrier.registration",
                "receipt.carrier.vehicle",
                "receipt.postcode.form",
                "receipt.operation.unknown",
                "receipt.ewc.unknown",
            },
        ),
    ],
)
def test_all_findings_come_at_once(name: str, expected: set[str]) -> None:
    """Every error that can be seen together is told in one go."""
    (outcome,) = outcomes((DOCUMENTS / f"{name}.json").read_bytes())

    assert {rule for rule, _ in found(outcome, Severity.ERROR)} == expected


def test_setting_names_one_receipt() -> None:
    """A second bare body of a file has no id of its own: it is not taken for a version of the first."""
    bare = (DOCUMENTS / "bare.json").read_bytes()
    first, second = outcomes(bare + bare, {"wasteTrackingId": "26NPB0B1"})

    assert len(first.events) == 1
    assert found(second, Severity.ERROR) == [("receipt.id.several", "$[1]")]


def test_real_body_without_settings_says_what_is_missing() -> None:
    """A published request is rejected without its id, and says how to give it."""
    (outcome,) = outcomes(sample("uk-dwt-receipt/receive_Receive_Movement_Complex.json").read_bytes())

    assert found(outcome, Severity.ERROR) == [("receipt.id.missing", "$[0].wasteTrackingId")]
    assert "--set wasteTrackingId" in outcome.findings[0].hint


@given(path=st.sampled_from(places(right())), value=JSON)
def test_nothing_in_any_place_stops_the_stream(path: tuple[Any, ...], value: Any) -> None:
    """Whatever stands in whatever place, the receipt is published or rejected, and the next is read."""
    native = right()
    put(native, path, value)
    other = right() | {"wasteTrackingId": "26NPB0Z9"}
    first, second = outcomes(json.dumps([native, other]).encode())

    assert first.is_rejected is (not first.events)
    assert "adapter.failed" not in {item.rule for item in (*first.findings, *second.findings)}
    assert len(second.events) == 4
