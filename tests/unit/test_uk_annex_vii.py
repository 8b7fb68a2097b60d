from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.adapter import create
from producers.adapters.uk_annex_vii import UkAnnexVii
from producers.adapters.uk_annex_vii.columns import HEADERS
from producers.pipeline import Pipeline
from producers.statement import (
    Company,
    Identity,
    Party,
    Place,
    Quantity,
    Reference,
    Sealed,
    Statement,
    WasteCode,
    When,
)
from schemas.confidentiality import Confidentiality, model_leaves
from schemas.movement import Basis, Hazardous, Side, Stage
from schemas.sealed import PartyRole, ReferenceKind
from tests.support.annex_vii import (
    ACCOUNT,
    document,
    events,
    laboratory_row,
    part,
    pipeline,
    publish,
    read,
    read_row,
    row,
    rules,
    said,
    upload,
    without,
)

MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 10, day, tzinfo=UTC) for day in (5, 6, 7))


def deliver(works: Pipeline, file: bytes, at: datetime) -> list[tuple[str, str, str]]:
    """Return change, stage and quantity of each event that a file delivered at an instant publishes."""
    published = events(list(works.outcomes(io.BytesIO(file), "upload.csv", at)))
    return [(event["change"], event["stage"], event["quantity"]) for event in published]


def test_adapter_is_installed_and_each_leaf_has_a_class() -> None:
    """The adapter loads by its name, which checks that every native leaf has a class."""
    assert isinstance(create("uk-annex-vii", {"account": ACCOUNT}), UkAnnexVii)


def test_row_is_one_statement() -> None:
    """Date and quantity are those of the row, the exporter is known by the account, the rest by codes."""
    reading = read(document("estimates.csv"))[0]

    expected = Statement(
        line_number=1,
        stage=Stage.ANNOUNCED,
        side=Side.ORIGIN,
        when=When(date(2026, 9, 7)),
        movement_reference="GB-GLW:acc-7:HM2601",
        origin=Place("GB", "GB-ENG"),
        destination=Place("NL"),
        codes=(WasteCode("BASEL", "B1010"), WasteCode("LOW", "170405")),
        hazardous=Hazardous.NO,
        operation_code="R4",
        quantity=Quantity(Decimal("24.5"), "TNE", Basis.ESTIMATED),
        contributor=Company("GB-GLW-ACCOUNT", "acc-7"),
    )
    assert (expected,) == tuple(item._replace(sealed=None) for item in reading.statements)
    assert Identity("acc-7/HM2601", phase=0) == reading.identity
    assert reading.findings == ()


def test_each_kind_of_waste_is_read() -> None:
    """Listings, units, regions, operations and destinations of an upload come out as they are stated."""
    found = [said(reading) for reading in read(document("estimates.csv"))]

    assert [
        ("BASEL", "B1010", "TNE", "24.5", "GB-ENG", "NL", "R4"),
        ("BASEL", "B3020", "TNE", "25.96", "GB-ENG", "IN", "R3"),
        ("OECD", "GB040", "MTQ", "10", "GB-SCT", "SE", "R4"),
        ("ANNEX-IIIA", "B1010", "TNE", "19.75", "GB-ENG", "KR", "R4"),
        ("ANNEX-IIIB", "BEU04", "TNE", "21", "GB-ENG", "FR", "R3"),
        ("LOW", "170504", "KGM", "12.5", "GB-ENG", "DE", "D10"),
        ("BASEL", "B3011", "TNE", "23.4", "GB-ENG", "TR", "R3"),
        ("BASEL", "B2020", "TNE", "27.13", "GB-NIR", "IE", "R5"),
        ("BASEL", "B3050", "TNE", "22.05", "GB-WLS", "DK", "R1"),
        ("BASEL", "B1070", "TNE", "18.6", "GB-SCT", "ES", "R4"),
    ] == [
        (
            *item.codes[0],
            item.quantity.unit if item.quantity else None,
            str(item.quantity.value if item.quantity else None),
            item.origin.region,
            item.destination.country,
            item.operation_code,
        )
        for item in found
    ]


def test_codes_beside_the_first_travel_too() -> None:
    """Further List of Waste codes, those of a mixture and a national code are all stated."""
    found = read(document("estimates.csv"))

    low, mixture, national = (said(found[index]).codes for index in (1, 3, 6))

    assert (WasteCode("LOW", "200101"), WasteCode("LOW", "191201")) == low[1:]
    assert (WasteCode("ANNEX-IIIA", "B1010"), WasteCode("ANNEX-IIIA", "B1050")) == mixture[:2]
    assert WasteCode("NATIONAL", "P01") == national[-1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"basel_code": "", "annex_iiib_code": "beu05"}, WasteCode("ANNEX-IIIB", "BEU05")),
        ({"basel_code": "b 1010"}, WasteCode("BASEL", "B1010")),
        ({"ewc_codes": "17 03 02"}, WasteCode("LOW", "170302")),
        ({"ewc_codes": "'170302"}, WasteCode("LOW", "170302")),
        ({"basel_code": "", "annex_iiia_codes": "b1010; B1050"}, WasteCode("ANNEX-IIIA", "B1050")),
    ],
)
def test_codes_are_read_in_any_spelling(cells: dict[str, str], expected: WasteCode) -> None:
    """Case, blanks and the apostrophe of a spreadsheet make no other code."""
    reading = read_row(**cells)

    assert expected in said(reading).codes
    assert rules(reading) == []


@pytest.mark.parametrize(("written", "kept"), [("24.9955", "25.00"), ("25.004", "25.00"), ("25", "25")])
def test_limit_of_a_laboratory_holds_after_rounding(written: str, kept: str) -> None:
    """What is not above 25 kg with two decimals goes to a laboratory without a finding."""
    (reading,) = read(upload([laboratory_row(kilograms=written)]))
    quantity = said(reading).quantity

    assert quantity is not None
    assert (kept, "KGM") == (str(quantity.value), quantity.unit)
    assert rules(reading) == []


def test_interim_operation_is_native() -> None:
    """What an interim site does stands beside the operation of the facility."""
    statement = said(read_row(**part("interim")))

    assert (statement.operation_code, statement.native_operation_code) == ("R4", "R13")


def test_volume_is_not_converted() -> None:
    """No density is stated, so that cubic metres have no mass."""
    outcome = publish(pipeline(), upload([row(tonnes="", cubic_metres="10")]))

    (event,) = events(outcome)
    assert (event["quantity"], event["unit"], event["mass_g"]) == ("10", "MTQ", None)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("25.9599", "25.96"),
        ("1.005", "1.01"),
        ("0.005", "0.01"),
        ("24.994", "24.99"),
        ("999999.99", "999999.99"),
        ("10", "10"),
        ("10.0", "10.0"),
        (".5", "0.5"),
    ],
)
def test_quantity_has_two_decimals(written: str, kept: str) -> None:
    """Half a hundredth is rounded up on the digits written; what is shorter stays as it is."""
    quantity = said(read_row(tonnes=written)).quantity

    assert quantity is not None
    assert Decimal(kept) == quantity.value
    assert kept == str(quantity.value)


@pytest.mark.parametrize(
    ("quantity_flag", "date_flag", "stage", "basis"),
    [
        ("Estimate", "Estimate", Stage.ANNOUNCED, Basis.ESTIMATED),
        ("actual", " ESTIMATE ", Stage.ANNOUNCED, Basis.WEIGHED),
        ("estimate", "actual", Stage.ANNOUNCED, Basis.ESTIMATED),
        ("ACTUAL", "Actual", Stage.DISPATCHED, Basis.WEIGHED),
    ],
)
def test_one_estimate_makes_an_announcement(
    quantity_flag: str, date_flag: str, stage: Stage, basis: Basis
) -> None:
    """A movement is dispatched when date and quantity are both actual, whatever the case of the words."""
    statement = said(read_row(quantity_flag=quantity_flag, date_flag=date_flag))

    assert stage is statement.stage
    assert statement.quantity is not None
    assert basis is statement.quantity.basis


ESTIMATE = upload([row(tonnes="10", quantity_flag="estimate")])
ACTUAL = upload([row(tonnes="9.5")])


def test_actual_data_follow_estimates() -> None:
    """Actual data are a further stage of the same movement, of a higher revision; the estimate stands."""
    works = pipeline()

    first = deliver(works, ESTIMATE, MONDAY)
    second = deliver(works, ACTUAL, TUESDAY)

    assert [("REPORTED", "ANNOUNCED", "10")] == first
    assert [("REPORTED", "DISPATCHED", "9.5")] == second


def test_late_estimate_never_undoes_actual_data() -> None:
    """An estimate that is delivered after the actual data adds the announcement and no more."""
    works = pipeline()

    first = deliver(works, ACTUAL, MONDAY)
    late = deliver(works, ESTIMATE, TUESDAY)
    again = deliver(works, ACTUAL, WEDNESDAY)

    assert [("REPORTED", "DISPATCHED", "9.5")] == first
    assert [("REPORTED", "ANNOUNCED", "10")] == late
    assert again == []


def test_actual_data_have_the_higher_revision_whenever_delivered() -> None:
    """Actual data delivered first still outrank estimates delivered after them."""
    works = pipeline()
    actual = events(list(works.outcomes(io.BytesIO(ACTUAL), "a.csv", MONDAY)))
    estimate = events(list(works.outcomes(io.BytesIO(ESTIMATE), "e.csv", TUESDAY)))

    assert actual[0]["revision"] > estimate[0]["revision"]
    assert actual[0]["movement_key"] == estimate[0]["movement_key"]


def test_later_file_corrects() -> None:
    """The same reference with another quantity in a later file is a correction."""
    works = pipeline()
    deliver(works, ACTUAL, MONDAY)

    assert [("CORRECTED", "DISPATCHED", "9.4")] == deliver(works, upload([row(tonnes="9.4")]), TUESDAY)


def test_same_file_again_publishes_nothing() -> None:
    """An upload that is delivered twice gives its events once."""
    works = pipeline()
    deliver(works, document("estimates.csv"), MONDAY)

    assert deliver(works, document("estimates.csv"), TUESDAY) == []


def test_own_uploads_are_estimate_and_actual() -> None:
    """Nine of the ten estimates become dispatches, one stays announced."""
    works = pipeline()

    first = deliver(works, document("estimates.csv"), MONDAY)
    second = deliver(works, document("actuals.csv"), TUESDAY)

    assert ["ANNOUNCED"] * 10 == [stage for _, stage, _ in first]
    assert ["DISPATCHED"] * 9 == [stage for _, stage, _ in second]


def test_accounts_do_not_share_references() -> None:
    """The same reference of another account is another movement of another company."""
    mine, other = (read(ACTUAL, account)[0] for account in ("acc-7", "acc-8"))

    assert mine.identity != other.identity
    assert said(mine).movement_reference != said(other).movement_reference
    assert said(mine).contributor != said(other).contributor


@pytest.mark.parametrize(
    ("country", "code"),
    [("India", "IN"), ("American Samoa [AS]", "AS"), ("italy", "IT"), ("DE", "DE"), ("South Korea", "KR")],
)
def test_country_is_matched_whole(country: str, code: str) -> None:
    """A name is never found inside a longer one, and a code beside a name decides."""
    reading = read_row(importer_country=country, facility_1_country=country)

    assert Place(code) == said(reading).destination
    assert rules(reading) == []


def test_destination_is_the_first_facility() -> None:
    """Importer, interim site and facility may be in three countries: the last one counts, with warnings."""
    reading = read_row(**part("interim") | {"importer_country": "Finland", "interim_country": "Albania"})

    assert Place("IT") == said(reading).destination
    assert [
        ("line[3].importer_country", "annex7.destination.differs"),
        ("line[3].interim_country", "annex7.destination.differs"),
    ] == [(finding.path, finding.rule) for finding in reading.findings]


def test_without_a_facility_the_importer_is_the_destination() -> None:
    """A record whose facility is still open goes to the importer's country, with a warning."""
    reading = read_row(**without("facility_1"), importer_country="Norway")

    assert Place("NO") == said(reading).destination
    assert said(reading).operation_code is None
    assert rules(reading) == ["annex7.facility.missing"]


def test_laboratory_outside_europe_is_a_warning() -> None:
    """Disposal is exported to EU and EFTA only."""
    near, far = read(
        upload(
            [
                laboratory_row(),
                laboratory_row(reference="ref2", laboratory_country="India", importer_country="India"),
            ]
        )
    )

    assert (rules(near), rules(far)) == ([], ["annex7.disposal.country"])
    assert said(near).quantity == Quantity(Decimal(5), "KGM", Basis.WEIGHED)


def test_transit_countries_keep_their_order() -> None:
    """Each transit country is there once, in the order of the journey."""
    reading = read_row(transit_countries="Spain; Germany;Spain;Cyprus")

    assert ("ES", "DE", "CY") == said(reading).transit_countries
    assert rules(reading) == ["annex7.transit.repeated"]


def test_hazardous_waste_on_the_green_list_is_a_warning() -> None:
    """A hazardous List of Waste code is published as such, and told."""
    reading = read_row(ewc_codes="170405;160307*")

    assert Hazardous.YES is said(reading).hazardous
    assert rules(reading) == ["annex7.ewc.hazardous"]


def test_spreadsheet_date_is_turned_back() -> None:
    """A day that a spreadsheet made a number is that day again, with a warning."""
    reading = read_row(collection_date="47464")

    assert When(date(2029, 12, 12)) == said(reading).when
    assert rules(reading) == ["annex7.date.serial"]


def test_headers_are_compared_without_marks() -> None:
    """Byte order marks, no-break blanks, brackets, case and the template's own mistakes do not matter."""
    headers = [f"\u00a0{text.upper()}\u00a0 (as known)" for text in HEADERS.values()]
    headers[139] = "First recovery facility country"

    marked = read(b"\xef\xbb\xbf" + upload([row()], headers))

    assert read(upload([row()])) == marked


def test_blank_rows_are_passed_over() -> None:
    """Rows of nothing but separators and blanks are no records."""
    readings = read(upload([row(), [" "] * 145, row(reference="ref2"), [""] * 145]))

    assert ["line[3]", "line[5]"] == [reading.path for reading in readings]
    assert rules(*readings) == []


def test_no_name_or_contact_travels() -> None:
    """Nothing of names, addresses, contacts, plates and references stands in any event or finding."""
    outcomes = publish(pipeline(), document("estimates.csv")) + publish(pipeline(), document("faulty.csv"))

    sent = b"".join(event.body for outcome in outcomes for event in outcome.events).lower()
    told = repr([outcome.findings for outcome in outcomes]).lower().encode()

    secrets = (
        b"harbour",
        b"robin",
        b"sample",
        b"01632",
        b"voorbeeld",
        b"zz1",
        b"zz00",
        b"port",
        b"hm26",
        b"acc-7",
    )
    assert sent
    assert [secret for secret in secrets if secret in sent] == []
    assert [secret for secret in (*secrets[:3], *secrets[-2:]) if secret in told] == []


@given(
    st.sampled_from([row(), laboratory_row()]),
    st.dictionaries(st.sampled_from(list(HEADERS)), st.text(max_size=40), min_size=1, max_size=6),
)
def test_any_text_in_any_cell_is_read_or_told(right: dict[str, str], cells: dict[str, str]) -> None:
    """Whatever stands in a row, it is a statement or an error, and the next row is read."""
    first, last = read(upload([right | cells, row(reference="last9")]))

    assert len(last.statements) == 1
    assert len(first.statements) == 1 or any(finding.severity == "ERROR" for finding in first.findings)


def test_authorities_learn_reference_parties_and_exits() -> None:
    """A row seals its reference, every party by name and address, and the places of exit in order."""
    cells = (
        part("interim")
        | part("facility_2")
        | {"exit_location": "Port of Example; Dover", "exporter_postcode": "ZZ1 1ZZ"}
    )
    known = ("Example BV", "1 Example Street, IT")

    assert said(read_row(**cells)).sealed == Sealed(
        "ref1",
        (
            Party(
                PartyRole.EXPORTER,
                "GB-GLW-ACCOUNT",
                ACCOUNT,
                "Example Ltd",
                "1 Example Lane, Exampleton, ZZ1 1ZZ, GB",
            ),
            Party(PartyRole.GENERATOR, name="Example Ltd", address="1 Example Lane, Exampleton, GB"),
            Party(PartyRole.CARRIER, name="Example BV", address="1 Example Street, GB"),
            Party(PartyRole.IMPORTER, None, None, *known),
            Party(PartyRole.INTERIM_FACILITY, None, None, *known),
            Party(PartyRole.FACILITY, None, None, *known),
            Party(PartyRole.FACILITY, None, None, *known),
        ),
        (
            Reference(ReferenceKind.EXIT_POINT, "Port of Example"),
            Reference(ReferenceKind.EXIT_POINT, "Dover"),
        ),
    )


def test_laboratory_is_sealed_as_such() -> None:
    """Unlisted waste seals the laboratory that it goes to."""
    sealed = said(read(upload([laboratory_row()]))[0]).sealed

    assert sealed is not None
    assert sealed.parties[-1] == Party(PartyRole.LABORATORY, None, None, "Example BV", "1 Example Street, IT")


def test_nothing_of_a_column_of_class_never_is_sealed() -> None:
    """Each contact, telephone, e-mail, description and means of transport of a row stays behind."""
    never = {
        f"{name}_{column}": value
        for name in ("exporter", "importer", "carrier_1", "collection", "interim", "facility_1", "facility_2")
        for column, value in (
            ("contact", "Canary Zoe"),
            ("phone", "+441234567890"),
            ("fax", "+441234567890"),
            ("email", "canary@mail.example"),
        )
    }
    never |= {"description": "Canary", "carrier_1_means_details": "AB12 CDE canary"}
    reading = read_row(**(part("interim") | part("facility_2") | never))
    told = repr(said(reading).sealed).lower()

    columns = {
        path.rpartition(".")[2]
        for model in UkAnnexVii.native_models
        for path, leaf in model_leaves(model)
        if leaf is Confidentiality.NEVER
    }
    assert {name.removeprefix("carrier_1_") for name in never if "means" in name or name == "description"} | {
        "contact",
        "phone",
        "fax",
        "email",
        "means",
    } == columns
    for text in ("canary", "1234567890", "ab12", "'road'"):
        assert text not in told


def test_contacts_in_names_and_addresses_are_taken_out() -> None:
    """What somebody wrote beside the name of a company, in an address or for a port does not travel."""
    reading = read_row(
        importer_organisation="Example BV, jo@mail.example",
        importer_address="1 Example Street, tel +31 20 794 60 14",
        exit_location="Dover tel 01234 567890",
    )
    sealed = said(reading).sealed

    assert sealed is not None
    assert sealed.parties[3] == Party(PartyRole.IMPORTER, None, None, "Example BV", "1 Example Street, IT")
    assert sealed.references == (Reference(ReferenceKind.EXIT_POINT, "Dover"),)


def test_exit_that_is_no_list_of_places_is_not_sealed() -> None:
    """A cell that breaks the rule of places of exit is told of, and does not travel."""
    reading = read_row(exit_location="Brighton,&^@)(()NS)(@,45")

    assert rules(reading) == ["annex7.exit.form"]
    assert said(reading).sealed is not None
    assert said(reading).sealed.references == ()  # type: ignore[union-attr]  # asserted before
