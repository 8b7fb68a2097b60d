"""The primary rules, checked against an attacker who does the arithmetic."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.disclosure import primary
from consumers.disclosure.primary import PrimaryRules

RULES = PrimaryRules(min_groups=3, p_percent=15)
masses = st.lists(st.integers(min_value=1, max_value=10**13), min_size=1, max_size=8)


def cell(*contributions: tuple[bytes | None, int], unconverted: int = 0) -> pl.DataFrame:
    """Return the contributions to one cell."""
    rows = [
        {"material": "GLASS", "group_key": group, "mass_g": mass_g, "unconverted": unconverted}
        for group, mass_g in contributions
    ]
    schema = {"material": pl.String, "group_key": pl.Binary, "mass_g": pl.Int64, "unconverted": pl.Int64}
    return pl.DataFrame(rows, schema=schema)


def sensitive(contributions: pl.DataFrame) -> bool:
    """Say whether the one cell is sensitive."""
    (found,) = primary.cells(contributions, ["material"], RULES)["is_sensitive"].to_list()
    return bool(found)


def test_three_even_groups_may_be_published() -> None:
    """Three groups of equal weight hide each other."""
    found = primary.cells(cell((b"a", 50), (b"b", 50), (b"c", 50)), ["material"], RULES)

    assert [{"material": "GLASS", "mass_g": 150, "is_sensitive": False}] == found.to_dicts()


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_groups_are_withheld(count: int) -> None:
    """One group is the total itself, and each of two knows the other."""
    assert sensitive(cell(*[(bytes([number]), 50) for number in range(count)]))


def test_groups_that_add_nothing_do_not_count() -> None:
    """A group without mass hides nobody."""
    assert sensitive(cell((b"a", 50), (b"b", 50), (b"c", 0)))


def test_dominated_cell_is_withheld() -> None:
    """The second of three must not learn the first more closely than p percent: 14 of 100 is too close."""
    assert sensitive(cell((b"a", 100), (b"b", 50), (b"c", 14)))
    assert not sensitive(cell((b"a", 100), (b"b", 50), (b"c", 15)))


def test_unknown_group_or_mass_withholds_the_cell() -> None:
    """Where a contributor or a mass is not known, the rules cannot be shown to hold."""
    even = ((b"a", 50), (b"b", 50), (b"c", 50))

    assert sensitive(cell(*even, (None, 50)))
    assert sensitive(cell(*even, unconverted=1))


@given(masses)
def test_nobody_in_a_published_cell_learns_another_within_p_percent(masses_g: list[int]) -> None:
    """Whoever subtracts its own part from a published total is at least p percent off any other part."""
    contributions = cell(*[(bytes([number]), mass_g) for number, mass_g in enumerate(masses_g)])
    if sensitive(contributions):
        return
    total = sum(masses_g)

    for attacker, own_g in enumerate(masses_g):
        for target, true_g in enumerate(masses_g):
            upper_g = total - own_g
            assert attacker == target or 100 * (upper_g - true_g) >= RULES.p_percent * true_g


@given(masses, st.integers(min_value=0, max_value=2**32))
def test_decision_depends_on_nothing_but_the_contributions(masses_g: list[int], seed: int) -> None:
    """The order of the rows changes no decision and no total."""
    contributions = cell(*[(bytes([number]), mass_g) for number, mass_g in enumerate(masses_g)])
    shuffled = contributions.sample(fraction=1.0, shuffle=True, seed=seed)

    decided = primary.cells(contributions, ["material"], RULES)

    assert decided.equals(primary.cells(shuffled, ["material"], RULES))
