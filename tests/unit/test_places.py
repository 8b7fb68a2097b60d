"""Countries and US states as people write them, and the days of their codes."""

from __future__ import annotations

from datetime import date

import pytest

from schemas import codes, places
from schemas.movement import FIRST_DAY

ISO_COUNTRIES = 249


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("IN", "IN"),
        ("IND", "IN"),
        ("India", "IN"),
        ("  INDIA ", "IN"),
        ("British Indian Ocean Territory", "IO"),
        ("American Samoa [AS]", "AS"),
        ("Germany-DE", "DE"),
        ("Germania-DE", "DE"),
        ("Guinea-Bissau", "GW"),
        ("Guinea", "GN"),
        ("Viet Nam", "VN"),
        ("Vietnam", "VN"),
        ("Cote d'Ivoire", "CI"),
        ("C\u00f4te d\u2019Ivoire", "CI"),
        ("T\u00fcrkiye", "TR"),
        ("Turkey", "TR"),
        ("The Netherlands", "NL"),
        ("St. Lucia", "LC"),
        ("Bosnia & Herzegovina", "BA"),
        ("Korea, Republic of", "KR"),
        ("Hong Kong [HK]", "HK"),
        ("United Kingdom", "GB"),
        ("UK", "GB"),
        ("England", "GB"),
        ("Northern Ireland", "GB"),
        ("GB-SCT", "GB"),
        ("US-AL", "US"),
        ("U.S.A.", "US"),
        ("UNITED STATES", "US"),
        ("EL", "GR"),
        ("Ireland", "IE"),
    ],
)
def test_countries_are_recognised(stated: str, expected: str) -> None:
    """Codes, whole names in common spellings, and names with their code lead to the country."""
    assert expected == places.country(stated)


@pytest.mark.parametrize(
    "stated",
    [
        "",
        " ",
        "Indi",
        "India and Nepal",
        "Indian",
        "Korea",
        "ZZ",
        "Unknown country",
        "Atlantis-ZZ",
        "Germany [QQ]",
        "no",
        "in",
        "Albania;Cyprus",
        "Samoa American",
        "[AS]",
        "ref1",
        "XX-YY",
    ],
)
def test_what_is_no_country_is_not_guessed(stated: str) -> None:
    """Parts of names, ambiguous names, lists, lower-case words and the unknown country are refused."""
    assert places.country(stated) is None


@pytest.mark.parametrize("row", codes.rows("countries"), ids=lambda row: row["code"])
def test_every_country_is_found_by_code_and_name(row: dict[str, str]) -> None:
    """Two letters, three letters and the label agree for every country; the unknown one is none."""
    expected = None if row["code"] == "ZZ" else row["code"]

    assert [expected] * 4 == [
        places.country(row["code"]),
        places.country(row["alpha3"]),
        places.country(row["label"]),
        places.country(f"{row['label']} [{row['code']}]"),
    ]
    assert (expected is not None) == places.is_country(row["code"])


@pytest.mark.parametrize("row", codes.rows("country_names"), ids=lambda row: row["name"])
def test_every_other_name_leads_where_its_row_says(row: dict[str, str]) -> None:
    """No spelling of one country hides another's."""
    assert row["country"] == places.country(row["name"])


def test_list_of_countries_is_complete() -> None:
    """All 249 codes of ISO 3166-1 are there, and three letters are as unique as two."""
    iso = [row for row in codes.rows("countries") if row["source"] == "ISO 3166-1"]

    assert ISO_COUNTRIES == len(iso) == len({row["alpha3"] for row in iso})


@pytest.mark.parametrize(
    ("code", "first_valid_on"),
    [
        ("DE", "1974-12-15"),
        ("RU", "1992-08-30"),
        ("ER", "1993-07-16"),
        ("TL", "2002-05-20"),
        ("RS", "2006-09-26"),
        ("CW", "2010-12-15"),
        ("SS", "2011-08-09"),
    ],
)
def test_countries_begin_with_their_entry_in_the_standard(code: str, first_valid_on: str) -> None:
    """A country of the first edition begins with it, a later one with its own entry; all still hold."""
    (row,) = [row for row in codes.rows("countries") if row["code"] == code]

    assert (row["valid_from"], row["valid_to"]) == (first_valid_on, "")


def test_unknown_country_can_be_stated_on_any_day() -> None:
    """The code for unknown holds from the first day on which an event may lie."""
    (row,) = [row for row in codes.rows("countries") if row["code"] == "ZZ"]

    assert row["valid_from"] <= FIRST_DAY.isoformat()


def test_no_name_is_older_than_its_country() -> None:
    """A name leads to a code that holds on the name's first day."""
    begins = {row["code"]: row["valid_from"] for row in codes.rows("countries")}

    assert [] == [
        row["name"] for row in codes.rows("country_names") if row["valid_from"] < begins[row["country"]]
    ]


def test_parts_that_names_lead_to_are_listed() -> None:
    """The region beside a name is a part of its country."""
    parts = {(row["parent"], row["code"]) for row in codes.rows("regions")}
    stated = {(row["country"], row["region"]) for row in codes.rows("country_names") if row["region"]}

    assert set() == stated - parts


@pytest.mark.parametrize("code", ["ZZ", "UK", "EL", "GBR", "gb", "", "QQ"])
def test_only_codes_are_codes(code: str) -> None:
    """Nicknames, three letters and the unknown country are no alpha-2 codes."""
    assert not places.is_country(code)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("TX", "US-TX"),
        ("Texas", "US-TX"),
        ("VIRGINIA", "US-VA"),
        ("West Virginia", "US-WV"),
        ("US-OR", "US-OR"),
        ("District of Columbia", "US-DC"),
        ("PR", "US-PR"),
        ("tx", None),
        ("or", None),
        ("ON", None),
        ("Ontario", None),
        ("", None),
    ],
)
def test_us_states_are_recognised(stated: str, expected: str | None) -> None:
    """Postal codes in capitals, names and ISO codes; provinces of other countries are refused."""
    assert expected == places.us_state(stated)


def test_all_states_are_there() -> None:
    """Fifty states, the federal district and six territories."""
    states = [row["code"] for row in codes.rows("regions") if row["parent"] == "US"]

    assert len(states) == 57


@pytest.mark.parametrize(
    ("country", "stated", "expected"),
    [
        ("FR", "2A", "FR-2A"),
        ("FR", "01", "FR-01"),
        ("FR", "FR-976", "FR-976"),
        ("FR", "Rh\u00f4ne", "FR-69"),
        ("FR", "ILE DE FRANCE", "FR-IDF"),
        ("FR", "75", "FR-75C"),
        ("FR", "FR-75", "FR-75C"),
        ("IT", "MI", "IT-MI"),
        ("IT", "Lombardia", "IT-25"),
        ("IT", "AO", "IT-23"),
        ("BE", "WAL", "BE-WAL"),
        ("DE", "Baden-W\u00fcrttemberg", "DE-BW"),
        ("NL", "Noord Brabant", "NL-NB"),
        ("ES", "Catalu\u00f1a", "ES-CT"),
        ("GB", "Scotland", "GB-SCT"),
        ("FR", "1", None),
        ("FR", "MI", None),
        ("FR", "", None),
        ("PL", "MZ", None),
    ],
)
def test_parts_of_countries_are_recognised(country: str, stated: str, expected: str | None) -> None:
    """Codes with and without their country, and names; never a part of another country."""
    assert expected == places.region(country, stated)


@pytest.mark.parametrize(
    ("country", "count"),
    [("FR", 114), ("IT", 126), ("DE", 16), ("NL", 12), ("BE", 13), ("ES", 19), ("GB", 4)],
)
def test_parts_of_countries_are_all_there(country: str, count: int) -> None:
    """France: 101 departments, 13 regions; Italy: 20 regions, 106 provinces; and so on."""
    assert count == sum(row["parent"] == country for row in codes.rows("regions"))


def test_no_name_is_that_of_two_parts() -> None:
    """Every part is found by its own name."""
    for code, (part,) in codes.listed("REGION").items():
        assert code == places.region(code.partition("-")[0], part.label)


@pytest.mark.parametrize(
    ("code", "on", "expected"),
    [
        ("BE", date(2026, 5, 21), True),
        ("CH", date(2026, 5, 21), True),
        ("MA", date(2026, 5, 21), False),
        ("GB", date(2020, 1, 31), True),
        ("GB", date(2020, 2, 1), False),
        ("ZZ", date(2026, 5, 21), False),
    ],
)
def test_union_and_efta_have_the_members_of_a_day(code: str, on: date, *, expected: bool) -> None:
    """Who has left is no member any more, and who never was is none."""
    assert places.is_in_eu_or_efta(code, on) is expected
