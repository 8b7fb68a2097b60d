"""Attacks on the rules themselves: who sees many patterns wants to know p.

Whoever knows p knows more about each withheld figure than its interval tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from consumers.disclosure.disclosure import FREE, PRIMARY, Protected, protect
from consumers.disclosure.problem import Problem, Protection, Rules
from tests.support import synthetic

RULES = Rules(min_groups=3, p_permille=150)
TABLES = [150, pytest.param(1_000, marks=pytest.mark.long)]
# Permille: from 5 points below to 5 points above.
WIDTH_MIN = 100
HIDDEN = "hidden"


class Known(NamedTuple):
    """A figure of which an agency knows all contributions.

    Attributes:
        groups: How many there are.
        permille: What is left of the figure without the two largest, of the largest.
        status: As disclosure control decided.
    """

    groups: int
    permille: float
    status: str


@cache
def known_figures(tables: int) -> tuple[Known, ...]:
    """Return all figures of some tables that one agency knows completely."""
    return tuple(known for seed in range(tables) for known in known_in(protect(table(seed))))


def table(seed: int) -> Problem:
    """Return a small table of two agencies."""
    protection = Protection(unions=False, attackers=("outsider",))
    return synthetic.problem(
        [[4], [3]], 25, seed, rules=RULES, protection=protection, groups_are_companies=True, agencies=2
    )


def known_in(protected: Protected) -> Iterator[Known]:
    """Yield the figures of one table that one agency knows completely."""
    (end,) = protected.cells.system.ends
    for cell, status in enumerate(protected.status):
        own = end.cell == cell
        if len(np.unique(end.agency[own])) == 1:
            _, group = np.unique(end.group[own], return_inverse=True)
            amounts = sorted(np.bincount(group, weights=end.magnitude[own]))
            yield Known(len(amounts), 1000 * sum(amounts[:-2]) / amounts[-1], str(status))


def interval(figures: list[Known]) -> tuple[float, float]:
    """Return between which bounds p lies for certain, in per mille.

    A published figure obeys the rule. A figure said to be sensitive by itself, with enough groups,
    breaks it. One that is withheld may be withheld for the sake of others, and says nothing.
    """
    obeys = [figure.permille for figure in figures if figure.status == FREE]
    breaks = [figure.permille for figure in figures if figure.status == PRIMARY and figure.groups > 3]
    return max(breaks, default=0.0), min(obeys, default=1000.0)


@pytest.mark.parametrize("tables", TABLES)
def test_many_patterns_do_not_tell_p(tables: int) -> None:
    """An agency that knows its own figures cannot tell p to within five points from what is published."""
    published = [
        figure if figure.status == FREE else figure._replace(status=HIDDEN)
        for figure in known_figures(tables)
    ]
    low, high = interval(published)

    assert low <= RULES.p_permille <= high
    assert high - low >= WIDTH_MIN


@pytest.mark.parametrize("tables", TABLES)
def test_reasons_would_tell_p(tables: int) -> None:
    """With the office's reasons beside the figures it could: that is why they never leave."""
    low, high = interval(list(known_figures(tables)))

    assert low <= RULES.p_permille <= high
    assert high - low < WIDTH_MIN
