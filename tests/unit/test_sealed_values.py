"""What recipients may read of texts in which people write what they like."""

from __future__ import annotations

import pytest

from producers.reading import sealed_values
from producers.statement import Company, Party, Reference
from schemas.sealed import PartyRole, ReferenceKind


@pytest.mark.parametrize(
    "text",
    [
        "CJTILE/A0001",
        "SB9000001",
        "ROC UT 9999",
        "WCR/R/1234567",
        "EPR/AB1234CD",
        "WML 07/61 LN/13/02/M/V2",
        "24GB0AB12345678901",
        "MAEU123456789",
        "HLCUHAM240112345",
    ],
)
def test_numbers_of_papers_and_permits_stay(text: str) -> None:
    """What authorities number things by travels as stated, with single blanks."""
    assert sealed_values.number(f" {text.replace(' ', '  ')} ") == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sam Sample",
        "ask Sam, 2nd floor",
        "020 7946 0142",
        "+44 20 7946 0142",
        "02079460142",
        "tel 123456",
        "AB12 CDE",
        "AB-123-CD",
        "sam1@mail.example",
        "1" * 41,
        "1" * 100_000,
        "<7>",
        "\u0661\u0662",
    ],
)
def test_what_is_no_number_stays_behind(text: str) -> None:
    """Names, telephones, plates, addresses and whatever has not the form of a number are none."""
    assert sealed_values.number(text) is None


def test_containers_are_found_among_words() -> None:
    """Containers are named in any spelling, each once; nothing else of the cell comes along."""
    stated = "ask Sam: abcu123456-7, ABCU 1234567; DEFU654321 AB12CDE 020 7946 0142 ABCDE1234567"

    assert sealed_values.containers(stated) == (
        Reference(ReferenceKind.CONTAINER, "ABCU1234567"),
        Reference(ReferenceKind.CONTAINER, "DEFU654321"),
    )


def test_party_of_which_nothing_is_left_is_none() -> None:
    """A role alone says nothing; an identifier does."""
    company = Company("XX-SITE", "7")

    assert (
        sealed_values.party(PartyRole.CARRIER, None, "jo@mail.example", (None, "", "020 7946 0142")) is None
    )
    assert sealed_values.party(PartyRole.CARRIER, company, None) == Party(PartyRole.CARRIER, "XX-SITE", "7")
