"""The audit: what it attacks, what intervals it tells, and that it never passes what it did not solve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from consumers.disclosure import primary
from consumers.disclosure.audit import cells as audit_cells
from consumers.disclosure.audit import reach as audit_reach
from consumers.disclosure.audit import rules as audit_rules
from consumers.disclosure.audit.audit import Audit, Finding, Verdict, audit
from consumers.disclosure.audit.cells import Numbers
from consumers.disclosure.cells import cells_of
from consumers.disclosure.problem import (
    AttackerKind,
    Dimension,
    Place,
    Problem,
    Protection,
    Rules,
    Table,
)
from schemas.errors import ConfigurationError, FatalError
from tests.support import synthetic

Row = tuple[str, str, int]
TOTAL: Place = ((0, "Total"),)
# One company in A, one in B; C is broad.
ROWS: Sequence[Row] = (("A", "k1", 100), ("B", "k2", 50), *(("C", f"k{at}", 100) for at in range(3, 13)))


def problem(
    rows: Sequence[Row] = ROWS,
    attackers: tuple[AttackerKind, ...] = ("outsider",),
    *,
    agency: Sequence[str | None] | None = None,
    public: Sequence[bool] | None = None,
    rules: Rules | None = None,
    has_unions: bool = False,
) -> Problem:
    """Return a problem of one dimension: rows are region, group, value."""
    frame = pl.DataFrame(
        {
            "region": [region for region, _, _ in rows],
            "value": [value for *_, value in rows],
            "groups": [[group] for _, group, _ in rows],
            "agency": pl.Series(agency or [None] * len(rows), dtype=pl.String),
            "is_waived": [False] * len(rows),
            "is_public": public or [False] * len(rows),
        }
    )
    return Problem(
        contributions=frame,
        dimensions=(Dimension("region", ("region",)),),
        tables=(Table("regions", ("region",)),),
        rules=rules or Rules(),
        protection=Protection(unions=has_unions, attackers=attackers),
    )


def at(code: str) -> Place:
    """Return the place of a region."""
    return ((1, code),)


def found(result: Audit) -> dict[tuple[str, str], tuple[Verdict, int, int]]:
    """Return verdict and interval by attacker and code."""
    return {(item.attacker, item.place[0][1]): (item.verdict, item.low, item.high) for item in result.at_risk}


def test_what_is_published_against_the_rules_is_found() -> None:
    """A sensitive cell that is shown is a finding, with its value at both ends."""
    assert found(audit(problem(), [])) == {
        ("outsider", "A"): (Verdict.PUBLISHED, 100, 100),
        ("outsider", "B"): (Verdict.PUBLISHED, 50, 50),
    }


def test_a_cell_suppressed_alone_is_computed_exactly() -> None:
    """The total minus what is shown tells the only suppressed cell."""
    result = audit(problem(), [at("A")])

    assert (Verdict.EXACT, 100, 100) == found(result)["outsider", "A"]


def test_too_small_a_complement_is_an_approximate_disclosure() -> None:
    """Beside a cell of 5 a cell of 100 is known within 5, where 15 are required: a third is covered."""
    rows = [*ROWS, *(("D", f"k{at}", 1) for at in range(20, 25))]

    result = audit(problem(rows), [at("A"), at("D"), at("B"), TOTAL])
    alone = audit(problem(rows), [at("A"), at("D")])

    assert not result.at_risk
    assert (Verdict.APPROXIMATE, 95, 105) == found(alone)["outsider", "A"]
    assert pytest.approx(5 / 15) == alone.at_risk[0].coverage


def test_two_sensitive_cells_protect_each_other_against_outsiders() -> None:
    """Of two cells with a known sum neither is known better than the smaller of them."""
    result = audit(problem(), [at("A"), at("B")], has_intervals=True)

    assert () == result.at_risk
    assert [(50, 150, 15), (0, 100, 8)] == [(item.low, item.high, item.level) for item in result.intervals]
    assert {Verdict.PROTECTED} == {item.verdict for item in result.intervals}


def test_the_sum_of_two_suppressed_cells_is_published_by_their_total() -> None:
    """What is left of the total is the sum of two companies, whom no published cell may show together."""
    result = audit(problem(has_unions=True), [at("A"), at("B")])

    assert [(TOTAL, Verdict.REMAINDER, 150, 150, 15)] == [
        (item.place, item.verdict, item.low, item.high, item.level) for item in result.at_risk
    ]
    assert () == audit(problem(has_unions=True), [at("A"), at("B"), TOTAL]).at_risk


def test_an_agency_subtracts_its_records_from_what_is_left() -> None:
    """A sum of suppressed cells is safe as a whole, and betrays one company without an agency's rows."""
    rows = [(code, f"{code}{number}", 100) for code in "AB" for number in range(2)]
    agency = ["x", "x", "x", "y", *["y"] * 10]
    wide = problem([*rows, *ROWS[2:]], ("outsider", "agency"), agency=agency, has_unions=True)

    result = audit(wide, [at("A"), at("B")])

    assert {("agency x", Verdict.REMAINDER)} == {
        (item.attacker, item.verdict) for item in result.at_risk if item.place == TOTAL
    }


def test_whoever_is_alone_in_the_complement_learns_the_other() -> None:
    """Each of two companies in two cells with a known sum subtracts its own."""
    result = audit(problem(attackers=("outsider", "contributor")), [at("A"), at("B")])

    assert found(result) == {
        ("contributor k1", "B"): (Verdict.EXACT, 50, 50),
        ("contributor k2", "A"): (Verdict.EXACT, 100, 100),
    }


def test_an_agency_learns_what_its_own_records_do_not_cover() -> None:
    """Who holds all but one company of a published cell knows that company; so do its suppressed cells."""
    rows = [("C", f"k{at}", 100) for at in range(5)]

    result = audit(problem(rows, ("outsider", "agency"), agency=["x"] * 4 + ["y"]), [])

    assert {("agency x", "C"), ("agency x", "Total")} == set(found(result))
    assert {Verdict.PUBLISHED} == {item.verdict for item in result.at_risk}


def test_public_records_are_subtracted_by_everybody() -> None:
    """A cell of four companies, three of whom are public knowledge, tells the fourth."""
    rows = [("C", f"k{at}", 100) for at in range(4)]

    safe = audit(problem(rows, ("outsider",), public=[True] * 3 + [False]), [])
    result = audit(problem(rows, ("outsider", "public"), public=[True] * 3 + [False]), [])

    assert () == safe.at_risk
    assert {("public", "C"), ("public", "Total")} == set(found(result))


def test_agencies_subtract_public_records_beside_their_own() -> None:
    """A cell of six companies tells the one that is neither public nor known to the agency."""
    rows = [("C", f"k{at}", 100) for at in range(6)]
    everybody: tuple[AttackerKind, ...] = ("outsider", "agency", "public")
    agency, public = ["x"] * 2 + ["y"] * 4, [False] * 3 + [True] * 3

    result = audit(problem(rows, everybody, agency=agency, public=public), [])

    assert {("public and agency x", "C"), ("public and agency x", "Total")} == {
        at for at in found(result) if at[0].endswith("agency x")
    }


def test_both_ends_of_a_movement_are_a_contributors_own() -> None:
    """Who receives what is sent to it subtracts it, though the sender is another group."""
    rows: Problem = problem([("A", "k1", 100), ("B", "k2", 50), *ROWS[2:]], ("outsider", "contributor"))
    ends = [["k1", "k9"], ["k2", "k1"], *[[f"k{at}", f"k{at + 1}"] for at in range(3, 13)]]
    moved = Problem(
        rows.contributions.with_columns(pl.Series("groups", ends)),
        rows.dimensions,
        rows.tables,
        protection=rows.protection,
    )

    result = audit(moved, [at("A"), at("B")])

    # k1 has the whole of A and is one end of all of B: it learns nothing new, and k9 and k2 do.
    assert {("contributor k2", "A"), ("contributor k9", "B")} == set(found(result))


def test_who_receives_from_several_learns_what_another_sends() -> None:
    """Three send, and the rules hold at both ends; but k, who receives all of two, learns the third.

    So does the third learn k, who receives all the rest.
    """
    rows = [("A", "a", 30), ("A", "b", 30), *(("A", "c", 10) for _ in range(4))]
    ends = [["a", "k"], ["b", "k"], *[["c", f"m{number}"] for number in range(4)]]
    plain = problem(rows, ("outsider", "contributor"))
    moved = replace(plain, contributions=plain.contributions.with_columns(pl.Series("groups", ends)))

    result = audit(moved, [])

    assert {("contributor k", "A"), ("contributor c", "A")} < set(found(result))
    assert 0 == result.sensitive


def test_negative_contributions_are_bounded_by_absolute_values() -> None:
    """A cell of +100 and -40 moves by up to 140 to an outsider, not by its net 60."""
    rows = [("A", "k1", 100), ("A", "k2", -40), ("B", "k3", 500), *ROWS[2:]]

    result = audit(problem(rows), [at("A"), at("B")], has_intervals=True)

    assert (60 - 140, 60 + 140) == (result.intervals[0].low, result.intervals[0].high)


def test_a_mirror_binds_two_cells() -> None:
    """What is shown on one side of a mirror tells the other side, whatever their totals are."""
    plain = problem()
    rows = plain.contributions.with_columns(pl.lit("import").alias("flow"))
    other = rows.filter(pl.col("region") == "A").with_columns(
        pl.lit("export").alias("flow"),
        pl.Series("groups", [["k1"]]),
        pl.lit(103).alias("value").cast(pl.Int64),
    )
    mirrored = Problem(
        pl.concat([rows, other]),
        (Dimension("region", ("region",)), Dimension("flow", ("flow",))),
        (Table("both", ("region", "flow")),),
        mirrors=((((1, "A"), (1, "import")), ((1, "A"), (1, "export"))),),
        protection=plain.protection,
    )
    one_side = ((1, "A"), (1, "import"))
    everything_but = set(audit_cells.cells_of(mirrored).places) - {((1, "A"), (1, "export"))}

    result = audit(mirrored, everything_but)

    assert (one_side, Verdict.EXACT) in {(item.place, item.verdict) for item in result.at_risk}


@pytest.mark.parametrize("seed", range(12))
def test_intervals_are_those_of_all_tables_that_look_alike(seed: int) -> None:
    """In small tables the interval is from the least to the largest value of all tables that fit."""
    random = np.random.default_rng(seed)
    inner = random.integers(1, 4, (2, 3))
    rows = [(f"r{i}", f"c{j}", int(inner[i, j])) for i, j in np.ndindex(2, 3)]
    table = _two_way(rows)
    places = list(audit_cells.cells_of(table).places)
    suppressed = {place for place in places if random.random() < 0.6}

    result = audit(table, suppressed, has_intervals=True)

    worlds = _worlds(inner, places, suppressed)
    assert {item.place: (item.low, item.high) for item in result.intervals} == {
        place: (worlds[:, at].min(), worlds[:, at].max())
        for at, place in enumerate(places)
        if place in suppressed
    }


def _two_way(rows: Sequence[tuple[str, str, int]]) -> Problem:
    frame = pl.DataFrame(
        {
            "row": [row for row, _, _ in rows],
            "column": [column for _, column, _ in rows],
            "value": [value for *_, value in rows],
            "groups": [[f"k{at}"] for at in range(len(rows))],
            "agency": pl.Series([None] * len(rows), dtype=pl.String),
            "is_waived": [False] * len(rows),
            "is_public": [False] * len(rows),
        }
    )
    return Problem(
        frame,
        (Dimension("row", ("row",)), Dimension("column", ("column",))),
        (Table("t", ("row", "column")),),
        protection=Protection(attackers=("outsider",)),
    )


def _worlds(inner: Numbers, places: Sequence[Place], suppressed: set[Place]) -> Numbers:
    """Return all tables that show the same: one a row, its cells in the order of the places."""
    candidates = (
        np.indices((2 * inner.ravel() + 1).tolist()).reshape(inner.size, -1).T.reshape(-1, *inner.shape)
    )
    worlds = np.stack([_cell(candidates, place) for place in places], axis=1)
    truth = np.array([_cell(inner[np.newaxis], place)[0] for place in places])
    is_shown = np.array([place not in suppressed for place in places])
    fits = (worlds <= 2 * truth).all(axis=1) & (worlds == truth)[:, is_shown].all(axis=1)
    kept: Numbers = worlds[fits]
    return kept


def _cell(tables: Numbers, place: Place) -> Numbers:
    rows, columns = ([int(code[1])] if level else slice(None) for level, code in place)
    picked: Numbers = tables[:, rows][:, :, columns].sum(axis=(1, 2))
    return picked


@pytest.mark.parametrize("seed", range(10))
def test_its_rules_and_cells_agree_with_those_of_the_optimiser(seed: int) -> None:
    """Two programs that were written apart find the same cells, sums and protection levels."""
    rules = (Rules(), Rules(4, 100), Rules(3, 250, coalition=2))[seed % 3]
    made = synthetic.problem(
        [[3, 2], [2, 3]], 120, seed, rules=rules, groups_are_companies=True, negative=0.1 * (seed % 2),
        unknown=0.1, both_ends=0.3, waived=0.1,
        tables=[["a"], ["b"]] if seed % 2 else None,
    )  # fmt: skip
    ours, theirs = audit_cells.cells_of(made), cells_of(made)

    levels = audit_rules.levels(ours.shares(), ours.records, ours.size, rules)
    expected = primary.levels(theirs.system, rules)
    numbers = {place: at for at, place in enumerate(ours.places)}
    order = [numbers[tuple(zip(row[::2], row[1::2], strict=True))] for row in theirs.places.iter_rows()]

    assert expected.tolist() == levels[order].tolist()
    assert _sums(theirs.system.relations.toarray()) == _sums(ours.relations.toarray()[:, order])


def _sums(matrix: NDArray[np.float64]) -> set[tuple[int, ...]]:
    return {tuple(row.astype(int).tolist()) for row in matrix}


def test_a_random_pattern_with_everything_suppressed_is_safe() -> None:
    """Where nothing is shown every cell could be anything up to twice its value."""
    made = synthetic.problem(*synthetic.TWO_D_400, seed=3, protection=Protection(attackers=("outsider",)))

    result = audit(made, audit_cells.cells_of(made).places)

    assert (0, result.cells) == (len(result.at_risk), result.suppressed)


def test_a_solver_that_does_not_finish_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a solver leaves behind when it stops early is never taken for a proof."""
    left = SimpleNamespace(status=1, x=np.full(2, 1e9))
    monkeypatch.setattr(audit_reach, "linprog", lambda *_, **__: left)

    with pytest.raises(FatalError, match="did not finish"):
        audit(problem(), [at("A"), at("B")])


def test_a_place_that_is_no_cell_is_refused() -> None:
    """A misspelt place would make the audit look at another pattern than that of its caller."""
    with pytest.raises(ConfigurationError, match="1 of the suppressed places"):
        audit(problem(), [at("A"), at("Z")])


def test_the_audit_is_repeatable() -> None:
    """The same pattern gives the same findings in the same order."""
    made = synthetic.problem(*synthetic.TWO_D_400, seed=5, protection=Protection(attackers=("outsider",)))
    cells = audit_cells.cells_of(made)
    levels = audit_rules.levels(cells.shares(), cells.records, cells.size, made.rules)
    sensitive = [place for place, level in zip(cells.places, levels, strict=True) if level]

    one, other = (audit(made, sensitive).at_risk for _ in range(2))

    assert one == other
    assert all(isinstance(item, Finding) for item in one)
