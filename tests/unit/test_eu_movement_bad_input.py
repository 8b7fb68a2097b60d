"""Wrong movement documents: each becomes findings that say what and where, and never the value."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.adapters.eu_movement import EuMovement
from producers.convert import event_json
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from schemas.errors import ConfigurationError
from schemas.findings import Severity
from schemas.identity import DEMONSTRATION_KEYS

DOCUMENTS = Path(__file__).parents[1] / "documents" / "eu_movement"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
TEXT = "Never Published"
REFERENCE = "WasteNotificationDocumentReference.ID"
LINE = "Shipment.GoodsItem[0]"
CODE = f"{LINE}.Item.CommodityClassification.ItemClassificationCode"
TRANSIT = "Shipment.Consignment.TransitCountry.IdentificationCode[0]"
TWICE = (
    "<cac:TransitCountry><cbc:IdentificationCode>LU</cbc:IdentificationCode></cac:TransitCountry>"
    "<cac:TransitCountry>"
)
DESPATCH = "Shipment.Delivery.Despatch"

Change = tuple[str, str]


def text(name: str, *changes: Change) -> str:
    """Return a fixture with texts replaced, each once; each of them has to be there."""
    found = (DOCUMENTS / f"{name}.xml").read_text().removeprefix(HEAD)
    for old, new in changes:
        assert old in found
        found = found.replace(old, new, 1)
    return found


def outcomes(data: bytes, **values: str) -> list[Outcome]:
    """Return what became of the documents of a file."""
    pipeline = Pipeline(
        EuMovement(values),
        "BE-OVAM",
        DEMONSTRATION_KEYS,
        Positions("test"),
        now=lambda: datetime(2027, 6, 1, tzinfo=UTC),
    )
    return list(pipeline.outcomes(io.BytesIO(data), "file.xml"))


def submitted(name: str, *changes: Change, **values: str) -> Outcome:
    """Return what became of one changed document."""
    (outcome,) = outcomes(text(name, *changes).encode(), **values)
    return outcome


def found(outcome: Outcome, severity: Severity) -> list[tuple[str, str]]:
    """Return (rule, path) of the findings of a severity."""
    return [(item.rule, item.path) for item in outcome.findings if item.severity is severity]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("billion_laughs", "xml.dtd"),
        ("external_entity", "xml.dtd"),
        ("external_dtd", "xml.dtd"),
        ("deep", "xml.depth"),
        ("truncated", "xml.truncated"),
        ("wrong_namespace", "layout.unknown"),
        ("other_document", "layout.unknown"),
    ],
)
def test_file_that_is_no_movement_document(name: str, rule: str) -> None:
    """A file that is broken, dangerous or of another kind is one reject that says in which way."""
    (outcome,) = outcomes((DOCUMENTS / "bad" / f"{name}.xml").read_bytes())

    assert [(rule, "$[0]")] == found(outcome, Severity.ERROR)
    assert outcome.events == ()


def test_attachments_of_any_size_are_dropped_unread() -> None:
    """The law allows attachments of 32 MB; the document around one is read as if it were not there."""
    scan = "QUJD" * (10 * 1024 * 1024)
    (outcome,) = outcomes(text("dispatch", ("bmV2ZXIgcmVhZA==", scan)).encode())
    (plain,) = outcomes(text("dispatch").encode())

    assert [event.event_id for event in plain.events] == [event.event_id for event in outcome.events]


def test_a_bad_document_hides_no_other_one() -> None:
    """Of three documents in a file the one in the middle is rejected, whatever is wrong with it."""
    good = text("dispatch")
    for bad in (
        text("dispatch", (">DISPATCH<", f">{TEXT}<")),
        text("dispatch", ("xsd:WasteMovement-2", "xsd:WasteMovement-3")),
        text("dispatch", (">24.98<", ">-1<")),
    ):
        first, middle, last = outcomes(f"<batch>{good}{bad}{text('announcement')}</batch>".encode())

        assert [False, True, False] == [item.is_rejected for item in (first, middle, last)]
        assert (len(first.events), len(last.events)) == (1, 1)


def test_what_was_read_before_the_break_stands() -> None:
    """A file cut in its second document publishes the first and rejects the rest."""
    first, second = outcomes(f"<batch>{text('dispatch')}{text('announcement')[:2000]}".encode())

    assert len(first.events) == 1
    assert [("xml.truncated", "$[1]")] == found(second, Severity.ERROR)


@pytest.mark.parametrize(
    ("name", "change", "rule", "path"),
    [
        ("dispatch", ("urn:weighbridge", "urn:example"), "eu.profile.unknown", "CustomizationID"),
        ("dispatch", (">DISPATCH<", f">{TEXT}<"), "eu.type.unknown", "WasteMovementTypeCode"),
        ("dispatch", (">DISPATCH<", "><"), "eu.type.unknown", "WasteMovementTypeCode"),
        ("dispatch", ("Date>2026-06-16<", "Date>2026-02-30<"), "eu.issued.missing", "IssueDate"),
        ("dispatch", ("Date>2026-06-16<", "Date>2026-06<"), "eu.issued.missing", "IssueDate"),
        ("dispatch", (">11:40:00+02:00<", ">24:40:00<"), "eu.issued.missing", "IssueDate"),
        ("dispatch", (">FR 01 26 000123<", f">{TEXT} FR<"), "eu.reference.form", REFERENCE),
        ("dispatch", (">FR 01 26 000123<", "><"), "eu.reference.form", REFERENCE),
        ("dispatch", (">7<", ">seven<"), "eu.reference.form", REFERENCE),
        ("annex_vii_dispatch", ("GLW.BE2600004711", "GLW"), "eu.reference.form", REFERENCE),
        ("dispatch", (">24.98<", ">24,98<"), "eu.quantity.number", f"{LINE}.Quantity"),
        ("dispatch", (">24.98<", ">1e9<"), "eu.quantity.number", f"{LINE}.Quantity"),
        ("dispatch", (">24.98<", ">NaN<"), "eu.quantity.number", f"{LINE}.Quantity"),
        ("dispatch", (">24.98<", f">{'9' * 50}<"), "eu.quantity.number", f"{LINE}.Quantity"),
        ("dispatch", (">24.98<", ">0<"), "eu.quantity.positive", f"{LINE}.Quantity"),
        ("dispatch", (">24.98<", ">-5<"), "eu.quantity.positive", f"{LINE}.Quantity"),
        ("dispatch", ('unitCode="TNE"', 'unitCode="STN"'), "eu.unit.unknown", f"{LINE}.Quantity.@unitCode"),
        ("dispatch", (' unitCode="TNE"', ""), "eu.unit.unknown", f"{LINE}.Quantity.@unitCode"),
        (
            "dispatch",
            ('<cbc:Quantity unitCode="TNE">24.98</cbc:Quantity>', ""),
            "eu.quantity.missing",
            LINE,
        ),
        (
            "dispatch",
            ("<cac:GoodsItem>\n      <cbc:ID>1<", f"<cac:GoodsItem>\n      <cbc:ID>{TEXT}<"),
            "eu.number.form",
            f"{LINE}.ID",
        ),
        (
            "dispatch",
            ("ActualDespatchDate>2026-06-16<", "ActualDespatchDate>16/06/2026<"),
            "eu.date.invalid",
            f"{DESPATCH}.ActualDespatchDate",
        ),
        (
            "dispatch",
            ("<cbc:ActualDespatchDate>2026-06-16</cbc:ActualDespatchDate>", ""),
            "eu.date.missing",
            f"{DESPATCH}.ActualDespatchDate",
        ),
        (
            "facility_receipt",
            ("<cbc:ActualDeliveryDate>2026-06-19</cbc:ActualDeliveryDate>", ""),
            "eu.date.missing",
            "Shipment.Delivery.ActualDeliveryDate",
        ),
        ("completion", ("<cbc:ID>Facility<", "<cbc:ID>Sender<"), "eu.date.missing", "Signature"),
        ("consignee_receipt", ("<cbc:ID>Receiver<", "<cbc:ID>Sender<"), "eu.date.missing", "Signature"),
        ("border", ("<cbc:ID>Customs<", "<cbc:ID>Sender<"), "eu.date.missing", "Signature"),
        (
            "completion",
            ('listID="RD">R4<', f'listID="RD">{TEXT}<'),
            "eu.operation.certificate",
            LINE,
        ),
        (
            "facility_receipt",
            (">ACCEPTED<", f">{TEXT}<"),
            "eu.condition.unknown",
            "Shipment.Consignment.Status[0].ConditionCode",
        ),
        (
            "facility_receipt",
            ("<cbc:ConditionCode>ACCEPTED</cbc:ConditionCode>", ""),
            "eu.field.missing",
            "Shipment.Consignment.Status[0].ConditionCode",
        ),
        (
            "facility_receipt",
            ("</cbc:ConditionCode>", "</cbc:ConditionCode><cbc:SequenceID>x</cbc:SequenceID>"),
            "eu.number.form",
            "Shipment.Consignment.Status[0].SequenceID",
        ),
        (
            "multi_waste_receipt",
            ("<cbc:SequenceID>3<", "<cbc:SequenceID>4<"),
            "eu.condition.line",
            "Shipment.Consignment.Status[2]",
        ),
        (
            "multi_waste_receipt",
            ("<cbc:SequenceID>3<", "<cbc:SequenceID>1<"),
            "eu.condition.line",
            "Shipment.Consignment.Status[2]",
        ),
        ("completion_final", (">LU<", f">{TEXT}<"), "eu.country.unknown", TRANSIT),
        ("completion_final", (">LU<", ">DE<"), "eu.transit.end", TRANSIT),
        ("annex_vii_dispatch", ('listID="OECD">EU3011<', f'listID="OECD">{TEXT}<'), "eu.annex7.code", LINE),
        (
            "annex_vii_dispatch",
            ('listID="LOW">19 12 04<', 'listID="BASEL">B3011<'),
            "eu.annex7.code",
            LINE,
        ),
        ("laboratory", ('listID="LOW">14 06 03*<', 'listID="BASEL">B3011<'), "eu.annex7.code", LINE),
        ("laboratory", (">60<", ">250.001<"), "eu.laboratory.quantity", f"{LINE}.Quantity"),
    ],
)
def test_error_rejects_the_document_and_names_the_element(
    name: str, change: Change, rule: str, path: str
) -> None:
    """Each error is one finding at its element; nothing is published, no value is told."""
    outcome = submitted(name, change)

    # Blanks may be gone, and capitals used, where it was read.
    assert TEXT.upper().replace(" ", "") not in repr(outcome).upper().replace(" ", "")
    assert [(rule, f"$[0].{path}")] == found(outcome, Severity.ERROR)
    assert outcome.events == ()


@pytest.mark.parametrize(
    ("name", "changes", "rule", "path"),
    [
        ("dispatch", [("<cbc:IssueTime>11:40:00+02:00</cbc:IssueTime>", "")], "eu.issued.time", "IssueDate"),
        ("dispatch", [(">7<", ">41<")], "eu.serial.total", "SequenceNumberID"),
        (
            "announcement",
            [("<cbc:EstimatedDespatchDate>2026-06-16</cbc:EstimatedDespatchDate>", "")],
            "eu.date.planned",
            f"{DESPATCH}.EstimatedDespatchDate",
        ),
        (
            "announcement",
            [("EstimatedDespatchDate", "ActualDespatchDate"), ("/cbc:Estimated", "/cbc:Actual")],
            "eu.date.actual",
            f"{DESPATCH}.ActualDespatchDate",
        ),
        (
            "announcement",
            [(">1000<", ">24.999<")],
            "eu.quantity.notified",
            "Shipment.Delivery.MaximumQuantity",
        ),
        (
            "facility_receipt",
            [("ActualDespatchDate>2026-06-16<", "ActualDespatchDate>2026-06-20<")],
            "eu.date.order",
            "",
        ),
        (
            "completion",
            [("<cbc:ValidationDate>2026-11-09<", "<cbc:ValidationDate>2026-06-18<")],
            "eu.date.order",
            "",
        ),
        (
            "dispatch",
            [("ActualDespatchDate>2026-06-16<", "ActualDespatchDate>2026-06-17<")],
            "eu.date.future",
            f"{DESPATCH}.ActualDespatchDate",
        ),
        ("transfer", [("<cbc:ID>Carrier<", "<cbc:ID>Carrier 3<")], "eu.signature.place", "Signature[0]"),
        (
            "transfer",
            [(">99000222<", ">NONE<")],
            "eu.company.unknown",
            "Shipment.ShipmentStage[1].CarrierParty",
        ),
        ("dispatch", [('listID="Y"', 'listID="Z"')], "eu.code.list", f"{CODE}[3]"),
        ("dispatch", [(">Y17<", f">{TEXT}<")], "eu.code.form", f"{CODE}[3]"),
        ("dispatch", [(">11 01 09*<", f">{TEXT}<")], "eu.code.form", f"{CODE}[1]"),
        ("dispatch", [(">11 01 09*<", ">110109A<")], "eu.code.form", f"{CODE}[1]"),
        ("dispatch", [(">A1050<", f">{TEXT}<")], "eu.code.form", f"{CODE}[0]"),
        ("dispatch", [(">11 01 09*<", ">11 01 09<")], "eu.low.asterisk", f"{CODE}[1]"),
        ("dispatch", [(">R4<", ">R14<")], "eu.code.form", f"{CODE}[2]"),
        ("dispatch", [('listID="RD">R4<', 'listID="PURPOSE">REUSE<')], "eu.operation.missing", LINE),
        ("annex_vii_dispatch", [(">19 12 04<", ">16 01 04*<")], "eu.hazard.green", LINE),
        ("dispatch", [(">11 01 09*<", ">11 01 10<")], "eu.hazard.property", LINE),
        (
            "completion_final",
            [("<cac:TransitCountry>", TWICE)],
            "eu.transit.repeated",
            TRANSIT.replace("0", "1"),
        ),
        (
            "facility_receipt",
            [('<cbc:Quantity unitCode="TNE">24.62</cbc:Quantity>', "")],
            "eu.quantity.unknown",
            LINE,
        ),
    ],
)
def test_warning_lets_the_document_pass(name: str, changes: list[Change], rule: str, path: str) -> None:
    """Each warning is told at its element, and the document is published all the same."""
    outcome = outcomes(text(name, *changes).encode())[0]

    assert (rule, f"$[0].{path}".removesuffix(".")) in found(outcome, Severity.WARNING)
    assert [] == found(outcome, Severity.ERROR)
    assert outcome.events != ()
    assert TEXT.upper().replace(" ", "") not in repr(list(map(event_json, outcome.events))).upper()


def test_a_total_of_movements_beyond_all_use_is_not_compared() -> None:
    """Python reads no number of thousands of digits; nothing depends on this one."""
    outcome = submitted("dispatch", (">40<", f">{'9' * 5000}<"))

    assert (outcome.findings, len(outcome.events)) == ((), 1)


def test_disposal_outside_the_union_is_told() -> None:
    """Waste that leaves the EU and EFTA to be disposed of may not; both ends are right by themselves."""
    document = text("transit", (">BE<", ">BE<")).replace(">DE<", ">MA<").replace("DE-NW", "MA-01")
    outcome = outcomes(document.encode())[0]

    assert ("eu.operation.export", f"$[0].{LINE}") in found(outcome, Severity.WARNING)
    assert outcome.events != ()


def test_a_company_without_identifier_counts_as_unknown() -> None:
    """Neither its name nor anything else stands in for it."""
    document = text("dispatch").replace("99900010100017", TEXT)
    (outcome,) = outcomes(document.encode())
    (event,) = map(event_json, outcome.events)

    assert [("eu.company.unknown", "$[0].WasteProducerParty")] == found(outcome, Severity.WARNING)
    assert event["contributor"] is None


@pytest.mark.parametrize("country", ["", TEXT])
def test_a_country_that_is_none(country: str) -> None:
    """What is written for a country has to be one; where nothing is, the next place that says one counts."""
    document = text("dispatch").replace(">FR<", f">{country}<")
    (outcome,) = outcomes(document.encode())

    if country:
        address = f"{DESPATCH}.DespatchLocation.Address.Country.IdentificationCode"
        assert [("eu.country.unknown", f"$[0].{address}")] == found(outcome, Severity.ERROR)
    else:
        assert ("eu.country.missing", f"$[0].{DESPATCH}.DespatchLocation") in found(outcome, Severity.WARNING)
        assert [event_json(event)["origin_country"] for event in outcome.events] == ["ZZ"]


def test_a_movement_that_does_not_touch_the_agencys_country_is_rejected() -> None:
    """Its side could only be guessed: the setting names the country."""
    outcome = submitted("dispatch", country="PL")

    assert [("eu.side.foreign", "$[0]")] == found(outcome, Severity.ERROR)


def test_all_findings_of_a_document_are_told_at_once() -> None:
    """What is wrong in one place does not hide what is wrong in another."""
    outcome = submitted(
        "dispatch", (">24.98<", ">x<"), (">DISPATCH<", ">x<"), ('unitCode="TNE"', 'unitCode="x"')
    )

    assert ["eu.quantity.number", "eu.type.unknown", "eu.unit.unknown"] == sorted(
        rule for rule, _ in found(outcome, Severity.ERROR)
    )


def test_lines_with_one_number_are_rejected() -> None:
    """Which of them a later document corrects could not be told."""
    outcome = submitted("multi_waste_dispatch", ("<cbc:ID>2</cbc:ID>", "<cbc:ID>1</cbc:ID>"))

    assert ["document.line.repeated"] == [rule for rule, _ in found(outcome, Severity.ERROR)]


def test_a_document_without_wastes_is_rejected_but_for_a_cancellation() -> None:
    """A number can be withdrawn without repeating the form."""
    without = re.compile(r"<cac:GoodsItem>.*</cac:GoodsItem>", re.DOTALL)
    (dispatch,) = outcomes(without.sub("", text("dispatch")).encode())
    (cancellation,) = outcomes(without.sub("", text("cancellation")).encode())

    assert [("eu.lines.missing", "$[0].Shipment.GoodsItem")] == found(dispatch, Severity.ERROR)
    assert cancellation.findings == ()
    assert cancellation.position is not None


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.xml")), ids=lambda path: path.stem)
def test_no_name_contact_number_or_composition_leaves_the_adapter(path: Path) -> None:
    """Names, cities, contacts, plates, descriptions, identifiers and references appear in no outcome."""
    told = repr([(item, list(map(event_json, item.events))) for item in outcomes(path.read_bytes())])
    secrets = re.findall(
        r"<cbc:(?:Name|CityName|ElectronicMail|LicensePlateID|Description|CompanyID)>([^<]+)<",
        path.read_text(),
    )
    secrets += re.findall(r'<cbc:ID schemeID="[^"]*">([^<]+)<', path.read_text())

    assert secrets
    assert [] == [secret for secret in secrets if secret in told]
    assert "FR0126000123" not in told


@pytest.mark.parametrize(
    ("name", "value"), [("country", "XX"), ("country", "Belgium"), ("zone", "Nowhere/Here")]
)
def test_settings_that_are_wrong_stop_the_adapter(name: str, value: str) -> None:
    """Nothing is read under a country or a time zone that does not exist."""
    with pytest.raises(ConfigurationError, match=f"setting {name}"):
        EuMovement({name: value})


@given(st.sampled_from(sorted(DOCUMENTS.glob("**/*.xml"))), st.data())
def test_spoiled_documents_are_rejected_and_never_raise(path: Path, data: st.DataObject) -> None:
    """A few bytes changed anywhere give readings or findings, never a failure of the adapter."""
    spoiled = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    found_rules = {item.rule for outcome in outcomes(bytes(spoiled)) for item in outcome.findings}

    assert "adapter.failed" not in found_rules


@given(st.sampled_from(sorted(DOCUMENTS.glob("*.xml"))), st.data())
def test_spoiled_values_are_rejected_and_never_raise(path: Path, data: st.DataObject) -> None:
    """Any text in place of any value gives readings or findings, never a failure of the adapter."""
    native = path.read_text()
    values = list(re.finditer(r"(?<=>)[^<>\n]+(?=<)", native))
    value = data.draw(st.sampled_from(values))
    other = data.draw(
        st.text(st.characters(codec="utf-8", exclude_characters="<&>\r", min_codepoint=32), max_size=50)
    )
    spoiled = f"{native[: value.start()]}{other}{native[value.end() :]}"
    found_rules = {item.rule for outcome in outcomes(spoiled.encode()) for item in outcome.findings}

    assert "adapter.failed" not in found_rules
