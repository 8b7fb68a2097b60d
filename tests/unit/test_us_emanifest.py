"""What US manifests state, from the document to the events that come out of the pipeline."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import fastavro
import pytest

from producers.adapters.us_emanifest import UsEmanifest
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Party, Reading, Reference, Sealed, Statement
from schemas import contract
from schemas.confidentiality import model_leaves, require_classes
from schemas.identity import DEMONSTRATION_KEYS
from schemas.movement import Basis, Hazardous, Precision, Relation, Side, Stage
from schemas.sealed import PartyRole, ReferenceKind
from tests.support.samples import sample

DOCUMENTS = Path(__file__).parents[1] / "documents" / "us_emanifest"


def document(name: str, **changes: Any) -> dict[str, Any]:
    """Return a fixture with some of its members replaced."""
    native: dict[str, Any] = json.loads((DOCUMENTS / f"{name}.json").read_text())
    return native | changes


def with_quantity(unit: str, density: float | None = None, code: str | None = None) -> dict[str, Any]:
    """Return a signed manifest of one line of 10 units."""
    native = document("signed")
    waste = native["wastes"][0]
    waste["quantity"] |= {"quantity": 10, "unitOfMeasurement": {"code": unit}}
    waste["brInfo"] = {"density": density, "densityUnitOfMeasurement": {"code": code}}
    return native | {"wastes": [waste]}


def encoded(*natives: Any) -> io.BytesIO:
    """Return documents as one array."""
    return io.BytesIO(json.dumps(list(natives)).encode())


def read(native: Any) -> Reading:
    """Return the only reading of a document."""
    (reading,) = UsEmanifest({}).read(encoded(native))
    return reading


def stated(native: Any, stage: Stage, line_number: int = 1) -> Statement:
    """Return the only statement of a stage and line."""
    (found,) = (
        item for item in read(native).statements if (item.stage, item.line_number) == (stage, line_number)
    )
    return found


def stages(native: Any, line_number: int = 1) -> list[tuple[Stage, int]]:
    """Return the stages and steps stated of a line."""
    return [(item.stage, item.step) for item in read(native).statements if item.line_number == line_number]


class Agency:
    """An agency whose documents arrive one after another."""

    def __init__(self) -> None:
        self._pipeline = Pipeline(UsEmanifest({}), "US-EPA", DEMONSTRATION_KEYS, Positions("test"))

    def submit(self, native: Any) -> Outcome:
        """Return what became of a document."""
        (outcome,) = self._pipeline.outcomes(encoded(native), "file.json")
        return outcome

    def changes(self, native: Any) -> set[tuple[str, str, int, str | None]]:
        """Return (change, stage, line, quantity) of the events of a document."""
        return {
            (event["change"], event["stage"], event["line_number"], event["quantity"])
            for event in map(decoded, self.submit(native).events)
        }


def decoded(event: Any) -> dict[str, Any]:
    """Return the fields of an event."""
    found: Any = fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)
    return dict(found)


def test_signed_manifest_tells_each_stage_of_each_line() -> None:
    """A signed manifest states dispatch, each further transporter and receipt, and no treatment."""
    expected = [(Stage.DISPATCHED, 0), (Stage.TRANSFERRED, 2), (Stage.RECEIVED, 0)]

    assert expected == stages(document("signed"), 1)
    assert expected == stages(document("signed"), 3)


@pytest.mark.parametrize("status", ["NotAssigned", "Pending", "UnderCorrection", "MtnValidationFailed"])
def test_draft_is_never_published(status: str) -> None:
    """A draft changes nothing, even where its content would be refused."""
    reading = read(document("signed", status=status, wastes="not yet"))

    assert reading.is_draft
    assert (reading.statements, reading.findings) == ((), ())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Scheduled", {Stage.ANNOUNCED}),
        ("InTransit", {Stage.DISPATCHED, Stage.TRANSFERRED}),
        ("ReadyForSignature", {Stage.DISPATCHED, Stage.TRANSFERRED, Stage.RECEIVED}),
        ("Signed", {Stage.DISPATCHED, Stage.TRANSFERRED, Stage.RECEIVED}),
        ("Corrected", {Stage.DISPATCHED, Stage.TRANSFERRED, Stage.RECEIVED}),
    ],
)
def test_status_says_which_stages_were_reached(status: str, expected: set[Stage]) -> None:
    """Each published status states the stages up to it and is silent about the announcement it left."""
    reading = read(document("signed", status=status))

    assert expected == {item.stage for item in reading.statements}
    assert (Stage.ANNOUNCED in reading.silent_stages) is (status != "Scheduled")


def test_companies_are_who_holds_the_waste() -> None:
    """The holder of each stage is its contributor, the other end of the leg its counterparty."""
    native = document("signed")
    held = {
        stage: (found.contributor, found.counterparty)
        for stage in (Stage.DISPATCHED, Stage.TRANSFERRED, Stage.RECEIVED)
        for found in [stated(native, stage)]
    }
    names = {stage: tuple(company.identifier for company in pair if company) for stage, pair in held.items()}

    assert names == {
        Stage.DISPATCHED: ("CAD900000001", "TXD900000004"),
        Stage.TRANSFERRED: ("AZD900000003", "NVD900000002"),
        Stage.RECEIVED: ("TXD900000004", "CAD900000001"),
    }


def test_one_site_may_be_two_transporters() -> None:
    """A site that takes over twice is stated twice, by the order of its turns."""
    native = document("signed")
    first, second = native["transporters"]
    third = second | {"epaSiteId": first["epaSiteId"], "order": 3}

    assert stages(native | {"transporters": [third, second, first]})[1:3] == [
        (Stage.TRANSFERRED, 2),
        (Stage.TRANSFERRED, 3),
    ]


def test_local_dates_follow_the_site() -> None:
    """Midnight in the eastern states is a day anywhere; another instant has the date of the site's state."""
    shipped = stated(document("signed"), Stage.DISPATCHED).when
    received = stated(document("signed"), Stage.RECEIVED).when

    # 03:30 UTC on the 11th is still the 10th in California.
    assert (shipped.on, shipped.precision) == (date(2025, 3, 10), Precision.MINUTE)
    assert (received.on, received.precision) == (date(2025, 3, 14), Precision.DAY)
    assert received.at == datetime(2025, 3, 14, 4, tzinfo=UTC)


def test_signatures_stand_in_for_dates() -> None:
    """Without its own date a stage has that of the signature of who took over."""
    native = document("signed", shippedDate=None, receivedDate=None)
    native["designatedFacility"]["paperSignatureInfo"]["signatureDate"] = "2025-03-13T04:00:00Z"

    assert stated(native, Stage.DISPATCHED).when.on == date(2025, 3, 10)
    assert stated(native, Stage.RECEIVED).when.on == date(2025, 3, 13)


def test_announcement_has_the_planned_date_else_that_of_the_update() -> None:
    """A planned date that cannot be read is noticed and replaced by the date of the update."""
    planned = document("scheduled")
    unreadable = document("scheduled", potentialShipDate="next week")

    assert stated(planned, Stage.ANNOUNCED).when.on == date(2025, 3, 11)
    assert stated(unreadable, Stage.ANNOUNCED).when.on == date(2025, 3, 10)
    assert [item.rule for item in read(unreadable).findings] == ["us.date.planned"]


@pytest.mark.parametrize(
    ("unit", "expected", "mass_g"),
    [
        ("P", "LBR", 4_536),
        ("T", "STN", 9_071_847),
        ("K", "KGM", 10_000),
        ("M", "TNE", 10_000_000),
        ("G", "GLL", None),
        ("L", "LTR", None),
        ("Y", "YDQ", None),
        ("N", "MTQ", None),
    ],
)
def test_each_unit_has_its_code(unit: str, expected: str, mass_g: int | None) -> None:
    """Each of the eight units travels as its international code; a volume alone has no mass."""
    outcome = Agency().submit(with_quantity(unit))
    event = decoded(outcome.events[-1])

    assert (event["stage"], event["unit"], event["quantity"]) == ("RECEIVED", expected, "10")
    assert event["mass_g"] == mass_g
    assert ("quantity.unconverted" in {item.rule for item in outcome.findings}) is (mass_g is None)


@pytest.mark.parametrize(
    ("unit", "density", "code", "mass_g"),
    [
        ("G", 0.92, "2", 34_826),
        ("L", 0.92, "2", 9_200),
        ("N", 1, "2", 10_000_000),
        ("L", 8.345, "1", 10_000),
        ("G", 123, "1", None),
        ("G", 0, "2", None),
        ("G", -1, "2", None),
        ("G", 0.92, "3", None),
        ("G", 0.92, None, None),
    ],
)
def test_density_makes_a_volume_a_mass(
    unit: str, density: float, code: str | None, mass_g: int | None
) -> None:
    """A believable density in a known unit gives a mass, any other is noticed and not used."""
    outcome = Agency().submit(with_quantity(unit, density, code))
    event = decoded(outcome.events[-1])

    assert event["mass_g"] == mass_g
    assert event["basis"] == ("WEIGHED" if mass_g is None else "CONVERTED")
    assert ("us.density.implausible" in {item.rule for item in outcome.findings}) is (mass_g is None)


def test_pounds_a_gallon_times_gallons_are_pounds() -> None:
    """50,000 lb are 22,679,618.5 g by definition, and half a gram is rounded up."""
    manifest = with_quantity("G", 10, "1")
    manifest["wastes"][0]["quantity"]["quantity"] = 5_000

    assert decoded(Agency().submit(manifest).events[-1])["mass_g"] == 22_679_619


def test_quantity_before_receipt_is_an_estimate() -> None:
    """The generator's figure is an estimate, the facility's is weighed."""
    bases = {
        item.stage: item.quantity.basis
        for item in read(document("signed")).statements
        if item.line_number == 3 and item.quantity is not None
    }

    assert bases == {
        Stage.DISPATCHED: Basis.ESTIMATED,
        Stage.TRANSFERRED: Basis.ESTIMATED,
        Stage.RECEIVED: Basis.WEIGHED,
    }


def test_codes_name_their_scheme() -> None:
    """Federal, state and transport codes travel under their own schemes, the method as stated."""
    found = stated(document("signed"), Stage.RECEIVED)

    assert [tuple(code) for code in found.codes] == [
        ("US-EPA", "D001"),
        ("US-EPA", "F003"),
        ("US-STATE-CA", "352"),
        ("US-STATE-TX", "OUTS209H"),
        ("UN", "UN1263"),
    ]
    assert (found.operation_code, found.native_operation_code) == (None, "H061")
    assert stated(document("signed"), Stage.DISPATCHED).native_operation_code is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Hazardous.YES),
        ({"hazardousWaste": None, "epaWaste": False}, Hazardous.NO),
        ({"hazardousWaste": None, "epaWaste": True}, Hazardous.UNKNOWN),
        ({"hazardousWaste": None, "epaWaste": False, "pcb": True}, Hazardous.UNKNOWN),
        ({"hazardousWaste": {"generatorStateWasteCodes": [{"code": "352"}]}}, Hazardous.UNKNOWN),
        ({"hazardousWaste": {"federalWasteCodes": [{"code": "D999"}]}}, Hazardous.UNKNOWN),
    ],
)
def test_only_a_federal_code_makes_hazardous(changes: dict[str, Any], expected: Hazardous) -> None:
    """Hazardous by 40 CFR 261 is what has a federal code; being a waste says nothing of it."""
    native = document("signed")
    native["wastes"][0] |= changes

    assert stated(native, Stage.RECEIVED).hazardous is expected


def test_partial_rejection_counts_no_quantity_twice() -> None:
    """What was kept and what refused stands on no line: the manifests that replace this one carry it."""
    native = document("partial_rejection")
    refused, received = stated(native, Stage.REFUSED), stated(native, Stage.RECEIVED)

    assert refused.quantity is None
    assert refused.related == (("US:900000003JJK", Relation.REPLACED_BY),)
    assert received.quantity is None
    assert received.related == (("US:900000004JJK", Relation.RESIDUE_OF),)


def test_full_rejection_is_no_receipt() -> None:
    """What was refused as a whole was refused in its full quantity and never received."""
    native = document("full_rejection")
    refused = stated(native, Stage.REFUSED)

    assert Stage.RECEIVED not in {stage for stage, _ in stages(native)}
    assert refused.quantity is not None
    assert refused.quantity.value == 480
    assert refused.contributor == stated(document("signed"), Stage.RECEIVED).contributor


def test_child_meets_its_parent_in_any_order() -> None:
    """A child that arrives first names the same movement key as its parent that comes later."""
    agency = Agency()
    (child, *_) = map(decoded, agency.submit(document("replacement")).events)
    (parent, *_) = map(decoded, agency.submit(document("partial_rejection")).events)

    assert child["related"] == [{"movement_key": parent["movement_key"], "relation": "REPLACES"}]


def test_return_is_taken_back_not_received() -> None:
    """Refused waste that comes home to its generator is repatriated, a return of the first manifest."""
    found = stated(document("returned"), Stage.REPATRIATED)

    assert Stage.RECEIVED not in {stage for stage, _ in stages(document("returned"))}
    assert found.related == (("US:900000005ELC", Relation.RETURN_OF),)
    assert found.contributor is not None
    assert found.contributor.identifier == "CAD900000001"


def test_original_manifests_of_one_line_belong_to_that_line() -> None:
    """Links stated at a line are stated of that line alone."""
    native = document("signed")
    native["wastes"][0]["additionalInfo"] = {"originalManifestTrackingNumbers": ["900000002ELC"]}

    assert stated(native, Stage.RECEIVED, 1).related == (("US:900000002ELC", Relation.REPLACES),)
    assert stated(native, Stage.RECEIVED, 3).related == ()


def test_import_comes_from_abroad() -> None:
    """An import has the foreign country as its origin, is stated from the side of the destination."""
    found = stated(document("import"), Stage.RECEIVED)
    country_missing = document("import", importInfo={})

    assert (found.side, found.origin.country, found.origin.region) == (Side.DESTINATION, "CA", None)
    assert (found.destination.country, found.destination.region) == ("US", "US-TX")
    assert Stage.BORDER_CROSSED not in {stage for stage, _ in stages(document("import"))}
    assert [item.rule for item in read(country_missing).findings] == ["us.import.country.missing"]


def test_facility_abroad_is_an_export() -> None:
    """A manifest to another country is stated from the side of the origin."""
    native = document("signed")
    native["designatedFacility"]["siteAddress"] = {"country": {"code": "CA"}, "state": {"code": "ON"}}
    found = stated(native, Stage.DISPATCHED)

    assert (found.side, found.destination) == (Side.ORIGIN, ("CA", None))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("signed", datetime(2025, 6, 12, 4, tzinfo=UTC)),
        ("full_rejection", datetime(2025, 6, 12, 4, tzinfo=UTC)),
        ("import", datetime(2026, 3, 1, 5, tzinfo=UTC)),
        ("scheduled", None),
    ],
)
def test_manifest_is_public_after_its_term(name: str, expected: datetime | None) -> None:
    """Public 90 days after receipt, imports on 1 March of the next year (40 CFR 260.2)."""
    assert {expected} == {item.release_at for item in read(document(name)).statements}


def test_image_in_an_envelope_has_no_line() -> None:
    """A scanned manifest states its receipt as line 0 without waste, the state from the site id."""
    reading = read(document("image_envelope"))
    (found,) = reading.statements

    assert (found.stage, found.line_number, found.quantity) == (Stage.RECEIVED, 0, None)
    assert found.movement_reference == "US:900000008JJK"
    assert found.destination == ("US", "US-TX")
    assert found.counterparty is None
    assert {item.rule for item in reading.findings} == {"us.site.unknown", "us.date.missing"}


def test_document_read_twice_is_published_once() -> None:
    """The same version gives no second event, a later version of equal content neither."""
    agency = Agency()
    first = agency.submit(document("signed"))

    assert len(first.events) == 6
    assert agency.submit(document("signed")).events == ()
    assert agency.submit(document("signed", updatedDate="2025-04-01T00:00:00Z")).events == ()


def test_update_before_shipment_corrects_the_announcement() -> None:
    """Another quantity in a later update is a correction of one line; an older update comes too late."""
    agency = Agency()
    native, later = document("scheduled"), document("scheduled", updatedDate="2025-03-10T17:00:00Z")
    later["wastes"][0]["quantity"]["quantity"] = 74

    assert agency.changes(native) == {
        ("REPORTED", "ANNOUNCED", 1, "480"),
        ("REPORTED", "ANNOUNCED", 3, "345"),
    }
    assert agency.changes(later) == {("CORRECTED", "ANNOUNCED", 1, "74")}
    assert [item.rule for item in agency.submit(native).findings][-1] == "document.superseded"


def test_shipment_leaves_the_announcement_standing() -> None:
    """The announcement stands when the manifest moves on, and is added when it arrives late."""
    in_order, reverse = Agency(), Agency()
    in_order.submit(document("scheduled"))
    reverse.submit(document("signed"))

    assert {change for change, *_ in in_order.changes(document("signed"))} == {"REPORTED"}
    assert {stage for _, stage, *_ in reverse.changes(document("scheduled"))} == {"ANNOUNCED"}


def test_correction_that_drops_a_line_cancels_it() -> None:
    """What a corrected version no longer states is cancelled, a draft between changes nothing."""
    agency = Agency()
    native = document("signed")
    agency.submit(native)
    draft = native | {"status": "UnderCorrection", "updatedDate": "2025-04-01T00:00:00Z", "wastes": []}
    corrected = draft | {
        "status": "Corrected",
        "updatedDate": "2025-04-02T00:00:00Z",
        "wastes": native["wastes"][:1],
    }

    assert agency.changes(draft) == set()
    assert agency.changes(corrected) == {
        ("CANCELLED", stage, 3, None) for stage in ("DISPATCHED", "TRANSFERRED", "RECEIVED")
    }


def test_version_that_was_opened_and_reverted_says_nothing() -> None:
    """Whatever stood in the draft, the version that stands again is the one that was published."""
    agency = Agency()
    native = document("signed")
    agency.submit(native)
    draft = document("signed", status="UnderCorrection", updatedDate="2025-04-01T00:00:00Z")
    draft["wastes"][0]["quantity"]["quantity"] = 481
    opened = agency.submit(draft)

    assert (opened.events, opened.findings) == ((), ())
    assert agency.changes(native) == set()
    assert agency.changes(native | {"updatedDate": "2025-04-02T00:00:00Z"}) == set()


def test_deleted_manifest_is_cancelled() -> None:
    """The service's reply that a manifest is gone cancels what was announced of it."""
    agency = Agency()
    agency.submit(document("scheduled"))

    assert agency.changes(document("deleted")) == {
        ("CANCELLED", "ANNOUNCED", 1, None),
        ("CANCELLED", "ANNOUNCED", 3, None),
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in DOCUMENTS.glob("*.json")))
def test_no_person_and_no_number_gets_out(name: str) -> None:
    """No event and no finding holds a name, an address, a consent or a native number in clear."""
    outcome = Agency().submit(document(name))
    told = b"".join(event.body for event in outcome.events) + repr(outcome.findings).encode()

    for text in (
        b"ever Published",
        b"ever.published",
        b"555",
        b"Fixture",
        b"90000000",
        b"123456I",
        b"Houlton",
    ):
        assert text not in told


def test_no_person_of_a_real_handler_gets_out() -> None:
    """Persons and contacts of the service's own handler stand nowhere, its site in no event or finding."""
    handler = json.loads(sample("us-haztrak/test_handler.json").read_text())
    native = document("signed", generator=handler)
    native["wastes"][0]["wasteDescription"] = "ask SANDY SAMPLE, 888-888-8888, tester@example.org"
    outcome = Agency().submit(native)
    told = b"".join(event.body for event in outcome.events) + repr(outcome.findings).encode()

    assert len(outcome.events) == 6
    for text in (b"SANDY", b"SAMPLE", b"Terry", b"888-888", b"555-555", b"tester@"):
        assert text.lower() not in (told + repr(outcome).encode()).lower()
    for text in (b"TESTGEN", b"ARLINGTON"):
        assert text.lower() not in told.lower()


def test_every_leaf_that_is_read_has_a_class() -> None:
    """No leaf of the native model is without exactly one confidentiality class."""
    for model in UsEmanifest.native_models:
        require_classes(model_leaves(model), model.__name__)


def test_real_update_before_shipment() -> None:
    """The published example of an update is one fact in two revisions: 480 gallons, then 74."""
    agency = Agency()
    quantities = []
    for kind in ("save", "update"):
        stem = f"us-emanifest/Scenario-1-emanifest-{kind}-valid-Full-Electronic-example"
        reply = json.loads(sample(f"{stem}-response.json").read_text())
        body = json.loads(sample(f"{stem}.json").read_text())
        number, updated = reply["manifestTrackingNumber"], reply["date"]
        envelope = {"manifestTrackingNumber": number, "updatedDate": updated, "body": body}
        events = [decoded(event) for event in agency.submit(envelope).events]
        quantities += [(event["change"], event["quantity"]) for event in events if event["line_number"] == 1]

    assert quantities == [("REPORTED", "480"), ("CORRECTED", "74")]


def test_real_reply_of_the_service() -> None:
    """A manifest as the service returned it is announced with both of its lines."""
    native = json.loads(sample("us-haztrak/100032524ELC.json").read_text())

    assert Agency().changes(native) == {
        ("REPORTED", "ANNOUNCED", 1, "480"),
        ("REPORTED", "ANNOUNCED", 2, "432"),
    }


def test_real_save_body_in_an_envelope() -> None:
    """Five lines with a gap, three transporters of two sites: masses as they can be had."""
    body = json.loads(sample("us-emanifest/emanifest-save-valid-Data-and-Image-example.json").read_text())
    envelope = {"manifestTrackingNumber": "900000009ELC", "updatedDate": "2019-03-20T00:00:00Z", "body": body}
    events = [decoded(event) for event in Agency().submit(envelope).events]
    masses = {event["line_number"]: event["mass_g"] for event in events if event["stage"] == "RECEIVED"}

    assert masses == {1: 456_000, 2: 55_000, 4: 156_489, 5: None, 6: None}
    assert len(events) == 20


PERSON = {
    "firstName": "Canary",
    "middleInitial": "C",
    "lastName": "Canary",
    "userId": "canary",
    "phone": {"number": "205-555-0142", "extension": "Canary"},
    "email": "canary@mail.example",
    "companyName": "Canary",
}
OF_PEOPLE = {
    "contact": PERSON,
    "emergencyPhone": {"number": "205-555-0143"},
    "mailingAddress": {"address1": "Canary", "city": "Canary"},
    "paperSignatureInfo": {"printedName": "Canary", "signatureDate": "2025-03-11T03:30:00.000+0000"},
    "electronicSignaturesInfo": [
        {"signer": PERSON, "cromerrActivityId": "Canary", "signatureDate": "2025-03-12T18:00:00.000+00:00"}
    ],
}


def sealed(native: Any) -> Sealed:
    """Return what all statements of a document seal, which is the same."""
    (found,) = {item.sealed for item in read(native).statements}
    assert found is not None
    return found


def test_authorities_learn_numbers_sites_consents_and_ports() -> None:
    """An import seals what it says of each site, the consent of its lines and the port of entry."""
    native = document("import")
    native["importInfo"] |= {
        "importGenerator": native["importInfo"]["importGenerator"]
        | {"name": "Maple Metals Inc", "address": "12 Rue Test", "city": "Moncton", "postalCode": "E4H 4S9"}
    }
    native["designatedFacility"]["siteAddress"] |= {"streetNumber": "77", "address2": "Gate 3"}

    address = "1 Fixture Road, Fixture, {}, 00001, US"
    assert sealed(native) == Sealed(
        "900000007ELC",
        (
            Party(
                PartyRole.GENERATOR, name="Maple Metals Inc", address="12 Rue Test, Moncton, NB, E4H 4S9, CA"
            ),
            Party(PartyRole.IMPORTER, "US-EPA-SITE", "CAD900000001", "Fixture company", address.format("CA")),
            Party(PartyRole.CARRIER, "US-EPA-SITE", "NVD900000002", "Fixture company", address.format("NV")),
            Party(PartyRole.CARRIER, "US-EPA-SITE", "AZD900000003", "Fixture company", address.format("AZ")),
            Party(
                PartyRole.FACILITY,
                "US-EPA-SITE",
                "TXD900000004",
                "Fixture company",
                "77 1 Fixture Road, Gate 3, Fixture, TX, 00001, US",
            ),
        ),
        (
            Reference(ReferenceKind.CONSENT, "123456I12345"),
            Reference(ReferenceKind.ENTRY_POINT, "Houlton, ME"),
        ),
    )


def test_a_line_seals_its_own_consent_and_that_of_the_manifest() -> None:
    """A consent is of one waste: the authority of another line's movement does not learn it."""
    native = document("import")
    (waste,) = native["wastes"]
    consents = ("123456I12345", "123456I12346", "123456i 12399")
    native["wastes"] = [
        waste | {"lineNumber": number, "additionalInfo": {"consentNumber": consent}}
        for number, consent in enumerate(consents, 1)
    ]
    native["additionalInfo"]["consentNumber"] = consents[2]

    said = {
        (item.line_number, reference.value)
        for item in read(native).statements
        for reference in item.sealed.references  # type: ignore[union-attr]  # a manifest always has some
        if reference.kind is ReferenceKind.CONSENT
    }
    own = {(1, "123456I12345"), (2, "123456I12346")}
    assert said == own | {(number, "123456I12399") for number in (1, 2, 3)}


def test_people_brokers_and_free_texts_are_not_sealed() -> None:
    """What a manifest says of persons, contacts and brokers, in comments and descriptions, stays behind."""
    native = document("import", broker={"epaSiteId": "CAD900000001", "name": "Canary"} | OF_PEOPLE)
    for site in (native["generator"], *native["transporters"], native["designatedFacility"]):
        site.update(OF_PEOPLE)
    native["importInfo"]["importGenerator"] |= {"name": "Maple Metals Inc", "contact": PERSON}
    native |= {
        "certifiedBy": PERSON,
        "lastUpdatedBy": PERSON,
        "correctionInfo": {"electronicSignatureInfo": PERSON},
    }
    native["additionalInfo"] = {"handlingInstructions": "Canary", "comments": [{"description": "Canary"}]}
    native["additionalInfo"]["originalManifestTrackingNumbers"] = ["900000009ELC"]
    for waste in native["wastes"]:
        waste |= {"wasteDescription": "Canary", "pcbInfos": [{"articleContainerId": "Canary"}]}
        waste["additionalInfo"] = waste.get("additionalInfo", {}) | {"handlingInstructions": "Canary"}

    told = repr(sealed(native)).lower()

    assert len(sealed(native).parties) == 5
    for text in ("canary", "205-555", "900000009"):
        assert text not in told


def test_contacts_in_names_are_taken_out() -> None:
    """What somebody wrote beside the name of a site or a port does not travel."""
    native = document("import")
    native["generator"]["name"] = "Acme Recycling, jo@acme.example, tel 205-555-0142"
    native["generator"]["siteAddress"]["address2"] = "fax (205) 555-0143"
    native["importInfo"]["portOfEntry"]["cityPort"] = "Houlton call 205-555-0144"

    found = sealed(native)

    assert found.parties[1].name == "Acme Recycling"
    assert found.parties[1].address == "1 Fixture Road, Fixture, CA, 00001, US"
    assert found.references[-1].value == "Houlton call, ME"


@pytest.mark.parametrize("value", [7, True, ["x"], {"x": 1}, "x" * 251, "\ud800", None])
def test_what_only_authorities_read_breaks_no_rule(value: Any) -> None:
    """A name, address, consent or port of another type or length is as good as absent, and no finding."""
    native = document("import")
    expected = read(native).findings
    native["generator"] |= {"name": value}
    native["generator"]["siteAddress"] |= {"address1": value, "city": value, "zip": value}
    native["importInfo"]["portOfEntry"] = value
    native["wastes"][0]["additionalInfo"] = {"consentNumber": value}

    found = sealed(native)

    assert read(native).findings == expected
    assert found.parties[1] == Party(PartyRole.IMPORTER, "US-EPA-SITE", "CAD900000001", None, "CA, US")
    assert [item for item in found.references if item.kind is ReferenceKind.ENTRY_POINT] == []


def test_sites_without_an_id_of_their_own_are_known_by_name() -> None:
    """An id that many sites share identifies none; without a name and an address there is no party."""
    native = document("signed")
    native["generator"] |= {"epaSiteId": "VACESQG", "siteAddress": None}
    native["transporters"][0] = {"epaSiteId": "VACESQG", "order": 1}

    assert sealed(native).parties[0] == Party(PartyRole.GENERATOR, name="Fixture company")
    assert [item.role for item in sealed(native).parties].count(PartyRole.CARRIER) == 1
