"""The commands over code lists: what a person sees, what a program reads, and the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.commands.codes import codes as app
from schemas import codes
from schemas.crosswalks import CROSSWALKS
from schemas.errors import ConfigurationError
from tests.support.samples import ROOT, sample

SEMICOLONS = "Ref;EWC Code\n1;16 03 07*\n2;\n3;A1180\n4;16 03 07*\n"


def run(*arguments: str, stdin: str | None = None) -> Result:
    """Run `weighbridge codes` in this process."""
    return CliRunner().invoke(app, list(arguments), input=stdin)


def answer(*arguments: str) -> Any:
    """Return what `--json` prints."""
    return json.loads(run(*arguments, "--json").stdout)


def test_show_without_a_code_lists_the_lists() -> None:
    """Every list and crosswalk with its size, its sources and the version."""
    found = answer("show")

    assert codes.VERSION == found["version"]
    assert {*codes.TABLE_OF_SCHEME, *CROSSWALKS, "successor"} == {item["name"] for item in found["lists"]}
    assert all(item["rows"] and item["sources"] for item in found["lists"])
    assert codes.VERSION in run("show").stdout


def test_show_tells_everything_about_a_code() -> None:
    """Intervals, hazard, source, and what it leads to in each crosswalk, explicitly where nowhere."""
    found = answer("show", "low", "16 03 07*", "--on", "2026-06-01")

    assert ("LOW", "160307", "2026-06-01", "VALID") == tuple(
        found[key] for key in ("scheme", "code", "on", "status")
    )
    assert [("Metallic mercury", "2015-06-01", None, True, "Decision 2014/955/EU")] == [
        tuple(row[key] for key in ("label", "valid_from", "valid_to", "hazardous", "source"))
        for row in found["intervals"]
    ]
    assert [("material", "MERCURY", "derived"), ("ewc_stat", "UNMAPPED", "unmapped")] == [
        (row["crosswalk"], row["code"], row["quality"]) for row in found["maps_to"]
    ]


def test_show_looks_at_the_day() -> None:
    """A withdrawn code is valid on its last day, not on the next, and its successor is named."""
    before = answer("show", "BASEL", "A1180", "--on", "2024-12-31")
    after = answer("show", "BASEL", "A1180", "--on", "2025-01-01")

    assert ["VALID", "NOT_VALID_ON_DATE"] == [before["status"], after["status"]]
    assert ["A1181"] == [row["code"] for row in after["replaced_by"]]


def test_show_finds_the_list_of_a_bare_code() -> None:
    """The form of a code says which list it is of; a heading of the Harmonized System has none."""
    assert ["OPERATION", "BASEL", "REGION"] == [
        answer("show", code)["scheme"] for code in ("D9", "B3011", "FR-2A")
    ]
    assert "only a crosswalk" in run("show", "HS", "391510").stdout


def test_show_lists_the_codes_of_a_list() -> None:
    """A list alone shows all of its codes."""
    assert sorted(codes.listed("OPERATION")) == sorted(row["code"] for row in answer("show", "OPERATION"))


def test_show_of_an_unknown_code_names_similar_ones() -> None:
    """The lost zero of a spreadsheet is guessed for people, never for documents."""
    result = run("show", "LOW", "10101")

    assert isinstance(result.exception, ConfigurationError)
    assert "LOW 010101" in result.exception.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lead batteries", "160601"),
        ("BATTERIES lead", "160601"),
        ("mercury", "160307"),
        ("16 06", "160601"),
        ("160601*", "160601"),
        ("cote ivoire", "CI"),
    ],
)
def test_find_searches_codes_and_labels(text: str, expected: str) -> None:
    """All words must occur, in any order, case and accents aside; or the text begins a code."""
    result = run("find", text, "--json")

    assert result.exit_code == 0
    assert expected in [row["code"] for row in json.loads(result.stdout)]


def test_find_puts_the_exact_code_first() -> None:
    """A region or label that holds the same letters comes after the code itself."""
    assert answer("find", "r1")[0]["code"] == "R1"


@pytest.mark.parametrize(("text", "expected"), [("led bateries", "160601"), ("160397", "160307")])
def test_find_offers_what_looks_alike(text: str, expected: str) -> None:
    """Misspelt words and mistyped codes lead to similar ones, with status 1."""
    result = run("find", text, "--scheme", "LOW", "--json")

    assert result.exit_code == 1
    assert "similar" in result.stderr
    assert expected in [row["code"] for row in json.loads(result.stdout)]


def test_find_refuses_a_list_that_is_none() -> None:
    """The error names the lists."""
    error = run("find", "mercury", "--scheme", "XYZ").exception

    assert isinstance(error, ConfigurationError)
    assert "LOW" in error.hint


def test_check_passes_valid_codes() -> None:
    """Codes of several lists, in the spellings of people, valid on the day: status 0."""
    result = run("check", "16 03 07*", "A1181", "b3011", "R 3", "D9F", "D001", "--on", "2026-06-01")

    assert (result.exit_code, "not valid on 2026-06-01: 0" in result.stdout) == (0, True)


def test_check_says_why_not() -> None:
    """A withdrawn code is told with its successor, an unknown one with similar codes: status 1."""
    result = run("check", "A1180", "10101", "nothing", "--on", "2026-06-01", "--json")
    withdrawn, mistyped, foreign = json.loads(result.stdout)["codes"]

    assert result.exit_code == 1
    assert ("NOT_VALID_ON_DATE", "2024-12-31", ["BASEL A1181"]) == (
        withdrawn["status"],
        withdrawn["valid_to"],
        withdrawn["replaced_by"],
    )
    assert ("UNKNOWN", ["LOW 010101"]) == (mistyped["status"], mistyped["similar"])
    assert ("UNKNOWN", "", []) == (foreign["status"], foreign["scheme"], foreign["similar"])


def test_check_judges_by_the_day() -> None:
    """The same code passes for a load of 2024."""
    assert [0, 1] == [run("check", "A1180", "--on", day).exit_code for day in ("2024-12-31", "2025-01-01")]


def test_check_reads_a_column(tmp_path: Path) -> None:
    """A file with semicolons and empty cells: each different code once, with its count."""
    file = tmp_path / "loads.csv"
    file.write_text(SEMICOLONS, encoding="utf-8-sig")

    found = answer("check", str(file), "--column", "EWC Code", "--on", "2026-06-01")

    assert [("16 03 07*", 2, "VALID"), ("A1180", 1, "NOT_VALID_ON_DATE")] == [
        (row["stated"], row["count"], row["status"]) for row in found["codes"]
    ]


def test_check_names_the_columns_there_are(tmp_path: Path) -> None:
    """A column that is not in the file is refused, with those that are."""
    file = tmp_path / "loads.csv"
    file.write_text(SEMICOLONS)

    error = run("check", str(file), "--column", "Code").exception

    assert isinstance(error, ConfigurationError)
    assert "Ref, EWC Code" in error.hint


@pytest.mark.parametrize("content", ["", "\n\n", "a;b\n\x00\xff;\n"])
def test_check_survives_any_file(tmp_path: Path, content: str) -> None:
    """An empty file, blank lines and bytes that are no text end in a verdict, not in a traceback."""
    file = tmp_path / "loads.csv"
    file.write_bytes(content.encode("latin-1"))

    for options in ((), ("--column", "a")):
        error = run("check", str(file), *options).exception

        assert error is None or isinstance(error, ConfigurationError | SystemExit)


@pytest.mark.parametrize("argument", ["absent.csv", "."])
def test_check_refuses_what_is_no_file(argument: str) -> None:
    """A mistyped file name is not taken for a code."""
    assert isinstance(run("check", argument).exception, ConfigurationError)


def test_check_reads_stdin() -> None:
    """One code a line."""
    result = run("check", "-", "--on", "2026-06-01", stdin="160307\n\nR1\n")

    assert (result.exit_code, "different codes: 2" in result.stdout) == (0, True)


def test_the_agency_list_is_all_valid() -> None:
    """DEFRA's own list of waste codes passes the check."""
    stated = json.loads(sample("uk-epr-exporter/ewc-codes.json").read_text(encoding="utf-8"))

    assert run("check", "-", "--on", "2026-06-01", stdin="\n".join(stated)).exit_code == 0


def test_the_program_answers_as_a_user_calls_it() -> None:
    """An unknown code is two lines on stderr and status 2; help has examples."""
    program = Path(sys.executable).with_name("weighbridge")
    wrong = subprocess.run(
        [program, "codes", "show", "LOW", "10101"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    helped = run("check", "--help")

    assert (2, ["Error:", "Try:"]) == (
        wrong.returncode,
        [line.split()[0] for line in wrong.stderr.splitlines()],
    )
    assert "weighbridge codes check" in helped.stdout
