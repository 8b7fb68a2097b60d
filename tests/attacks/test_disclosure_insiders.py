"""Attacks on tables by those who are part of them, and on sums of what is withheld.

Each attack runs against disclosure control and fails, and against a stand-in without the
defence, where it succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from consumers.disclosure.problem import Dimension, Problem, Protection, Rules, Table
from tests.support import synthetic
from tests.support.publication import Flags, Publication, withheld

RULES = Rules(min_groups=3, p_permille=150)
EVERYBODY = Protection()
OUTSIDERS = Protection(attackers=("outsider",))
EACH_CELL = Protection(unions=False, attackers=("outsider",))

PROBLEMS: dict[str, Callable[[], Problem]] = {
    "two dimensions": lambda: synthetic.problem(
        [[3, 2], [2, 2]], 50, 4, groups_are_companies=True, agencies=3
    ),
    "three dimensions": lambda: synthetic.problem(
        [[3], [2], [2, 2]], 110, 29, groups_are_companies=True, agencies=2
    ),
    "linked tables": lambda: synthetic.problem(
        [[3, 2], [4], [2]], 60, 5, tables=[["a", "b"], ["a", "c"]], groups_are_companies=True, agencies=2
    ),
    "movements": lambda: synthetic.problem(
        [[3, 2], [2, 2]],
        60,
        6,
        groups_are_companies=True,
        both_ends=0.5,
        negative=0.1,
        waived=0.1,
        agencies=2,
    ),
    "public records": lambda: synthetic.problem(
        [[3, 2], [2, 2]], 60, 7, groups_are_companies=True, public=0.3, agencies=3
    ),
}


@cache
def published(name: str, protection: Protection = EVERYBODY) -> Publication:
    """Return what disclosure control publishes."""
    problem = PROBLEMS[name]()
    found = Publication.of(problem, withheld(replace(problem, protection=protection)))
    assert not found.is_hidden.all()
    return found


def everything(name: str) -> Publication:
    """Stand-in: publish all cells."""
    return Publication.of(PROBLEMS[name](), set())


def rare_cells_withheld(name: str) -> Publication:
    """Stand-in: withhold cells of few groups, and ask nobody how large they are."""
    found = everything(name)
    counts = [min(map(len, found.shares(members))) for members in found.contains]
    return replace(found, is_hidden=np.array(counts) < RULES.min_groups)


def shown(publication: Publication) -> Flags:
    """Return the contributions of each published cell, shape (cells, contributions)."""
    return publication.contains[~publication.is_hidden]


# --- One cell ------------------------------------------------------------------------------------


def cells_of_few(publication: Publication) -> int:
    """Attack: read cells of one or two groups; return how many there are."""
    return sum(
        sum(net != 0 for _, net, _ in shares.values()) < RULES.min_groups
        for members in shown(publication)
        for shares in publication.shares(members)
        if any(is_protected for _, _, is_protected in shares.values())
    )


def estimates(publication: Publication) -> Iterator[tuple[int, int]]:
    """Attack: the largest of the others takes what is left for one group's; yield error and truth."""
    for members in shown(publication):
        for shares in publication.shares(members):
            total = sum(magnitude for magnitude, _, _ in shares.values())
            for victim, (magnitude, _, is_protected) in shares.items():
                known = max((own for group, (own, _, _) in shares.items() if group != victim), default=0)
                if is_protected:
                    yield total - known - magnitude, magnitude


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_published_cell_is_of_one_or_two_groups(name: str) -> None:
    """A subscriber finds no cell that is one group, or one beside another who knows itself."""
    assert cells_of_few(everything(name))
    assert not cells_of_few(published(name))


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_group_estimates_another_within_p_percent(name: str) -> None:
    """Whoever subtracts its own part of a published cell is p percent off any other part, or more."""
    assert any(1000 * error < RULES.p_permille * part for error, part in estimates(rare_cells_withheld(name)))
    assert all(1000 * error >= RULES.p_permille * part for error, part in estimates(published(name)))


def test_three_subsidiaries_are_one_group() -> None:
    """Who splits a company into three does not get its cell published."""
    rows = [("x", f"{place}{number}", place, 10) for place in "abc" for number in range(4)]
    rows += [("y", f"{place}{number}", place, 10) for place in "bc" for number in range(4)]
    rows += [("y", f"big {number}", "a", 100) for number in range(3)]
    split = table(rows)
    group = pl.col("groups").list.eval(pl.element().str.replace(r"^big \d$", "big"))
    owned = replace(split, contributions=split.contributions.with_columns(group))
    place = ((1, "y"), (1, "a"))

    assert place not in withheld(split)
    assert place in withheld(owned)


def table(rows: list[tuple[str, str, str, int]]) -> Problem:
    """Return a table of materials by regions from rows of material, group, region and value."""
    contributions = pl.DataFrame(
        {
            "m": [material for material, _, _, _ in rows],
            "r": [region for _, _, region, _ in rows],
            "value": [value for *_, value in rows],
            "groups": [[group] for _, group, _, _ in rows],
            "agency": pl.Series([None] * len(rows), dtype=pl.String),
            "is_waived": [False] * len(rows),
            "is_public": [False] * len(rows),
        }
    )
    dimensions = (Dimension("m", ("m",)), Dimension("r", ("r",)))
    return Problem(contributions, dimensions, (Table("t", ("m", "r")),), RULES)


# --- Sums of what is withheld --------------------------------------------------------------------


def atoms(publication: Publication) -> tuple[Flags, Flags]:
    """Return published cells by indivisible unknown pieces, and these by contributions."""
    pieces, piece_of = np.unique(publication.contains.T, axis=0, return_inverse=True)
    members = piece_of == np.arange(len(pieces))[:, None]
    sets = pieces.T[~publication.is_hidden]
    unknown = np.ones(len(pieces), dtype=np.bool_)
    unknown[sets[sets.sum(axis=1) == 1].any(axis=0)] = False
    sets = np.unique(sets[:, unknown], axis=0)
    return sets[sets.any(axis=1)], members[unknown]


def known_sums(sets: Flags) -> NDArray[np.int8]:
    """Attack: add and subtract up to three published cells in all ways; return what is a sum of pieces."""
    cells = sets.astype(np.int8)
    one, other = np.triu_indices(len(cells), 1)
    pairs = [cells[one] - cells[other], cells[other] - cells[one], cells[one] + cells[other]]
    triples = [pair + sign * cell for pair in pairs for cell in cells for sign in (1, -1)]
    triples = [sums[is_sum(sums)] for sums in triples]
    found = np.concatenate([cells, *pairs, *triples])
    return np.unique(found[is_sum(found)], axis=0)


def leftovers(sets: Flags) -> Flags:
    """Attack: subtract from each published cell all those inside it, one after the other in many orders."""
    random = np.random.default_rng(1)
    found = []
    for whole in sets:
        inside = sets[(sets <= whole).all(axis=1) & (sets != whole).any(axis=1)]
        for _ in range(20):
            left = whole.copy()
            for part in random.permutation(inside):
                left &= ~part if (part <= left).all() else True
            found.append(left)
    return np.unique(np.array(found), axis=0)


def is_sum(sums: NDArray[np.int8]) -> Flags:
    """Say which rows have some pieces once, and the others not at all."""
    flags: Flags = ((sums == 0) | (sums == 1)).all(axis=1) & sums.any(axis=1)
    return flags


def unsafe_sums(publication: Publication) -> int:
    """Attack: look for sums of withheld pieces that are known and break the rules; return how many."""
    sets, pieces = atoms(publication)
    found = np.unique(np.concatenate([known_sums(sets).astype(np.bool_), leftovers(sets)]), axis=0)
    return sum(publication.level(pieces[row].any(axis=0), RULES) > 0 for row in found if row.any())


@pytest.mark.parametrize("name", PROBLEMS)
def test_sums_and_differences_of_published_cells_betray_nobody(name: str) -> None:
    """Whatever three published cells, or one without those inside it, leave obeys the rules."""
    assert not unsafe_sums(published(name))


def test_without_regard_to_sums_published_cells_betray_somebody() -> None:
    """The search succeeds where each cell is protected, but sums of cells are not."""
    assert any(unsafe_sums(published(name, EACH_CELL)) for name in PROBLEMS)


# --- Who knows a part beforehand -----------------------------------------------------------------


def contributors(publication: Publication) -> set[object]:
    """Return the three largest groups of each sensitive cell: also those who are alone in one."""
    found: set[object] = set()
    for members in publication.contains:
        if publication.level(members, RULES):
            for shares in publication.shares(members):
                found |= {*sorted(shares, key=lambda group: -shares[group][0])[:3]}
    return found


def known_before(publication: Publication) -> list[Flags]:
    """Return the records that everybody knows: none now, and what will be public."""
    is_public: Flags = publication.problem.contributions["is_public"].to_numpy()
    return [np.zeros_like(is_public), is_public] if is_public.any() else [np.zeros_like(is_public)]


def narrowed_by_contributors(publication: Publication) -> int:
    """Attack: each group leaves its own out; return how many cells then are closer than p percent."""
    found = 0
    for before, group in product(known_before(publication), contributors(publication)):
        known = before | publication.known_by(group)
        levels = [publication.level(members & ~known, RULES, insiders=0) for members in publication.contains]
        wanted = np.where(publication.is_hidden, levels, 0)
        found += int((publication.reach(known, wanted) < wanted).sum())
    return found


def narrowed_by_agencies(publication: Publication) -> int:
    """Attack: each agency leaves its records out; return how many of the cells are then too close."""
    agency, found = publication.problem.contributions["agency"].to_numpy(), 0
    for before, name in product(known_before(publication), np.unique(agency)):
        known = before | (agency == name)
        has_own = (publication.contains & known).any(axis=1)
        levels = [publication.level(members & ~known, RULES) for members in publication.contains]
        wanted = np.where(has_own, levels, 0)
        found += int((publication.reach(known, wanted) < wanted).sum())
    return found


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_contributor_learns_another_within_p_percent(name: str) -> None:
    """Nobody who subtracts its own contributions everywhere narrows another's below p percent."""
    assert not narrowed_by_contributors(published(name))


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_agency_learns_what_others_reported(name: str) -> None:
    """What is left of any cell without an agency's records obeys the rules, by itself and as an interval."""
    assert not narrowed_by_agencies(published(name))


@pytest.mark.parametrize("attack", [narrowed_by_contributors, narrowed_by_agencies])
def test_protection_against_outsiders_does_not_stop_insiders(attack: Callable[[Publication], int]) -> None:
    """The same attacks succeed where only outsiders were reckoned with."""
    assert any(attack(published(name, OUTSIDERS)) for name in PROBLEMS)
