from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from producers.statement import Place, Reading
from schemas.movement import Stage
from tests.support.annex_vii import events, pipeline, publish, read, said
from tests.support.samples import sample

FOLDER = "uk-annexvii-glw"
# The agency asks for references that differ, and does not check it.
REPEATED = {"annex7.reference.repeated", "annex7.reference.first"}
# What the agency's own service finds in each line of its test file.
WASTE_ERRORS = {
    3: ["listing.missing"],
    4: ["reference.missing", "listing.missing", "ewc.missing", "quantity.missing", "flag.unknown"],
    5: [
        "reference.missing",
        "listing.missing",
        "ewc.missing",
        "description.missing",
        "quantity.missing",
        "flag.unknown",
    ],
    6: ["reference.form"],
    7: ["reference.missing"],
    8: ["basel.unknown"],
    9: ["oecd.unknown"],
    10: ["iiia.unknown"],
    11: ["iiib.unknown"],
    12: ["laboratory.unknown"],
    13: ["listing.missing"],
    14: ["listing.laboratory"],
    15: ["ewc.unknown"],
    16: ["ewc.unknown"],
    17: [],
    18: ["national.form"],
    19: ["description.missing"],
    20: ["description.long"],
    21: ["quantity.missing"],
    22: ["flag.unknown"],
    23: ["quantity.several"],
    24: ["kilograms.listed"],
    25: ["reference.form"],
    26: ["reference.form"],
    27: ["quantity.range"],
    28: ["quantity.range"],
    29: ["kilograms.range"],
    30: ["kilograms.range"],
    31: ["listing.several"],
    32: ["listing.several"],
}
WASTE_COLUMNS = {
    "reference",
    "basel_code",
    "oecd_code",
    "annex_iiia_codes",
    "annex_iiib_code",
    "laboratory",
    "ewc_codes",
    "national_code",
    "description",
    "tonnes",
    "cubic_metres",
    "kilograms",
    "quantity_flag",
}

# What the description of each line says of exporter and importer; of lines 5 and 8 that an
# empty second address line, and an empty postcode, are right.
PARTY_FAULTS = {
    3: ("exporter_organisation", "party.incomplete"),
    4: ("exporter_address_1", "party.incomplete"),
    5: None,
    6: ("exporter_town", "party.incomplete"),
    7: ("exporter_country", "party.incomplete"),
    8: ("exporter_contact", "party.incomplete"),
    9: ("exporter_phone", "party.incomplete"),
    10: ("exporter_email", "party.incomplete"),
    11: ("importer_organisation", "party.incomplete"),
    12: ("importer_address", "party.incomplete"),
    13: ("importer_country", "party.incomplete"),
    14: ("importer_contact", "party.incomplete"),
    15: ("importer_phone", "party.incomplete"),
    16: ("importer_email", "party.incomplete"),
    17: ("exporter_organisation", "text.long"),
    18: ("exporter_address_1", "text.long"),
    19: ("exporter_address_2", "text.long"),
    20: ("exporter_town", "text.long"),
    21: ("exporter_country", "nation.unknown"),
    22: ("exporter_postcode", "postcode.form"),
    23: ("exporter_contact", "text.long"),
    24: ("exporter_phone", "phone.form"),
    # Too many digits, which a spreadsheet has made a number.
    25: ("exporter_phone", "phone.number"),
    26: ("exporter_fax", "phone.form"),
    27: ("exporter_fax", "phone.number"),
    28: ("exporter_email", "text.long"),
    29: ("exporter_email", "email.form"),
    30: ("importer_organisation", "text.long"),
    31: ("importer_address", "text.long"),
    32: ("importer_country", "country.home"),
    33: ("importer_contact", "text.long"),
    34: ("importer_phone", "phone.form"),
    35: ("importer_phone", "phone.form"),
    36: ("importer_fax", "phone.form"),
    37: ("importer_fax", "phone.form"),
    38: ("importer_email", "text.long"),
    39: ("importer_email", "email.form"),
}

# Events of each file, and the errors of its rejected rows without repeated references.
FILES = {
    "AnnexVII_Multiples_CSV_template.csv": (0, {"rows.missing"}),
    "UKM_correct_data.csv": (0, {"layout.ukm"}),
    "UKWM_correct_all_waste_types.csv": (0, {"layout.ukwm"}),
    # Right in the columns about the waste, and empty in those behind the importer.
    "about_waste_correct.csv": (0, {"date.missing", "flag.unknown", "party.absent"}),
    "glw_correct_estimate_data.csv": (9, set()),
    "glw_correct_actual_data.csv": (9, set()),
    "glw_e2e_usecases.csv": (4, {"iiia.unknown"}),
    # India is a country like others.
    "india_not_allowed_as_importing_country.csv": (1, set()),
    "kgs_for_bulk_waste_need_error_message_chs.csv": (0, {"kilograms.listed", "transit.end"}),
    "transit_country_multiple_time.csv": (1, set()),
    # The laboratory of line 14 has no right cell.
    "about_waste_error.csv": (
        0,
        {rule for found in WASTE_ERRORS.values() for rule in found}
        | {"country.unknown", "operation.disposal", "phone.form", "email.form", "party.incomplete"},
    ),
    "exporter_and_importer_errors.csv": (
        0,
        {fault[1] for fault in PARTY_FAULTS.values() if fault} - {"phone.number"}
        | {"date.missing", "flag.unknown", "party.absent", "kilograms.missing"},
    ),
}
# Only in columns behind those that the file is about.
FILES["about_waste_error.csv"][1].update(
    {"country.unknown", "operation.disposal", "phone.form", "email.form"}
)
FILES["about_waste_error.csv"][1].add("party.incomplete")


def readings(name: str) -> dict[int, Reading]:
    """Return the reading of each line of a real sample."""
    found = read(sample(f"{FOLDER}/{name}").read_bytes())
    return {int(reading.path.removeprefix("line[").removesuffix("]")): reading for reading in found}


def faults(reading: Reading) -> list[tuple[str, str]]:
    """Return column and rule of each finding but for repeated references."""
    return [
        (finding.path.partition(".")[2], finding.rule.removeprefix("annex7."))
        for finding in reading.findings
        if finding.rule not in REPEATED
    ]


@pytest.mark.parametrize("line", WASTE_ERRORS)
def test_findings_about_the_waste_are_those_of_the_agency(line: int) -> None:
    """Each line of the agency's test of the waste columns has the findings of the agency's service."""
    found = faults(readings("about_waste_error.csv")[line])

    told = [rule for column, rule in found if column in WASTE_COLUMNS and rule != "national.text"]
    assert WASTE_ERRORS[line] == told


@pytest.mark.parametrize("line", PARTY_FAULTS)
def test_findings_about_parties_are_what_the_description_says(line: int) -> None:
    """Each line of the agency's test of exporter and importer has the fault it is named after alone."""
    found = faults(readings("exporter_and_importer_errors.csv")[line])

    told = [item for item in found if item[0].startswith(("exporter_", "importer_"))]
    fault = PARTY_FAULTS[line]
    assert ([fault] if fault else []) == told


def test_all_lines_of_both_tables_are_in_their_files() -> None:
    """No line of the agency's two test files is left out of the tables."""
    assert WASTE_ERRORS.keys() == readings("about_waste_error.csv").keys()
    assert PARTY_FAULTS.keys() == readings("exporter_and_importer_errors.csv").keys()


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_published_or_rejected_for_what_its_name_says(name: str) -> None:
    """Every file becomes events, or is rejected for its own reason and no other."""
    outcomes = publish(pipeline(), sample(f"{FOLDER}/{name}").read_bytes())

    errors = {
        finding.rule.removeprefix("annex7.")
        for outcome in outcomes
        for finding in outcome.findings
        if finding.severity == "ERROR" and finding.rule not in REPEATED
    }
    assert FILES[name] == (sum(len(outcome.events) for outcome in outcomes), errors)


def test_each_file_of_the_folder_is_in_the_table() -> None:
    """A sample that is added is noticed."""
    assert set(FILES) == {path.name for path in sample(FOLDER).glob("*.csv")}


def test_estimates_and_actual_data_of_the_agency_are_one_history() -> None:
    """Four of the nine records are estimates with a disagreeing flag, one with both; then all are actual."""
    estimates, actuals = readings("glw_correct_estimate_data.csv"), readings("glw_correct_actual_data.csv")

    announced = [line for line, reading in estimates.items() if said(reading).stage is Stage.ANNOUNCED]
    assert [3, 5, 7, 9, 11] == announced
    assert {Stage.DISPATCHED} == {said(reading).stage for reading in actuals.values()}
    assert {date(2029, 12, 12)} == {said(reading).when.on for reading in actuals.values()}
    for line, reading in estimates.items():
        assert said(reading).movement_reference == said(actuals[line]).movement_reference


def test_actual_data_of_the_agency_dispatch_and_correct() -> None:
    """The second file dispatches the five announced movements and corrects the four dispatched ones."""
    works = pipeline()

    first, second = (
        [
            (event["change"], event["stage"])
            for event in events(publish(works, sample(f"{FOLDER}/glw_correct_{name}_data.csv").read_bytes()))
        ]
        for name in ("estimate", "actual")
    )

    assert Counter({("REPORTED", "ANNOUNCED"): 5, ("REPORTED", "DISPATCHED"): 4}) == Counter(first)
    assert Counter({("REPORTED", "DISPATCHED"): 5, ("CORRECTED", "DISPATCHED"): 4}) == Counter(second)


@pytest.mark.parametrize(
    ("name", "line", "codes", "quantity", "destination"),
    [
        ("glw_correct_estimate_data.csv", 3, ["170302", "010101", "101213"], "12.5", "AS"),
        ("glw_correct_estimate_data.csv", 10, ["BEU05", "101213"], "10", "IT"),
        ("glw_correct_actual_data.csv", 8, ["B1010", "B1050", "101213"], "10", "NL"),
        ("glw_e2e_usecases.csv", 5, ["BEU04", "170302"], "25.96", "IT"),
        ("glw_e2e_usecases.csv", 8, ["170302", "170411", "170508", "170802", "170904"], "25.00", "AS"),
        ("india_not_allowed_as_importing_country.csv", 3, ["B1070", "101213"], "15.5", "IT"),
    ],
)
def test_what_rows_of_the_agency_state(
    name: str, line: int, codes: list[str], quantity: str, destination: str
) -> None:
    """Codes in any spelling, rounded quantities and the last country come out of the agency's files."""
    statement = said(readings(name)[line])

    assert codes == [code.code for code in statement.codes]
    assert statement.quantity is not None
    assert quantity == str(statement.quantity.value)
    assert Place(destination) == statement.destination


def test_three_countries_of_one_movement_are_told() -> None:
    """Importer Finland, interim site Albania, facility Italy: the last counts, the others are told."""
    reading = readings("glw_e2e_usecases.csv")[3]

    assert Place("IT") == said(reading).destination
    assert (said(reading).operation_code, said(reading).native_operation_code) == ("R1", "R12")
    assert [
        ("importer_country", "destination.differs"),
        ("interim_country", "destination.differs"),
    ] == faults(reading)


def test_repeated_transit_country_of_the_agency_counts_once() -> None:
    """Germany stated twice is one transit country, with a warning."""
    reading = readings("transit_country_multiple_time.csv")[3]

    assert ("DE",) == said(reading).transit_countries
    assert ("transit_countries", "transit.repeated") in faults(reading)
