"""Other worlds: whether all that was published leaves room for what a group moved, whoever knows the rest."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
import pytest

from consumers.disclosure.problem import Rules
from consumers.release.amounts import Amounts, Shown
from consumers.release.worlds import Otherwise, Worlds

_NO_SPOTS = pl.Series(dtype=pl.UInt32)
_RULES = Rules(min_groups=3, p_permille=150)


class _Load(NamedTuple):
    """What a group moved; of a `pair` if it hangs together in all rows of that."""

    spots: list[int]
    group: int
    mass_g: int = 100
    pair: int | None = None
    other: int | None = None
    agency: str = "A"
    is_public: bool = False


def _worlds(
    *loads: _Load,
    rules: Rules = _RULES,
    otherwise: Otherwise | None = None,
    summed: frozenset[int] = frozenset(),
) -> Worlds:
    """Return the worlds of what was told: each block is published, but some (`summed`) only as their sum."""
    told = pl.DataFrame(
        {
            "key": pl.Series([load.spots for load in loads], dtype=pl.List(pl.UInt32)),
            "group_key": pl.Series([load.group for load in loads], dtype=pl.Int32),
            "counterparty_key": pl.Series([load.other for load in loads], dtype=pl.Int32),
            "agency": [load.agency for load in loads],
            "is_public": [load.is_public for load in loads],
            "mass_g": [load.mass_g for load in loads],
            "pair": pl.Series([load.pair for load in loads], dtype=pl.UInt32),
        }
    )
    told = told.with_columns(all_agency="agency", all_public="is_public")
    staying, hanging = told.filter(pl.col("pair").is_null()).drop("pair"), told.drop_nulls("pair")
    spots = sorted({spot for load in loads for spot in load.spots})
    figures = [0 if spot in summed else spot for spot in spots]
    of_spots = pl.DataFrame(
        {"spot": spots, "figure": figures}, schema=dict.fromkeys(("spot", "figure"), pl.UInt32)
    )
    return Worlds(Amounts(staying, hanging, Shown(of_spots, _NO_SPOTS)), rules, otherwise)


def _tell(worlds: Worlds) -> list[int]:
    """Return the spots that together tell what somebody moved in the first one."""
    asked = pl.DataFrame({"key": [[1]], "of": [None]}, schema={"key": pl.List(pl.UInt32), "of": pl.Int32})
    found = worlds.attacks(asked)
    return found.filter(pl.col("pair").is_null())["spot"].unique().sort().to_list()


def test_what_stays_in_a_block_hides_each_of_several_groups() -> None:
    """Three equal groups hide each other, and two that know themselves do not."""
    assert _tell(_worlds(*(_Load([1], group) for group in range(3)))) == []
    assert _tell(_worlds(*(_Load([1], group) for group in range(2)))) == [1]


def test_confidential_blocks_hide_in_their_sum() -> None:
    """Where only the sum of blocks is published, those of one hide who is alone in another."""
    lone, others = _Load([1], 0), [_Load([2], group) for group in (1, 2)]
    assert _tell(_worlds(lone, *others)) == [1]
    assert _tell(_worlds(lone, *others, summed=frozenset({1, 2}))) == []
    assert _tell(_worlds(lone, others[0], summed=frozenset({1, 2}))) == [1, 2]


def test_two_blocks_with_the_same_loads_tell_the_one_that_only_one_of_them_has() -> None:
    """What came elsewhere hides nothing where it was, and the proof names both blocks."""
    moved = [_Load([spot], group, pair=group) for group in range(1, 6) for spot in (1, 2)]
    assert _tell(_worlds(_Load([1], 0), *moved)) == [1, 2]
    # Where others stay in the second one, either block may have had more.
    assert _tell(_worlds(_Load([1], 0), *moved, *(_Load([2], group) for group in (6, 7, 8)))) == []


def test_a_company_that_knows_what_hides_a_load_far_away_is_asked_about() -> None:
    """Who alone stays where others' loads went knows these, however many blocks are between."""
    steps = [(spot, group) for spot in (1, 2, 3) for group in (10 + spot, 20 + spot)]
    chain = [_Load([at], group, pair=group) for spot, group in steps for at in (spot, spot + 1)]
    assert _tell(_worlds(_Load([1], 0), *chain, _Load([4], 7))) == [1, 2, 3, 4]
    assert _tell(_worlds(_Load([1], 0), *chain, _Load([4], 7), _Load([4], 8))) == []


@pytest.mark.parametrize(("coalition", "telling"), [(1, []), (2, [1])])
def test_so_many_companies_as_the_rules_say_pool_what_they_know(coalition: int, telling: list[int]) -> None:
    """Two of three know the third, if they are expected to tell each other."""
    rules = Rules(min_groups=3, p_permille=150, coalition=coalition)
    assert _tell(_worlds(*(_Load([1], group) for group in range(3)), rules=rules)) == telling


@pytest.mark.parametrize(("agency", "is_public"), [("B", False), ("A", True)])
def test_agencies_and_the_public_are_asked_about(agency: str, *, is_public: bool) -> None:
    """Who knows all records but those of one group knows that one; no agency is a company besides."""
    hidden = [_Load([1], group, agency=f"{group}") for group in range(3)]
    others = [_Load([1], group, agency=agency, is_public=is_public) for group in (1, 2, 3)]
    assert _tell(_worlds(*hidden)) == []
    assert _tell(_worlds(_Load([1], 0), *others)) == [1]


def test_what_may_have_been_told_before_is_no_reason_to_withhold_what_is_new() -> None:
    """What tells without what opens tells no more beside it, if there is a world where it may not have."""
    lone, three = [_Load([1], 0)], [_Load([1], group) for group in range(3)]
    new = [_Load([2], group) for group in range(4)]
    assert _tell(_worlds(*lone, *new)) == [1]
    assert _tell(_worlds(*lone, *new, otherwise=Otherwise(_worlds(*lone), _worlds(*three, *new)))) == []
    assert _tell(_worlds(*lone, *new, otherwise=Otherwise(_worlds(*lone), _worlds(*lone, *new)))) == [1]
    assert _tell(_worlds(*lone, *new, otherwise=Otherwise(_worlds(*three), _worlds(*three, *new)))) == [1]


def test_a_little_beside_very_much_elsewhere_is_asked_about() -> None:
    """Ten grams of who moved a hundred tonnes in another block are not lost in what the solver rounds."""
    hidden = [_Load([2], group, 10**8) for group in range(4)]
    assert _tell(_worlds(*hidden, _Load([1], 0, 10))) == [1]
    assert _tell(_worlds(*hidden, *(_Load([1], group, 10) for group in range(4)))) == []
