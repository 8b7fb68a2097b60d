"""Attacks on several hubs at once: overlapping regions, and the two books of a flow across a border.

The attacker puts everything together that any hub ever published, in one linear programme.
It must not come closer to what a company moved between any two cuts than the rules allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from consumers.disclosure.problem import Problem, Protection
from consumers.release import blocks, final
from tests.support import histories, hostile
from tests.support.histories import History
from tests.support.stages import Stage, hub, stage
from tests.support.time_attack import Attack
from tests.support.worlds import Load, Statement

_OVERLAPPING, _ACROSS = (stage(name, 2) for name in ("overlapping hubs", "untold ends"))
_BY_THEMSELVES = Stage(_OVERLAPPING.scene, (hub("south", ("FR",)), hub("north", ("FR", "DE"))))

# Stories in which something is told that must not be where hubs decide by themselves.
_SEEDS = (2, 9)


@pytest.mark.parametrize("seed", _SEEDS)
def test_hubs_that_overlap_tell_no_more_than_one(seed: int) -> None:
    """A hub that shows another one's region shows that one's figures, whenever it releases."""
    assert _recovered(_OVERLAPPING, seed) == []


def test_hubs_that_decide_by_themselves_lose() -> None:
    """Two hubs cut the same region at two moments, and betray what lies between."""
    assert any(_recovered(_BY_THEMSELVES, seed) for seed in _SEEDS)


@pytest.mark.parametrize("seed", _SEEDS)
def test_what_one_country_withholds_is_not_told_by_the_other(seed: int) -> None:
    """What went from one hub's country to the other's is told by one of them only."""
    assert _recovered(_ACROSS, seed) == []


@pytest.mark.parametrize("kept", ["family", "leaf"])
def test_hubs_that_both_tell_a_flow_lose(monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    """Two books of one flow that open at different times betray what lies between, and alone even more."""
    placed = blocks.placed

    def told_by_both(*arguments: Any) -> pl.DataFrame:
        return placed(*arguments).with_columns(family=kept, is_mirrored=False)

    monkeypatch.setattr(blocks, "placed", told_by_both)
    assert any(_recovered(_ACROSS, seed) for seed in _SEEDS)


def test_a_last_block_that_is_decided_book_by_book_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each book protected by itself is not: less the other one it is the load that only one of them tells."""
    way = Load("FR-BRE", "DE-BE", "GLASS", "RECYCLING", "2026-Q1", b"s", b"r", "A")
    companies = [way._replace(sender=b"s%d" % number, receiver=b"r%d" % number) for number in range(6)]
    standing = dict(enumerate(Statement(load, 900) for load in companies))
    standing[9] = Statement(way._replace(silent="IMPORT"), 1_000)
    problems, others = final.problems, Protection(attackers=("outsider", "contributor"))

    def outsiders(*asked: Any) -> Iterator[tuple[str, Problem]]:
        return ((name, replace(problem, protection=others)) for name, problem in problems(*asked))

    # An agency knows the load from either book alone; here it is for those who know neither.
    monkeypatch.setattr(final, "problems", outsiders)
    assert _of_outsiders(histories.told((16, standing), name="both books")) == []

    monkeypatch.setattr(
        final, "problems", lambda *asked: (of for of in outsiders(*asked) if "ALL" not in of[0])
    )
    assert _of_outsiders(histories.told((16, standing), name="both books")) != []


def _of_outsiders(history: History) -> list[str]:
    return [name for name in Attack(history).recovered() if "agencies=frozenset()" in name]


def _recovered(at: Stage, seed: int) -> list[str]:
    return Attack(hostile.history_at(at, seed)).recovered()
