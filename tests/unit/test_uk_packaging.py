from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest

from producers.adapter import create
from producers.adapters.uk_packaging import UkPackaging
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Company, Party, Reading, Reference, Sealed, Statement, WasteCode
from schemas import contract
from schemas.identity import DEMONSTRATION_KEYS
from schemas.movement import Hazardous, Precision, Relation, Side, Stage
from schemas.sealed import PartyRole, ReferenceKind
from tests.support.samples import sample

DOCUMENTS = Path(__file__).parents[1] / "documents" / "uk_packaging"
SETTINGS = {"organisation": "org-77", "registration": "reg-5", "uploaded_at": "2026-05-03T09:00:00Z"}


def document(name: str) -> Any:
    """Return one of our own logs."""
    return json.loads((DOCUMENTS / name).read_text())


def read(native: object, **settings: str) -> list[Reading]:
    """Return the readings of a file."""
    text = native if isinstance(native, bytes) else json.dumps(native).encode()
    return list(UkPackaging(settings).read(io.BytesIO(text)))


def row(number: int = 5000, kind: str = "sentOn", **cells: Any) -> dict[str, Any]:
    """Return a row that is right, but for the cells given."""
    right = {
        "processingType": "REPROCESSOR_INPUT",
        "DATE_LOAD_LEFT_SITE": "2026-03-22",
        "TONNAGE_OF_UK_PACKAGING_WASTE_SENT_ON": 3,
        "FINAL_DESTINATION_FACILITY_TYPE": "Reprocessor",
    }
    return {"rowId": number, "wasteRecordType": kind, "data": right | cells}


def rules(readings: list[Reading]) -> list[str]:
    """Return the rules of all findings, in order."""
    return [finding.rule for reading in readings for finding in reading.findings]


def pipeline(positions: Positions) -> Pipeline:
    """Return the pipeline of one agency."""
    return Pipeline(UkPackaging(SETTINGS), "GB-EA", DEMONSTRATION_KEYS, positions)


def publish(works: Pipeline, native: object) -> list[Outcome]:
    """Return what becomes of an upload."""
    return list(works.outcomes(io.BytesIO(json.dumps(native).encode()), "log.json"))


def events(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """Return the events as readers of the topic see them."""
    found: list[Any] = [
        fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)
        for outcome in outcomes
        for event in outcome.events
    ]
    return found


def stages(statements: tuple[Statement, ...]) -> list[tuple[Stage, Side, str, Decimal | None]]:
    """Return stage, side, day and tonnes of each statement."""
    return [
        (
            item.stage,
            item.side,
            item.when.on.isoformat(),
            item.quantity.value if item.quantity else None,
        )
        for item in statements
    ]


def test_adapter_is_installed_and_each_leaf_has_a_class() -> None:
    """The adapter loads by its name, which checks that every native leaf has a class."""
    assert isinstance(create("uk-packaging", SETTINGS), UkPackaging)


def test_exported_row_is_two_movements() -> None:
    """A load received and sent abroad is two movements, the second onward of the first."""
    readings = read(document("exporter.json"))

    into, *out = readings[0].statements
    onward = (("GB-EPR:org-77:reg-5:in:1000", Relation.ONWARD_OF),)

    assert [
        (Stage.RECEIVED, Side.DOMESTIC, "2026-03-30", Decimal("11.982")),
        (Stage.DISPATCHED, Side.ORIGIN, "2026-04-02", Decimal("11.985")),
        (Stage.RECEIVED, Side.ORIGIN, "2026-04-09", Decimal("11.9")),
    ] == stages(readings[0].statements)
    assert into.movement_reference == "GB-EPR:org-77:reg-5:in:1000"
    assert {"GB-EPR:org-77:reg-5:out:1000"} == {item.movement_reference for item in out}
    assert {onward} == {item.related for item in out}
    assert {"NL"} == {item.destination.country for item in out}


def test_refused_and_stopped_load_never_arrives() -> None:
    """Refusal and stop have the date of export, the return its own, all the exported tonnage."""
    statements = read(document("exporter.json"))[1].statements

    exported = Decimal("20.005")
    assert [
        (Stage.RECEIVED, Side.DOMESTIC, "2026-04-03", Decimal("11.982")),
        (Stage.DISPATCHED, Side.ORIGIN, "2026-04-04", exported),
        (Stage.REFUSED, Side.ORIGIN, "2026-04-04", exported),
        (Stage.STOPPED, Side.ORIGIN, "2026-04-04", exported),
        (Stage.REPATRIATED, Side.ORIGIN, "2026-05-01", exported),
    ] == stages(statements)


def test_codes_are_those_of_the_leg() -> None:
    """Material and List of Waste code go with every leg, Basel and customs codes abroad only."""
    into, out, _ = read(document("exporter.json"))[0].statements

    waste = (WasteCode("GB-EPR-MATERIAL", "PLASTIC"), WasteCode("LOW", "150102"))
    assert waste == into.codes
    assert (*waste, WasteCode("BASEL", "B3011"), WasteCode("HS", "391590")) == out.codes
    assert into.hazardous is Hazardous.NO


def test_suppliers_and_destinations_are_no_counterparties() -> None:
    """Whom an operator buys from and sends to in the country is not told, not even under a pseudonym."""
    readings = read(document("exporter.json"))

    supplied, sent_on = readings[0].statements[0], readings[2].statements[0]

    assert supplied.counterparty is None
    assert sent_on.counterparty is None
    assert Company("GB-EPR-ORGANISATION", "org-77") == supplied.contributor == sent_on.contributor


def test_bare_rows_take_their_upload_from_settings() -> None:
    """Rows without an envelope are the same documents as rows with one."""
    envelope = document("exporter.json")

    bare = read(envelope["rows"], **SETTINGS)

    assert [(item.identity, item.statements) for item in read(envelope)] == [
        (item.identity, item.statements) for item in bare
    ]


def test_rows_of_a_registered_reprocessor() -> None:
    """Months, products, other destinations and what a row lacks come out as they are."""
    readings = read(document("reprocessor_rows.json"), **SETTINGS)

    by_month, undated, unweighed, standard, product, sent = readings
    assert [item.when.precision for item in by_month.statements] == [Precision.MONTH]
    assert (undated.statements, rules([undated])) == ((), ["uk.date.missing"])
    assert stages(unweighed.statements) == [(Stage.RECEIVED, Side.DOMESTIC, "2026-03-01", None)]
    assert rules([unweighed]) == ["uk.tonnage.missing"]
    assert [item.stage for item in standard.statements] == [Stage.END_OF_WASTE]
    assert [item.stage for item in product.statements] == [Stage.TREATED]
    assert [item.native_operation_code for item in sent.statements] == ["OTHER"]


def test_load_of_which_nothing_can_be_recycled_is_a_load_of_nothing() -> None:
    """A proportion of 0 makes a tonnage of 0: stated as such, with a warning, whatever else is null."""
    cells = {
        "processingType": "REPROCESSOR_REGISTERED_ONLY",
        "MONTH_RECEIVED_FOR_REPROCESSING": "2026-03",
        "NET_WEIGHT": 30.5,
        "RECYCLABLE_PROPORTION_PERCENTAGE": 0,
        "TONNAGE_RECEIVED_FOR_RECYCLING": 0,
        "EWC_CODE": None,
        "SUPPLIER_NAME": None,
        "SUPPLIER_EMAIL": None,
    }
    native = [{"rowId": 1000, "wasteRecordType": "received", "data": cells}]
    (outcome,) = publish(pipeline(Positions("test")), native)
    (event,) = events([outcome])

    assert ("RECEIVED", "0", 0, None) == (
        event["stage"],
        event["quantity"],
        event["mass_g"],
        event["low_code"],
    )
    assert ["quantity.zero"] == [finding.rule for finding in outcome.findings]
    cells["TONNAGE_RECEIVED_FOR_RECYCLING"] = 30.5
    assert ["uk.tonnage.formula"] == rules(read(native, **SETTINGS))


def test_day_is_the_day_that_is_written() -> None:
    """An instant late in a summer evening stays on the day its cell shows."""
    readings = read([row(DATE_LOAD_LEFT_SITE="2026-06-30T23:30:00.000Z")], **SETTINGS)

    assert date(2026, 6, 30) == readings[0].statements[0].when.on


def test_new_upload_corrects_adds_and_cancels() -> None:
    """Of a later upload only what differs is published; an emptied date cancels its fact."""
    works = pipeline(Positions("test"))

    first = publish(works, document("exporter.json"))
    again = publish(works, document("exporter.json"))
    second = events(publish(works, document("exporter_corrected.json")))

    assert [event["change"] for event in events(first)] == ["REPORTED"] * 9
    assert events(again) == []
    assert [(event["change"], event["stage"], event["quantity"]) for event in second] == [
        ("CANCELLED", "RECEIVED", None),
        ("CORRECTED", "DISPATCHED", "2.5"),
        ("REPORTED", "DISPATCHED", "1"),
    ]


def test_upload_without_a_known_row_is_rejected_whole() -> None:
    """The log is a complete set: an upload that lacks a row publishes nothing."""
    works = pipeline(Positions("test"))
    publish(works, document("exporter.json"))
    short = document("exporter_corrected.json")
    del short["rows"][1]

    outcomes = publish(works, short)

    assert events(outcomes) == []
    assert {("collection.member.missing",)} == {
        tuple(finding.rule for finding in outcome.findings if finding.severity == "ERROR")
        for outcome in outcomes
    }


def test_no_name_or_contact_travels() -> None:
    """Nothing of suppliers, destinations, contacts and references stands in any event."""
    outcomes = publish(pipeline(Positions("test")), document("exporter.json"))

    sent = b"".join(event.body for outcome in outcomes for event in outcome.events).lower()

    secrets = (b"harbour", b"ab1 2cd", b"ab12cd", b"desk@", b"441632960001", b"wbrg7654321", b"ms sample")
    assert sent
    assert [secret for secret in (*secrets, b"org-77", b"reg-5") if secret in sent] == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b"rowId;tonnage\n1000;3", "json.syntax"),
        (b"", "json.truncated"),
        (b'{"organisation": "org-77", "rows": [', "json.truncated"),
        (b'[{"rowId": "\xff"}]', "json.encoding"),
        (b'{"manifestTrackingNumber": "100000001ELC"}', "layout.unknown"),
        (b'{"organisation": "org-77", "rows": []}', "uk.upload.empty"),
        (b"[]", "uk.upload.empty"),
        (b"[[]]", "layout.unknown"),
        (b'[{"rowId": 1, "wasteRecordType": "sentOn", "data": []}]', "layout.unknown"),
        (b'{"uploadedAt": "2026-05-03T09:00:00Z", "rows": []}' * 2, "uk.upload.several"),
    ],
)
def test_file_that_is_no_log_says_why(text: bytes, rule: str) -> None:
    """A file that cannot be read is one reading with one finding that says what to do."""
    readings = read(text, **SETTINGS)

    assert [rule] == rules(readings)
    assert all(finding.hint for reading in readings for finding in reading.findings)
    assert [reading.statements for reading in readings] == [()]


def test_rows_before_a_cut_are_read() -> None:
    """Bare rows before the end of a truncated file stand; the cut is a finding after them."""
    text = json.dumps([row(5000), row(5001)]).encode()[:-20]

    readings = read(text, **SETTINGS)

    assert [len(reading.statements) for reading in readings] == [1, 0]
    assert [(item.path, item.rule) for item in readings[1].findings] == [("$[1]", "json.truncated")]


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("organisation", "", "uk.upload.organisation"),
        ("organisation", "a/b", "uk.upload.organisation"),
        ("registration", "a:b", "uk.upload.registration"),
        ("uploaded_at", "2026-05-03", "uk.upload.instant"),
        ("uploaded_at", "1969-05-03T09:00:00Z", "uk.upload.instant"),
    ],
)
def test_upload_that_does_not_say_which_it_is(name: str, value: str, rule: str) -> None:
    """Rows of nobody are rejected, naming the setting that is missing."""
    readings = read([row()], **SETTINGS | {name: value})

    assert [rule] == rules(readings)
    assert f"--set {name}=" in readings[0].findings[0].hint


def test_bare_rows_without_settings_name_all_that_is_missing() -> None:
    """Everything an upload has to say of itself is asked for at once."""
    assert rules(read([row()])) == ["uk.upload.organisation", "uk.upload.registration", "uk.upload.instant"]


@pytest.mark.parametrize(
    ("broken", "rule", "path"),
    [
        (row(0), "uk.row.id", "$[0].rowId"),
        (row() | {"rowId": "5000"}, "uk.row.id", "$[0].rowId"),
        (row(kind="product"), "uk.row.type", "$[0].wasteRecordType"),
        (row(processingType="SORTER"), "uk.processing.type", "$[0].data.processingType"),
        (row(EWC_CODE=[1]), "uk.field.text", "$[0].data.EWC_CODE"),
        (row(WAS_THE_WASTE_REFUSED="Maybe"), "uk.option.unknown", "$[0].data.WAS_THE_WASTE_REFUSED"),
        (row(WAS_THE_WASTE_REFUSED=[]), "uk.option.unknown", "$[0].data.WAS_THE_WASTE_REFUSED"),
        (row(PRODUCT_TONNAGE="3 kg"), "uk.tonnage.number", "$[0].data.PRODUCT_TONNAGE"),
        (row(PRODUCT_TONNAGE=True), "uk.tonnage.number", "$[0].data.PRODUCT_TONNAGE"),
        (row(PRODUCT_TONNAGE=-1), "uk.tonnage.range", "$[0].data.PRODUCT_TONNAGE"),
        (row(PRODUCT_TONNAGE=10**400), "uk.tonnage.range", "$[0].data.PRODUCT_TONNAGE"),
        (row(PRODUCT_TONNAGE=1000.01), "uk.tonnage.limit", "$[0].data.PRODUCT_TONNAGE"),
        (row(DATE_LOAD_LEFT_SITE="2026-02-30"), "uk.date.impossible", "$[0].data.DATE_LOAD_LEFT_SITE"),
        (row(DATE_LOAD_LEFT_SITE=46103), "uk.date.impossible", "$[0].data.DATE_LOAD_LEFT_SITE"),
    ],
)
def test_row_that_is_wrong_is_rejected_by_its_cell(broken: dict[str, Any], rule: str, path: str) -> None:
    """An error names its cell and a remedy, states nothing, and leaves the next row alone."""
    first, second = read([broken, row(5001)], **SETTINGS)

    assert [(rule, path)] == [(finding.rule, finding.path) for finding in first.findings]
    assert first.findings[0].hint
    assert (len(first.statements), len(second.statements)) == (0, 1)


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"DESCRIPTION_WASTE": "Unobtainium - ask Ms Sample"}, "uk.material.unknown"),
        ({"EWC_CODE": "paper"}, "uk.ewc.form"),
        ({"EWC_CODE": "01 03 99"}, "uk.ewc.chapter"),
        ({"EWC_CODE": "15 01 02*"}, "uk.ewc.asterisk"),
        ({"BASEL_EXPORT_CODE": "B3011;B1050"}, "uk.basel.form"),
        ({"CUSTOMS_CODES": 123456}, "uk.customs.heading"),
    ],
)
def test_doubtful_code_is_a_warning(cells: dict[str, Any], rule: str) -> None:
    """A code in doubt is noted and the load still counts; free text never becomes a code."""
    readings = read([row(**cells)], **SETTINGS)

    assert [rule] == rules(readings)
    assert [len(reading.statements) for reading in readings] == [1]
    assert "sample" not in repr(readings[0].statements).lower()


@pytest.mark.parametrize("column", ["NET_WEIGHT", "TONNAGE_RECEIVED_FOR_EXPORT"])
def test_weight_that_does_not_follow_is_an_error(column: str) -> None:
    """Net weight and tonnage have to follow from the weights beside them."""
    log = document("exporter.json")
    log["rows"][0]["data"][column] += 0.001

    readings = read(log)

    assert {"uk.tonnage.formula"} == set(rules(readings))
    assert readings[0].statements == ()


def test_dates_out_of_order_are_a_warning() -> None:
    """Export before receipt is published as stated, with a warning."""
    log = document("exporter.json")
    log["rows"][0]["data"]["DATE_OF_EXPORT"] = "2026-03-29"

    readings = read(log)

    assert rules(readings) == ["uk.date.order"]
    assert len(readings[0].statements) == 3


def test_row_that_is_there_twice_is_rejected() -> None:
    """The second row of one number is refused instead of correcting the first."""
    readings = read([row(5000), row(5000)], **SETTINGS)

    assert rules(readings) == ["uk.row.repeated"]
    assert [len(reading.statements) for reading in readings] == [1, 0]


def test_absurdly_fine_quantity_is_rejected() -> None:
    """More digits than any scale shows never reach the ledger."""
    text = json.dumps([row()]).replace('_SENT_ON": 3', '_SENT_ON": 1E-400').encode()

    outcomes = list(pipeline(Positions("test")).outcomes(io.BytesIO(text), "log.json"))

    assert [[item.rule for item in outcome.findings] for outcome in outcomes] == [
        ["quantity.unconverted", "quantity.absurd"]
    ]
    assert [outcome.is_rejected for outcome in outcomes] == [True]


def test_no_finding_holds_a_value() -> None:
    """Findings of a row full of nonsense show none of it."""
    nonsense = row(PRODUCT_TONNAGE="Xyzzy", DATE_OF_EXPORT="Xyzzy", WAS_THE_WASTE_STOPPED="Xyzzy")

    readings = read([nonsense], **SETTINGS)

    assert len(rules(readings)) == 3
    assert "Xyzzy" not in repr(readings)


def test_older_record_shape_is_refused_with_a_reason() -> None:
    """Records of the older service are no log rows: each says so, none is lost."""
    readings = read(sample("uk-epr-exporter/exporter-records.json").read_bytes(), **SETTINGS)

    assert rules(readings) == ["layout.unknown"] * 3


def test_a_country_that_nobody_knows_is_told_once() -> None:
    """An unreadable country of the overseas site is a warning, and the destination stays unknown."""
    upload = document("exporter.json")
    upload["rows"][0]["data"]["OSR_COUNTRY"] = "Atlantis"

    reading = read(upload)[0]

    assert 1 == sum(finding.rule == "uk.country.unknown" for finding in reading.findings)
    assert {"ZZ"} == {item.destination.country for item in reading.statements if item.side is Side.ORIGIN}


EXPORTED = {
    "processingType": "EXPORTER",
    "DATE_RECEIVED_FOR_EXPORT": "2026-01-22",
    "DATE_OF_EXPORT": "2026-01-24",
    "TONNAGE_OF_UK_PACKAGING_WASTE_EXPORTED": 3,
    "OSR_ID": 7,
    "OSR_NAME": "Voorbeeld Papier BV",
    "OSR_COUNTRY": "Netherlands",
    "INTERIM_SITE_ID": 41,
    "CARRIER_NAME": "Example Haulage Ltd",
    "CBD": "CBDU900001",
    "CONTAINER_NUMBER": "ABCU 123456-7 and defu7654321",
    "CUSTOMS_DECLARATION_NUMBER": "26GB12345678901234",
    "BILL_OF_LANDING_REFERENCE_NUMBER": "MAEU123456789",
    "WASTE_TRANSFER_NOTE": "WTN 2026/17",
}
OF_OTHERS = dict.fromkeys(
    (
        "SUPPLIER_NAME",
        "SUPPLIER_ADDRESS",
        "SUPPLIER_POSTCODE",
        "SUPPLIER_EMAIL",
        "SUPPLIER_PHONE_NUMBER",
        "ACTIVITIES_CARRIED_OUT_BY_SUPPLIER",
        "YOUR_REFERENCE",
        "WEIGHBRIDGE_TICKET",
        "WEIGHBRIDGE_TICKET_NUMBER",
        "LOADING_SITE_NAME",
        "LOADING_SITE_ADDRESS",
        "LOADING_SITE_POSTCODE",
        "LOADING_SITE_EMAIL",
        "LOADING_SITE_PHONE_NUMBER",
        "CARRIER_VEHICLE_REGISTRATION_NUMBER",
        "HAULIER_NAME",
        "HAULIER_VEHICLE_REGISTRATION_NUMBER",
        "CUSTOMER_NAME",
        "CUSTOMER_INVOICE_REFERENCE",
        "EXPORT_CONTROLS",
        "FINAL_DESTINATION_EMAIL",
        "FINAL_DESTINATION_PHONE",
        "PRODUCT_DESCRIPTION",
        "DESCRIPTION_WASTE",
        "HOW_DID_YOU_CALCULATE_RECYCLABLE_PROPORTION",
    ),
    "Canary, canary@mail.example, 020 7946 0142, AB12 CDE",
)
CARRIER = Party(PartyRole.CARRIER, "GB-WASTE-CARRIER", "CBDU900001", "Example Haulage Ltd")


def sealed(native: dict[str, Any]) -> Sealed:
    """Return what all statements of a row seal, which is the same."""
    (reading,) = read([native], **SETTINGS)
    (found,) = {item.sealed for item in reading.statements}
    assert found is not None
    return found


def exported(**cells: Any) -> dict[str, Any]:
    """Return a row of waste that went abroad."""
    return {"rowId": 12, "wasteRecordType": "exported", "data": EXPORTED | cells}


def test_authorities_learn_sites_carriers_containers_and_customs_papers() -> None:
    """A row of exported waste seals whose it is, the sites abroad, and every number of its papers."""
    assert sealed(exported()) == Sealed(
        "org-77/reg-5/exported/12",
        (
            Party(PartyRole.REGISTRANT, "GB-EPR-ORGANISATION", "org-77"),
            CARRIER,
            Party(PartyRole.INTERIM_FACILITY, "GB-EPR-OVERSEAS-SITE", "org-77:reg-5:041"),
            Party(PartyRole.FACILITY, "GB-EPR-OVERSEAS-SITE", "org-77:reg-5:007", "Voorbeeld Papier BV"),
        ),
        (
            Reference(ReferenceKind.CONTAINER, "ABCU1234567"),
            Reference(ReferenceKind.CONTAINER, "DEFU7654321"),
            Reference(ReferenceKind.CUSTOMS, "26GB12345678901234"),
            Reference(ReferenceKind.BILL_OF_LADING, "MAEU123456789"),
            Reference(ReferenceKind.CONSIGNMENT, "WTN 2026/17"),
        ),
    )


def test_authorities_learn_where_a_load_was_sent_on_to() -> None:
    """A load sent on seals its carrier and its destination by name and address."""
    native = row(
        CARRIER_NAME="Example Haulage Ltd",
        CBD_REG_NUMBER="CBDU900001",
        FINAL_DESTINATION_NAME="Example Board Ltd",
        FINAL_DESTINATION_ADDRESS="3 Example Road",
        FINAL_DESTINATION_POSTCODE="ZZ1 1ZZ",
    )

    assert sealed(native).parties[1:] == (
        CARRIER,
        Party(PartyRole.CONSIGNEE, name="Example Board Ltd", address="3 Example Road, ZZ1 1ZZ"),
    )


@pytest.mark.parametrize("native", [exported(), row()])
def test_people_suppliers_and_free_texts_are_not_sealed(native: dict[str, Any]) -> None:
    """Suppliers, customers, contacts, plates, tickets and the operator's own references stay behind."""
    native["data"] |= OF_OTHERS

    told = repr(sealed(native)).lower()

    for text in ("canary", "7946", "ab12"):
        assert text not in told


def test_contacts_in_names_and_numbers_are_taken_out() -> None:
    """Of texts in cells for names and numbers only those travel."""
    contact = "Canary canary@mail.example 020 7946 0142"
    found = sealed(
        exported(
            OSR_ID=contact,
            OSR_NAME="Papier BV, canary@mail.example",
            INTERIM_SITE_ID=contact,
            CBD=contact,
            CONTAINER_NUMBER=contact,
            CUSTOMS_DECLARATION_NUMBER=contact,
            BILL_OF_LANDING_REFERENCE_NUMBER="020 7946 0142",
            WASTE_TRANSFER_NOTE="AB12 CDE",
        )
    )

    assert found.parties[1:] == (
        Party(PartyRole.CARRIER, name="Example Haulage Ltd"),
        Party(PartyRole.FACILITY, name="Papier BV"),
    )
    assert found.references == ()


@pytest.mark.parametrize("value", [True, ["x"], {"x": 1}, "x" * 251, "\ud800", None, "", "Choose option"])
def test_what_only_authorities_read_breaks_no_rule(value: Any) -> None:
    """A cell of another type or length, or without an answer, is as good as absent, and no finding."""
    cells = dict.fromkeys(
        (
            "OSR_NAME",
            "INTERIM_SITE_ID",
            "CARRIER_NAME",
            "CBD",
            "CBD_REG_NUMBER",
            "CONTAINER_NUMBER",
            "CUSTOMS_DECLARATION_NUMBER",
            "BILL_OF_LANDING_REFERENCE_NUMBER",
            "WASTE_TRANSFER_NOTE",
            "FINAL_DESTINATION_NAME",
            "FINAL_DESTINATION_ADDRESS",
            "FINAL_DESTINATION_POSTCODE",
        ),
        value,
    )

    assert rules(read([exported(**cells)], **SETTINGS)) == rules(read([exported()], **SETTINGS))
    assert sealed(exported(**cells)) == Sealed(
        "org-77/reg-5/exported/12",
        (
            Party(PartyRole.REGISTRANT, "GB-EPR-ORGANISATION", "org-77"),
            Party(PartyRole.FACILITY, "GB-EPR-OVERSEAS-SITE", "org-77:reg-5:007"),
        ),
    )
