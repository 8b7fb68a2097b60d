"""Specifications and their data: what is read exactly, and what is refused by place and never by value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.disclosure import decimals, specification
from consumers.disclosure.cells import cells_of
from consumers.disclosure.disclosure import protect
from consumers.disclosure.problem import AMOUNT_MAX, Dimension, Place, Problem, Protection, Rules, Table
from schemas.errors import ConfigurationError

SPECIFICATION = """
[data]
file = "micro.csv"
value = "TURNOVER"

[rules]
min_groups = 3
p_percent = 15

[[dimension]]
name = "activity"
columns = ["SECTION", "DIVISION"]

[[dimension]]
name = "region"
columns = ["COUNTY"]
"""
CSV = """\
ID,GROUP,SECTION,DIVISION,COUNTY,TURNOVER,WEIGHT,WAIVER,PUBLIC,OFFICE
1,g1,A,01,001,12.5,1,,no,o1
2,g1,A,02,001,0.25,2.5,yes,1,o1
3,,B,05,002,-3,1,0,TRUE,
"""
CANARY = "73519"


class Folder:
    """A folder with a specification and its data."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, text: str = SPECIFICATION, csv: str | bytes = CSV) -> Problem:
        """Return the problem that a specification and a CSV file state."""
        (self.path / "micro.csv").write_bytes(csv if isinstance(csv, bytes) else csv.encode())
        return self.read_specification(text)

    def read_parquet(self, frame: pl.DataFrame, text: str = SPECIFICATION) -> Problem:
        """Return the problem that a specification and a Parquet file state."""
        frame.write_parquet(self.path / "micro.parquet")
        return self.read_specification(text.replace("micro.csv", "micro.parquet"))

    def read_specification(self, text: str) -> Problem:
        """Return the problem that a specification states."""
        (self.path / "spec.toml").write_text(text, encoding="utf-8")
        return specification.read(self.path / "spec.toml")

    def refusal(self, text: str = SPECIFICATION, csv: str | bytes = CSV) -> str:
        """Return message and hint of the refusal."""
        return refusal(lambda: self.read(text, csv))


def refusal(read: Callable[[], Problem]) -> str:
    """Return message and hint of the error that reading raises, and see that both say something."""
    with pytest.raises(ConfigurationError) as refused:
        read()
    assert refused.value.hint
    return f"{refused.value} {refused.value.hint}"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty folder."""
    return Folder(tmp_path)


def with_data(*lines: str) -> str:
    """Return the specification with more keys in [data]."""
    return SPECIFICATION.replace('"TURNOVER"\n', '"TURNOVER"\n' + "\n".join(lines) + "\n")


def test_the_smallest_specification_has_the_defaults(folder: Folder) -> None:
    """Each row is its own contributor, one table has all dimensions, codes are texts as they stand."""
    problem = folder.read()

    assert (
        Dimension("activity", ("activity_1", "activity_2")),
        Dimension("region", ("region_1",)),
    ) == problem.dimensions
    assert (Table("activity x region", ("activity", "region")),) == problem.tables
    assert Rules(min_groups=3, p_permille=150, coalition=1) == problem.rules
    assert Protection(attackers=("outsider", "contributor")) == problem.protection
    expected = {
        "activity_1": ["A", "A", "B"],
        "activity_2": ["01", "02", "05"],
        "region_1": ["001", "001", "002"],
        "value": [1250, 25, -300],
        "groups": [["0"], ["1"], ["2"]],
        "agency": [None, None, None],
        "is_waived": [False] * 3,
        "is_public": [False] * 3,
    }
    assert expected == problem.contributions.to_dict(as_series=False)
    assert 2 == problem.decimals


def test_optional_columns_are_read(folder: Folder) -> None:
    """Groups go before contributors, empty ones are not known, and attackers are those the data allow."""
    keys = [f'{key} = "{key.upper()}"' for key in ("group", "waiver", "public")]

    problem = folder.read(with_data(*keys, 'contributor = "ID"', 'agency = "OFFICE"'))

    assert ("outsider", "contributor", "agency", "public") == problem.protection.attackers
    expected = {
        "groups": [["g1"], ["g1"], [None]],
        "agency": ["o1", "o1", None],
        "is_waived": [False, True, False],
        "is_public": [False, True, True],
    }
    assert expected == problem.contributions.select(*expected).to_dict(as_series=False)


def test_a_contributor_is_a_group_where_there_are_none(folder: Folder) -> None:
    """Without groups the contributor's rows belong together."""
    problem = folder.read(with_data('contributor = "SECTION"'))

    assert [["A"], ["A"], ["B"]] == problem.contributions["groups"].to_list()


def test_weights_multiply_exactly_and_round_to_a_unit(folder: Folder) -> None:
    """A weighted contribution is rounded to the last place of the values, half away from zero."""
    rows = ["0.25,2.5,A,1,x", "-0.25,2.02,A,1,x", "10000000000,3.000001,A,1,x"]
    csv = "\n".join(["TURNOVER,W,SECTION,DIVISION,COUNTY", *rows])

    problem = folder.read(with_data('weight = "W"'), csv)

    assert 2 == problem.decimals
    assert [63, -51, 3_000_001_000_000] == problem.contributions["value"].to_list()


def test_rules_protection_and_tables_are_read(folder: Folder) -> None:
    """Everything that may be stated arrives, tenths of a percent exactly."""
    text = SPECIFICATION.replace("p_percent = 15", "p_percent = 12.3\ncoalition = 2").replace("= 3", "= 4", 1)
    text += '[[table]]\ndimensions = ["region"]\n[[table]]\ndimensions = ["region", "activity"]\n'
    text += '[protection]\nunions = false\nattackers = ["contributor", "outsider"]\ncost = "log"\n'

    problem = folder.read(text)

    assert Rules(min_groups=4, p_permille=123, coalition=2) == problem.rules
    assert Protection(unions=False, attackers=("outsider", "contributor"), cost="log") == problem.protection
    assert (
        Table("region", ("region",)),
        Table("region x activity", ("region", "activity")),
    ) == problem.tables


def test_parquet_is_read_like_csv(folder: Folder) -> None:
    """Whole numbers, decimals and categories of Parquet give the same problem as their texts."""
    frame = pl.DataFrame(
        {
            "SECTION": pl.Series(["A", "A", "B"], dtype=pl.Categorical),
            "DIVISION": ["01", "02", "05"],
            "COUNTY": ["001", "001", "002"],
            "TURNOVER": pl.Series([Decimal("12.50"), Decimal("0.25"), Decimal(-3)], dtype=pl.Decimal(10, 4)),
            "WAIVER": [None, True, False],
        }
    )

    problem = folder.read_parquet(frame, with_data('waiver = "WAIVER"'))

    expected = folder.read(with_data('waiver = "WAIVER"'))
    assert expected.contributions.equals(problem.contributions)
    assert replace(expected, contributions=problem.contributions).decimals == problem.decimals


def test_fractions_of_parquet_are_taken_for_what_they_print(folder: Folder) -> None:
    """0.1 + 0.2 is rounded where its sum allows no more places; 1.25 is exact."""
    row = {"SECTION": ["A", "A"], "DIVISION": [1, 1], "COUNTY": ["x", "x"]}

    exact = folder.read_parquet(pl.DataFrame(row | {"TURNOVER": [1.25, 0.1]}))
    rounded = folder.read_parquet(pl.DataFrame(row | {"TURNOVER": [0.1 + 0.2, 9_000_000.0]}))

    assert (2, [125, 10]) == (exact.decimals, exact.contributions["value"].to_list())
    assert (6, [300_000, 9_000_000_000_000]) == (rounded.decimals, rounded.contributions["value"].to_list())


def test_a_specification_leads_to_cells(folder: Folder) -> None:
    """What is read is what the cells are made of."""
    cells = cells_of(folder.read())

    assert 975 == cells.system.value[0]
    assert ["activity_level", "activity", "region_level", "region"] == cells.places.columns


@given(st.lists(st.decimals(-(10**6), 10**6, places=4), min_size=1, max_size=20))
def test_decimals_are_exact(numbers: list[Decimal]) -> None:
    """Every way to write a decimal gives the same whole number of the last place, whatever its sign."""
    for form in ("{:f}", "{:e}", " {:+f} ", "{:.6f}"):
        found = decimals.of_texts(pl.Series([form.format(number) for number in numbers]))

        assert [int(number.scaleb(found.places)) for number in numbers] == found.units.to_list()
        assert found.places <= 4


def test_fractions_that_a_program_wrote_in_full_are_rounded(folder: Folder) -> None:
    """More than six decimal places are rounded to what the sum allows; six or fewer never are."""
    csv = "TURNOVER,SECTION,DIVISION,COUNTY\n9100000,A,1,x\n{},A,1,x\n"

    rounded = folder.read(csv=csv.format("63.1685251"))
    far = folder.read(csv=csv.format("0.00000049999999999999999999"))

    assert (5, 6_316_853) == (rounded.decimals, rounded.contributions["value"][1])
    assert (5, 0) == (far.decimals, far.contributions["value"][1])
    assert "add up to" in folder.refusal(csv=csv.format("63.168525"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1,5",
        "nan",
        "inf",
        "-",
        "--1",
        "1.2.3",
        "1e999",
        "\u0663",
        "0x10",
        "1_0",
        "99999999999999999999",
    ],
)
def test_what_is_no_number_is_refused_by_row(folder: Folder, text: str) -> None:
    """A value that is no decimal number, or is not there, is refused with its row."""
    told = folder.refusal(csv=CSV + f'4,g,A,01,001,"{text}",1,,,\n')

    assert "micro.csv, TURNOVER, row 4: " in told


REFUSED = {
    "unknown section": (SPECIFICATION + "[rule]\nx = 1\n", "rule: not a key", "allowed are data, rules"),
    "unknown key": (with_data('colour = "x"'), "data.colour: not a key", "file, value, contributor"),
    "key of a dimension": (
        SPECIFICATION + 'colour = "x"\n',
        "dimension.1.colour",
        "allowed are name, columns",
    ),
    "missing key": (SPECIFICATION.replace("p_percent = 15", ""), "rules.p_percent", "required"),
    "not TOML": (SPECIFICATION.replace("= 3", "="), "is not TOML", "line 7"),
    "too few groups": (SPECIFICATION.replace("= 3", "= 2"), "rules.min_groups", "greater than or equal to 3"),
    "p of nothing": (SPECIFICATION.replace("= 15", "= 0"), "rules.p_percent", "1 to 100"),
    "p too fine": (SPECIFICATION.replace("= 15", "= 12.34"), "rules.p_percent", "one decimal place"),
    "p no number": (SPECIFICATION.replace("= 15", "= nan"), "rules.p_percent", "1 to 100"),
    "p a truth": (SPECIFICATION.replace("= 15", "= true"), "rules.p_percent", "1 to 100"),
    "coalition": (SPECIFICATION.replace("= 15", "= 15\ncoalition = 0"), "rules.coalition", "equal to 1"),
    "cost": (SPECIFICATION + '[protection]\ncost = "x"\n', "protection.cost", "'sqrt', 'value' or 'log'"),
    "attacker": (
        SPECIFICATION + '[protection]\nattackers = ["outsider", "x"]\n',
        "protection.attackers.1",
        "'outsider', 'contributor', 'agency' or 'public'",
    ),
    "no outsider": (
        SPECIFICATION + '[protection]\nattackers = ["contributor"]\n',
        "protection.attackers",
        "outsider",
    ),
    "no dimension": (SPECIFICATION.partition("[[dimension]]")[0], "dimension", "required"),
    "no columns": (SPECIFICATION.replace('"COUNTY"', ""), "dimension.1.columns", "at least 1"),
    "column twice": (SPECIFICATION.replace('"SECTION"', '"DIVISION"'), "dimension.0.columns", "twice"),
    "dimension twice": (SPECIFICATION.replace("activity", "region"), "dimension.1.name", "another column"),
    "name of a result": (SPECIFICATION.replace("activity", "status"), "dimension.0.name", "another column"),
    "name like a level": (
        SPECIFICATION.replace("region", "activity_level"),
        "dimension.1.name",
        "another column",
    ),
    "unknown dimension": (
        SPECIFICATION + '[[table]]\ndimensions = ["x"]\n',
        "table.0.dimensions",
        "allowed are activity, region",
    ),
    "table twice": (
        SPECIFICATION + 2 * '[[table]]\ndimensions = ["region"]\n',
        "table.1.dimensions",
        "twice",
    ),
    "unknown column": (SPECIFICATION.replace("COUNTY", "SHIRE"), "micro.csv", "no column SHIRE"),
    "no such file": (SPECIFICATION.replace("micro.csv", "macro.csv"), "macro.csv", "[data] file"),
    "no such format": (SPECIFICATION.replace("micro.csv", "spec.toml"), "spec.toml", ".csv nor .parquet"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_specification_is_refused_by_key(folder: Folder, name: str) -> None:
    """The error names file and key, and what is allowed."""
    text, place, allowed = REFUSED[name]

    told = folder.refusal(text)

    assert str(folder.path) in told
    assert place in told
    assert allowed in told


ROW = f"4,g,A,01,001,{CANARY},1,,,\n"
WRONG_DATA: dict[str, tuple[str | bytes, str]] = {
    "no code": (CSV + ROW.replace("01,", " ,", 1), "DIVISION, row 4: no code"),
    "two parents": (
        CSV + ROW.replace("A,", f"B{CANARY},"),
        "DIVISION, row 4: its code has another parent in SECTION",
    ),
    "neither yes nor no": (CSV + ROW.replace("1,,,", f"1,{CANARY},,"), "WAIVER, row 4: neither yes nor no"),
    "negative weight": (CSV + ROW.replace(",1,", ",-1,"), "WEIGHT, row 4: a negative weight"),
    "no weight": (CSV + ROW.replace(",1,", ",,"), "WEIGHT, row 4: not a number"),
    "weight too large": (CSV + ROW.replace(",1,", ",900000000000000,"), "WEIGHT, row 4: value times weight"),
    "sum too large": (
        CSV + ROW.replace(CANARY, str(AMOUNT_MAX // 100)),
        "TURNOVER: the absolute values add up",
    ),
    "field too many": (CSV + ROW.replace("\n", ",\n"), "row 4: has not as many fields"),
    "field too few": (CSV + ROW.replace(",\n", "\n"), "row 4: has not as many fields"),
    "open quote": (CSV + ROW.replace(CANARY, f'"{CANARY}'), "no table that can be read"),
    "stray quote": (CSV + ROW.replace(CANARY, f'"1"{CANARY}'), "no table that can be read"),
    "not UTF-8": (CSV.encode() + ROW.encode("utf-16"), "no table that can be read"),
    "column twice": (CSV.replace("ID", "COUNTY"), "no column COUNTY, or several"),
    "no rows": (CSV.splitlines()[0] + "\n", "has no rows"),
    "nothing": (b"", "no column TURNOVER"),
}


@pytest.mark.parametrize("name", WRONG_DATA)
def test_wrong_data_are_refused_without_telling_them(folder: Folder, name: str) -> None:
    """The error names file, column and row, and nothing that stands there, nor does what caused it."""
    csv, expected = WRONG_DATA[name]

    with pytest.raises(ConfigurationError) as refused:
        folder.read(with_data('weight = "WEIGHT"', 'waiver = "WAIVER"'), csv)

    assert expected in str(refused.value)
    assert refused.value.hint
    causes: BaseException | None = refused.value
    while causes is not None:
        assert CANARY not in f"{causes} {getattr(causes, 'hint', '')}"
        causes = causes.__cause__


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("COUNTY", [0.5]),
        ("COUNTY", [[1]]),
        ("TURNOVER", [float("nan")]),
        ("TURNOVER", [None]),
        ("TURNOVER", [True]),
    ],
)
def test_wrong_types_of_parquet_are_refused(folder: Folder, column: str, values: list[Any]) -> None:
    """Fractions are no codes, and what is no finite number is no value."""
    frame = pl.DataFrame(
        {"SECTION": ["A"], "DIVISION": ["01"], "COUNTY": ["x"], "TURNOVER": [1.5], column: values}
    )

    assert f"micro.parquet, {column}" in refusal(lambda: folder.read_parquet(frame))


def test_what_is_no_parquet_is_refused(folder: Folder) -> None:
    """A file that is called Parquet and is none is refused."""
    (folder.path / "micro.parquet").write_text(CSV, encoding="utf-8")

    told = refusal(lambda: folder.read_specification(SPECIFICATION.replace("micro.csv", "micro.parquet")))

    assert "no table that can be read" in told


def test_a_specification_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The error names the specification."""
    assert "none.toml: cannot be read" in refusal(lambda: specification.read(tmp_path / "none.toml"))


def test_odd_but_right_files_are_read(folder: Folder) -> None:
    """A byte order mark, other line ends, blank lines, quotes and a missing last line end do no harm."""
    lines = [*CSV.splitlines(), "", '4,"g,""x""\n",A,"01",001,"1",1,,,']
    csv = b"\xef\xbb\xbf" + "\r\n".join(lines).encode()

    problem = folder.read(with_data('contributor = "ID"', 'group = "GROUP"'), csv)

    assert [["g1"], ["g1"], [None], ['g,"x"\n']] == problem.contributions["groups"].to_list()


def test_fine_codes_may_be_spelt_like_coarse_ones(folder: Folder) -> None:
    """A code that is not divided further may be kept on the finer level."""
    problem = folder.read(csv=CSV + "4,g,C,C,001,1,1,,,\n")

    assert ["C", "C"] == [problem.contributions[name][-1] for name in ("activity_1", "activity_2")]


REGIONS_TWICE = """
[data]
file = "micro.csv"
value = "TONNES"

[rules]
min_groups = 3
p_percent = 15

[[dimension]]
name = "county"
columns = ["COUNTY", "REGION"]

[[dimension]]
name = "kind"
columns = ["KIND", "REGION"]

[[dimension]]
name = "waste"
columns = ["WASTE"]
"""
BY_COUNTY_AND_BY_KIND = """
[[table]]
dimensions = ["county", "waste"]

[[table]]
dimensions = ["kind"]
"""


def regions_twice() -> str:
    """Return three counties of three regions of six companies, but for one region of one company."""
    regions = [(f"c{number // 3}", f"r{number}", "ab"[number % 2]) for number in range(9)]
    rows = [
        f"{county},{region},{kind},{'w' if company else 'v'},{10 + company + number}"
        for number, (county, region, kind) in enumerate(regions)
        for company in range(6 if number else 1)
    ]
    return "\n".join(["COUNTY,REGION,KIND,WASTE,TONNES", *rows, ""])


def test_a_figure_withheld_in_one_table_is_not_shown_by_another_hierarchy(folder: Folder) -> None:
    """Regions are summed by county and by kind: each region is withheld in both tables or in none."""
    problem = folder.read(REGIONS_TWICE + BY_COUNTY_AND_BY_KIND, regions_twice())
    decided = protect(problem)
    by_place = dict(zip(decided.cells.listed(), decided.suppressed.tolist(), strict=True))

    def regions(axis: int) -> dict[str, bool]:
        total: Place = ((0, "Total"),) * 3
        return {
            place[axis][1]: is_withheld
            for place, is_withheld in by_place.items()
            if place[axis][0] == 2 and place[:axis] + place[axis + 1 :] == total[1:]
        }

    assert regions(0) == regions(1)
    assert any(regions(0).values())
    assert not all(regions(0).values())


def test_codes_of_two_dimensions_mirror_each_other_between_tables(folder: Folder) -> None:
    """Beside every further code of both tables; within one table its sums do so already."""
    tables = BY_COUNTY_AND_BY_KIND.replace('["kind"]', '["kind", "waste"]')
    total = (0, "Total")
    beside = [(f"r{number}", waste) for number in range(9) for waste in (total, (1, "v"), (1, "w"))]
    beside.remove(("r0", (1, "w")))  # nothing is there

    found = folder.read(REGIONS_TWICE + tables, regions_twice()).mirrors

    assert sorted(found) == sorted(
        (((2, region), total, waste), (total, (2, region), waste)) for region, waste in beside
    )
    assert not folder.read(REGIONS_TWICE, regions_twice()).mirrors


def test_codes_with_other_contributions_are_not_the_same(folder: Folder) -> None:
    """Two dimensions may spell different things alike; one code that means the same is enough."""
    csv = "COUNTY,REGION,KIND,WASTE,TONNES\nx,1,y,1,5\nx,2,y,1,7\nx,3,y,3,9\n"
    tables = BY_COUNTY_AND_BY_KIND.replace('["county", "waste"]', '["waste"]').replace('"kind"', '"county"')

    found = folder.read(REGIONS_TWICE + tables, csv).mirrors

    total = (0, "Total")
    assert [(((2, "3"), total, total), (total, total, (1, "3")))] == found


def test_a_specification_may_start_with_a_byte_order_mark(folder: Folder) -> None:
    """Some editors write one."""
    assert folder.read("\ufeff" + SPECIFICATION).tables == folder.read().tables
