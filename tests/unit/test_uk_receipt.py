"""What receipts of the UK's digital waste tracking state, from the document to the events."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.adapters.uk_receipt import UkReceipt, nations
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Company, Party, Place, Reading, Reference, Sealed, Statement
from schemas import contract, units
from schemas.confidentiality import model_leaves, require_classes
from schemas.identity import DEMONSTRATION_KEYS
from schemas.movement import Basis, Hazardous, Precision, Side, Stage
from schemas.sealed import PartyRole, ReferenceKind
from tests.support.samples import ROOT, sample

DOCUMENTS = Path(__file__).parents[1] / "documents" / "uk_receipt"
DEMONSTRATION = ROOT / "deploy" / "demo" / "documents" / "uk-receipt" / "01_receipts.json"
GOOD = sorted({path.stem for path in DOCUMENTS.glob("*.json")} - {"faulty", "refused", "bare"})
SETTINGS = {"wasteTrackingId": "26NPB0B1", "recordedAt": "2026-01-16T09:00:00Z"}


def document(name: str) -> Any:
    """Return a fixture."""
    return json.loads((DOCUMENTS / f"{name}.json").read_text())


def with_items(*items: dict[str, Any]) -> dict[str, Any]:
    """Return a receipt of these items, each with changes to one that is right."""
    native: dict[str, Any] = document("northern_ireland")
    right = native["body"]["wasteItems"][0]
    return native | {"body": native["body"] | {"wasteItems": [right | item for item in items]}}


def weight(amount: float | Decimal | str, metric: str = "Tonnes", *, is_estimate: bool = False) -> Any:
    """Return a weight."""
    return {"metric": metric, "amount": float(amount), "isEstimate": is_estimate}


def treated(*parts: tuple[str, Any]) -> dict[str, Any]:
    """Return the treatment codes of an item."""
    return {"disposalOrRecoveryCodes": [{"code": code, "weight": part} for code, part in parts]}


def encoded(*natives: Any) -> io.BytesIO:
    """Return documents as one array."""
    return io.BytesIO(json.dumps(list(natives)).encode())


def read(native: Any) -> Reading:
    """Return the only reading of a document."""
    (reading,) = UkReceipt({}).read(encoded(native))
    return reading


def lines(native: Any) -> list[tuple[int, str | None, str, str, Basis]]:
    """Return (number, operation, quantity, unit, basis) of each line."""
    return [
        (
            item.line_number,
            item.operation_code,
            format(item.quantity.value, "f"),
            item.quantity.unit,
            item.quantity.basis,
        )
        for item in read(native).statements
        if item.quantity is not None
    ]


def rules(native: Any) -> list[str]:
    """Return the rules that a document breaks."""
    return [item.rule for item in read(native).findings]


def stated(native: Any) -> Statement:
    """Return the first statement of a document."""
    return read(native).statements[0]


class Agency:
    """An agency whose documents arrive one after another."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        adapter = UkReceipt(settings or {})
        self._pipeline = Pipeline(adapter, "GB-EA", DEMONSTRATION_KEYS, Positions("test"))

    def submit(self, native: Any, delivered_at: datetime | None = None) -> Outcome:
        """Return what became of a document."""
        (outcome,) = self._pipeline.outcomes(encoded(native), "file.json", delivered_at)
        return outcome

    def changes(self, native: Any, delivered_at: datetime | None = None) -> set[tuple[str, int, str | None]]:
        """Return (change, line, quantity) of the events of a document."""
        events = map(decoded, self.submit(native, delivered_at).events)
        return {(event["change"], event["line_number"], event["quantity"]) for event in events}


def decoded(event: Any) -> dict[str, Any]:
    """Return the fields of an event."""
    found: Any = fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)
    return dict(found)


def test_receipt_is_received_at_home_by_its_site() -> None:
    """A receipt states that its site received waste from somewhere in the country, and nothing else."""
    found = stated(document("sorted"))

    assert (found.stage, found.side) == (Stage.RECEIVED, Side.DOMESTIC)
    assert (found.origin, found.destination) == (Place("GB"), Place("GB", "GB-ENG"))
    assert (found.contributor, found.counterparty) == (Company("GB-WASTE-AUTHORISATION", "ZZ9001ZZ"), None)
    assert found.movement_reference == "GB-DWT:26NPB0A1"


def test_each_operation_is_a_line_and_the_rest_another() -> None:
    """Lines are numbered by item and operation; what no operation is stated for is the item's line."""
    assert lines(document("sorted")) == [
        (100, None, "0.600", "TNE", Basis.ESTIMATED),
        (101, "R5", "1500", "KGM", Basis.WEIGHED),
        (102, "D1", "0.4", "TNE", Basis.ESTIMATED),
        (201, "R3", "0.8", "TNE", Basis.WEIGHED),
    ]


def test_operations_that_weigh_more_than_the_item_divide_nothing() -> None:
    """Too much treatment leaves the item whole, without operation, and is noticed."""
    assert lines(document("border")) == [(100, None, "3", "TNE", Basis.WEIGHED)]
    assert "receipt.operation.excess" in rules(document("border"))


def test_item_without_operation_is_one_line() -> None:
    """An item that states no operation is received all the same, and noticed."""
    native = with_items(treated())

    assert lines(native) == [(100, None, "21.4", "TNE", Basis.WEIGHED)]
    assert rules(native) == ["receipt.operation.missing"]


@given(
    item=st.decimals("0.001", "1000", places=3),
    shares=st.lists(st.decimals("0.001", "500", places=3), min_size=1, max_size=8),
)
def test_lines_of_an_item_weigh_what_the_item_weighs(item: Decimal, shares: list[Decimal]) -> None:
    """Whatever the operations, the lines of an item have exactly its weight together."""
    parts = [("R3", weight(share * 1000, "Kilograms")) for share in shares]
    found = read(with_items({"weight": weight(item)} | treated(*parts))).statements
    grams = [units.grams(line.quantity.value, line.quantity.unit, None) for line in found if line.quantity]

    assert sum(filter(None, grams)) == item * 1_000_000


def test_containers_are_counted_once() -> None:
    """The containers of an item stand on its first line alone."""
    assert [item.load_count for item in read(document("sorted")).statements] == [3, None, None, 1]


@pytest.mark.parametrize(
    ("codes", "is_flagged", "expected", "noticed"),
    [
        (["191212"], False, Hazardous.NO, []),
        (["160307"], True, Hazardous.YES, []),
        (["191212", "160307"], False, Hazardous.YES, ["receipt.hazard.mismatch"]),
        (["191212"], True, Hazardous.YES, ["receipt.hazard.mismatch"]),
    ],
)
def test_list_or_flag_makes_hazardous(
    codes: list[str], expected: Hazardous, noticed: list[str], *, is_flagged: bool
) -> None:
    """An item is hazardous by the List of Waste or by its flag; where they differ it is noticed."""
    native = with_items({"ewcCodes": codes, "containsHazardous": is_flagged})
    native["body"]["reasonForNoConsignmentCode"] = "NO_DOC_WITH_WASTE"

    assert (stated(native).hazardous, rules(native)) == (expected, noticed)


def test_codes_are_the_list_of_waste_and_the_properties_of_hazard() -> None:
    """All codes travel, the service's own code for persistent pollutants among properties does not."""
    assert [tuple(code) for code in stated(document("hazardous")).codes] == [("LOW", "160307"), ("HP", "HP6")]
    assert [tuple(code) for code in read(document("sorted")).statements[3].codes] == [
        ("LOW", "150101"),
        ("LOW", "150102"),
    ]


@pytest.mark.parametrize("is_flagged", [False, True])
def test_details_of_pollutants_neither_count_nor_travel(*, is_flagged: bool) -> None:
    """They may be there though the flag denies them: the item is received all the same, without them."""
    pollutants = {"sourceOfComponents": "GUIDANCE", "components": [{"code": "PFOS", "concentration": 12}]}
    native = with_items({"containsPops": is_flagged, "pops": pollutants})

    assert rules(native) == rules(document("northern_ireland")) == []
    assert read(native).statements == read(document("northern_ireland")).statements


@pytest.mark.parametrize("reason", ["HWRC_RECEIPT", "Household Waste Recycling Centre Receipt"])
def test_reasons_are_read_by_code_and_by_label(reason: str) -> None:
    """The documentation lists labels, requests hold codes: both are a reason."""
    native = document("household")
    native["body"]["reasonForNoConsignmentCode"] = reason

    assert rules(native) == []


def test_local_date_is_that_of_the_summer() -> None:
    """Half past eleven at night in UTC is the next day in British summer time."""
    when = stated(document("household")).when

    assert (when.on, when.precision) == (date(2026, 4, 1), Precision.MINUTE)
    assert when.at == datetime(2026, 3, 31, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("postcode", "expected"),
    [
        ("M1 1AE", "GB-ENG"),
        ("ec1a1bb", "GB-ENG"),
        ("G1 1XQ", "GB-SCT"),
        ("SA1 3SN", "GB-WLS"),
        ("BT1 5GS", "GB-NIR"),
        ("TD15 1AA", None),
        ("CH1 2HQ", None),
        ("GY1 1AA", None),
        ("TC1 2AB", None),
    ],
)
def test_area_of_the_postcode_tells_the_nation(postcode: str, expected: str | None) -> None:
    """An area in two nations, outside of the country, or of no place, tells none."""
    area = nations.area(postcode)

    assert area is not None
    assert nations.nation(area) == expected


@pytest.mark.parametrize(
    ("stated_number", "expected"),
    [("EPR/ZZ9001ZZ", "ZZ9001ZZ"), (" zz9001zz ", "ZZ9001ZZ"), ("WML 07/61 LN/13/02", "WML07/61LN/13/02")],
)
def test_receiver_is_one_company_in_every_spelling(stated_number: str, expected: str) -> None:
    """Blanks, case and the prefix of permits make no other company."""
    native = document("sorted")
    native["body"]["receiver"]["authorisationNumber"] = stated_number
    contributor = stated(native).contributor

    assert contributor is not None
    assert contributor.identifier == expected


def test_replacement_corrects_and_cancels() -> None:
    """A PUT replaces the whole receipt: changed lines are corrected, missing ones cancelled."""
    agency = Agency()

    assert {change for change, *_ in agency.changes(document("sorted"))} == {"REPORTED"}
    assert agency.changes(document("sorted_replaced")) == {
        ("CORRECTED", 100, "0.500"),
        ("CORRECTED", 101, "1600"),
        ("CANCELLED", 201, None),
    }


def test_replacement_that_comes_first_stands() -> None:
    """The number in the history orders the versions, not their arrival."""
    agency = Agency()
    agency.submit(document("sorted_replaced"))

    assert agency.changes(document("sorted")) == set()


def test_instant_of_recording_orders_versions_without_a_number() -> None:
    """Without a number the later instant is the later version, whenever it arrives."""
    agency = Agency()
    later = document("northern_ireland") | {"recordedAt": "2026-01-06T09:00:00Z"}
    earlier = document("northern_ireland")
    earlier["body"]["wasteItems"] = [document("sorted")["body"]["wasteItems"][1]]
    agency.submit(later)

    assert agency.changes(earlier) == set()


def test_delivery_orders_versions_that_say_nothing() -> None:
    """Neither number nor instant: what was delivered last stands."""
    agency = Agency()
    first, second = document("sorted"), document("sorted_replaced")
    for native in (first, second):
        native.update(revision=None, recordedAt=None)
    agency.submit(first, datetime(2026, 1, 7, tzinfo=UTC))

    assert len(agency.changes(second, datetime(2026, 1, 8, tzinfo=UTC))) == 3
    assert agency.changes(first, datetime(2026, 1, 6, tzinfo=UTC)) == set()


def test_settings_stand_in_for_the_envelope() -> None:
    """A bare body is read with settings; what an envelope says wins."""
    (bare,) = UkReceipt(SETTINGS).read(encoded(document("bare")))
    (wrapped,) = UkReceipt(SETTINGS).read(encoded(document("sorted")))

    assert bare.identity is not None
    assert (bare.identity.document_id, bare.identity.recorded_at) == (
        "26NPB0B1",
        datetime(2026, 1, 16, 9, tzinfo=UTC),
    )
    assert wrapped.identity is not None
    assert (wrapped.identity.document_id, wrapped.identity.revision) == ("26NPB0A1", 1)


def test_several_companies_of_each_nation() -> None:
    """The demonstration's receipts are right and come from three companies or more of each nation."""
    data = io.BytesIO(DEMONSTRATION.read_bytes())
    statements = [item for reading in UkReceipt({}).read(data) for item in reading.statements]
    companies: dict[str | None, set[Company | None]] = {}
    for item in statements:
        companies.setdefault(item.destination.region, set()).add(item.contributor)

    assert {"GB-ENG", "GB-SCT", "GB-WLS", "GB-NIR"} == set(companies)
    assert min(map(len, companies.values())) >= 3


def _file(name: str) -> io.BytesIO:
    return io.BytesIO((DOCUMENTS / f"{name}.json").read_bytes())


@pytest.mark.parametrize("name", GOOD)
def test_no_person_and_no_number_gets_out(name: str) -> None:
    """No event and no finding holds a name, an address, a plate or a native number in clear."""
    pipeline = Pipeline(UkReceipt({}), "GB-EA", DEMONSTRATION_KEYS, Positions("test"))
    outcomes = list(pipeline.outcomes(_file(name), "file.json"))
    told = b"".join(event.body for outcome in outcomes for event in outcome.events)
    told += repr([outcome.findings for outcome in outcomes]).encode()

    assert all(outcome.events for outcome in outcomes)
    for text in (
        b"ever Published",
        b"never.published",
        b"ZZ99",
        b"NPB0",
        b"NPC",
        b"900001",
        b"01632",
        b"1 1AE",
    ):
        assert text not in told


def test_every_leaf_that_is_read_has_a_class() -> None:
    """No leaf of the native models is without exactly one confidentiality class."""
    for model in UkReceipt.native_models:
        require_classes(model_leaves(model), model.__name__)


NAMES = {
    "Basic_Hazardous": {101: ("R1", 750_000, "WEIGHED")},
    "Basic_POPs": {100: (None, 1_050_000, "ESTIMATED"), 101: ("R1", 750_000, "WEIGHED")},
    "Basic_Required_Fields_Only": {100: (None, 1_750_000, "WEIGHED"), 101: ("R1", 750_000, "WEIGHED")},
    "Complex": {
        100: (None, 450_000, "ESTIMATED"),
        101: ("R1", 750_000, "WEIGHED"),
        200: (None, 350_000, "ESTIMATED"),
        201: ("R1", 750_000, "WEIGHED"),
    },
    "Warning_Missing_Disposal_Codes": {100: (None, 2_500_000, "WEIGHED")},
}


@pytest.mark.parametrize("name", NAMES)
def test_real_pair_of_request_and_replacement_is_published_once(name: str) -> None:
    """Each published PUT equals its POST: the pair gives the lines once, whatever its version says."""
    agency = Agency(SETTINGS)
    outcome = agency.submit(_real("receive", name))
    found = {
        event["line_number"]: (event["operation_code"], event["mass_g"], event["basis"])
        for event in map(decoded, outcome.events)
    }

    assert found == NAMES[name]
    assert agency.submit(_real("update", name)).events == ()
    assert ("receipt.operation.missing" in {item.rule for item in outcome.findings}) is (
        name == "Warning_Missing_Disposal_Codes"
    )


def _real(method: str, name: str) -> Any:
    kind = "Update" if method == "update" and not name.startswith(("Error", "Warning")) else "Receive"
    return json.loads(sample(f"uk-dwt-receipt/{method}_{kind}_Movement_{name}.json").read_text())


@pytest.mark.parametrize("method", ["receive", "update"])
def test_real_request_without_the_key_of_its_organisation_is_rejected(method: str) -> None:
    """The request that is published as an error is rejected for the field that its name tells."""
    outcome = Agency(SETTINGS).submit(_real(method, "Error_Missing_organisationApiId_as_a_required_field"))

    assert ("receipt.field.missing", "$[0].apiCode") in {(item.rule, item.path) for item in outcome.findings}
    assert outcome.is_rejected


def test_every_real_sample_is_looked_at() -> None:
    """No published request is left out of these tests."""
    names = {path.stem.split("_Movement_")[1] for path in sample("uk-dwt-receipt").glob("*.json")}

    assert names == {*NAMES, "Error_Missing_organisationApiId_as_a_required_field"}


CARRIER = {
    "registrationNumber": "cbdu 900001",
    "organisationName": "Example Haulage Ltd",
    "address": {"fullAddress": "2 Example Street, Exampleton", "postcode": "ZZ1 1ZZ"},
    "meansOfTransport": "Road",
    "vehicleRegistration": "AB12 CDE",
}


def sealed(native: Any) -> Sealed:
    """Return what all statements of a receipt seal, which is the same."""
    (found,) = {item.sealed for item in read(native).statements}
    assert found is not None
    return found


def hazardous(**members: Any) -> Any:
    """Return a receipt of hazardous waste with some members of its body replaced."""
    native = document("hazardous")
    return native | {"body": native["body"] | members}


def test_authorities_learn_carrier_site_and_consignment() -> None:
    """A receipt seals its tracking id, the carrier's registration, the site and the consignment code."""
    assert sealed(hazardous(carrier=CARRIER)) == Sealed(
        "26NPB0A2",
        (
            Party(
                PartyRole.CARRIER,
                "GB-WASTE-CARRIER",
                "CBDU 900001",
                "Example Haulage Ltd",
                "2 Example Street, Exampleton, ZZ1 1ZZ",
            ),
            Party(
                PartyRole.FACILITY,
                "GB-WASTE-AUTHORISATION",
                "PPC/A/9000001",
                "Never Published Ltd",
                "1 Never Published Road, EH1 1YZ",
            ),
        ),
        (Reference(ReferenceKind.CONSIGNMENT, "SB9000001"),),
    )


def test_people_waste_brokers_and_free_texts_are_not_sealed() -> None:
    """Contacts, plates, brokers, descriptions and the parties' own references stay behind."""
    contacts = {"emailAddress": "canary@mail.example", "phoneNumber": "020 7946 0142"}
    native = hazardous(
        apiCode="ba6eb330-4f7f-11eb-a2fb-67c34e9ac07c",
        yourUniqueReference="Canary",
        otherReferencesForMovement=[{"label": "Canary", "reference": "Canary"}],
        specialHandlingRequirements="Canary",
        carrier=CARRIER | contacts | {"reasonForNoRegistrationNumber": "Canary"},
        brokerOrDealer={"organisationName": "Canary", "registrationNumber": "CBDU999999"} | contacts,
    )
    for name in ("receiver", "receipt"):
        native["body"][name] |= contacts | {"contactName": "Canary"}
    for item in native["body"]["wasteItems"]:
        item |= {"wasteDescription": "Canary", "hazardous": {"components": [{"name": "Canary"}]}}

    told = repr(sealed(native)).lower()

    assert len(sealed(native).parties) == 2
    for text in ("canary", "7946", "ab12", "ba6eb330", "cbdu999999"):
        assert text not in told


@pytest.mark.parametrize("registration", [None, "", "Sam Sample", "07700 900142"])
def test_carrier_without_registration_may_be_a_person(registration: str | None) -> None:
    """A householder who brings the own waste is not named; neither is one whose registration is none."""
    carrier = CARRIER | {"registrationNumber": registration, "reasonForNoRegistrationNumber": "HOUSEHOLD"}

    assert [item.role for item in sealed(hazardous(carrier=carrier)).parties] == [PartyRole.FACILITY]


def test_telephone_in_place_of_a_number_is_not_sealed() -> None:
    """A telephone number where the permit or the consignment code should stand is neither."""
    native = hazardous(hazardousWasteConsignmentCode="call 020 7946 0142")
    native["body"]["receiver"]["authorisationNumber"] = "02079460142"

    found = sealed(native)

    assert found.parties[-1].identifier is None
    assert found.references == ()


@pytest.mark.parametrize("value", [7, True, ["x"], {"x": 1}, "x" * 251, "\ud800", None])
def test_what_only_authorities_read_breaks_no_rule(value: Any) -> None:
    """A name or address of another type or length is as good as absent, and no finding."""
    native = hazardous(carrier=CARRIER | {"organisationName": value, "address": value})
    native["body"]["receiver"]["siteName"] = native["body"]["receipt"]["address"]["fullAddress"] = value

    found = sealed(native)

    assert read(native).findings == read(document("hazardous")).findings
    assert [(item.name, item.address) for item in found.parties] == [(None, None), (None, "EH1 1YZ")]
