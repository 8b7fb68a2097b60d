"""Attacks on several hubs at once: overlapping regions, and the two books of a flow across a border.

The attacker puts everything together that any hub ever published, in one linear programme.
It must not come closer to what a company moved between any two cuts than the rules allow.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from consumers.disclosure.problem import Problem
from consumers.release import blocks, final
from consumers.release.tables import Tables, configured
from schemas.settings import Calendar, ReleaseSettings, TableSettings
from tests.support.joint_attack import Attacker, Hub, Leaf, Load, changed

P_PERMILLE = 150
_WEEKS = range(5, 9)
_DOMESTIC = (("FR", "FR"), ("DE", "DE"))
_ACROSS = (("FR", "DE"), ("DE", "FR"))
_BY_MATERIAL = TableSettings(name="materials", material="group")
_BY_PARTNER = TableSettings(name="flows", partner="country")
_SEEDS = range(2)
# Two epochs after the last week of the first quarter.
_LAST_WEEK = 16


def _tables(hub: str, **settings: Any) -> Tables:
    usual: dict[str, Any] = {
        "epoch": Calendar.WEEK,
        "measures": ("RECEIVED",),
        "flows": ("DOMESTIC",),
        "tables": (_BY_MATERIAL,),
    }
    return configured(hub, ReleaseSettings(**usual | settings), hub.encode())


def _owned(hub: str, countries: tuple[str, ...], hubs: dict[str, tuple[str, ...]]) -> Hub:
    return Hub(_tables(hub, countries=countries, hubs=hubs, owners={"FR": "south"}))


def _overlapping(seed: int, south: Hub, north: Hub) -> list[str]:
    """Return what an attacker recovers of two hubs of which the second shows the first one's country too."""
    chance, attacker, masses = random.Random(seed), Attacker(), dict[Load, int]()  # noqa: S311  # not a secret
    cut = 0
    for week in _WEEKS:
        adopted: pl.DataFrame | None = None
        members: dict[Leaf, set[int]] = {}
        for hub in (south, north):
            before, masses = masses, changed(masses, chance, _DOMESTIC)
            cut += 1
            attacker.guess(cut, before, masses)
            observations, opened = hub.release(masses, week, adopted)
            # Where it shows what another hub owns, a hub's figures are made of that one's blocks too.
            theirs = {} if "FR" in hub.tables.owned else members
            members = theirs | attacker.inside(hub, opened, cut)
            attacker.read(hub.tables, observations, members)
            adopted = observations
    assert len(attacker.sums) > 4
    return attacker.recovered(P_PERMILLE)


@pytest.mark.parametrize("seed", _SEEDS)
def test_hubs_that_overlap_tell_no_more_than_one(seed: int) -> None:
    """A hub that shows another one's region shows that one's figures, whenever it releases."""
    south = _owned("south", ("FR",), {"north": ("FR", "DE")})
    north = _owned("north", ("FR", "DE"), {"south": ("FR",)})

    assert _overlapping(seed, south, north) == []


def test_hubs_that_decide_by_themselves_lose() -> None:
    """Two hubs cut the same region at two moments, and betray what lies between."""
    assert any(
        _overlapping(
            seed, Hub(_tables("south", countries=("FR",))), Hub(_tables("north", countries=("FR", "DE")))
        )
        for seed in _SEEDS
    )


def _mirrored(seed: int) -> list[str]:
    """Return what an attacker recovers of two countries' hubs that tell of what went between them."""
    chance, attacker, masses = random.Random(seed), Attacker(), dict[Load, int]()  # noqa: S311  # not a secret
    told: dict[str, Any] = {"flows": ("EXPORT", "IMPORT"), "tables": (_BY_MATERIAL, _BY_PARTNER)}
    north = Hub(_tables("north", countries=("FR",), hubs={"south": ("DE",)}, **told))
    south = Hub(_tables("south", countries=("DE",), hubs={"north": ("FR",)}, **told))
    for cut, week in enumerate(_WEEKS):
        before, masses = masses, changed(masses, chance, _ACROSS)
        attacker.guess(cut, before, masses)
        for hub in (north, south):
            observations, opened = hub.release(masses, week)
            attacker.read(hub.tables, observations, attacker.inside(hub, opened, cut))
    assert len(attacker.sums) > 4
    return attacker.recovered(P_PERMILLE)


@pytest.mark.parametrize("seed", [0, 30])
def test_what_one_country_withholds_is_not_told_by_the_other(seed: int) -> None:
    """What went from one hub's country to the other's is told by one of them only."""
    assert _mirrored(seed) == []


@pytest.mark.parametrize("kept", ["family", "leaf"])
def test_hubs_that_both_tell_a_flow_lose(monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    """Two books of one flow that open at different times betray what lies between, and alone even more."""
    placed = blocks.placed

    def told_by_both(*arguments: Any) -> pl.DataFrame:
        return placed(*arguments).with_columns(family=kept, is_mirrored=False)

    monkeypatch.setattr(blocks, "placed", told_by_both)
    assert any(_mirrored(seed) for seed in (30, 0, 1))


def _both_books(seed: int) -> list[str]:
    """Return what an attacker recovers of a hub that has both books, at the end of a period too."""
    chance, attacker, masses = random.Random(seed), Attacker(), dict[Load, int]()  # noqa: S311  # not a secret
    told: dict[str, Any] = {"flows": ("EXPORT", "IMPORT"), "tables": (_BY_MATERIAL, _BY_PARTNER)}
    hub = Hub(_tables("north", countries=("FR", "DE"), final_epochs=2, **told))
    for cut, week in enumerate((5, 9, _LAST_WEEK)):
        before, masses = masses, changed(masses, chance, _ACROSS)
        attacker.guess(cut, before, masses)
        observations, opened = hub.release(masses, week)
        attacker.read(hub.tables, observations, attacker.inside(hub, opened, cut))
    assert observations["is_final"].any()
    return attacker.recovered(P_PERMILLE)


@pytest.mark.parametrize("seed", [4, 6])
def test_a_last_block_withholds_the_same_in_both_books(seed: int) -> None:
    """At the end of a period, too, what is withheld of exports is not told by imports."""
    assert _both_books(seed) == []


def test_a_last_block_that_is_decided_book_by_book_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each book protected by itself is not: the other one has the same mass."""
    problems = final.problems

    def book_by_book(*asked: Any) -> Iterator[tuple[str, Problem]]:
        return ((name, problem) for name, problem in problems(*asked) if "ALL" not in name)

    monkeypatch.setattr(final, "problems", book_by_book)
    assert any(_both_books(seed) for seed in (4, 6))
