from __future__ import annotations

import io

import pytest

from producers.adapters.uk_annex_vii import UkAnnexVii
from producers.adapters.uk_annex_vii.columns import HEADERS
from tests.support.annex_vii import (
    ACCOUNT,
    cells_of,
    document,
    laboratory_row,
    part,
    pipeline,
    publish,
    read,
    read_row,
    row,
    rules,
    upload,
    without,
)

_DOMESTIC = ("Your unique reference", "Producer organisation name", "Producer Address Line 1")
_COMPONENTS = "Chemical and biological components of the waste (separate multiple components)"


def errors(**cells: str) -> list[tuple[str, str]]:
    """Return column and rule of each error of one row."""
    reading = read_row(**cells)
    return [
        (finding.path.removeprefix("line[3]."), finding.rule)
        for finding in reading.findings
        if finding.severity == "ERROR"
    ]


@pytest.mark.parametrize("account", ["", "a/b", "a:b", "x" * 65])
def test_file_of_nobody_is_rejected(account: str) -> None:
    """Without the setting a file is rejected, and the finding names the setting."""
    (reading,) = read(upload([row()]), account)

    assert rules(reading) == ["annex7.account.missing"]
    assert "--set account=" in reading.findings[0].hint
    assert rules(*UkAnnexVii({}).read(io.BytesIO(upload([row()])))) == ["annex7.account.missing"]


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        ([*_DOMESTIC, *["Town or city"] * 141], "annex7.layout.ukm"),
        ([*_DOMESTIC, *["Town or city"] * 142], "annex7.layout.ukm"),
        ([*_DOMESTIC, _COMPONENTS, *["Town or city"] * 180], "annex7.layout.ukwm"),
        (["Basel Annex IX code"] * 145, "layout.unknown"),
        ([*HEADERS.values(), "Remarks"], "layout.unknown"),
        (list(HEADERS.values())[1:], "layout.unknown"),
    ],
)
def test_other_layout_is_refused_by_its_name(headers: list[str], rule: str) -> None:
    """A file of other columns is refused whole, and told which layout it seems to be."""
    (reading,) = read(upload([["x"] * len(headers)], headers))

    assert [("line[2]", rule)] == [(finding.path, finding.rule) for finding in reading.findings]
    assert reading.statements == ()


def test_columns_that_changed_places_are_named() -> None:
    """Each header that the template does not have there is told by the column's short name."""
    headers = list(HEADERS.values())
    headers[9], headers[10] = headers[10], headers[9]

    (reading,) = read(upload([row()], headers))

    assert [("line[2].tonnes", "annex7.header.other"), ("line[2].cubic_metres", "annex7.header.other")] == [
        (finding.path, finding.rule) for finding in reading.findings
    ]


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (b"", "layout.unknown"),
        (b"guidance\r\n", "layout.unknown"),
        (b'{"rows": []}\n{}\n', "layout.unknown"),
        (b"PK\x03\x04\xff\xfe\n\xff\xfe\n", "csv.encoding"),
        (upload([]), "annex7.rows.missing"),
        (upload([[""] * 145]), "annex7.rows.missing"),
    ],
)
def test_file_without_rows_says_why(file: bytes, rule: str) -> None:
    """A file of which nothing can be read is one reading with one finding."""
    (reading,) = read(file)

    assert [rule] == rules(reading)


def test_broken_rows_leave_the_others_alone() -> None:
    """Rows of other lengths, of other encodings and with lost quotation marks are told where they stand."""
    lines = upload([row(), row(reference="ref2"), row(reference="ref3"), row(reference="ref4")]).split(
        b"\r\n"
    )
    lines[2] = lines[2].removesuffix(b",")
    lines[3] = lines[3].replace(b"scrap", b"scr\xe4p")
    lines[4] = lines[4].replace(b"scrap", b'"scrap"s')

    readings = read(b"\r\n".join(lines))

    assert [
        ("line[3]", ["annex7.row.cells"]),
        ("line[4]", ["csv.encoding"]),
        ("line[5]", ["csv.row"]),
        ("line[6]", []),
    ] == [(reading.path, rules(reading)) for reading in readings]
    assert [0, 0, 0, 1] == [len(reading.statements) for reading in readings]


def test_line_is_that_of_the_file() -> None:
    """Cells that hold line ends do not shift the lines that findings name."""
    first = row(exporter_address_2="one\ntwo\nthree")

    readings = read(upload([first, row(reference="ref2")]))

    assert ["line[3]", "line[6]"] == [reading.path for reading in readings]


def test_repeated_reference_is_told_at_both_rows() -> None:
    """The first row counts, each later one is rejected and names both."""
    first, *later = read(upload([row(), row(tonnes="2"), row(reference="ref2"), row()]))

    assert len(first.statements) == 1
    assert [0, 1, 0] == [len(reading.statements) for reading in later]
    assert [
        ("line[4].reference", "annex7.reference.repeated"),
        ("line[3].reference", "annex7.reference.first"),
    ] == [(finding.path, finding.rule) for finding in later[0].findings]
    assert "earlier row" in later[0].findings[0].hint


def test_repeated_reference_publishes_the_first_row() -> None:
    """A later row of the same file neither corrects nor cancels what the first one says."""
    outcomes = publish(pipeline(), upload([row(), row(tonnes="2")]))

    assert [1, 0] == [len(outcome.events) for outcome in outcomes]
    assert [False, True] == [outcome.is_rejected for outcome in outcomes]


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("reference", "", "annex7.reference.missing"),
        ("reference", "a", "annex7.reference.form"),
        ("reference", "a" * 21, "annex7.reference.form"),
        ("reference", "ref-1", "annex7.reference.form"),
        ("reference", "réf1", "annex7.reference.form"),
        ("basel_code", "A1010", "annex7.basel.unknown"),
        ("basel_code", "B9999", "annex7.basel.unknown"),
        ("basel_code", "GB040", "annex7.basel.unknown"),
        ("basel_code", "B1010;B1050", "annex7.basel.unknown"),
        ("ewc_codes", "", "annex7.ewc.missing"),
        ("ewc_codes", "170405,170401", "annex7.ewc.unknown"),
        ("ewc_codes", "101213:101213", "annex7.ewc.unknown"),
        ("ewc_codes", "170405;", "annex7.ewc.unknown"),
        ("ewc_codes", "999999", "annex7.ewc.unknown"),
        ("ewc_codes", "10101", "annex7.ewc.unknown"),
        ("ewc_codes", ";".join(["170405"] * 6), "annex7.ewc.count"),
        ("national_code", "6^%(*@", "annex7.national.form"),
        ("national_code", "a" * 51, "annex7.national.form"),
        ("description", "", "annex7.description.missing"),
        ("description", "a" * 101, "annex7.description.long"),
        ("tonnes", "", "annex7.quantity.missing"),
        ("tonnes", "0", "annex7.quantity.range"),
        ("tonnes", "0.004", "annex7.quantity.range"),
        ("tonnes", "1000000", "annex7.quantity.range"),
        ("tonnes", "999999.996", "annex7.quantity.range"),
        ("tonnes", "-1", "annex7.quantity.number"),
        ("tonnes", "1,5", "annex7.quantity.number"),
        ("tonnes", "1e3", "annex7.quantity.number"),
        ("tonnes", "10 t", "annex7.quantity.number"),
        ("tonnes", ".", "annex7.quantity.number"),
        ("tonnes", "1.12345678901", "annex7.quantity.number"),
        ("tonnes", "\u0661", "annex7.quantity.number"),
        ("quantity_flag", "", "annex7.flag.unknown"),
        ("quantity_flag", "estimated", "annex7.flag.unknown"),
        ("exporter_country", "Germany", "annex7.nation.unknown"),
        ("exporter_country", "United Kingdom", "annex7.nation.unknown"),
        ("exporter_postcode", "EC2N   4AY", "annex7.postcode.form"),
        ("exporter_phone", "ask the office", "annex7.phone.form"),
        ("exporter_phone", "'", "annex7.party.incomplete"),
        ("exporter_phone", "1" * 14, "annex7.phone.form"),
        ("exporter_fax", "01632 96000x", "annex7.phone.form"),
        ("exporter_email", "nobody", "annex7.email.form"),
        ("exporter_email", f"{'a' * 250}@example.org", "annex7.text.long"),
        ("exporter_town", "", "annex7.party.incomplete"),
        ("exporter_address_2", "a" * 251, "annex7.text.long"),
        ("importer_country", "Atlantis", "annex7.country.unknown"),
        ("importer_country", "Scotland", "annex7.country.home"),
        ("importer_country", "a" * 1000, "annex7.country.unknown"),
        ("collection_date", "", "annex7.date.missing"),
        ("collection_date", "31/02/2026", "annex7.date.form"),
        ("collection_date", "2026-02-01", "annex7.date.form"),
        ("collection_date", "01/02/26", "annex7.date.form"),
        ("collection_date", "01/01/0000", "annex7.date.form"),
        ("date_flag", "soon", "annex7.flag.unknown"),
        ("carrier_1_country", "Atlantis", "annex7.country.unknown"),
        ("carrier_1_means", "", "annex7.means.unknown"),
        ("carrier_1_means", "horse", "annex7.means.unknown"),
        ("carrier_1_means_details", "a" * 201, "annex7.text.long"),
        ("collection_postcode", "London", "annex7.postcode.form"),
        ("transit_countries", "England", "annex7.transit.end"),
        ("transit_countries", "Spain;Italy", "annex7.transit.end"),
        ("transit_countries", "Spain,Germany", "annex7.transit.unknown"),
        ("transit_countries", "Spain;", "annex7.transit.unknown"),
        ("facility_1_country", "Wales", "annex7.country.home"),
        ("facility_1_code", "", "annex7.operation.recovery"),
        ("facility_1_code", "R14", "annex7.operation.recovery"),
        ("facility_1_code", "D10", "annex7.operation.recovery"),
    ],
)
def test_cell_that_is_wrong_rejects_its_row(column: str, value: str, rule: str) -> None:
    """An error stands at its column by its short name."""
    assert [(column, rule)] == errors(**{column: value})


def test_part_that_is_begun_has_to_be_complete() -> None:
    """A fourth facility of which only the operation is stated lacks its compulsory cells."""
    columns = ("organisation", "address", "country", "contact", "phone", "email")

    assert [(f"facility_4_{column}", "annex7.party.incomplete") for column in columns] == errors(
        facility_4_code="R3"
    )


@pytest.mark.parametrize(
    ("cells", "column", "rule"),
    [
        ({"basel_code": ""}, "basel_code", "annex7.listing.missing"),
        ({"oecd_code": "GB040"}, "oecd_code", "annex7.listing.several"),
        ({"laboratory": "yes"}, "laboratory", "annex7.listing.laboratory"),
        ({"basel_code": "", "laboratory": "no"}, "laboratory", "annex7.laboratory.unknown"),
        ({"basel_code": "", "oecd_code": "GB04"}, "oecd_code", "annex7.oecd.unknown"),
        ({"basel_code": "", "oecd_code": "AA010"}, "oecd_code", "annex7.oecd.unknown"),
        ({"basel_code": "", "oecd_code": "B1010"}, "oecd_code", "annex7.oecd.unknown"),
        ({"basel_code": "", "annex_iiia_codes": "1010;B1050"}, "annex_iiia_codes", "annex7.iiia.unknown"),
        ({"basel_code": "", "annex_iiia_codes": "B1010"}, "annex_iiia_codes", "annex7.iiia.unknown"),
        ({"basel_code": "", "annex_iiia_codes": "B1010;B1010"}, "annex_iiia_codes", "annex7.iiia.unknown"),
        ({"basel_code": "", "annex_iiia_codes": "B1010B1050"}, "annex_iiia_codes", "annex7.iiia.unknown"),
        ({"basel_code": "", "annex_iiib_code": "BEU0"}, "annex_iiib_code", "annex7.iiib.unknown"),
        ({"cubic_metres": "1"}, "cubic_metres", "annex7.quantity.several"),
        ({"tonnes": "", "kilograms": "5"}, "kilograms", "annex7.kilograms.listed"),
        ({"tonnes": "", "kilograms": "25.01"}, "kilograms", "annex7.kilograms.range"),
        (without("exporter"), "exporter_organisation", "annex7.party.absent"),
        (without("carrier_1"), "carrier_1_organisation", "annex7.party.absent"),
        (without("collection"), "collection_organisation", "annex7.party.absent"),
        (part("laboratory"), "laboratory_organisation", "annex7.laboratory.listed"),
        (part("interim") | {"interim_code": "R4"}, "interim_code", "annex7.operation.interim"),
    ],
)
def test_cells_that_contradict_each_other_reject_their_row(
    cells: dict[str, str], column: str, rule: str
) -> None:
    """A contradiction is told once, at the column that has to change."""
    assert [(column, rule)] == errors(**cells)


@pytest.mark.parametrize(
    ("cells", "column", "rule"),
    [
        ({"tonnes": "1", "kilograms": ""}, "kilograms", "annex7.kilograms.missing"),
        ({"carrier_1_means": "Road"}, "carrier_1_means", "annex7.means.laboratory"),
        (part("facility_1"), "facility_1_organisation", "annex7.facility.laboratory"),
        (part("interim"), "interim_organisation", "annex7.facility.laboratory"),
        ({"laboratory_code": "R4"}, "laboratory_code", "annex7.operation.disposal"),
    ],
)
def test_laboratory_row_has_rules_of_its_own(cells: dict[str, str], column: str, rule: str) -> None:
    """Unlisted waste is stated in kilograms and goes, by whatever means, to one laboratory."""
    (reading,) = read(upload([laboratory_row(**cells)]))

    assert [(f"line[3].{column}", rule)] == [(finding.path, finding.rule) for finding in reading.findings]
    assert reading.statements == ()


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"ewc_codes": "170405;17 04 05"}, "annex7.ewc.repeated"),
        ({"ewc_codes": "170405*"}, "annex7.ewc.asterisk"),
        ({"national_code": "ask Ms Sample"}, "annex7.national.text"),
        ({"exporter_phone": "4.47811E+11"}, "annex7.phone.number"),
        ({"exporter_phone": "7811111111"}, "annex7.phone.number"),
        ({"exit_location": "Brighton,&^@)"}, "annex7.exit.form"),
        ({"exit_location": "a" * 51}, "annex7.exit.form"),
    ],
)
def test_doubtful_cell_is_a_warning(cells: dict[str, str], rule: str) -> None:
    """What spreadsheets spoil and what is never published does not keep a row back."""
    reading = read_row(**cells)

    assert [rule] == rules(reading)
    assert len(reading.statements) == 1
    assert "sample" not in repr(reading.statements).lower()


@pytest.mark.parametrize(
    "phone", ["07811111111'", "+359-89 88-1(434)55 5", "00(44)-7811111114", "'01632960000"]
)
def test_phone_as_people_write_it(phone: str) -> None:
    """Blanks, hyphens, brackets and the apostrophe of a spreadsheet are no fault of a phone number."""
    assert rules(read_row(exporter_phone=phone, importer_fax=phone)) == []


def test_all_faults_of_a_row_are_told_at_once() -> None:
    """Our own faulty upload: each row tells everything that is wrong with it, in the order of its columns."""
    told = {reading.path: rules(reading) for reading in read(document("faulty.csv"))}

    assert {
        "line[3]": [],
        "line[4]": ["annex7.reference.repeated", "annex7.reference.first"],
        "line[5]": ["annex7.reference.form", "annex7.basel.unknown", "annex7.ewc.unknown"],
        "line[6]": ["annex7.listing.several", "annex7.quantity.number"],
        "line[7]": [
            "annex7.kilograms.range",
            "annex7.flag.unknown",
            "annex7.means.laboratory",
            "annex7.facility.missing",
            "annex7.facility.laboratory",
        ],
        "line[8]": ["annex7.date.form", "annex7.flag.unknown"],
        "line[9]": [
            "annex7.country.home",
            "annex7.destination.differs",
            "annex7.transit.unknown",
            "annex7.transit.end",
        ],
        "line[10]": [
            "annex7.phone.form",
            "annex7.email.form",
            "annex7.means.unknown",
            "annex7.operation.recovery",
        ],
        "line[11]": ["annex7.iiia.unknown", "annex7.national.text"],
        "line[12]": [
            "annex7.listing.missing",
            "annex7.ewc.missing",
            "annex7.quantity.missing",
            "annex7.flag.unknown",
            "annex7.party.absent",
            "annex7.party.absent",
            "annex7.date.missing",
            "annex7.flag.unknown",
            "annex7.party.absent",
            "annex7.party.absent",
        ],
    } == told


def test_no_finding_holds_a_value() -> None:
    """Findings of a row full of nonsense show none of it, and each says what to do."""
    nonsense = ["Xyzzy"] * 145

    (reading,) = read(upload([nonsense]))

    assert len(reading.findings) > 20
    assert "xyzzy" not in repr(reading.findings).lower()
    assert all(finding.hint for finding in reading.findings)


def test_every_rule_is_declared() -> None:
    """A finding names a rule of the adapter's table, whatever the row holds."""
    known = {rule.id for rule in UkAnnexVii.rules}
    wrong = [cells_of(row()), ["\u20ac"] * 145, ["1"] * 145, ["A" * 300] * 145]

    told = set(rules(*read(upload(wrong))))

    assert told - known == set()
    assert UkAnnexVii({"account": ACCOUNT}).rules is UkAnnexVii.rules
