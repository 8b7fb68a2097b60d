"""Crosswalks: what a code leads to, on which day, and how well that is founded."""

from __future__ import annotations

import re
from datetime import date

import pytest

from schemas import codes, crosswalks
from schemas.crosswalks import CROSSWALKS, UNMAPPED, Quality, crosswalk

DAY = date(2026, 6, 1)
TABLES = sorted({*CROSSWALKS, "successor"} - {"material", "operation_class"})
# Entries younger than the annex: the rest of the List of Waste of 2015 stands in it.
NOT_IN_THE_ANNEX = {"010310", "160307", "190308"}
CLASS_OF_OUTCOME = {
    "ENERGY": "ENERGY",
    "RECYCLING": "RECYCLING",
    "LANDFILL": "DISPOSAL",
    "INCINERATION": "DISPOSAL",
    "DISPOSAL_OTHER": "DISPOSAL",
    "INTERIM_RECOVERY": "INTERIM",
    "INTERIM_DISPOSAL": "INTERIM",
}


def reached(name: str, scheme: str, code: str, on: date = DAY) -> list[tuple[str, str]]:
    """Return codes and qualities that a code leads to."""
    return [(target.code, target.quality) for target in crosswalk(name, scheme, code, on)]


@pytest.mark.parametrize(
    ("name", "scheme", "code", "expected"),
    [
        ("ewc_stat", "LOW", "150102", [("07.41", "official")]),
        ("ewc_stat", "LOW", "160601", [("08.41", "official")]),
        ("ewc_stat", "LOW", "200301", [("10.11", "official")]),
        ("ewc_stat", "LOW", "010310", [("12.31", "derived")]),
        ("ewc_stat", "LOW", "160307", [(UNMAPPED, "unmapped")]),
        ("material", "HS", "3915100000", [("PLASTIC", "derived")]),
        ("material", "HS", "810420", [("NONFERROUS_OTHER", "derived")]),
        ("material", "LOW", "999999", [(UNMAPPED, "unmapped")]),
        ("operation_class", "OPERATION", "R1", [("ENERGY", "official")]),
        ("outcome", "OPERATION", "D5", [("LANDFILL", "official")]),
        ("outcome", "OPERATION", "D10", [("INCINERATION", "official")]),
        ("outcome", "FR-OPERATION", "D9F", [("DISPOSAL_OTHER", "derived")]),
        ("method_operation", "US-METHOD", "H010", [("R4", "assumed")]),
        ("method_operation", "US-METHOD", "H039", [(UNMAPPED, "unmapped")]),
        ("method_operation", "US-METHOD", "H135", [(UNMAPPED, "unmapped")]),
        ("method_operation", "US-METHOD", "H141", [("R13", "assumed"), ("D15", "assumed")]),
        ("basel_oecd", "BASEL", "Y48", [("EU48", "official")]),
        ("oecd_hs", "OECD", "GE020", [("7001", "official"), ("701939", "official")]),
        ("oecd_hs", "OECD", "AC250", [(UNMAPPED, "unmapped")]),
    ],
)
def test_codes_lead_where_the_tables_say(
    name: str, scheme: str, code: str, expected: list[tuple[str, str]]
) -> None:
    """One target, several or explicitly none, each with its quality."""
    assert expected == reached(name, scheme, code)


@pytest.mark.parametrize(
    ("name", "scheme", "code", "last_on", "change"),
    [
        ("outcome", "OPERATION", "D8", date(2026, 5, 20), ("DISPOSAL_OTHER", "INTERIM_DISPOSAL")),
        ("operation_class", "OPERATION", "D8", date(2026, 5, 20), ("DISPOSAL", "INTERIM")),
        ("material", "BASEL", "A1180", date(2024, 12, 31), ("EEE", UNMAPPED)),
        ("basel_oecd", "BASEL", "A3210", date(2020, 12, 31), (UNMAPPED, "AC300")),
        ("ewc_stat", "LOW", "150102", date(2009, 12, 31), (UNMAPPED, "07.41")),
    ],
)
def test_the_day_decides(name: str, scheme: str, code: str, last_on: date, change: tuple[str, str]) -> None:
    """A row holds up to its last day, and what no row covers on a day is unmapped."""
    days = (last_on, date.fromordinal(last_on.toordinal() + 1))
    found = [[target.code for target in crosswalk(name, scheme, code, on)] for on in days]

    assert [[change[0]], [change[1]]] == found


def test_electronics_lead_to_two_entries_within_the_union() -> None:
    """Y49 is GC010 or GC020 within the Union until the end of 2026, and neither after it."""
    inside = crosswalk("basel_oecd", "BASEL", "Y49", date(2026, 12, 31))

    assert ["GC010", "GC020"] == [target.code for target in inside]
    assert [UNMAPPED] == [target.code for target in crosswalk("basel_oecd", "BASEL", "Y49", date(2027, 1, 1))]


def test_an_absent_row_says_so() -> None:
    """A code without a row is unmapped and has no source; one with a row that says so has one."""
    (absent,) = crosswalk("ewc_stat", "LOW", "999999", DAY)
    (stated,) = crosswalk("ewc_stat", "LOW", "160307", DAY)

    assert (UNMAPPED, Quality.UNMAPPED, "EWC-STAT") == (absent.code, absent.quality, absent.scheme)
    assert (absent.source == "", stated.source == "") == (True, False)


@pytest.mark.parametrize(
    ("scheme", "code", "expected"),
    [("BASEL", "A1180", ["A1181"]), ("BASEL", "B3010", ["B3011", "Y48"]), ("LOW", "150101", [])],
)
def test_successors_of_withdrawn_codes(scheme: str, code: str, expected: list[str]) -> None:
    """What replaced a withdrawn code is told, and nothing for a code in force."""
    assert expected == [target.code for target in crosswalks.successors(scheme, code)]


def test_statistical_items_cover_the_list_of_waste() -> None:
    """Each of the 842 entries has one row; only three entries of 2015 are not in the annex."""
    on = date(2026, 12, 8)
    valid = [code for code in codes.listed("LOW") if codes.status("LOW", code, on) == "VALID"]
    qualities = {code: crosswalk("ewc_stat", "LOW", code, on) for code in valid}

    assert len(valid) == 842
    assert {1} == {len(found) for found in qualities.values()}
    assert NOT_IN_THE_ANNEX == {code for code, (one,) in qualities.items() if one.quality != "official"}
    assert all(target.source for (target,) in qualities.values())


def test_statistical_items_agree_with_the_materials() -> None:
    """An official material is the one of its statistical item, as the list of materials says."""
    stated = {row["code"]: re.findall(r"[0-9.]+", row["source"]) for row in codes.rows("materials")}
    official = [
        row for row in codes.rows("material") if (row["scheme"], row["quality"]) == ("LOW", "official")
    ]

    assert len(official) > 800
    for row in official:
        (item,) = crosswalk("ewc_stat", "LOW", row["code"], DAY)

        assert item.code.startswith(tuple(stated[row["material"]])), row


def test_hazardous_entries_are_in_items_for_hazardous_waste() -> None:
    """Official rows of items that the annex has for hazardous waste alone hold hazardous entries only."""
    only_hazardous = {
        "01.11",
        "01.12",
        "01.21",
        "01.31",
        "02.21",
        "02.33",
        "03.12",
        "03.22",
        "07.71",
        "12.21",
    }
    found = {
        row["from_code"]
        for row in codes.rows("ewc_stat")
        if row["to_code"] in only_hazardous and row["quality"] == "official"
    }

    assert {True} == {codes.find("LOW", code)[0].hazardous for code in found}


def test_statistical_items_form_a_tree() -> None:
    """The parent of an item is listed, and is its beginning."""
    items = codes.listed("EWC-STAT")
    for row in codes.rows("ewc_stat_items"):
        assert row["parent"] in items or len(row["code"]) == 2
        assert row["code"].startswith(row["parent"])


def test_outcomes_are_finer_than_the_classes() -> None:
    """On each day one outcome of each operation, of its own letter, within the class that the hub uses."""
    parents = {row["code"]: row["parent"] for row in codes.rows("outcomes")}
    letters = {"R": "RECOVERY", "D": "DISPOSAL"}

    for on in (date(2008, 12, 12), date(2026, 5, 20), date(2026, 5, 21), DAY):
        for operation in codes.listed("OPERATION"):
            (outcome,) = crosswalk("outcome", "OPERATION", operation, on)
            (coarse,) = crosswalk("operation_class", "OPERATION", operation, on)

            assert letters[operation[0]] == parents[outcome.code]
            assert CLASS_OF_OUTCOME[outcome.code] == coarse.code


@pytest.mark.parametrize("name", TABLES)
def test_crosswalks_lead_from_code_to_code(name: str) -> None:
    """Both ends of a row are listed, on all of its days, where their scheme has a list."""
    for row in codes.rows(name):
        start, end = (row["from_scheme"], row["from_code"]), (row["to_scheme"], row["to_code"])
        assert (row["to_code"] == UNMAPPED) == (row["quality"] == "unmapped"), row
        assert row["to_scheme"] == CROSSWALKS.get(name, row["to_scheme"]), row
        for scheme, code in (start, end):
            if scheme in codes.TABLE_OF_SCHEME and code != UNMAPPED:
                assert codes.find(scheme, code), row


@pytest.mark.parametrize("name", sorted(CROSSWALKS))
def test_a_code_is_never_mapped_and_unmapped_at_once(name: str) -> None:
    """Where a code leads somewhere on a day, no row says that it leads nowhere."""
    for scheme, code in {(row.get("from_scheme", ""), row.get("from_code", "")) for row in codes.rows(name)}:
        found = crosswalk(name, scheme, code, DAY)

        assert len(found) == 1 or UNMAPPED not in {target.code for target in found}


def test_qualities_are_the_four_that_the_readme_names() -> None:
    """Every row of every crosswalk states one of them."""
    stated = {row["quality"] for name in (*CROSSWALKS, "successor") for row in codes.rows(name)}

    assert stated == set(Quality)
