"""What the European Union's movement documents state, from the XML to the events of the pipeline."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from producers.adapters.eu_movement import EuMovement, ubl
from producers.adapters.fr_registry import FrRegistry
from producers.convert import event_json
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.reading import references
from producers.statement import Company, Party, Place, Reading, Reference, Sealed, Statement, WasteCode
from schemas.confidentiality import model_leaves, require_classes
from schemas.findings import Severity
from schemas.identity import DEMONSTRATION_KEYS
from schemas.movement import Basis, Hazardous, Precision, Side
from schemas.sealed import PartyRole, ReferenceKind

DOCUMENTS = Path(__file__).parents[1] / "documents" / "eu_movement"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
GENERATOR = Company("FR-SIRET", "99900010100017")
FACILITY = Company("0208", "0999000133")
CONSIGNEE = Company("0208", "0999000232")
# The documents of one movement from beginning to end, in the order in which they were issued.
LIFE = (
    "announcement",
    "dispatch",
    "transfer",
    "border",
    "consignee_receipt",
    "facility_receipt",
    "completion",
)


def text(name: str, *changes: tuple[str, str]) -> str:
    """Return a fixture with texts replaced, each once; each of them has to be there."""
    found = (DOCUMENTS / f"{name}.xml").read_text().removeprefix(HEAD)
    for old, new in changes:
        assert old in found
        found = found.replace(old, new, 1)
    return found


def together(*documents: str) -> io.BytesIO:
    """Return documents as one file."""
    return io.BytesIO(f"<batch>{''.join(documents)}</batch>".encode())


def readings(document: str, **values: str) -> list[Reading]:
    """Return every reading of a file."""
    return list(EuMovement(values).read(together(document)))


def stated(document: str, **values: str) -> list[Statement]:
    """Return every statement of a file that breaks no rule."""
    found = readings(document, **values)
    assert [] == [finding for reading in found for finding in reading.findings]
    return [statement for reading in found for statement in reading.statements]


def only(document: str, **values: str) -> Statement:
    """Return the one statement of a file."""
    (found,) = stated(document, **values)
    return found


def facts(statements: list[Statement]) -> list[tuple[str, int, int, str]]:
    """Return (stage, step, line, quantity)."""
    return [
        (item.stage.value, item.step, item.line_number, str(item.quantity and item.quantity.value))
        for item in statements
    ]


def status(condition: str, **parts: str | None) -> str:
    """Return a status for all lines; parts are tonnes by condition."""
    stated = "".join(
        f"<cac:Condition><cbc:AttributeID>{name}</cbc:AttributeID>"
        f'<cbc:Measure unitCode="TNE">{value}</cbc:Measure></cac:Condition>'
        for name, value in parts.items()
        if value is not None
    )
    return f"<cac:Status><cbc:ConditionCode>{condition}</cbc:ConditionCode>{stated}</cac:Status>"


class Agency:
    """An agency whose documents arrive one after another."""

    def __init__(self, name: str = "BE-OVAM", **values: str) -> None:
        self._pipeline = Pipeline(
            EuMovement(values),
            name,
            DEMONSTRATION_KEYS,
            Positions("test"),
            now=lambda: datetime(2027, 6, 1, tzinfo=UTC),
        )
        self._last: dict[str, dict[str, Any]] = {}

    def submit(self, *documents: str) -> list[Outcome]:
        """Return what became of documents."""
        outcomes = list(self._pipeline.outcomes(together(*documents), "file.xml"))
        for outcome in outcomes:
            for event in map(event_json, outcome.events):
                key, rank = event["statement_key"], (event["revision"], event["edition"])
                last = self._last.get(key)
                if last is None or (last["revision"], last["edition"]) < rank:
                    self._last[key] = event
        return outcomes

    def changes(self, *documents: str) -> list[tuple[str, str, int, str | None]]:
        """Return (change, stage, step, quantity) of the events of documents."""
        return [
            (event["change"], event["stage"], event["step"], event["quantity"])
            for outcome in self.submit(*documents)
            for event in map(event_json, outcome.events)
        ]

    def standing(self) -> set[tuple[str, int, int, str | None]]:
        """Return (stage, step, line, quantity) of what a hub would count."""
        return {
            (event["stage"], event["step"], event["line_number"], event["quantity"])
            for event in self._last.values()
            if event["change"] != "CANCELLED"
        }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("announcement", [("ANNOUNCED", 0, 1, "25")]),
        ("dispatch", [("DISPATCHED", 0, 1, "24.98")]),
        ("transfer", [("TRANSFERRED", 1, 1, "24.98"), ("TRANSFERRED", 2, 1, "24.98")]),
        ("border", [("BORDER_CROSSED", 1, 1, "24.98")]),
        ("consignee_receipt", [("RECEIVED", 1, 1, "24.70")]),
        ("facility_receipt", [("RECEIVED", 2, 1, "24.62")]),
        ("partly_refused", [("RECEIVED", 2, 1, "20.15"), ("REFUSED", 2, 1, "4.20")]),
        ("refused", [("REFUSED", 2, 1, "23.06")]),
        ("completion", [("TREATED", 2, 1, "24.62")]),
        ("completion_interim", [("TREATED", 1, 1, "17940")]),
        ("completion_final", [("TREATED", 2, 1, "17810")]),
        ("cancellation", []),
        ("interim_receipt", [("RECEIVED", 2, 1, "17940")]),
        ("transit", [("BORDER_CROSSED", 1, 1, "21.5"), ("BORDER_CROSSED", 2, 1, "21.5")]),
        ("annex_vii_announcement", [("ANNOUNCED", 0, 1, "22.4")]),
        ("annex_vii_dispatch", [("DISPATCHED", 0, 1, "22.36")]),
        ("annex_vii_receipt", [("RECEIVED", 2, 1, "22.30")]),
        ("laboratory", [("DISPATCHED", 0, 1, "60")]),
        ("old_regime_receipt", [("RECEIVED", 2, 1, "19.75")]),
        ("extra_party", [("DISPATCHED", 0, 1, "24.40")]),
        (
            "multi_waste_dispatch",
            [("DISPATCHED", 0, 1, "10.2"), ("DISPATCHED", 0, 2, "3.05"), ("DISPATCHED", 0, 3, "1.5")],
        ),
        (
            "multi_waste_receipt",
            [
                ("RECEIVED", 2, 1, "9.5"),
                ("REFUSED", 2, 1, "0.6"),
                ("RECEIVED", 2, 2, "3.0"),
                ("REFUSED", 2, 3, "1.4"),
            ],
        ),
    ],
)
def test_each_kind_of_document_states_its_own_stages(name: str, expected: list[Any]) -> None:
    """A document states the stages of its type and no others, for each waste, without a finding."""
    assert expected == facts(stated(text(name)))


def test_several_documents_of_one_file_are_read_in_order() -> None:
    """Whatever elements lie around them; a wrapped party is the same party."""
    found = list(EuMovement({}).read(io.BytesIO((DOCUMENTS / "several.xml").read_bytes())))

    assert ["$[0]", "$[1]", "$[2]"] == [reading.path for reading in found]
    assert ["ANNOUNCED", "DISPATCHED", "DISPATCHED"] == [
        item.stage.value for reading in found for item in reading.statements
    ]
    assert found[1].statements[0].contributor == GENERATOR


def test_everything_that_is_read_has_a_class() -> None:
    """No leaf of the model is without a confidentiality class."""
    for model in EuMovement.native_models:
        require_classes(model_leaves(model), model.__name__)


def test_one_waste_from_block_to_statement() -> None:
    """Codes, hazard, operation, quantity, places, companies and date of a dispatch, as the form says them."""
    found = only(text("dispatch"))

    assert found.movement_reference == "FR0126000123.000007"
    assert found.codes == (
        WasteCode("BASEL", "A1050"),
        WasteCode("LOW", "110109"),
        WasteCode("Y", "Y17"),
        WasteCode("H", "H11"),
        WasteCode("HP", "HP14"),
        WasteCode("NATIONAL-FR", "11N7"),
        WasteCode("UN", "UN3077"),
        WasteCode("HS", "262099"),
    )
    assert (found.hazardous, found.operation_code, found.native_operation_code) == (Hazardous.YES, "R4", None)
    assert found.quantity is not None
    assert (found.quantity.value, found.quantity.unit) == (Decimal("24.98"), "TNE")
    assert (found.quantity.basis, found.load_count) == (Basis.ESTIMATED, 20)
    assert (found.origin, found.destination) == (Place("FR", "FR-HDF"), Place("BE", "BE-VLG"))
    assert (found.contributor, found.counterparty) == (GENERATOR, FACILITY)
    assert (found.when.on, found.when.precision) == (date(2026, 6, 16), Precision.DAY)


def test_contributor_is_who_holds_the_waste() -> None:
    """Generator, each carrier, consignee and facility; the other end of the leg is the counterparty."""
    held = {
        (item.stage.value, item.step): (item.contributor, item.counterparty)
        for name in LIFE
        for item in stated(text(name))
    }
    first, second = Company("FR-SIRET", "99900030300019"), Company("0106", "99000222")

    assert held == {
        ("ANNOUNCED", 0): (GENERATOR, FACILITY),
        ("DISPATCHED", 0): (GENERATOR, FACILITY),
        ("TRANSFERRED", 1): (first, GENERATOR),
        ("TRANSFERRED", 2): (second, first),
        ("BORDER_CROSSED", 1): (GENERATOR, FACILITY),
        ("RECEIVED", 1): (CONSIGNEE, GENERATOR),
        ("RECEIVED", 2): (FACILITY, GENERATOR),
        ("TREATED", 2): (FACILITY, GENERATOR),
    }


def test_with_annex_vii_who_arranges_the_shipment_contributes() -> None:
    """The generator of green-listed waste is not its exporter."""
    assert only(text("annex_vii_dispatch")).contributor == CONSIGNEE


@pytest.mark.parametrize(
    ("name", "country", "side"),
    [
        ("dispatch", "BE", Side.DESTINATION),
        ("dispatch", "FR", Side.ORIGIN),
        ("transit", "BE", Side.TRANSIT),
        ("transit", "DE", Side.DESTINATION),
        ("completion_final", "BE", Side.ORIGIN),
        ("completion_final", "LU", Side.TRANSIT),
    ],
)
def test_side_is_that_of_the_agency_that_publishes(name: str, country: str, side: Side) -> None:
    """The same document is an export in one agency's books and an import in another's."""
    assert {side} == {item.side for item in stated(text(name), country=country)}


def test_a_movement_inside_a_country_is_domestic() -> None:
    """Both ends in the agency's country."""
    document = text("dispatch").replace(">FR<", ">BE<").replace("FR-HDF", "BE-WAL")

    assert (only(document).side, only(document).origin) == (Side.DOMESTIC, Place("BE", "BE-WAL"))


def test_transit_countries_are_told() -> None:
    """Countries between the two ends travel with the movement."""
    assert ("BE",) == stated(text("transit"))[0].transit_countries


@pytest.mark.parametrize("spelling", ["FR0126000123", "fr 01/26-000123", "FR 01 26 000 123"])
def test_both_ends_meet_under_one_reference(spelling: str) -> None:
    """Two agencies' documents and a registry's line give one movement key, however they spell the number."""
    document = text("dispatch", ("FR 01 26 000123", spelling), (">7<", ">000007<"))
    (theirs,) = Agency("FR-DGPR", country="FR").submit(document)
    (ours,) = Agency().submit(text("facility_receipt"))

    assert theirs.events[0].key == ours.events[0].key
    assert DEMONSTRATION_KEYS.movement_key("FR0126000123.000007") == ours.events[0].key
    assert references.notification("FR0126000123", "7") == "FR0126000123.000007"


def test_a_line_of_the_french_registry_meets_the_movement_document() -> None:
    """With one notification and serial both systems' adapters give one movement key, and two statements."""
    line = json.dumps(
        {
            "publicId": "IN-1",
            "reportForCompanySiret": "00001202100010",
            "ttdImportNumber": "BE 01/26-000123",
            "movementNumber": "7",
            "receptionDate": "2026-06-18",
            "wasteCode": "11 01 09*",
            "wastePop": False,
            "weightValue": 24.6,
            "weightIsEstimate": False,
            "emitterCompanyType": "ENTREPRISE_UE",
            "emitterCompanyOrgId": "BE0999999922",
            "emitterCompanyCountryCode": "BE",
            "operationCode": "R 4",
            "operationMode": "RECYCLAGE",
        }
    ).encode()
    registry = Pipeline(
        FrRegistry({"register": "incoming_waste"}), "FR-DGPR", DEMONSTRATION_KEYS, Positions("test")
    )
    (theirs,) = registry.outcomes(io.BytesIO(line), "line.json")
    (ours,) = Agency().submit(text("dispatch", ("FR 01 26 000123", "BE 01 26 000123")))
    (received,), (dispatched,) = map(event_json, theirs.events), map(event_json, ours.events)

    assert received["movement_key"] == dispatched["movement_key"]
    assert received["statement_key"] != dispatched["statement_key"]
    assert theirs.events[0].key == ours.events[0].key


@pytest.mark.parametrize("spelling", ["GLW.BE2600004711", "glw be26 0000 4711", "GLWBE2600004711"])
def test_annex_vii_movements_meet_by_their_number(spelling: str) -> None:
    """The number of an Annex VII document needs no serial."""
    document = text("annex_vii_dispatch", ("GLW.BE2600004711", spelling))

    assert only(document).movement_reference == references.annex_vii("GLW.BE2600004711")


def identified(element: str, identifier: str, scheme: str = "") -> str:
    """Return an element of a party that holds an identifier."""
    name = "ID" if element == "PartyIdentification" else "CompanyID"
    attribute = f' schemeID="{scheme}"' if scheme else ""
    return f"<cac:{element}><cbc:{name}{attribute}>{identifier}</cbc:{name}></cac:{element}>"


@pytest.mark.parametrize(
    ("parts", "company"),
    [
        ([("PartyIdentification", "57 999-1", "0088")], ("0088", "57999-1")),
        ([("PartyLegalEntity", "HRB 12")], ("FR-REGISTER", "HRB12")),
        ([("PartyLegalEntity", "99900010100017", "siret")], ("FR-SIRET", "99900010100017")),
        ([("PartyTaxScheme", "FR12999000101")], ("EU-VAT", "FR12999000101")),
        ([("PartyIdentification", "1"), ("PartyTaxScheme", "FR1")], ("EU-VAT", "FR1")),
        ([("PartyIdentification", "NONE", "0088"), ("PartyLegalEntity", "7")], ("FR-REGISTER", "7")),
    ],
)
def test_a_company_is_its_first_identifier_with_a_register(
    parts: list[tuple[str, ...]], company: tuple[str, str]
) -> None:
    """Identification, else legal entity, else tax scheme; blanks and case do not matter."""
    before, _, rest = text("dispatch").partition("<cac:WasteProducerParty>")
    after = rest.partition("</cac:PartyIdentification>")[2]
    document = f"{before}<cac:WasteProducerParty>{''.join(identified(*part) for part in parts)}{after}"

    assert Company(*company) == only(document).contributor


@pytest.mark.parametrize(
    ("stated_region", "region"), [("FR-HDF", "FR-HDF"), ("Hauts-de-France", None), ("DE-NW", None)]
)
def test_region_is_taken_where_it_is_a_code_of_its_country(stated_region: str, region: str | None) -> None:
    """Anything else is a text, and counts for the country only."""
    document = text("dispatch").replace("FR-HDF", stated_region)

    assert Place("FR", region) == only(document).origin


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("11:40:00", datetime(2026, 6, 16, 9, 40, tzinfo=UTC)),
        ("11:40:00Z", datetime(2026, 6, 16, 11, 40, tzinfo=UTC)),
        ("11:40:00.250+01:00", datetime(2026, 6, 16, 10, 40, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_versions_are_ordered_by_their_instant_of_issue(clock: str, expected: datetime) -> None:
    """Milliseconds since 1970; without a zone the time is the authority's."""
    (reading,) = readings(text("dispatch", ("11:40:00+02:00", clock)))

    assert reading.identity is not None
    assert expected == reading.identity.recorded_at
    assert expected.timestamp() * 1000 == reading.identity.revision


def test_zone_of_a_date_is_that_of_its_time() -> None:
    """XML may write the zone behind the day; a day alone stays the local day, whatever its zone."""
    document = text(
        "dispatch",
        ("<cbc:IssueDate>2026-06-16<", "<cbc:IssueDate>2026-06-16Z<"),
        ("11:40:00+02:00", "11:40:00"),
        ("Date>2026-06-16<", "Date>2026-06-16-12:00<"),
    )
    (reading,) = readings(document)

    assert reading.identity is not None
    assert datetime(2026, 6, 16, 11, 40, tzinfo=UTC) == reading.identity.recorded_at
    assert date(2026, 6, 16) == reading.statements[0].when.on


def test_zone_setting_decides_the_local_day() -> None:
    """Half past eleven in the evening, Greenwich, is the next day in Brussels and the same on the Azores."""
    assert date(2026, 6, 18) == only(text("border")).when.on
    assert date(2026, 6, 17) == only(text("border"), zone="Atlantic/Azores").when.on


def test_a_receipt_leaves_the_announcement_standing_and_replaces_an_earlier_receipt() -> None:
    """Each kind of document is one of its own; the same kind again is a new version."""
    agency = Agency()
    agency.submit(text("announcement"), text("dispatch"), text("facility_receipt"))
    weighed_again = text("facility_receipt", ("15:20:00", "18:00:00"), (">24.62<", ">24.60<"))

    assert agency.changes(weighed_again) == [("CORRECTED", "RECEIVED", 2, "24.60")]
    assert agency.standing() == {
        ("ANNOUNCED", 0, 1, "25"),
        ("DISPATCHED", 0, 1, "24.98"),
        ("RECEIVED", 2, 1, "24.60"),
    }


def test_carriers_and_offices_may_each_send_their_own_document() -> None:
    """A carrier that tells of itself alone takes nothing from the one before."""
    signed, other = "<cbc:ID>Carrier</cbc:ID>", "<cbc:ID>Sender</cbc:ID>"
    first = text("transfer", (signed, "<cbc:ID>Carrier 1</cbc:ID>"), (signed, other))
    second = text("transfer", (signed, other), (signed, "<cbc:ID>Carrier 2</cbc:ID>"))
    agency = Agency()

    assert agency.changes(first) == [("REPORTED", "TRANSFERRED", 1, "24.98")]
    assert agency.changes(second) == [("REPORTED", "TRANSFERRED", 2, "24.98")]
    assert agency.changes(text("transfer")) == []


def test_an_office_without_a_date_is_no_fact() -> None:
    """A planned border is a place on the way, and nothing crossed it."""
    document = text(
        "transit", ("<cbc:ValidationDate>2026-08-04</cbc:ValidationDate>", ""), ("06:10:00", "06:10:00")
    )

    assert [("BORDER_CROSSED", 2, 1, "21.5")] == facts(stated(document))


def test_interim_and_final_certificates_stand_side_by_side() -> None:
    """The certificate of the last facility does not undo that of the first."""
    agency = Agency()
    agency.submit(text("completion_interim"), text("completion_final"))

    assert agency.standing() == {("TREATED", 1, 1, "17940"), ("TREATED", 2, 1, "17810")}


def test_a_planned_operation_is_no_treatment() -> None:
    """Only a certificate is."""
    assert {"TREATED"}.isdisjoint(item.stage.value for item in stated(text("facility_receipt")))


def test_consignee_who_is_the_facility_gives_its_receipt() -> None:
    """One load is received once: what the facility says itself takes its place, whatever comes later."""
    as_consignee = text("interim_receipt", ("2026-07-02", "2026-07-05"))
    day = "<cbc:ActualDeliveryDate>2026-07-02</cbc:ActualDeliveryDate>"
    as_facility = text(
        "interim_receipt",
        (">CONSIGNEE-RECEIPT<", ">FACILITY-RECEIPT<"),
        ("<cac:Consignment>", f"<cac:Consignment>{status('ACCEPTED')}"),
        ("<cac:Despatch>", f"{day}<cac:Despatch>"),
        (">17940<", ">17930<"),
    )
    for order in permutations((as_consignee, as_facility)):
        agency = Agency()
        agency.submit(*order)

        assert agency.standing() == {("RECEIVED", 2, 1, "17930")}


def test_cancelled_before_dispatch_and_announced_anew() -> None:
    """The announcement goes, the new one under another serial stands."""
    agency = Agency()
    agency.submit(text("announcement_cancelled"))

    assert agency.changes(text("cancellation")) == [("CANCELLED", "ANNOUNCED", 0, None)]
    assert agency.changes(text("announcement_anew")) == [("REPORTED", "ANNOUNCED", 0, "25")]


def test_a_cancelled_number_is_never_used_again() -> None:
    """A later announcement under it is passed over and told, even before its cancellation was known of it."""
    again = text("announcement_cancelled", ("2026-06-20", "2026-12-20"), ("2026-06-26", "2026-12-22"))
    for order in permutations((text("announcement_cancelled"), text("cancellation"), again)):
        agency = Agency()
        agency.submit(*order)

        assert agency.standing() == set()
    (outcome,) = agency.submit(again)

    assert [("document.superseded", Severity.WARNING)] == [
        (item.rule, item.severity) for item in outcome.findings
    ]


def test_cancelled_after_dispatch_leaves_the_dispatch() -> None:
    """The waste did move: withdrawing the announcement changes nothing about that."""
    agency = Agency()
    agency.submit(text("announcement"), text("dispatch"))
    cancelled = text("announcement", (">ANNOUNCEMENT<", ">CANCELLATION<"), ("2026-06-10", "2026-06-17"))

    assert agency.changes(cancelled) == [("CANCELLED", "ANNOUNCED", 0, None)]
    assert agency.standing() == {("DISPATCHED", 0, 1, "24.98")}


@pytest.mark.parametrize(
    ("name", "day", "stage"),
    [
        ("announcement", "2026-06-10", "ANNOUNCED"),
        ("dispatch", "2026-06-16", "DISPATCHED"),
        ("transfer", "2026-06-17", "TRANSFERRED"),
        ("border", "2026-06-18", "BORDER_CROSSED"),
        ("consignee_receipt", "2026-06-18", "RECEIVED"),
    ],
)
def test_what_did_not_happen_is_taken_back_by_its_own_document(name: str, day: str, stage: str) -> None:
    """The document again, with the condition CANCELLED for all lines: in whatever order they come."""
    later = text(name, (f"<cbc:IssueDate>{day}", "<cbc:IssueDate>2026-07-01"))
    cancelled = f"<cac:Consignment>{status('CANCELLED')}</cac:Consignment><cac:GoodsItem>"
    withdrawn = later.replace("<cac:GoodsItem>", cancelled)
    in_order, reversed_ = Agency(), Agency()
    in_order.submit(text(name))

    assert {("CANCELLED", stage)} == {change[:2] for change in in_order.changes(withdrawn)}
    assert reversed_.changes(withdrawn, text(name)) == []
    assert in_order.standing() == reversed_.standing() == set()


def test_a_receipt_that_was_taken_back_may_be_given_anew() -> None:
    """Only numbers of movements are never used again."""
    agency = Agency()
    agency.submit(text("facility_receipt"))
    agency.submit(text("facility_receipt", (">ACCEPTED<", ">CANCELLED<"), ("15:20:00", "16:00:00")))

    assert agency.standing() == set()
    assert agency.changes(text("facility_receipt", ("15:20:00", "17:00:00"))) == [
        ("REPORTED", "RECEIVED", 2, "24.62")
    ]


@settings(max_examples=40)
@given(st.permutations([*LIFE, "announcement_cancelled", "cancellation", "partly_refused"]), st.data())
def test_order_and_repetition_of_documents_change_nothing(order: list[str], data: st.DataObject) -> None:
    """Whatever arrives first or twice, the same statements stand."""
    repeated = data.draw(st.lists(st.sampled_from(order), max_size=4))
    agency = Agency()
    for name in (*order, *repeated):
        agency.submit(text(name))

    assert agency.standing() == {
        ("ANNOUNCED", 0, 1, "25"),
        ("DISPATCHED", 0, 1, "24.98"),
        ("TRANSFERRED", 1, 1, "24.98"),
        ("TRANSFERRED", 2, 1, "24.98"),
        ("BORDER_CROSSED", 1, 1, "24.98"),
        ("RECEIVED", 1, 1, "24.70"),
        ("RECEIVED", 2, 1, "24.62"),
        ("TREATED", 2, 1, "24.62"),
        ("RECEIVED", 2, 1, "20.15"),
        ("REFUSED", 2, 1, "4.20"),
    }


def test_a_line_that_vanishes_from_a_document_is_cancelled() -> None:
    """A document is complete: what it no longer lists it takes back."""
    agency = Agency()
    agency.submit(text("multi_waste_dispatch"))
    head, _, rest = text("multi_waste_dispatch", ("09:00:00", "09:30:00")).rpartition("<cac:GoodsItem>")
    shorter = head + rest.partition("</cac:GoodsItem>")[2]

    assert agency.changes(shorter) == [("CANCELLED", "DISPATCHED", 0, None)]


@pytest.mark.parametrize(
    ("condition", "received", "accepted", "refused", "expected"),
    [
        ("ACCEPTED", "5", None, None, [("RECEIVED", "5")]),
        ("ACCEPTED", "5", "5", None, [("RECEIVED", "5")]),
        ("ACCEPTED", "5", "5", "0", [("RECEIVED", "5")]),
        ("ACCEPTED", None, "5", None, [("RECEIVED", "5")]),
        ("REFUSED", "5", None, None, [("REFUSED", "5")]),
        ("REFUSED", None, None, "5", [("REFUSED", "5")]),
        ("PARTLY-REFUSED", "5", None, "2", [("RECEIVED", "3"), ("REFUSED", "2")]),
        ("PARTLY-REFUSED", "5", "3", None, [("RECEIVED", "3"), ("REFUSED", "2")]),
        ("PARTLY-REFUSED", "5.0", "3", "2", [("RECEIVED", "3"), ("REFUSED", "2")]),
        ("PARTLY-REFUSED", None, "3", "2", [("RECEIVED", "3"), ("REFUSED", "2")]),
        ("ACCEPTED", "5", "4", None, "eu.quantity.balance"),
        ("ACCEPTED", "5", None, "2", "eu.quantity.balance"),
        ("REFUSED", "5", "1", None, "eu.quantity.balance"),
        ("PARTLY-REFUSED", "5", "3", "1.99", "eu.quantity.balance"),
        ("PARTLY-REFUSED", "5", None, "5", "eu.quantity.balance"),
        ("PARTLY-REFUSED", "5", None, "6", "eu.quantity.balance"),
        ("ACCEPTED", None, None, None, "eu.quantity.unknown"),
        ("PARTLY-REFUSED", "5", None, None, "eu.quantity.unknown"),
    ],
)
def test_accepted_and_refused_are_what_was_received(
    condition: str, received: str | None, accepted: str | None, refused: str | None, expected: Any
) -> None:
    """Of the three, two give the third; where they contradict each other or the condition, it is told."""
    stated_status = status(condition, ACCEPTED=accepted, REFUSED=refused)
    quantity = '<cbc:Quantity unitCode="TNE">24.62</cbc:Quantity>'
    document = text(
        "facility_receipt",
        (quantity, quantity.replace("24.62", received) if received else ""),
        ("<cac:GoodsItem>", f"<cac:Consignment>{stated_status}</cac:Consignment><cac:GoodsItem>"),
        ("<cac:Status>\n        <cbc:ConditionCode>ACCEPTED</cbc:ConditionCode>\n      </cac:Status>", ""),
    )
    (reading,) = readings(document)
    found = [(item.stage.value, item.quantity and str(item.quantity.value)) for item in reading.statements]

    if isinstance(expected, str):
        assert [expected] == [item.rule for item in reading.findings]
    else:
        assert expected == found
        assert {Basis.WEIGHED} == {item.quantity.basis for item in reading.statements if item.quantity}


def test_parts_in_two_units_are_not_computed_with() -> None:
    """A tonne less a kilogram is nobody's statement."""
    document = text(
        "partly_refused", ('<cbc:Measure unitCode="TNE">4.20', '<cbc:Measure unitCode="KGM">4200')
    )

    assert ["eu.unit.mixed"] == [item.rule for item in readings(document)[0].findings]


@pytest.mark.parametrize(
    ("operation", "code", "native", "step"),
    [
        ("R 12", "R12", None, 1),
        ("R13", "R13", None, 1),
        ("D8", "D8", None, 1),
        ("D 9 F", "D9", "D9F", 1),
        ("D13", "D13", None, 1),
        ("D14", "D14", None, 1),
        ("D15", "D15", None, 1),
        ("R1", "R1", None, 2),
        ("d10", "D10", None, 2),
    ],
)
def test_certificates_are_interim_or_final_by_their_operation(
    operation: str, code: str, native: str | None, step: int
) -> None:
    """Step 1 prepares waste for another operation, step 2 is the last."""
    found = only(text("completion", (">R4<", f">{operation}<")))

    assert (code, native, step) == (found.operation_code, found.native_operation_code, found.step)


@pytest.mark.parametrize(
    ("scheme", "stated_code", "expected"),
    [
        ("BASEL", "a 1050", WasteCode("BASEL", "A1050")),
        ("BASEL", "GC010", WasteCode("OECD", "GC010")),
        ("Y", "Y48", WasteCode("BASEL", "Y48")),
        ("low", "110109", WasteCode("LOW", "110109")),
        ("EWC", "11 01 09*", WasteCode("LOW", "110109")),
        ("UN", "3077", WasteCode("UN", "UN3077")),
        ("HS", "2620990000", WasteCode("HS", "262099")),
        ("H", "H4.1", WasteCode("H", "H4.1")),
    ],
)
def test_codes_are_read_by_their_list(scheme: str, stated_code: str, expected: WasteCode) -> None:
    """However they are spelled, each becomes the code of its list."""
    document = text("dispatch", ('listID="BASEL">A1050<', f'listID="{scheme}">{stated_code}<'))
    (reading,) = readings(document)

    assert expected == reading.statements[0].codes[0]


def test_members_have_their_place_in_the_document() -> None:
    """A finding names the element that a person finds in the file."""
    assert "$[2].Shipment.GoodsItem[1].Item.CommodityClassification.ItemClassificationCode[3]" == ubl.place(
        "$[2].lines[1].codes[3]"
    )
    assert "$[0].Shipment.Delivery.Despatch.ActualDespatchDate" == ubl.place("$[0].dispatched")
    assert "$[0].Signature[2].ValidationDate" == ubl.place("$[0].signatures[2].signed")
    assert "$[0].Shipment.GoodsItem[0].Delivery.Quantity" == ubl.place("$[0].lines[0].delivered.value")


def test_quantities_travel_as_stated_and_as_exact_mass() -> None:
    """Tonnes and kilograms become grams; a volume has no mass, and is counted as such."""
    masses = {
        event["line_number"]: (event["quantity"], event["unit"], event["mass_g"])
        for outcome in Agency().submit(text("multi_waste_dispatch"))
        for event in map(event_json, outcome.events)
    }

    assert masses == {
        1: ("10.2", "TNE", 10_200_000),
        2: ("3.05", "TNE", 3_050_000),
        3: ("1.5", "MTQ", None),
    }


ADDRESS = (
    "<cbc:StreetName>Quai Vide</cbc:StreetName><cbc:BuildingNumber>7</cbc:BuildingNumber>"
    "<cbc:PostalZone>59000</cbc:PostalZone>"
)
UNIT = "<cac:TransportEquipment><cbc:ID>MSCU 123456-7</cbc:ID></cac:TransportEquipment>"
ENTRY = "<cbc:ID>BEANR</cbc:ID><cbc:Name>Antwerpen</cbc:Name>"
EXIT = "<cbc:Name>Dunkerque, tel. +33 1 23 45 67 89</cbc:Name>"
SHIPMENT = (
    f"<cac:TransportHandlingUnit>{UNIT}</cac:TransportHandlingUnit>"
    f"<cac:FirstArrivalPortLocation>{ENTRY}</cac:FirstArrivalPortLocation>"
    f"<cac:LastExitPortLocation>{EXIT}</cac:LastExitPortLocation>"
)


def sealed(document: str, **values: str) -> Sealed:
    """Return what recipients alone may know of a file's one statement."""
    found = only(document, **values).sealed
    assert found is not None
    return found


def test_authorities_know_the_companies_of_a_movement() -> None:
    """Companies of a document are sealed by their roles, with identifier, name and address."""
    found = sealed(text("dispatch"))
    roles = [party.role for party in found.parties]

    assert roles == [PartyRole.EXPORTER, PartyRole.GENERATOR, PartyRole.CONSIGNEE, PartyRole.FACILITY]
    assert Party(PartyRole.CONSIGNEE, *CONSIGNEE, "Kaai Trading", "Gent, BE") in found.parties
    assert Party(PartyRole.FACILITY, *FACILITY, "Schelde Metals", "Antwerpen, BE") in found.parties
    assert found.document_number == "FR0126000123.000007"
    assert Reference(ReferenceKind.NOTIFICATION, "FR0126000123") in found.references


def test_carriers_are_sealed_in_their_order() -> None:
    """Each carrier that a document lists is a party."""
    said = stated(text("transfer"))[0].sealed
    assert said is not None

    assert len([party for party in said.parties if party.role is PartyRole.CARRIER]) > 1


def test_address_of_the_generator_is_that_of_its_site() -> None:
    """Where the waste leaves from another place than the office, that is the address."""
    site = "<cac:DespatchLocation>\n          <cac:Address>"
    found = sealed(text("dispatch", (site, site + ADDRESS)))

    (generator,) = [party for party in found.parties if party.role is PartyRole.GENERATOR]
    assert generator.address == "Quai Vide 7, 59000, FR"


def test_ports_containers_and_customs_are_references() -> None:
    """Ports, containers and offices of customs are sealed, and what else stands in their names is not."""
    found = sealed(text("dispatch", ("<cac:GoodsItem>", SHIPMENT + "<cac:GoodsItem>")))

    assert found.references[-3:] == (
        Reference(ReferenceKind.EXIT_POINT, "Dunkerque"),
        Reference(ReferenceKind.ENTRY_POINT, "BEANR Antwerpen"),
        Reference(ReferenceKind.CONTAINER, "MSCU1234567"),
    )


def test_statements_of_a_document_share_what_is_sealed() -> None:
    """What is said to authorities is made once for a document, however many wastes it has."""
    found = stated(text("multi_waste_dispatch"))

    assert len(found) > 1
    assert len({id(statement.sealed) for statement in found}) == 1


def test_laboratory_is_called_that() -> None:
    """Who analyses waste is no facility."""
    found = sealed(text("laboratory"))

    assert PartyRole.LABORATORY in {party.role for party in found.parties}
    assert found.references[0].kind is ReferenceKind.ANNEX_VII


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.xml")), ids=lambda path: path.stem)
def test_persons_and_what_nobody_decided_about_are_sealed_nowhere(path: Path) -> None:
    """Canaries in all elements that are not sealed, contacts and names of who signs, are in no statement."""
    canary = "CANARY"
    tree = etree.fromstring(path.read_bytes())
    read = {"Name", "CityName", "StreetName", "BuildingNumber", "PostalZone", "RegistrationName"}
    kept = {"ElectronicMail", "LicensePlateID", "Description", "Telephone", "Note"}
    for element in tree.iter("{*}*"):
        name = etree.QName(element).localname
        around = {etree.QName(item).localname for item in element.iterancestors()}
        hidden = around & {"Contact", "Person", "Signature", "SenderParty"} and name in read
        if hidden or name in kept:
            element.text = canary
    for signatory in tree.iter("{*}SignatoryParty"):
        person = etree.SubElement(signatory, signatory.tag.replace("SignatoryParty", "PartyName"))
        basic = person.tag.replace("Aggregate", "Basic")
        etree.SubElement(person, basic.replace("PartyName", "Name")).text = canary
    data = etree.tostring(tree)

    assert canary.encode() in data
    assert canary not in repr(list(EuMovement({}).read(io.BytesIO(data))))
