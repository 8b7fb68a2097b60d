"""Wrong US manifests: each becomes findings that say what and where, and never the value."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.adapters.us_emanifest import UsEmanifest
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from schemas.findings import Severity
from schemas.identity import DEMONSTRATION_KEYS
from tests.support.json_values import JSON, places, put
from tests.support.samples import sample

SIGNED = Path(__file__).parents[1] / "documents" / "us_emanifest" / "signed.json"
TEXT = "Never Published"

Spoil = Callable[[dict[str, Any]], object]


def signed() -> dict[str, Any]:
    """Return a manifest that is right."""
    native: dict[str, Any] = json.loads(SIGNED.read_text())
    return native


def outcomes(data: bytes) -> list[Outcome]:
    """Return what became of the documents of a file."""
    pipeline = Pipeline(UsEmanifest({}), "US-EPA", DEMONSTRATION_KEYS, Positions("test"))
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
        (b"manifest;status", "json.syntax"),
        (SIGNED.read_bytes()[:-40], "json.truncated"),
        (SIGNED.read_bytes().decode().encode("utf-16"), "json.encoding"),
        (b'{"status": "Z\xfcrich"}', "json.encoding"),
        (b"[" * 100_000, "json.syntax"),
        (b'"text"', "layout.unknown"),
        (b'{"reportId": "1", "operationStatus": "Saved"}', "layout.unknown"),
        (b'{"manifestTrackingNumber": "900000001ELC", "body": {"code": "E_Other"}}', "layout.unknown"),
    ],
)
def test_file_that_is_no_manifest(data: bytes, rule: str) -> None:
    """A file that is broken or of another kind is one reject that says in which way."""
    (outcome,) = outcomes(data)

    assert [(rule, "$[0]")] == found(outcome, Severity.ERROR)
    assert outcome.events == ()


def test_what_was_read_before_the_break_stands() -> None:
    """A file cut in its second manifest publishes the first and rejects the rest."""
    text = SIGNED.read_text()
    first, second = outcomes(f"[{text},{text[:200]}".encode())

    assert len(first.events) == 6
    assert found(second, Severity.ERROR) == [("json.truncated", "$[1]")]


@pytest.mark.parametrize(
    ("spoil", "rule", "path"),
    [
        (lambda m: m.pop("manifestTrackingNumber"), "us.mtn.missing", "manifestTrackingNumber"),
        (lambda m: m.update(manifestTrackingNumber="CHANGE ME"), "us.mtn.missing", "manifestTrackingNumber"),
        (lambda m: m.update(manifestTrackingNumber=900000001), "us.mtn.missing", "manifestTrackingNumber"),
        (lambda m: m.pop("updatedDate"), "us.updated.missing", "updatedDate"),
        (lambda m: m.update(updatedDate="2025-03-20T18:30:00"), "us.date.invalid", "updatedDate"),
        (lambda m: m.update(updatedDate="1969-12-31T00:00:00Z"), "us.date.invalid", "updatedDate"),
        (lambda m: m.pop("status"), "us.field.missing", "status"),
        (lambda m: m.update(status=TEXT), "us.status.unknown", "status"),
        (lambda m: m.update(status=["Signed"]), "us.status.unknown", "status"),
        (lambda m: m.update(shippedDate="2025-02-30T04:00:00.000+0000"), "us.date.invalid", "shippedDate"),
        (lambda m: m.update(receivedDate=TEXT), "us.date.invalid", "receivedDate"),
        (lambda m: m.update(generator=TEXT), "us.field.type", "generator"),
        (lambda m: m.update(status=None), "us.status.unknown", "status"),
        (lambda m: m["transporters"][0].update(order=0), "us.field.type", "transporters[0].order"),
        (
            lambda m: m["generator"]["siteAddress"].update(state="CA"),
            "us.field.type",
            "generator.siteAddress.state",
        ),
        (lambda m: m["wastes"][0].pop("lineNumber"), "us.field.missing", "wastes[0].lineNumber"),
        (lambda m: m["wastes"][0].update(lineNumber=0), "us.field.type", "wastes[0].lineNumber"),
        (lambda m: m["wastes"][1].update(brInfo=True), "us.field.type", "wastes[1].brInfo"),
        (
            lambda m: m["wastes"][0]["quantity"].update(quantity=1.67),
            "us.quantity.whole",
            "wastes[0].quantity.quantity",
        ),
        (
            lambda m: m["wastes"][0]["quantity"].update(quantity=-480),
            "us.quantity.whole",
            "wastes[0].quantity.quantity",
        ),
        (
            lambda m: m["wastes"][0]["quantity"].update(quantity=10**11),
            "us.quantity.whole",
            "wastes[0].quantity.quantity",
        ),
        (
            lambda m: m["wastes"][0]["quantity"].update(quantity=True),
            "us.quantity.whole",
            "wastes[0].quantity.quantity",
        ),
        (
            lambda m: m["wastes"][0]["quantity"]["unitOfMeasurement"].update(code="Q"),
            "us.unit.unknown",
            "wastes[0].quantity.unitOfMeasurement.code",
        ),
        (
            lambda m: m["wastes"][0]["quantity"].pop("unitOfMeasurement"),
            "us.unit.unknown",
            "wastes[0].quantity.unitOfMeasurement",
        ),
        (
            lambda m: m["wastes"][0]["brInfo"].update(density="0.92"),
            "us.field.type",
            "wastes[0].brInfo.density",
        ),
        (lambda m: m.update(rejection=True), "us.rejection.type", "rejectionInfo.rejectionType"),
        (
            lambda m: m.update(rejectionInfo={"rejectionType": "FullReject"}),
            "us.rejection.type",
            "rejectionInfo.rejectionType",
        ),
        (
            lambda m: m.update(rejection=True, rejectionInfo={"rejectionType": TEXT}),
            "us.rejection.type",
            "rejectionInfo.rejectionType",
        ),
        (
            lambda m: m["additionalInfo"].update(newManifestDestination=TEXT),
            "us.destination.unknown",
            "additionalInfo.newManifestDestination",
        ),
    ],
)
def test_error_rejects_the_manifest_and_names_the_field(spoil: Spoil, rule: str, path: str) -> None:
    """Each error is one finding at its field; nothing is published, no value is told."""
    native = signed()
    spoil(native)
    outcome = submitted(native)

    assert [(rule, f"$[0].{path}")] == found(outcome, Severity.ERROR)
    assert outcome.events == ()
    assert TEXT not in repr(outcome)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (
            lambda m: m["wastes"][0]["quantity"].update(
                quantity=99_999_999_999, unitOfMeasurement={"code": "T"}
            ),
            "quantity.absurd",
        ),
        (lambda m: m["wastes"][1].update(lineNumber=1), "document.line.repeated"),
        (lambda m: m["designatedFacility"]["siteAddress"]["country"].update(code="XX"), "country.unknown"),
        (lambda m: m.update(shippedDate="0202-03-11T00:00:00Z"), "date.impossible"),
        (lambda m: m.update(receivedDate="9998-12-31T23:59:59-12:00"), "date.impossible"),
    ],
)
def test_implausible_content_is_rejected_by_the_common_rules(spoil: Spoil, rule: str) -> None:
    """What has the right form and cannot be true is refused as in every other system."""
    native = signed()
    spoil(native)
    outcome = submitted(native)

    assert {rule} == {name for name, _ in found(outcome, Severity.ERROR)}
    assert outcome.events == ()


@pytest.mark.parametrize(
    ("spoil", "rule", "path"),
    [
        (
            lambda m: m["wastes"][0]["hazardousWaste"]["federalWasteCodes"][1].update(code="F999"),
            "us.code.form",
            "wastes[0].hazardousWaste.federalWasteCodes[1]",
        ),
        (
            lambda m: m["wastes"][0]["dotInformation"]["idNumber"].update(code="1263"),
            "us.code.form",
            "wastes[0].dotInformation.idNumber.code",
        ),
        (
            lambda m: m["wastes"][0]["managementMethod"].update(code="X12"),
            "us.code.form",
            "wastes[0].managementMethod.code",
        ),
        (
            lambda m: m["wastes"][0]["hazardousWaste"].update(txWasteCodes=[TEXT]),
            "us.code.form",
            "wastes[0].hazardousWaste.txWasteCodes[0]",
        ),
        (
            lambda m: m["additionalInfo"].update(originalManifestTrackingNumbers=[TEXT]),
            "us.mtn.related",
            "additionalInfo.originalManifestTrackingNumbers[0]",
        ),
        (
            lambda m: m["generator"].update(epaSiteId="40 CFR PART 761"),
            "us.site.unknown",
            "generator.epaSiteId",
        ),
        (
            lambda m: m["generator"]["siteAddress"]["state"].update(code="QQ"),
            "us.state.unknown",
            "generator.siteAddress.state.code",
        ),
        (
            lambda m: m["wastes"][0]["quantity"].pop("quantity"),
            "us.quantity.missing",
            "wastes[0].quantity.quantity",
        ),
        (lambda m: m["generator"].update(epaSiteId="\ud800"), "us.site.unknown", "generator.epaSiteId"),
        (lambda m: m.update(wastes=[]), "us.lines.missing", "wastes"),
        (lambda m: m.update(receivedDate="2025-03-01T05:00:00Z"), "us.date.order", "receivedDate"),
        (lambda m: m.update(receivedDate="2025-03-25T04:00:00Z"), "us.date.future", "receivedDate"),
        (lambda m: m.update(receivedDate="2025-03-25"), "us.date.future", "receivedDate"),
    ],
)
def test_warning_travels_on(spoil: Spoil, rule: str, path: str) -> None:
    """What is doubtful is told once, where it stands, and the manifest is published all the same."""
    native = signed()
    spoil(native)
    outcome = submitted(native)

    assert (rule, f"$[0].{path}") in found(outcome, Severity.WARNING)
    assert len({item for item in outcome.findings if item.rule == rule}) == 1
    assert outcome.events
    assert TEXT.encode() not in b"".join(event.body for event in outcome.events)


@pytest.mark.parametrize("text", ["F999", "MEIER7", "JANE1990", "5550199", "D001 by J. Doe"])
def test_what_is_no_code_of_its_list_never_travels(text: str) -> None:
    """A name or a telephone number may have the look of a code: it stays, wherever a code may stand."""
    native = signed()
    waste = native["wastes"][0]
    # A state may have a code of that form.
    lists = ("federalWasteCodes",) if text == "F999" else ("federalWasteCodes", "tsdfStateWasteCodes")
    waste["hazardousWaste"] = {name: [{"code": text}] for name in lists}
    waste["dotInformation"]["idNumber"]["code"] = waste["managementMethod"]["code"] = text
    events = submitted(native).events

    assert events
    assert not any(text.encode() in event.body for event in events)


def test_envelope_of_another_manifest_is_refused() -> None:
    """A body with its own number in the envelope of another is published under neither."""
    outcome = submitted(
        {"manifestTrackingNumber": "900000099ELC", "updatedDate": "2025-04-01T00:00:00Z", "body": signed()}
    )

    assert found(outcome, Severity.ERROR) == [("us.mtn.conflict", "$[0].body.manifestTrackingNumber")]


def test_all_findings_come_at_once() -> None:
    """Every error of a document is told in one go, each at its field."""
    native = signed()
    native["manifestTrackingNumber"] = "CHANGE ME"
    native["wastes"][0]["quantity"]["quantity"] = 1.67
    # A common mistake: flag and details have changed places.
    native["wastes"][1].update(br=native["wastes"][0]["brInfo"], brInfo=True)
    native["wastes"][1]["pcb"] = "no"

    assert {
        ("us.mtn.missing", "$[0].manifestTrackingNumber"),
        ("us.quantity.whole", "$[0].wastes[0].quantity.quantity"),
        ("us.field.type", "$[0].wastes[1].br"),
        ("us.field.type", "$[0].wastes[1].brInfo"),
        ("us.field.type", "$[0].wastes[1].pcb"),
    } == set(found(submitted(native), Severity.ERROR))


@given(path=st.sampled_from(places(signed())), value=JSON)
def test_nothing_in_any_place_stops_the_stream(path: tuple[Any, ...], value: Any) -> None:
    """Whatever stands in whatever place, the document is published or rejected, and the next is read."""
    native = signed()
    put(native, path, value)
    other = signed() | {"manifestTrackingNumber": "900000098ELC"}
    first, second = outcomes(json.dumps([native, other]).encode())

    assert first.is_rejected is (not first.events) or native["status"] != "Signed"
    assert len(second.events) == 6


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("emanifest-save-valid-Data-and-Image-example", {"us.mtn.missing", "us.updated.missing"}),
        ("Scenario-1-emanifest-save-valid-Full-Electronic-example", {"us.mtn.missing", "us.updated.missing"}),
        ("Scenario-1-emanifest-update-valid-Full-Electronic-example", {"us.updated.missing"}),
        (
            "emanifest-save-invalid-example",
            {
                "us.mtn.missing",
                "us.updated.missing",
                "us.field.missing",
                "us.field.type",
                "us.quantity.whole",
            },
        ),
        ("emanifest-return-failure-example", {"layout.unknown"}),
        ("emanifest.schema", {"layout.unknown"}),
        ("schema_emanifest-correction-details", {"json.truncated"}),
    ],
)
def test_real_documents_that_are_no_published_manifest(name: str, expected: set[str]) -> None:
    """Save bodies without number, replies, schemas and broken files are rejected for what they are."""
    (outcome,) = outcomes(sample(f"us-emanifest/{name}.json").read_bytes())

    assert expected == {rule for rule, _ in found(outcome, Severity.ERROR)}
