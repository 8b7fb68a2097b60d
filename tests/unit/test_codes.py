"""Code lists: validity by day, forms of codes, and the tables themselves."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from producers.harmonise import harmonise
from producers.statement import WasteCode, When
from schemas import codes
from tests.support.samples import ROOT, sample
from tests.support.statements import statement

FOLDER = ROOT / "schemas" / "codelists"
DAY = date(2026, 6, 1)
LIST_OF_WASTE_SIZE = 842
HAZARDOUS_ENTRIES = 408

PAIR = ("from_scheme", "from_code", "to_scheme", "to_code")
KEYS = {
    "basel": ("code",),
    "basel_categories": ("code",),
    "basel_oecd": PAIR,
    "countries": ("code",),
    "country_names": ("name",),
    "ewc_stat": PAIR,
    "ewc_stat_items": ("code",),
    "low": ("code",),
    "material": ("scheme", "code"),
    "materials": ("code",),
    "method_operation": PAIR,
    "national_methods": ("scheme", "code"),
    "oecd": ("code",),
    "oecd_hs": PAIR,
    "operation_class": ("code",),
    "operations": ("code",),
    "outcome": PAIR,
    "outcomes": ("code",),
    "regions": ("parent", "code"),
    "successor": PAIR,
    "units": ("code",),
}
CLASSES = {"RECYCLING", "RECOVERY_OTHER", "ENERGY", "DISPOSAL", "INTERIM"}
# Our own trees; and parts of countries, which always belong.
UNDATED = {"materials", "outcomes", "regions"}
QUALITY_RANK = {"official": 1, "derived": 2, "assumed": 3}
SCHEME_RANK = {"LOW": 0, "BASEL": 1, "OECD": 2, "HS": 3, "US-EPA": 4, "GB-EPR-MATERIAL": 5}
UNDIFFERENTIATED_RANK = 4


def valid_rows(table: str, on: date) -> list[dict[str, str]]:
    """Return the rows of a table that hold on a day."""
    return [row for row in codes.rows(table) if covers(row, on)]


def materials(scheme: str, code: str, on: date) -> list[str]:
    """Return the materials of the rows of the crosswalk that cover a code on a day."""
    return [
        row["material"]
        for row in valid_rows("material", on)
        if row["scheme"] == scheme and code.startswith(row["code"])
    ]


def covers(row: dict[str, str], on: date) -> bool:
    """Say whether a row holds on a day."""
    return first_day(row) <= on <= last_day(row)


def first_day(row: dict[str, str]) -> date:
    """Return the first valid day; a row without one always held."""
    return date.fromisoformat(row["valid_from"]) if row.get("valid_from") else date.min


def last_day(row: dict[str, str]) -> date:
    """Return the last valid day; a row without one still holds."""
    return date.fromisoformat(row["valid_to"]) if row.get("valid_to") else date.max


def digest() -> str:
    """Return the digest of all tables, the same whatever line ends a checkout uses."""
    content = b"".join(
        name.encode() + b"\0" + codes.table(name).read_bytes().replace(b"\r\n", b"\n")
        for name in codes.TABLES
    )
    return hashlib.sha256(content).hexdigest()


def test_list_of_waste_is_complete() -> None:
    """Decision 2000/532/EC as amended in 2014 has 842 entries, 408 of them hazardous."""
    entries = valid_rows("low", DAY)

    assert len(entries) == LIST_OF_WASTE_SIZE
    assert sum(row["hazardous"] == "true" for row in entries) == HAZARDOUS_ENTRIES


def test_entries_of_2014_begin_with_its_application() -> None:
    """The three entries added by Decision 2014/955/EU were not valid the day before."""
    added = [row["code"] for row in codes.rows("low") if row["valid_from"] == "2015-06-01"]

    assert added == ["010310", "160307", "190308"]
    assert codes.Status.NOT_VALID_ON_DATE is codes.status("LOW", "160307", date(2015, 5, 31))
    assert codes.Status.VALID is codes.status("LOW", "160307", date(2015, 6, 1))


def test_battery_entries_begin_with_their_decision() -> None:
    """Decision (EU) 2025/934 adds 42 entries on 9 December 2026 and none is used before."""
    before, after = valid_rows("low", date(2026, 12, 8)), valid_rows("low", date(2026, 12, 9))
    added = {row["code"] for row in after} - {row["code"] for row in before}

    assert len(added) == 42
    assert "160607" in added


def test_hazard_that_differs_between_countries_is_unknown() -> None:
    """Alkaline batteries become hazardous in the EU and not in the UK: the list is silent from that day."""
    before, after = codes.find("LOW", "160604")

    assert before.hazardous is False
    assert after.hazardous is None
    assert date(2026, 12, 8) == before.valid_to


@pytest.mark.parametrize("stated", ["16 03 07", "16 03 07*", "160307", "160307*'"])
def test_metallic_mercury_is_hazardous_however_it_is_written(stated: str) -> None:
    """16 03 07 is hazardous by its entry, also where a system lost the asterisk."""
    normal = codes.normalise_low(stated)

    assert normal is not None
    assert normal[0] == "160307"
    assert codes.find("LOW", normal[0])[0].hazardous is True


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("06 07 01*", ("060701", True)),
        ("17 03 02", ("170302", False)),
        ("\u00a0101213 ", ("101213", False)),
        ("101213'", ("101213", False)),
        ("'010101", ("010101", False)),
        ("010101 *", ("010101", True)),
        ("10101", None),
        ("101213:101213", None),
        ("101213;100123", None),
        ("17 03 02 x", None),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", None),
        ("", None),
    ],
)
def test_list_of_waste_codes_have_one_form(stated: str, expected: tuple[str, bool] | None) -> None:
    """Blanks and spreadsheet apostrophes go, the asterisk becomes a flag, the rest is refused."""
    assert expected == codes.normalise_low(stated)


@pytest.mark.parametrize(
    ("scheme", "code", "last_valid_on"),
    [
        ("BASEL", "A1180", date(2024, 12, 31)),
        ("BASEL", "B1110", date(2024, 12, 31)),
        ("BASEL", "B4030", date(2024, 12, 31)),
        ("BASEL", "B3010", date(2020, 12, 31)),
        ("OECD", "GC020", date(2026, 12, 31)),
    ],
)
def test_dead_codes_are_valid_to_their_last_day(scheme: str, code: str, last_valid_on: date) -> None:
    """A code that an amendment removed is valid on its last day and not on the next."""
    next_on = date.fromordinal(last_valid_on.toordinal() + 1)

    assert codes.Status.VALID is codes.status(scheme, code, last_valid_on)
    assert codes.Status.NOT_VALID_ON_DATE is codes.status(scheme, code, next_on)


@pytest.mark.parametrize(
    ("scheme", "code", "first_valid_on"),
    [
        ("BASEL", "A3210", date(2021, 1, 1)),
        ("BASEL", "B3011", date(2021, 1, 1)),
        ("BASEL", "Y48", date(2021, 1, 1)),
        ("OECD", "AC300", date(2021, 1, 1)),
        ("OECD", "EU3011", date(2021, 1, 1)),
        ("OECD", "EU48", date(2021, 1, 1)),
        ("BASEL", "A1190", date(2005, 10, 8)),
        ("BASEL", "B1115", date(2005, 10, 8)),
        ("BASEL", "A1181", date(2025, 1, 1)),
        ("BASEL", "Y49", date(2025, 1, 1)),
    ],
)
def test_new_codes_are_valid_from_their_first_day(scheme: str, code: str, first_valid_on: date) -> None:
    """A code that an amendment added is not valid on the day before."""
    day_before = date.fromordinal(first_valid_on.toordinal() - 1)

    assert codes.Status.NOT_VALID_ON_DATE is codes.status(scheme, code, day_before)
    assert codes.Status.VALID is codes.status(scheme, code, first_valid_on)


@pytest.mark.parametrize(
    ("code", "on", "expected"),
    [
        ("A1180", date(2024, 12, 31), ("A1180", [])),
        ("A1180", date(2025, 1, 1), (None, ["code.date"])),
        ("A1181", date(2024, 12, 31), (None, ["code.date"])),
        ("A1181", date(2025, 1, 1), ("A1181", [])),
    ],
)
def test_a_code_is_judged_on_the_day_of_its_event(
    code: str, on: date, expected: tuple[str | None, list[str]]
) -> None:
    """Scrap moved in 2024 keeps A1180; from 2025 on that code is warned of and A1181 is right."""
    found, noticed = harmonise(statement(codes=(WasteCode("BASEL", code),), when=When(on)), "$")

    assert expected == (found.primary.basel, [finding.rule for finding in noticed])
    assert (found.other_codes == ()) == (expected[0] is not None)


@pytest.mark.parametrize("code", ["GC010", "GC020", "BEU04", "BEU05", "RB020", "GB040", "AB130"])
def test_oecd_list_has_what_agencies_lists_lack(code: str) -> None:
    """OECD entries and the EU's own additions are found."""
    assert codes.Status.VALID is codes.status("OECD", code, DAY)


@pytest.mark.parametrize(
    ("scheme", "code"), [("LOW", "100123x"), ("BASEL", "B9999"), ("HS", "391510"), ("NATIONAL", "1")]
)
def test_what_no_list_knows_is_unknown(scheme: str, code: str) -> None:
    """An unlisted code and a scheme without a list are unknown, which is not the same as no longer valid."""
    assert codes.Status.UNKNOWN is codes.status(scheme, code, DAY)
    assert codes.find(scheme, code) == ()


@pytest.mark.parametrize("code", ["D001", "D043", "F001", "F039", "K181", "P205", "U002"])
def test_federal_codes_are_recognised(code: str) -> None:
    """Codes of 40 CFR 261 are valid on any day."""
    assert codes.is_us_federal_code(code)
    assert codes.Status.VALID is codes.status("US-EPA", code, DAY)


@pytest.mark.parametrize("code", ["D000", "D044", "F040", "K182", "H141", "D1", "d001", "D001 ", ""])
def test_other_codes_are_no_federal_codes(code: str) -> None:
    """Numbers out of range, management methods and other forms are no federal waste codes."""
    assert not codes.is_us_federal_code(code)
    assert codes.Status.UNKNOWN is codes.status("US-EPA", code, DAY)


@pytest.mark.parametrize(
    ("scheme", "code", "expected"),
    [
        ("LOW", "150101", "PAPER"),
        ("LOW", "191204", "PLASTIC"),
        ("LOW", "160601", "BATTERY_LEAD"),
        ("LOW", "170405", "FERROUS"),
        ("LOW", "170904", "CONSTRUCTION_DEMOLITION"),
        ("LOW", "130205", "OIL"),
        ("LOW", "160214", "EEE"),
        ("BASEL", "B3020", "PAPER"),
        ("BASEL", "B3011", "PLASTIC"),
        ("BASEL", "B2020", "GLASS"),
        ("BASEL", "Y49", "EEE"),
        ("OECD", "EU48", "PLASTIC"),
        ("HS", "3915100000", "PLASTIC"),
        ("HS", "262110", "TREATMENT_MINERAL"),
        ("US-EPA", "D001", "HAZARDOUS_CHEMICAL"),
    ],
)
def test_crosswalk_names_the_material(scheme: str, code: str, expected: str) -> None:
    """List of Waste, Basel, OECD, HS and federal codes lead to one category each."""
    assert [expected] == materials(scheme, code, DAY)


@pytest.mark.parametrize(
    ("scheme", "code"), [("LOW", "999999"), ("LOW", "1501"), ("BASEL", "B2040"), ("BASEL", "A1180")]
)
def test_crosswalk_is_silent_where_nothing_is_known(scheme: str, code: str) -> None:
    """An unlisted code, half a code, an entry of many materials and a dead code have no row."""
    assert materials(scheme, code, DAY) == []


def test_crosswalk_keeps_dead_codes_for_their_days() -> None:
    """A1180 is electronic waste in 2024."""
    assert materials("BASEL", "A1180", date(2024, 12, 31)) == ["EEE"]


def test_unmapped_is_a_category_of_its_own() -> None:
    """`UNMAPPED` stands beside the real categories, so that it is published and not dropped."""
    parents = {row["code"]: row["parent"] for row in codes.rows("materials")}

    assert parents["UNMAPPED"] == "ALL"


def test_materials_form_a_tree() -> None:
    """Every category leads to ALL by its parents."""
    parents = {row["code"]: row["parent"] for row in codes.rows("materials")}
    steps_max = len(parents)

    for code in parents:
        path = [code]
        while path[-1] != "ALL":
            path.append(parents[path[-1]])

            assert len(path) <= steps_max, f"{code} runs in a circle"


def test_only_leaves_are_mapped() -> None:
    """No code maps to a category that has children, so every parent is the sum of its children."""
    parents = {row["parent"] for row in codes.rows("materials")}
    known = {row["code"] for row in codes.rows("materials")}
    mapped = {row["material"] for row in codes.rows("material")}

    assert set() == mapped & parents
    assert set() == mapped - known


def test_every_list_of_waste_entry_has_a_material() -> None:
    """The crosswalk leaves out no entry on any day of its validity."""
    mapped = defaultdict(list)
    for row in codes.rows("material"):
        mapped[row["scheme"], row["code"]].append(row)

    for row in codes.rows("low"):
        covering = [covers(found, first_day(row)) for found in mapped["LOW", row["code"]]]

        assert any(covering), row["code"]


def test_crosswalk_stays_within_the_validity_of_its_codes() -> None:
    """A listed code maps to a material only on days on which it is valid."""
    for row in codes.rows("material"):
        if row["scheme"] in {"LOW", "BASEL", "OECD"}:
            intervals = codes.find(row["scheme"], row["code"])

            assert intervals, row
            assert first_day(row) == intervals[0].valid_from, row
            assert last_day(row) == (intervals[-1].valid_to or date.max), row


def test_no_row_of_the_crosswalk_covers_another() -> None:
    """A code begins with at most one row of its scheme, so prefixes never compete."""
    by_code = sorted((row["scheme"], row["code"]) for row in codes.rows("material"))

    for (scheme, code), (next_scheme, next_code) in pairwise(by_code):
        assert (scheme, code) == (next_scheme, next_code) or not (
            scheme == next_scheme and next_code.startswith(code)
        ), code


def test_rank_follows_quality_and_scheme() -> None:
    """The rank is what the README says: by quality, undifferentiated last, then by scheme."""
    parents = {row["code"]: row["parent"] for row in codes.rows("materials")}

    for row in codes.rows("material"):
        is_mixed = parents[row["material"]] == "MIXED"
        tens = UNDIFFERENTIATED_RANK if is_mixed else QUALITY_RANK[row["quality"]]

        assert tens * 10 + SCHEME_RANK[row["scheme"]] == int(row["rank"]), row


def test_every_operation_has_one_class_at_any_time() -> None:
    """R1 to R13 and D1 to D15 have exactly one class on each day since the directive."""
    operations = {row["code"] for row in codes.rows("operations")}

    for on in (date(2008, 12, 12), date(2026, 5, 20), date(2026, 5, 21), DAY):
        classes = [row["code"] for row in valid_rows("operation_class", on)]

        assert sorted(operations) == sorted(classes)
    assert {row["class"] for row in codes.rows("operation_class")} <= CLASSES
    assert len(operations) == 28


def test_biological_treatment_becomes_interim_with_the_regulation() -> None:
    """D8 is disposal until Regulation (EU) 2024/1157 applies, interim from 21 May 2026."""
    by_day = {
        on: next(row["class"] for row in valid_rows("operation_class", on) if row["code"] == "D8")
        for on in (date(2026, 5, 20), date(2026, 5, 21))
    }

    assert {date(2026, 5, 20): "DISPOSAL", date(2026, 5, 21): "INTERIM"} == by_day


def test_regions_of_a_country_are_found_once() -> None:
    """A department is one part of its country, although it also belongs to a region."""
    rows = [row["parent"] for row in codes.rows("regions") if row["code"] == "FR-2A"]

    assert ["FR", "FR-20R"] == rows
    assert [("Corse-du-Sud", None)] == [(part.label, part.valid_to) for part in codes.find("REGION", "FR-2A")]
    assert () == codes.find("REGION", "DE")


def test_every_part_leads_to_a_country() -> None:
    """What a part belongs to is a country, or a larger part of the same country."""
    parts = set(codes.listed("REGION"))
    for row in codes.rows("regions"):
        if row["code"] in parts:
            country = row["code"].partition("-")[0]

            assert row["parent"] == country or row["parent"] in parts, row
            assert row["parent"].partition("-")[0] == country, row


def test_union_has_27_members_since_2020() -> None:
    """The United Kingdom is a member on 31 January 2020 and no more on 1 February."""
    members = {
        on: {row["code"] for row in valid_rows("regions", on) if row["parent"] == "EU"}
        for on in (date(2020, 1, 31), date(2020, 2, 1))
    }

    assert {"GB"} == members[date(2020, 1, 31)] - members[date(2020, 2, 1)]
    assert len(members[date(2020, 2, 1)]) == 27


@pytest.mark.parametrize("scheme", codes.TABLE_OF_SCHEME)
def test_every_scheme_has_its_codes(scheme: str) -> None:
    """No list is empty, and its codes say that they are of it."""
    assert {scheme} == {part.scheme for found in codes.listed(scheme).values() for part in found}


def test_all_tables_are_checked() -> None:
    """Every CSV file of the folder is a named table, and the other way round."""
    found = sorted(file.stem for file in FOLDER.glob("*.csv"))

    assert sorted(codes.TABLES) == found
    assert set(codes.TABLES) == set(KEYS)


@pytest.mark.parametrize("table", codes.TABLES)
def test_rows_are_well_formed(table: str) -> None:
    """Every row has all columns, a source, no stray blanks and dates in order."""
    header = codes.table(table).read_text(encoding="utf-8").splitlines()[0].split(",")

    for row in codes.rows(table):
        assert header == list(row)
        assert all(value is not None and value == value.strip() for value in row.values()), row
        assert row["source"], row
        assert all(row[column] for column in KEYS[table]), row
        assert first_day(row) <= last_day(row), row
        assert row.get("hazardous", "") in {"true", "false", ""}, row


@pytest.mark.parametrize("table", sorted(set(codes.TABLES) - UNDATED))
def test_every_row_begins_on_a_day(table: str) -> None:
    """No code, unit, country or name of one is without its first valid day."""
    assert [] == [row for row in codes.rows(table) if first_day(row) == date.min]


@pytest.mark.parametrize("table", codes.TABLES)
def test_intervals_of_one_key_never_overlap(table: str) -> None:
    """A key appears once at any time, and its intervals stand in order."""
    intervals = defaultdict(list)
    for row in codes.rows(table):
        intervals[tuple(row[column] for column in KEYS[table])].append((first_day(row), last_day(row)))

    for key, found in intervals.items():
        assert all(earlier[1] < later[0] for earlier, later in pairwise(found)), key


def test_lists_change_only_with_a_new_version() -> None:
    """The version names exactly this content; an edit needs a new version and a new line in the lock."""
    locked = dict(line.split() for line in (FOLDER / "versions.lock").read_text().splitlines())

    assert locked.get(codes.VERSION) == digest(), (
        "the code lists changed: raise VERSION in schemas/codes.py and add this line to versions.lock:\n"
        f"<version> {digest()}"
    )


def load(path: str) -> Any:
    """Return a JSON sample."""
    return json.loads(sample(path).read_text(encoding="utf-8"))


def test_base_list_of_the_agency_agrees() -> None:
    """Every entry and every hazard flag of DEFRA's list of 842 is found as the agency states it."""
    stated = {row["code"]: row["isHazardous"] for row in load("codelists/defra_ewc-codes_validEwcCodes.json")}
    ours = {row["code"]: row["hazardous"] == "true" for row in valid_rows("low", DAY)}

    assert stated == ours


def test_starred_list_of_the_agency_agrees_but_for_mercury() -> None:
    """DEFRA's second list has the same entries; 16 03 07 alone lacks its asterisk there."""
    stated = dict(filter(None, map(codes.normalise_low, load("uk-epr-exporter/ewc-codes.json"))))
    ours = {row["code"]: row["hazardous"] == "true" for row in valid_rows("low", DAY)}

    assert stated.keys() == ours.keys()
    assert [code for code, is_starred in stated.items() if is_starred != ours[code]] == ["160307"]


def test_every_shipment_code_of_the_agency_is_found() -> None:
    """Each of DEFRA's Basel and OECD codes is valid in exactly one of the two lists."""
    for code in load("uk-epr-exporter/basel-codes.json"):
        found = [scheme for scheme in ("BASEL", "OECD") if codes.status(scheme, code, DAY) == "VALID"]

        assert len(found) == 1, code


@pytest.mark.parametrize("kind", ["RECOVERY", "DISPOSAL"])
def test_every_operation_of_the_agency_is_found(kind: str) -> None:
    """DEFRA's R and D codes are valid, and those that lead to no final product are energy or interim."""
    classes = {row["code"]: row["class"] for row in valid_rows("operation_class", DAY)}

    for row in load(f"codelists/defra_treatment-codes_{kind}_CODES.json"):
        assert codes.Status.VALID is codes.status("OPERATION", row["code"], DAY)
        if row["isNotRecoveryToFinalProduct"]:
            assert classes[row["code"]] in {"ENERGY", "INTERIM"}
