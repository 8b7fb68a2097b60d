"""Codes as people write them, and what of it is a code."""

from __future__ import annotations

import pytest

from producers.reading import references, waste_codes
from producers.statement import WasteCode
from schemas.movement import Hazardous


@pytest.mark.parametrize(
    ("stated", "code", "hazardous", "is_mismatched"),
    [
        ("16 03 07*", "160307", Hazardous.YES, False),
        ("160307", "160307", Hazardous.YES, True),
        ("'150102", "150102", Hazardous.NO, False),
        ("150102*", "150102", Hazardous.NO, True),
        ("999999", "999999", Hazardous.UNKNOWN, False),
        ("999999*", "999999", Hazardous.YES, False),
    ],
)
def test_the_list_of_waste_decides_about_the_asterisk(
    stated: str, code: str, hazardous: Hazardous, *, is_mismatched: bool
) -> None:
    """A listed code is as hazardous as its list says, with and without its asterisk."""
    assert waste_codes.low(stated) == (WasteCode("LOW", code), hazardous, is_mismatched)


@pytest.mark.parametrize("stated", ["", "15 01", "mixed paper", "1501022", "101213:101213"])
def test_a_text_that_is_no_list_of_waste_code_is_none(stated: str) -> None:
    """No remark ever travels as a code."""
    assert waste_codes.low(stated) is None


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("b3011", WasteCode("BASEL", "B3011")),
        (" Y 48 ", WasteCode("BASEL", "Y48")),
        ("beu05", WasteCode("OECD", "BEU05")),
        ("GB040", WasteCode("OECD", "GB040")),
        ("B1010;B1050", None),
        ("1010;B1050", None),
        ("Smith", None),
    ],
)
def test_one_basel_or_oecd_code_is_read_and_several_are_not(stated: str, expected: WasteCode | None) -> None:
    """A code is whole: nothing is found inside a longer text."""
    assert waste_codes.basel_or_oecd(stated) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("d 001", "D001"),
        ("CA181", "CA181"),
        ("MEIER7", None),
        ("JANE1990", None),
        ("LEE1990", "LEE1990"),
        ("5550199", None),
        ("plastic", None),
        ("", None),
    ],
)
def test_a_national_code_looks_like_no_name_and_no_telephone(stated: str, expected: str | None) -> None:
    """Four letters or seven digits in a row are none; a name of three with a year has the look of a code."""
    assert waste_codes.national(stated) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("R 5", "R5"),
        ("d9f", "D9"),
        ("D 9 F", "D9"),
        ("R05", "R5"),
        ("R13", "R13"),
        ("R0", None),
        ("R14", None),
        ("X", None),
    ],
)
def test_an_operation_is_cut_to_its_number(stated: str, expected: str | None) -> None:
    """Divisions of an operation count as the operation."""
    assert waste_codes.operation(stated) == expected


def test_one_notification_has_one_spelling() -> None:
    """Blanks, hyphens, case and leading zeros do not keep both ends of a movement apart."""
    assert references.notification("FR 2026/000-123", "7") == "FR2026000123.000007"
    assert references.notification("fr2026000123", 7) == "FR2026000123.000007"
    assert references.notification("A7E 2026 000123", "07") == "A7E2026000123.000007"
    assert (
        references.annex_vii("glw-fr 26 000123") == references.annex_vii("GLW.FR26000123") == "GLWFR26000123"
    )


@pytest.mark.parametrize(
    ("number", "serial"),
    [("", "1"), ("FR2026000123", "0x1"), ("FR2026000123", "1234567"), ("unknown", "1"), ("see remarks", "2")],
)
def test_what_has_no_form_is_no_reference(number: str, serial: str) -> None:
    """A movement is never paired by a remark."""
    assert references.notification(number, serial) is None


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("HP_4", WasteCode("HP", "HP4")),
        ("HP04", WasteCode("HP", "HP4")),
        (" hp 15 ", WasteCode("HP", "HP15")),
        ("HP16", None),
        ("HP_POP", None),
        ("H4", None),
    ],
)
def test_a_property_of_hazard_has_one_spelling(stated: str, expected: WasteCode | None) -> None:
    """The fifteen properties meet in every spelling; the Basel Convention's are others."""
    assert waste_codes.hazard_property(stated) == expected
