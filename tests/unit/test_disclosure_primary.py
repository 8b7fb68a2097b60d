"""The primary rules, checked against an attacker who does the arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.disclosure.cells import cells_of
from consumers.disclosure.primary import levels, levels_at
from consumers.disclosure.problem import Rules
from consumers.disclosure.system import NOT_KNOWN, Contributions
from tests.support import synthetic


@dataclass(frozen=True)
class Record:
    """A contribution to a figure: group -1 is not known."""

    figure: int
    group: int
    value: int
    is_waived: bool = False
    agency: int = NOT_KNOWN


def contributions(records: Sequence[Record]) -> Contributions:
    """Return records as arrays, in their order."""
    value = np.array([record.value for record in records], dtype=np.int64)
    return Contributions(
        cell=np.array([record.figure for record in records], dtype=np.int32),
        group=np.array([record.group for record in records], dtype=np.int32),
        other=np.array([record.group for record in records], dtype=np.int32),
        agency=np.array([record.agency for record in records], dtype=np.int32),
        is_waived=np.array([record.is_waived for record in records], dtype=np.bool_),
        is_public=np.zeros(len(records), dtype=np.bool_),
        value=value,
        magnitude=np.abs(value),
    )


def level(*values: int, waived: Sequence[int] = (), rules: Rules | None = None) -> int:
    """Return the level of a figure with a value from each of some groups, by position."""
    records = [Record(0, group, value, group in waived) for group, value in enumerate(values)]
    return int(levels_at(contributions(records), 1, rules or Rules())[0])


def plain_level(records: Sequence[Record], rules: Rules) -> int:
    """Return the level of one figure by trying every group against every coalition of others."""
    magnitude: dict[int, int] = defaultdict(int)
    net: dict[int, int] = defaultdict(int)
    protected = set()
    for record in records:
        magnitude[record.group] += abs(record.value)
        net[record.group] += record.value
        if not record.is_waived:
            protected.add(record.group)
    total = sum(magnitude.values())
    missing = max(
        (
            rules.p_permille * magnitude[target] - 1000 * (total - magnitude[target] - sum(known))
            for target in protected
            for known in combinations(
                [share for group, share in magnitude.items() if group != target],
                min(rules.coalition, len(magnitude) - 1),
            )
        ),
        default=0,
    )
    if missing > 0:
        return -(-missing // 1000)
    largest = max((magnitude[group] for group in protected), default=0)
    is_too_few = sum(1 for value in net.values() if value) < rules.min_groups
    return -(-rules.p_permille * largest // 1000) if is_too_few else 0


parameters = st.builds(
    Rules, min_groups=st.integers(3, 6), p_permille=st.integers(1, 1000), coalition=st.integers(1, 4)
)
amounts = st.one_of(st.integers(-20, 20), st.integers(-(10**10), 10**10)).filter(bool)
records_of_figures = st.lists(
    st.builds(
        Record,
        figure=st.integers(0, 30),
        group=st.integers(NOT_KNOWN, 6),
        value=amounts,
        is_waived=st.sampled_from([False, False, True]),
        agency=st.integers(NOT_KNOWN, 1),
    ),
    max_size=150,
)


@settings(max_examples=150)
@given(records_of_figures, parameters)
def test_levels_are_those_of_the_worst_coalition_against_any_group(
    records: list[Record], rules: Rules
) -> None:
    """Every level agrees with a search through all attackers, on figures of unsorted records of any sign."""
    by_figure: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        by_figure[record.figure].append(record)

    expected = [plain_level(by_figure[figure], rules) for figure in range(32)]

    assert expected == levels_at(contributions(records), 32, rules).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_a_cell_obeys_the_rules_at_both_ends_of_a_movement(seed: int) -> None:
    """Over a thousand cells have the larger of the levels at the two ends."""
    question = synthetic.problem(
        [[4, 5], [3, 4]], 100, seed, negative=0.1, unknown=0.05, both_ends=0.6, waived=0.2, agencies=3
    )
    system = cells_of(question).system
    expected = [0] * system.size
    for end in system.ends:
        by_cell: dict[int, list[Record]] = defaultdict(list)
        for cell, group, value, magnitude, is_waived in zip(
            end.cell.tolist(),
            end.group.tolist(),
            end.value.tolist(),
            end.magnitude.tolist(),
            end.is_waived.tolist(),
            strict=True,
        ):
            # A net sum and an absolute sum are those of one positive and one negative record.
            halves = ((magnitude + value) // 2, (value - magnitude) // 2)
            by_cell[cell] += [Record(cell, group, half, is_waived) for half in halves]
        for cell, records in by_cell.items():
            expected[cell] = max(expected[cell], plain_level(records, question.rules))

    assert expected == levels(system, question.rules).tolist()
    assert 0 < sum(map(bool, expected)) < system.size


def test_the_level_is_what_is_missing_to_p_percent() -> None:
    """The second of 300, 20 and 10 comes within 10 of the first, and must stay 45 off: 35 are missing."""
    assert 35 == level(300, 20, 10)
    assert 0 == level(300, 50, 45)
    assert 1 == level(300, 50, 44)


def test_figures_of_the_handbook() -> None:
    """Who is betrayed by two percent is protected; who is 15.4 percent off is safe at ten.

    Source: Handbook on Statistical Disclosure Control, section 4.2, examples 1, 1b, 1c and 2; the
    rest of each total is divided so that it changes nothing.
    """
    ten = Rules(p_permille=100)

    assert 4_000 == level(50_000, 49_000, 500, 500, rules=ten)
    assert 0 == level(52_000, 50_000, 4_000, 4_000, rules=ten)
    assert 112 == level(52_000, 50_000, 4_000, 4_000, rules=Rules(p_permille=156))
    assert 10 == level(100, 80, rules=ten)
    assert 0 == level(100, 80, 60, 40, rules=ten)
    assert 10 == level(100, 80, 60, 40, rules=replace(ten, coalition=3))


def test_too_few_groups_alone_ask_for_p_percent_of_the_largest() -> None:
    """Three even groups hide each other, but not where five are asked for."""
    assert 0 == level(50, 50, 50)
    assert 8 == level(50, 50, 50, rules=Rules(min_groups=5))


def test_no_sensitive_figure_has_level_zero() -> None:
    """A figure of one unit is uncertain by a whole unit."""
    assert 1 == level(1)
    assert 1 == level(1, rules=Rules(p_permille=1))


def test_a_waiver_is_worth_nothing_against_its_own_group() -> None:
    """Whoever waives is not protected, but still attacks the largest of those who do not."""
    assert 35 == level(300, 20, 10, waived=[1])
    assert 0 == level(300, 20, 10, waived=[0])
    assert 3 == level(300, 20, waived=[0])
    assert 0 == level(300, waived=[0])
    assert (
        45 == levels_at(contributions([Record(0, 1, 100, is_waived=True), Record(0, 1, 200)]), 1, Rules())[0]
    )


def test_unknown_groups_are_one() -> None:
    """Many contributions of groups that are not known hide nobody better than one."""
    unknown = [Record(0, NOT_KNOWN, 50) for _ in range(5)]

    assert 38 == levels_at(contributions(unknown), 1, Rules())[0]


def test_companies_of_a_group_are_one() -> None:
    """Three subsidiaries by two agencies are one group."""
    records = [Record(0, 7, 50, agency=agency) for agency in (0, 1, 1)]

    assert 23 == levels_at(contributions(records), 1, Rules())[0]


def test_contributions_that_cancel_out_hide_nobody() -> None:
    """A group whose records cancel out does not count, and absolute values decide what is dominant."""
    cancelled = [Record(0, 0, 50), Record(0, 0, -50), Record(0, 1, 40), Record(0, 2, 40)]

    assert 15 == levels_at(contributions(cancelled), 1, Rules())[0]
    assert 0 == level(-50, 50, -50)


def test_nothing_has_no_level() -> None:
    """Figures without contributions are safe, and no figures at all are no error."""
    assert [0, 0] == levels_at(contributions([]), 2, Rules()).tolist()
    assert [] == levels_at(contributions([]), 0, Rules()).tolist()
