"""Attacks on one publication of tables: an attacker who has published.csv, and what everybody knows.

Each attack runs a second time against a weakened stand-in, and succeeds there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from consumers.disclosure import outputs
from consumers.disclosure.audit import cells as audit_cells
from consumers.disclosure.audit import rules as audit_rules
from consumers.disclosure.audit.audit import audit
from consumers.disclosure.audit.cells import Cells
from consumers.disclosure.disclosure import protect
from consumers.disclosure.problem import Dimension, Place, Problem, Protection, Rules, Table
from tests.support import synthetic

# What is published of each cell; None where it is withheld.
Figures = Mapping[Place, int | None]
Defence = Callable[[Problem], Figures]

OUTSIDER = Protection(unions=False, attackers=("outsider",))


def protected(problem: Problem) -> Figures:
    """Publish what disclosure control lets pass."""
    decided = protect(problem)
    values = decided.cells.system.value.tolist()
    return {
        place: None if is_withheld else value
        for place, value, is_withheld in zip(
            decided.cells.listed(), values, decided.suppressed.tolist(), strict=True
        )
    }


def primaries_only(problem: Problem) -> Figures:
    """Stand-in: withhold the sensitive cells, and nothing to protect them."""
    cells = audit_cells.cells_of(problem)
    return {
        place: None if level else value
        for place, value, level in zip(cells.places, _values(cells), _levels(problem, cells), strict=True)
    }


def each_table_by_itself(problem: Problem) -> Figures:
    """Stand-in: protect every table as if the others did not exist."""
    figures: dict[Place, int | None] = {}
    for table in problem.tables:
        for place, value in protected(replace(problem, tables=(table,), mirrors=())).items():
            # Whoever sees a figure in one of the tables has seen it.
            figures[place] = value if value is not None else figures.get(place)
    return figures


def _values(cells: Cells) -> list[int]:
    values: list[int] = cells.sums(cells.records.value).tolist()
    return values


def _levels(problem: Problem, cells: Cells) -> list[int]:
    levels: list[int] = audit_rules.levels(cells.shares(), cells.records, cells.size, problem.rules).tolist()
    return levels


# --- What everybody can compute ------------------------------------------------------------------


def parent(place: Place, axis: int) -> Place | None:
    """Return the cell that a cell is a part of: codes tell, A2.1 is a part of A2."""
    level, code = place[axis]
    if not level:
        return None
    above = (level - 1, code.rpartition(".")[0] or "Total")
    return (*place[:axis], above, *place[axis + 1 :])


def equations(places: Iterable[Place], twins: Iterable[tuple[Place, Place]]) -> list[dict[Place, int]]:
    """Return every sum that everybody knows to hold: children minus parent, and equal cells."""
    known = set(places)
    rows: dict[tuple[Place, int], dict[Place, int]] = {}
    for place in sorted(known):
        for axis in range(len(place)):
            above = parent(place, axis)
            if above in known and above is not None:
                rows.setdefault((above, axis), {above: -1})[place] = 1
    return [*rows.values(), *({one: 1, other: -1} for one, other in twins)]


def interval(
    figures: Figures, truth: Mapping[Place, int], target: Place, rows: Sequence[Mapping[Place, int]]
) -> tuple[float, float]:
    """Return the least and the largest value of a withheld cell that fits to what is published.

    Two linear programmes. The attacker knows beforehand that no value is negative or more than
    twice the true one.
    """
    withheld = [place for place, value in figures.items() if value is None]
    column = {place: at for at, place in enumerate(withheld)}
    scale = max(truth[target], 1)
    matrix, right = np.zeros((len(rows), len(withheld))), np.zeros(len(rows))
    for at, row in enumerate(rows):
        for place, sign in row.items():
            value = figures[place]
            if value is None:
                matrix[at, column[place]] = sign
            else:
                right[at] -= sign * value / scale
    bounds = [(0.0, 2 * truth[place] / scale) for place in withheld]
    objective = np.zeros(len(withheld))
    objective[column[target]] = 1
    ends = [
        linprog(sign * objective, A_eq=matrix, b_eq=right, bounds=bounds, method="highs") for sign in (1, -1)
    ]
    assert [0, 0] == [end.status for end in ends]
    low, high = (float(np.asarray(end.x) @ objective) * scale for end in ends)
    return low, high


def disclosed(problem: Problem, defence: Defence) -> set[Place]:
    """Return the sensitive cells that the attacker knows better than the rules allow."""
    figures, cells = defence(problem), audit_cells.cells_of(problem)
    truth = dict(zip(cells.places, _values(cells), strict=True))
    rows = equations(figures, problem.mirrors)
    found = set()
    for place, level in zip(cells.places, _levels(problem, cells), strict=True):
        if not level:
            continue
        value = truth[place]
        low, high = interval(figures, truth, place, rows) if figures[place] is None else (value, value)
        slack = 1e-6 * level
        if low > value - level + slack or high < value + level - slack:
            found.add(place)
    return found


# --- Attack: complementary cells, hierarchies, linked tables -------------------------------------

TABLES: Mapping[str, Callable[[int], Problem]] = {
    "two hierarchies": lambda seed: synthetic.problem([[3, 2], [2, 3]], 150, seed, protection=OUTSIDER),
    "three dimensions": lambda seed: synthetic.problem([[2, 2], [3], [2]], 150, seed, protection=OUTSIDER),
    "linked tables": lambda seed: synthetic.problem(
        [[3, 2], [3], [3]],
        150,
        seed,
        tables=[["a", "b"], ["b", "c"], ["a", "c"]],
        protection=OUTSIDER,
    ),
    "holdings": lambda seed: synthetic.problem(
        [[3, 3], [4]], 150, seed, groups_are_companies=True, unknown=0.05, both_ends=0.2
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_no_sensitive_cell_follows_from_all_sums_together(name: str) -> None:
    """Two linear programmes over every published figure leave each sensitive cell its interval."""
    problem = TABLES[name](7)

    assert set() == disclosed(problem, protected)
    assert disclosed(problem, primaries_only)


def withheld(problem: Problem) -> list[Place]:
    """Return the places that disclosure control withholds."""
    return [place for place, value in protected(problem).items() if value is None]


def test_the_audit_finds_nothing_against_anybody() -> None:
    """Outsiders, contributors, agencies and the public: programs of their own find no cell and no sum.

    What protects against outsiders and single cells alone gives something away to some of them.
    """
    everybody = [
        synthetic.problem(
            [[3, 2], [3]], 60, seed, groups_are_companies=True, both_ends=0.2, public=0.1, agencies=2
        )
        for seed in range(3)
    ]
    outsiders = [replace(problem, protection=OUTSIDER) for problem in everybody]

    assert not any(audit(problem, withheld(problem)).at_risk for problem in everybody)
    assert not any(audit(problem, withheld(problem)).at_risk for problem in outsiders)
    assert any(
        audit(problem, withheld(weaker)).at_risk for problem, weaker in zip(everybody, outsiders, strict=True)
    )


def linked_by_regions() -> Problem:
    """Return eight regions summed in two ways: by county, and by group of regions.

    The figures are those of a table that is known to break the protection of linked tables one
    after the other. A region stands in both tables; `mirrors` says that it is one figure.
    """
    regions = "ABIJKLMN"
    counties = ["1"] * 4 + ["2"] * 4
    groups = ["s"] * 5 + ["b"] * 2 + ["s"]
    counts = [2, 2, 8, 8, 3, 3, 3, 7]
    rows = [
        (f"{county}", f"{county}.{region}", group, f"{group}.{region}", f"{region}{number}")
        for region, county, group, count in zip(regions, counties, groups, counts, strict=True)
        for number in range(count)
    ]
    frame = pl.DataFrame(
        [(*codes, 1000, [unit], None, False, False) for *codes, unit in rows],
        schema={
            **dict.fromkeys(("county", "county_region", "group", "group_region"), pl.String),
            "value": pl.Int64,
            "groups": pl.List(pl.String),
            "agency": pl.String,
            "is_waived": pl.Boolean,
            "is_public": pl.Boolean,
        },
        orient="row",
    )
    return Problem(
        frame,
        (Dimension("county", ("county", "county_region")), Dimension("group", ("group", "group_region"))),
        (Table("counties", ("county",)), Table("groups", ("group",))),
        rules=Rules(min_groups=4),
        protection=OUTSIDER,
        mirrors=[
            (((2, f"{county}.{region}"), (0, "Total")), ((0, "Total"), (2, f"{group}.{region}")))
            for region, county, group in zip(regions, counties, groups, strict=True)
        ],
    )


def test_regions_summed_in_two_ways_are_protected_together() -> None:
    """A region between two groupings follows from their totals where each was protected alone."""
    problem = linked_by_regions()

    assert set() == disclosed(problem, protected)
    assert ((2, "2.K"), (0, "Total")) in disclosed(problem, each_table_by_itself)


# --- Attack: p from the pattern -------------------------------------------------------------------


def bracket(files: Iterable[pl.DataFrame]) -> tuple[float, float]:
    """Return between which p the rules must lie, by all that some published files say.

    A reason "p%" beside the share of the largest group and of those who stay unknown to the
    second largest tells on which side of their ratio p lies; so does a free cell. A figure
    alone tells nothing: it is that of many equal groups, or of one.
    """
    low, high = 0.0, 100.0
    for file in files:
        if not {"first", "rest"} <= set(file.columns):
            continue
        for value, first, rest in file.select("value", "first", "rest").iter_rows():
            if first and value is None:
                low = max(low, 100 * rest / first)
            elif first:
                high = min(high, 100 * rest / first)
    return low, high


def with_reasons(problem: Problem) -> pl.DataFrame:
    """Stand-in: publish of each cell how it is made up, as a table with dominance shares does."""
    cells = audit_cells.cells_of(problem)
    figures = [*primaries_only(problem).values()]
    first, second = (_nth(cells, at) for at in range(2))
    return pl.DataFrame(
        {
            "value": figures,
            "first": first,
            "rest": [total - a - b for total, a, b in zip(_values(cells), first, second, strict=True)],
        }
    ).filter(pl.col("rest") > 0)


def _nth(cells: Cells, rank: int) -> list[int]:
    shares = cells.shares()
    found = np.zeros(cells.size, dtype=np.int64)
    for cell in range(cells.size):
        amounts = np.sort(cells.records.value[shares.record[shares.cell == cell]])[::-1]
        found[cell] = amounts[rank] if rank < len(amounts) else 0
    values: list[int] = found.tolist()
    return values


def test_p_does_not_follow_from_what_is_published() -> None:
    """Published files leave p anywhere; with reasons beside the cells it is known within ten points."""
    problems = [synthetic.problem([[4], [5]], 150, seed, protection=OUTSIDER) for seed in range(10)]
    published = [outputs.published(protect(problem)) for problem in problems]

    low, high = bracket(published)
    narrow_low, narrow_high = bracket(map(with_reasons, problems))

    assert high - low > 10
    assert narrow_low <= 15 <= narrow_high
    assert narrow_high - narrow_low < 10


def test_published_files_look_alike_under_every_p() -> None:
    """Where one company is alone and many are alike, p changes nothing that anybody sees."""
    counts = {"A": 1, "B": 1, "C": 40, "D": 40}
    rows = [(code, f"{code}{number}", 1000) for code, count in counts.items() for number in range(count)]
    published = {
        outputs.published(protect(one_dimension(rows, Rules(p_permille=permille)))).write_csv()
        for permille in (50, 150, 300)
    }

    assert 1 == len(published)


# --- Attack: retractions --------------------------------------------------------------------------


def one_dimension(rows: Sequence[tuple[str, str, int]], rules: Rules | None = None) -> Problem:
    """Return a problem of one dimension: rows are code, group, value."""
    frame = pl.DataFrame(
        {
            "code": [code for code, _, _ in rows],
            "value": [value for *_, value in rows],
            "groups": [[group] for _, group, _ in rows],
            "agency": pl.Series([None] * len(rows), dtype=pl.String),
            "is_waived": [False] * len(rows),
            "is_public": [False] * len(rows),
        }
    )
    return Problem(frame, (Dimension("code", ("code",)),), (Table("t", ("code",)),), rules=rules or Rules())


def as_if_nothing_was_taken_back(problem: Problem) -> Figures:
    """Stand-in: count groups and shares by what was once reported, retractions as groups of their own."""
    rows = problem.contributions
    blind = replace(problem, contributions=rows.with_columns(pl.col("value").abs()))
    truth = dict(zip((cells := audit_cells.cells_of(problem)).places, _values(cells), strict=True))
    return {place: None if value is None else truth[place] for place, value in primaries_only(blind).items()}


def nets(problem: Problem, place: Place) -> list[int]:
    """Return what each group has left in a cell, where anything is left."""
    code = place[0][1]
    rows = problem.contributions.filter((pl.col("code") == code) | (code == "Total"))
    found = rows.group_by(pl.col("groups").list.first()).agg(pl.col("value").sum())
    return [value for value in found["value"].to_list() if value]


def narrow(problem: Problem, figures: Figures) -> set[Place]:
    """Return the published cells in which no more than two groups have anything left."""
    return {
        place
        for place, value in figures.items()
        if value is not None and 0 < len(nets(problem, place)) < problem.rules.min_groups
    }


def taken_back(seed: int) -> Problem:
    """Return cells in which five groups report and some of them take all of it back."""
    random = np.random.default_rng(seed)
    rows: list[tuple[str, str, int]] = []
    for cell in range(6):
        amounts = random.integers(8, 12, 5) * 1000
        rows += [(f"C{cell}", f"g{cell}.{at}", int(amount)) for at, amount in enumerate(amounts)]
        gone = random.permutation(5)[: random.integers(0, 5)]
        rows += [(f"C{cell}", f"g{cell}.{at}", -int(amounts[at])) for at in gone]
    return one_dimension([(code, group, value) for code, group, value in rows])


def test_what_four_of_five_take_back_is_one_groups_net() -> None:
    """Five report 10 t, four take it back: the total that looks broad is one group's 10 t."""
    rows = [("A", f"g{at}", 10_000) for at in range(5)]
    rows += [("A", f"g{at}", -10_000) for at in range(4)]
    rows += [("B", f"h{at}", 10_000) for at in range(5)]
    problem = one_dimension(rows)

    assert set() == narrow(problem, protected(problem))
    assert ((1, "A"),) in narrow(problem, as_if_nothing_was_taken_back(problem))


def test_no_sequence_of_retractions_opens_a_cell() -> None:
    """Whoever takes back whatever: no cell is published in which one or two groups are left."""
    problems = [taken_back(seed) for seed in range(10)]

    assert not any(narrow(problem, protected(problem)) for problem in problems)
    assert any(narrow(problem, as_if_nothing_was_taken_back(problem)) for problem in problems)
