"""The report a data steward works from: which row and column, what is wrong, how to repair it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from producers.pipeline import Outcome
from producers.report import report as module
from producers.report.report import reporting
from producers.validate import RULES_BY_ID
from schemas.errors import ConfigurationError
from schemas.findings import Finding

ZERO, NEGATIVE = RULES_BY_ID["quantity.zero"], RULES_BY_ID["quantity.negative"]


def written(path: Path, *findings: Finding, name: str = "march.csv") -> str:
    """Return the report of one document with these findings."""
    with reporting(path) as tell:
        tell(name, Outcome("$", b"key", findings))
    return path.read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "row", "column"),
    [
        ("line[17].EWC codes", "17", "EWC codes"),
        ("line[17].line[0].RECEIVED.quantity", "17", "line[0].RECEIVED.quantity"),
        ("$[3].wastes[0].quantity", "4", "wastes[0].quantity"),
        ("$.rows[0].data.EWC_CODE", "1", "data.EWC_CODE"),
        ("$", "", ""),
    ],
)
def test_a_finding_stands_in_the_row_and_column_a_steward_sees(
    path: str, row: str, column: str, tmp_path: Path
) -> None:
    """Lines of tables count as the file numbers them, documents from one."""
    (told,) = csv.DictReader(written(tmp_path / "report.csv", NEGATIVE.at(path)).splitlines())

    assert (told["row"], told["column"], told["rule"]) == (row, column, "quantity.negative")
    assert told["what to do"] == NEGATIVE.hint


def test_text_tells_errors_before_warnings_and_the_totals_last(tmp_path: Path) -> None:
    """What keeps a document from being published comes first."""
    told = written(tmp_path / "report.txt", ZERO.at("line[2].kg"), NEGATIVE.at("line[2].kg")).splitlines()

    assert [line.split()[0] for line in told[0::2]] == ["ERROR", "WARNING", "1"]
    assert told[0] == "ERROR   march.csv, row 2, kg [quantity.negative]"
    assert told[-1] == "1 documents read, 1 rejected, 0 accepted with warnings; 0 events."


def test_a_report_of_nothing_says_so(tmp_path: Path) -> None:
    """A run without a finding leaves a header, or a sentence."""
    assert written(tmp_path / "report.csv") == "file,row,column,severity,rule,what to do\n"
    assert written(tmp_path / "report.txt").startswith("1 documents read, 0 rejected")


def test_the_page_counts_rules_and_shows_names_as_text(tmp_path: Path) -> None:
    """No name of a file becomes part of the page's code."""
    page = written(tmp_path / "report.html", NEGATIVE.at("line[2].kg"), name="<script>.csv")

    assert "<td>1</td><td>quantity.negative</td>" in page
    assert "<td>&lt;script&gt;.csv</td><td>2</td><td>kg</td>" in page
    assert "<script" not in page


def test_a_page_of_too_many_findings_says_how_many_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sums hold all; the list ends where nobody would read on."""
    monkeypatch.setattr(module, "PAGE_LINES_MAX", 2)
    page = written(tmp_path / "report.html", *(ZERO.at(f"line[{number}].kg") for number in range(5)))

    assert page.count("<td>march.csv</td>") == 2
    assert "<td>5</td><td>quantity.zero</td>" in page
    assert "3 more findings are left out" in page


def test_a_name_of_a_file_is_no_formula(tmp_path: Path) -> None:
    """A spreadsheet that opens the report calculates nothing."""
    (told,) = csv.DictReader(written(tmp_path / "report.csv", ZERO.at("$"), name="=cmd()").splitlines())

    assert told["file"] == "'=cmd()"


def test_another_ending_is_refused(tmp_path: Path) -> None:
    """The error lists the endings there are."""
    with pytest.raises(ConfigurationError) as error, reporting(tmp_path / "report.pdf"):
        pass

    assert ".txt, .csv, .html" in error.value.hint
