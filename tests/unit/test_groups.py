"""The table of an agency: companies that are one, groups that count as one, and all mistakes at once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers import groups
from producers.convert import event_json
from producers.files import Files
from producers.groups import COLUMNS, Groups, spelled
from producers.pipeline import Pipeline
from producers.positions import Positions
from producers.statement import Company, Identity, Reading, When
from schemas.errors import ConfigurationError
from schemas.identity import DEMONSTRATION_KEYS, Keys
from tests.support.stand_in import StandIn
from tests.support.statements import statement

LEI, OTHER_LEI = "5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55"
VAT = Company("EU-VAT", "FR12999000111")
GROUP = Company("LEI", LEI)


class OneTicket(StandIn):
    """An adapter that reads one load of a company, whatever the file holds."""

    name: ClassVar[str] = "ticket"
    source_format: ClassVar[str] = "ticket/1"

    def __init__(self, company: Company) -> None:
        """Take the company."""
        self._company = company

    def read(self, stream: BinaryIO) -> Iterator[Reading]:  # noqa: ARG002  # the protocol's
        """Yield the load."""
        known_at = datetime(2026, 3, 2, tzinfo=UTC)
        yield Reading("$", Identity("1", 1, known_at), (statement(contributor=self._company),))


def table(folder: Path, *rows: str) -> Path:
    """Write a table of rows below the header."""
    path = folder / "groups.csv"
    path.write_text("\n".join((",".join(COLUMNS), *rows)) + "\n", "utf-8")
    return path


def companies(found: Groups, company: Company | None, on: date = date(2026, 6, 1)) -> tuple[object, object]:
    """Return the contributor of a day and its group."""
    applied = found.applied(statement(contributor=company, when=When(on)))
    return applied.contributor, applied.contributor_group


@pytest.mark.parametrize(
    ("scheme", "identifier", "expected"),
    [
        ("EU-VAT", "be 0999.999.922", Company("EU-VAT", "BE0999999922")),
        ("eori", "fr 99900011100016", Company("EORI", "FR99900011100016")),
        ("LEI", "5493 001K JTII GC8Y 1R12", GROUP),
        ("FR-SIRET", "999 000 111 00016", Company("FR-SIRET", "99900011100016")),
        ("US-EPA-SITE", "txd 000000001", Company("US-EPA-SITE", "TXD000000001")),
        ("XX-OTHER", "a-1/b", Company("XX-OTHER", "A-1/B")),
        ("GB-EPR-ORGANISATION", " aBc ", Company("GB-EPR-ORGANISATION", "aBc")),
    ],
)
def test_everybody_spells_a_company_alike(scheme: str, identifier: str, expected: Company) -> None:
    """Case, blanks and strokes of the scheme do not make another company, and twice is as once."""
    assert expected == spelled(Company(scheme, identifier)) == spelled(expected)


def test_two_agencies_mean_one_company(tmp_path: Path) -> None:
    """A company known by its national number here and by its tax number there is one contributor."""
    here = groups.load(table(tmp_path, "FR-SIRET,999 000 111 00016,eu-vat,fr 12 999000111,,,,"))

    assert (VAT, None) == companies(here, Company("FR-SIRET", "99900011100016"))
    assert (VAT, None) == companies(Groups(), Company("EU-VAT", "FR12.999.000.111"))


def test_establishments_are_those_of_their_company(tmp_path: Path) -> None:
    """A row of a company holds for each of its establishments but for one with a row of its own."""
    path = table(
        tmp_path, f"FR-SIREN,999000111,,,LEI,{LEI},,", f"FR-SIRET,99900011100024,,,LEI,{OTHER_LEI},,"
    )
    found = groups.load(path)
    first, second = Company("FR-SIRET", "99900011100016"), Company("FR-SIRET", "99900011100024")

    assert (first, GROUP) == companies(found, first)
    assert (second, Company("LEI", OTHER_LEI)) == companies(found, second)
    assert (Company("FR-SIRET", "99900022200016"), None) == companies(
        found, Company("FR-SIRET", "99900022200016")
    )


def test_a_row_holds_on_the_days_of_its_period(tmp_path: Path) -> None:
    """A company that is sold belongs to its group to the last day and to the next one from the first."""
    path = table(
        tmp_path,
        f"EU-VAT,FR12999000111,,,LEI,{LEI},2025-01-01,2026-06-30",
        f"EU-VAT,FR12999000111,,,LEI,{OTHER_LEI},2026-07-01,",
    )
    found = groups.load(path)
    days = (date(2024, 12, 31), date(2025, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2100, 1, 1))
    group_of_day = [companies(found, VAT, on)[1] for on in days]

    assert [None, GROUP, GROUP, Company("LEI", OTHER_LEI), Company("LEI", OTHER_LEI)] == group_of_day


def test_the_group_may_be_said_of_the_canonical_identifier(tmp_path: Path) -> None:
    """One row names the company, another one its group; a group known by two numbers is one too."""
    path = table(
        tmp_path,
        "IT-CF,90000000022,EU-VAT,IT90000000022,,,,",
        "EU-VAT,IT90000000022,,,EORI,FR999,,",
        f"EORI,FR999,LEI,{LEI},,,,",
    )

    assert (Company("EU-VAT", "IT90000000022"), GROUP) == companies(
        groups.load(path), Company("IT-CF", "90000000022")
    )


def test_what_the_document_states_remains_where_the_table_is_silent(tmp_path: Path) -> None:
    """A stated group counts unless the table knows better; who is not stated stays nobody."""
    found = groups.load(table(tmp_path, f"EU-VAT,FR12999000111,,,LEI,{LEI},,"))
    stated = Company("TEST", "OWN GROUP")
    known = statement(contributor=VAT, contributor_group=stated, counterparty=None)
    unknown = statement(contributor=Company("TEST", "X"), contributor_group=stated, counterparty=VAT)

    assert GROUP == found.applied(known).contributor_group
    assert found.applied(known).counterparty is None
    assert Company("TEST", "OWNGROUP") == found.applied(unknown).contributor_group
    assert VAT == found.applied(unknown).counterparty
    assert (None, None) == companies(found, None)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["EU-VAT,,LEI,x,,,,"], "line 2: scheme and identifier are needed"),
        (["EU-VAT,FR12999000111,,,,,,"], "line 2: neither a canonical identifier nor a group"),
        (["EU-VAT,FR12999000111,,,LEI,,,"], "line 2: group_scheme and group_identifier go together"),
        (["EU-VAT,12,,,TEST,A,,"], "line 2: identifier has not the form of its scheme"),
        (["EU-VAT,FR12999000111,,,LEI,5493001KJTIIGC8Y1R13,,"], "group_identifier has not the form"),
        (["A B;C,1,,,TEST,A,,"], "line 2: identifier has not the form of its scheme"),
        (["TEST,1,,,TEST,A,2026-13-01,"], "line 2: valid_from is no date"),
        (["TEST,1,,,TEST,A,20260101,"], "line 2: valid_from is no date"),
        (["TEST,1,,,TEST,A,2026-02-01,2026-01-31"], "line 2: valid_to lies before valid_from"),
        (["TEST,1,,,TEST,A,,2026-01-31", "test, 1,,,TEST,B,2026-01-31,"], "line 3: another row says"),
        (["TEST,1,TEST,2,,,,", "TEST,2,TEST,3,,,,"], "line 2: the canonical identifier has another one"),
        (
            ["TEST,1,TEST,2,TEST,A,,", "TEST,2,,,TEST,B,,"],
            "line 2: the canonical identifier has another group",
        ),
        (["TEST,1,,,TEST,A,,", "TEST,A,,,TEST,B,,"], "line 2: the group has a group itself, on line 3"),
        (
            ["TEST,1,,,TEST,A,,", "TEST,A,TEST,C,,,,", "TEST,C,,,TEST,B,,"],
            "line 2: the group has a group itself, on line 4",
        ),
        (["TEST,1,,,TEST"], "line 2: not one cell for each column"),
    ],
)
def test_a_mistake_is_named_by_line_and_rule(tmp_path: Path, rows: list[str], expected: str) -> None:
    """What the table cannot mean stops the start."""
    with pytest.raises(ConfigurationError) as caught:
        groups.load(table(tmp_path, *rows))

    assert expected in str(caught.value)


def test_rows_that_agree_are_no_mistake(tmp_path: Path) -> None:
    """Names of one company that lead to one group, each its own group, and periods that touch are fine."""
    rows = (
        "TEST,1,TEST,2,TEST,A,,2026-01-30",
        "TEST,1,TEST,3,TEST,A,2026-01-31,",
        "TEST,2,,,TEST,A,,",
        "TEST,A,,,TEST,A,,",
        ",,,,,,,",
        "",
    )

    assert 3 == len(groups.load(table(tmp_path, *rows)).rows)


def test_all_mistakes_are_told_at_once_and_no_identifier(tmp_path: Path) -> None:
    """The message names every line up to a bound, and shows nothing that stands in a cell."""
    path = table(tmp_path, *(f"SECRET,SECRET-{number},SECRET,,SECRET,,SECRET," for number in range(30)))
    with pytest.raises(ConfigurationError) as caught:
        groups.load(path)

    assert "line 2: " in str(caught.value)
    assert "and 100 more" in str(caught.value)
    assert "SECRET" not in f"{caught.value}{caught.value.hint}"
    assert "SECRET" not in repr(Groups({Company("SECRET", "1"): ()}))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "line 1: not the columns"),
        (b"scheme;identifier\n", "line 1: not the columns"),
        ((",".join((*COLUMNS, "scheme")) + "\n").encode(), "line 1: not the columns"),
        (b"\xff\xfe", "not UTF-8"),
        ((",".join(COLUMNS) + '\n"a"b,1,,,TEST,A,,\n').encode(), "no CSV"),
        ((",".join(COLUMNS) + "\nTEST,1\0,,,TEST,A,,\n").encode(), "identifier has not the form"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    """Another file in its place stops the start with what it should be."""
    (tmp_path / "groups.csv").write_bytes(content)
    with pytest.raises(ConfigurationError, match=expected):
        groups.load(tmp_path / "groups.csv")


def test_an_absent_table_is_refused(tmp_path: Path) -> None:
    """A table that is named and not there is not taken for an empty one."""
    with pytest.raises(ConfigurationError, match="no groups"):
        groups.load(tmp_path / "groups.csv")


def test_a_table_as_spreadsheets_save_it_is_read(tmp_path: Path) -> None:
    """A byte order mark, line ends of Windows, quotation marks and another order of columns are fine."""
    order = tuple(reversed(COLUMNS))
    lines = (",".join(order), '"","","A","TEST","","","1","TEST"')
    (tmp_path / "groups.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())

    assert Company("TEST", "A") == companies(groups.load(tmp_path / "groups.csv"), Company("TEST", "1"))[1]


def test_two_agencies_publish_one_pseudonym(tmp_path: Path) -> None:
    """The same company under its site number here and its tax number there: one contributor, one group."""
    first = replace(DEMONSTRATION_KEYS, agency=b"1" * 32)
    known = groups.load(
        table(
            tmp_path,
            f"FR-SIREN,999000111,EU-VAT,FR12999000111,LEI,{LEI},,",
            f"EU-VAT,FR12999000111,,,LEI,{LEI},,",
        )
    )
    here = published(first, known, Company("FR-SIRET", "99900011100016"))
    there = published(DEMONSTRATION_KEYS, known, Company("eu-vat", "fr 12 999 000 111"))
    apart = published(first, groups.NO_GROUPS, Company("FR-SIRET", "99900011100016"))

    assert (here["contributor"], here["contributor_group"]) == (
        there["contributor"],
        there["contributor_group"],
    )
    assert here["event_id"] != there["event_id"]
    assert apart["contributor"] != here["contributor"]
    assert apart["contributor_group"] is None


def published(keys: Keys, known: Groups, company: Company) -> dict[str, Any]:
    """Return the event that an agency publishes of a company's load."""
    pipeline = Pipeline(OneTicket(company), "XX-TEST", keys, Positions("test"), groups=known)
    (outcome,) = pipeline.outcomes(io.BytesIO(), "file")
    (event,) = outcome.events
    return event_json(event)


def test_a_file_is_read_again_when_the_table_has_changed(tmp_path: Path) -> None:
    """Another table may say something new of what was read; the same one does not."""
    first = groups.load(table(tmp_path, f"EU-VAT,FR12999000111,,,LEI,{LEI},,"))
    again = groups.load(table(tmp_path, f"EU-VAT,FR12999000111,,,LEI,{LEI},,"))
    other = groups.load(table(tmp_path, f"EU-VAT,FR12999000111,,,LEI,{OTHER_LEI},,"))
    digests = [
        Files(Positions("test"), DEMONSTRATION_KEYS, OneTicket(VAT), {}, known).digest(b"content")
        for known in (groups.NO_GROUPS, first, again, other)
    ]

    assert digests[1] == digests[2]
    assert 3 == len(set(digests))


def test_a_company_is_found_under_every_number_it_ever_had(tmp_path: Path) -> None:
    """What was kept by company is found again, whatever the table said when it was kept."""
    path = table(tmp_path, "TEST,1,TEST,2,,,,2025-12-31", "TEST,1,TEST,3,TEST,A,2026-01-01,")
    expected = {Company("TEST", number) for number in "123"}

    assert expected == groups.load(path).names_of(Company("test", " 1"))
    assert {Company("TEST", "1")} == groups.NO_GROUPS.names_of(Company("test", " 1"))


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever the file holds, it is a table or a configuration error."""
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(",".join(COLUMNS) + "\n" + text, "utf-8", errors="replace", newline="")
    try:
        groups.load(path)
    except ConfigurationError as error:
        assert error.hint  # noqa: PT017  # either end is right
