"""The commands of disclosure control, as a statistician meets them; the page's example runs as it stands."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from consumers.disclosure import patterns, specification
from consumers.disclosure.cli import disclosure
from consumers.disclosure.problem import Problem
from schemas import files
from schemas.errors import ConfigurationError
from tests.support.samples import ROOT

PAGE = ROOT / "consumers" / "disclosure" / "README.md"
CONFIDENTIAL = ("cells.csv", "certificate.json")
GLASS_NORTH = ((1, "glass"), (1, "North"))


def blocks() -> Mapping[str, str]:
    """Return the files and commands that the page shows, by name."""
    found = re.findall(r"^```\w+ (\S+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return dict(found)


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the page's files, in which commands run."""
    for name in ("micro.csv", "tonnes.toml", "own.csv"):
        (tmp_path / name).write_text(blocks()[name], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def problem(example: Path) -> Problem:
    """Return the page's problem."""
    return specification.read(example / "tonnes.toml")


def run(*arguments: str) -> Result:
    """Run a command; what it raises is the program's to tell, so tests see it."""
    result = CliRunner().invoke(disclosure, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_pages_example_is_what_the_commands_do(example: Path) -> None:
    """Every command of the example succeeds, and what may leave is the page's."""
    for line in blocks()["example"].splitlines():
        program, noun, *arguments = line.split()
        assert ("weighbridge", "disclosure") == (program, noun)
        assert 0 == run(*arguments).exit_code

    assert blocks()["published.csv"] == (example / "tonnes" / "published.csv").read_text("utf-8")


def test_the_pages_mistake_is_found(example: Path) -> None:
    """A pattern that withholds one cell alone ends with status 1 and the page's finding."""
    result = run("audit", "tonnes.toml", "own.csv")

    assert (1, blocks()["findings.csv"]) == (result.exit_code, result.stdout)
    assert "1 at risk" in result.stderr
    assert example.is_dir()


@pytest.mark.usefixtures("example")
def test_the_summary_tells_the_cells_and_what_they_cost() -> None:
    """`protect` says how much is withheld; `--json` says it to programs."""
    told = run("protect", "tonnes.toml", "--out", "one")
    summary = json.loads(run("protect", "tonnes.toml", "--out", "other", "--json").stdout)

    assert "12 cells: 1 primary, 3 secondary" in told.stdout
    assert "0 at risk" in told.stdout
    assert "Protected from: outsider, contributor" in told.stdout
    assert {
        "cells": 12,
        "primary": 1,
        "secondary": 3,
        "secondary_value_percent": 13.02,
        "at_risk": 0,
        "is_complete": True,
        "attackers": ["outsider", "contributor"],
    } == {name: value for name, value in summary.items() if name != "seconds"}


@pytest.mark.usefixtures("example")
def test_the_same_input_gives_the_same_bytes() -> None:
    """Two runs write equal files."""
    for folder in ("one", "other"):
        run("protect", "tonnes.toml", "--out", folder)

    for name in (*CONFIDENTIAL, "published.csv"):
        assert Path("one", name).read_bytes() == Path("other", name).read_bytes()


@pytest.mark.usefixtures("example")
def test_what_may_leave_says_neither_why_nor_how_much() -> None:
    """`published.csv` has the rows of `cells.csv`, no status, and no value that is withheld."""
    run("protect", "tonnes.toml", "--out", "tonnes")
    cells, published = (
        pl.read_csv(f"tonnes/{name}.csv", infer_schema=False) for name in ("cells", "published")
    )

    assert ["status"] == [name for name in cells.columns if name not in published.columns]
    assert {"free", "primary", "secondary"} == set(cells["status"])
    assert published["value"].is_null().to_list() == (cells["status"] != "free").to_list()
    assert cells.drop("status", "value").equals(published.drop("value"))


@pytest.mark.usefixtures("example")
def test_confidential_files_are_their_owners_alone() -> None:
    """Cells and certificate have mode 0600 whatever the umask; nothing else is left in the folder."""
    before = os.umask(0)
    try:
        run("protect", "tonnes.toml", "--out", "deep/tonnes")
        run("audit", "tonnes.toml", "own.csv", "--out", "findings.csv")
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path("deep/tonnes").iterdir()}
    assert {**dict.fromkeys(CONFIDENTIAL, 0o600), "published.csv": 0o644} == modes
    assert 0o600 == stat.S_IMODE(Path("findings.csv").stat().st_mode)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one of several files cannot be written, all stay as they were, and no other file appears."""
    first, second = tmp_path / "first", tmp_path / "second"
    files.replace({first: (b"old", 0o600), second: (b"old", 0o600)})
    written = iter([None, OSError("full")])

    def full(_: int) -> None:
        if error := next(written):
            raise error

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="full"):
        files.replace({first: (b"new", 0o600), second: (b"new", 0o600)})

    assert {"first": b"old", "second": b"old"} == {
        path.name: path.read_bytes() for path in tmp_path.iterdir()
    }


@pytest.mark.usefixtures("example")
def test_verify_finds_a_cell_that_was_opened() -> None:
    """Whoever publishes a withheld cell after the decision has no proof any more."""
    run("protect", "tonnes.toml", "--out", "tonnes")
    cells = Path("tonnes/cells.csv")
    cells.write_text(cells.read_text("utf-8").replace("secondary", "free", 1), encoding="utf-8")

    result = run("verify", "tonnes.toml", "tonnes")

    assert 1 == result.exit_code
    assert result.stdout.strip()
    assert json.loads(run("verify", "tonnes.toml", "tonnes", "--json").stdout)["findings"]


@pytest.mark.usefixtures("example")
def test_intervals_are_told_of_every_withheld_cell() -> None:
    """`--intervals` lists what an outsider gets of each cell that is withheld, also where all is well."""
    run("protect", "tonnes.toml", "--out", "tonnes")

    result = run("audit", "tonnes.toml", "tonnes/cells.csv", "--intervals", "--json")

    told = json.loads(result.stdout)
    assert (0, 4, 0) == (result.exit_code, told["suppressed"], told["at_risk"])
    assert ["protected"] * 4 == [item["verdict"] for item in told["findings"]]
    assert {"410.0"} == {item["value"] for item in told["findings"] if item["required"] == "61.5"}


def test_a_wrong_specification_is_a_configuration_error(example: Path) -> None:
    """What is wrong with a specification is told before any work, as usage, exit status 2."""
    (example / "tonnes.toml").write_text("[data]\n", encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        run("protect", "tonnes.toml", "--out", "tonnes")

    assert 2 == caught.value.exit_code
    assert not (example / "tonnes").exists()


@pytest.mark.parametrize(
    "command", [("verify", "tonnes.toml", "nowhere"), ("audit", "tonnes.toml", "no.csv")]
)
@pytest.mark.usefixtures("example")
def test_a_file_that_is_not_there_is_named(command: tuple[str, ...]) -> None:
    """A misspelt path is a mistake of usage and no finding: the error names it."""
    with pytest.raises(ConfigurationError, match=command[-1]) as caught:
        run(*command)

    assert caught.value.hint


def read(problem: Problem, text: str) -> patterns.Pattern:
    """Read a pattern from a text."""
    path = Path("pattern.csv")
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return patterns.read(path, problem)


def test_an_empty_value_is_withheld_where_no_status_is_told(problem: Problem) -> None:
    """A published file is a pattern too; what it does not name is withheld as well."""
    found = read(problem, "material,region,value\nglass,North,\nglass,South,433.5\n,,3274\n")

    assert GLASS_NORTH in found.suppressed
    assert not {((1, "glass"), (1, "South")), ((0, "Total"), (0, "Total"))} & found.suppressed
    assert (10, 9) == (len(found.suppressed), found.absent)


def test_a_dimension_without_a_column_stands_at_its_total(problem: Problem) -> None:
    """A file of one margin is a pattern of the whole table, of which the rest is not shown."""
    found = read(problem, "region,status\nNorth,free\nSouth,free\nWest,free\nTotal,free\n")

    assert (8, 8) == (len(found.suppressed), found.absent)


def test_what_one_table_shows_is_shown(problem: Problem) -> None:
    """A cell that is free in one row and suppressed in another is no secret."""
    found = read(problem, "material,region,status\nglass,North,primary\nglass,North,free\n")

    assert GLASS_NORTH not in found.suppressed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,status\nx,free\n", "no column of a dimension"),
        ("material,region\nglass,North\n", "says of no cell whether it is suppressed"),
        ("material,region,status\nglass,North,free\nglas,North,free\n", r"row 3, material: .* no such code"),
        ("material,region,status\nglass,North,safe\n", "row 2, status: not a status"),
        ("material,region,value\nglass,North,410\nglass,South,433.6\n", "row 3, value: not the sum"),
        ("material,region,value\nglass,North,many\n", "row 2, value: not a number"),
        ("material,region_level,region,status\nglass,2,North,free\n", "row 2, region: .* on that level"),
        ("material,region,status\nglass,North\nglass,North,free,free\n", "cannot be read as CSV"),
        ("", "cannot be read as CSV"),
        ("material,region,status\nGl\udce4ss,North,free\n", "cannot be read as CSV"),
    ],
)
def test_a_pattern_of_other_tables_is_refused(problem: Problem, text: str, told: str) -> None:
    """Errors name the row and the remedy, and quote nothing."""
    with pytest.raises(ConfigurationError, match=told) as caught:
        read(problem, text)

    assert caught.value.hint
    assert "433" not in str(caught.value)


def test_a_code_of_several_levels_needs_its_level(example: Path) -> None:
    """Codes that stand on two levels are told apart by the column of levels."""
    text = (example / "micro.csv").read_text("utf-8").replace("region,", "land,region,").splitlines()
    rows = [text[0], *(re.sub(r",(North|South|West),", r",North,\1,", row) for row in text[1:])]
    (example / "micro.csv").write_text("\n".join(rows), encoding="utf-8")
    toml = (example / "tonnes.toml").read_text("utf-8").replace('["region"]', '["land", "region"]')
    (example / "tonnes.toml").write_text(toml, encoding="utf-8")
    nested = specification.read(example / "tonnes.toml")

    with pytest.raises(ConfigurationError, match="row 2, region: the code stands on more than one level"):
        read(nested, "material,region,status\nglass,North,free\n")
    found = read(nested, "material,region_level,region,status\nglass,2,North,free\n")

    assert ((1, "glass"), (1, "North")) in found.suppressed
    assert ((1, "glass"), (2, "North")) not in found.suppressed


def test_a_table_that_the_specification_does_not_list_is_refused(example: Path) -> None:
    """Figures by combinations that no table has would not be attacked, so they are refused."""
    toml = (example / "tonnes.toml").read_text("utf-8")
    toml += '\n[[table]]\ndimensions = ["material"]\n\n[[table]]\ndimensions = ["region"]\n'
    (example / "tonnes.toml").write_text(toml, encoding="utf-8")
    margins = specification.read(example / "tonnes.toml")

    with pytest.raises(ConfigurationError, match=r"row 2: no table .* by material and region"):
        read(margins, "material,region,status\nglass,North,free\n")
