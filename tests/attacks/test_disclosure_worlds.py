"""Attacks on what a hub asks before it opens what is taken back: of whom, of what, and for whom.

In each story something goes elsewhere, and what is left of it, or comes besides, is one group's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import polars as pl
import pytest

from consumers.release import traces
from tests.support import histories
from tests.support.forgotten import forget_traces
from tests.support.stated import A_LOAD, several
from tests.support.time_attack import Attack
from tests.support.worlds import Statement

_Standing: TypeAlias = dict[int, Statement]
_Week: TypeAlias = tuple[int, _Standing]


def _one(mass_g: int, number: int = 200, **change: Any) -> _Standing:
    return {number: Statement(A_LOAD._replace(**change), mass_g)}


def _changed(standing: _Standing, **change: Any) -> _Standing:
    return {number: told._replace(load=told.load._replace(**change)) for number, told in standing.items()}


def _renumbered(standing: _Standing, by: int) -> _Standing:
    return {number + by: told for number, told in standing.items()}


def _other_loads_of_the_same_companies() -> list[_Week]:
    """What the same companies told of paper between, and is still there, is not what went to ferrous."""
    glass, lone = several(5), _one(1_000)
    paper = _renumbered(_changed(glass, material="PAPER"), 300)
    later = lone | paper | _changed(glass, material="FERROUS")
    return [(8, glass | lone), (9, glass | lone | paper), (10, later)]


def _companies_that_are_not_known() -> list[_Week]:
    """Loads whose senders are not known are one group's."""
    stays, known = several(5, 50), several(5, material="FERROUS")
    unknown = {
        number: told._replace(load=told.load._replace(sender=None))
        for number, told in several(5, 200).items()
    }
    gone = _changed(unknown, material="PAPER") | _changed(known, material="PAPER")
    return [(8, stays | unknown | known), (9, stays | gone)]


def _another_load_that_an_agency_knows() -> list[_Week]:
    """An agency that knows one load of a group, of those told elsewhere, does not know the other one."""
    glass, lone = several(5), _one(1_000)
    gone = _changed(glass, material="PAPER", office="B") | several(3, 60, material="PAPER")
    return [(8, glass | lone), (9, gone | _one(950, 300, material="PAPER", office="B"))]


def _ends_the_other_way_round() -> list[_Week]:
    """What a group sends in some statements, and gets in others of the same loads, is its own in all."""
    stays, ferrous = several(5, 50), several(4, material="FERROUS")
    sent = {
        number: Statement(A_LOAD._replace(sender=b"a", receiver=b"b%d" % number), 1_000)
        for number in (200, 201)
    }
    turned = {
        number: told._replace(load=told.load._replace(sender=told.load.receiver, receiver=b"a"))
        for number, told in sent.items()
    }
    got = {
        number: Statement(A_LOAD._replace(sender=b"z%d" % number, receiver=b"a", material="PAPER"), 1_000)
        for number in (300, 301)
    }
    gone = _changed(turned, material="PAPER") | _changed(ferrous, material="PAPER")
    return [(8, stays | sent | ferrous), (9, stays | gone | got)]


def _less_of_a_group_in_two_blocks() -> list[_Week]:
    """What a group took back in two blocks adds up, and what little others have there does not hide it."""
    glass, left, paper = several(5), several(5, 80), several(5, 60, material="PAPER")
    first = {
        number: Statement(A_LOAD._replace(sender=b"g", receiver=b"h%d" % number), 30)
        for number in range(200, 210)
    }
    second = {
        number: Statement(A_LOAD._replace(sender=b"g", receiver=b"k%d" % number, material="PAPER"), 100)
        for number in range(220, 230)
    }
    less = {number: told._replace(mass_g=70) for number, told in second.items()}
    little = {
        number: Statement(A_LOAD._replace(sender=b"w%d" % number, receiver=b"v", material="PAPER"), 40)
        for number in (240, 241)
    }
    gone = _changed(glass, material="PAPER")
    return [(8, glass | first | second | paper | left), (9, gone | less | paper | left | little)]


def _a_confidential_part_later() -> list[_Week]:
    """That a last block hid a little of a place does not make what was told there before confidential."""
    glass, large, little = several(5), _one(9_000), _one(10, 210, sender=b"n", receiver=b"m")
    ferrous, late = several(6, 60, material="FERROUS"), several(2, 70, material="FERROUS")
    extra = _renumbered(several(5, mass_g=200, material="PAPER"), 300)
    told, last = glass | large | ferrous, large | ferrous | little | late
    return [(9, told), (16, told | little | late), (17, last | _changed(glass, material="PAPER") | extra)]


def _little_beside_very_much() -> list[_Week]:
    """Ten kilograms of who moved a hundred thousand tonnes of something else are its own too."""
    much = 10**11
    large = several(5, 50, much, material="FERROUS") | _one(much, 300, material="FERROUS")
    glass, lone = several(5, mass_g=10**4), _one(10**4)
    return [(8, large | glass | lone), (9, large | _changed(glass, material="PAPER") | lone)]


def _very_little_of_the_same_companies_elsewhere() -> list[_Week]:
    """A little that the same companies told of paper is not what they took back of a thousand tonnes."""
    glass, lone = several(5, mass_g=10**9), _one(10**9)
    paper = _renumbered(several(5, material="PAPER"), 300)
    return [(8, glass | lone), (9, glass | lone | paper), (10, lone | paper)]


@pytest.mark.parametrize(
    "story",
    [
        _other_loads_of_the_same_companies,
        _companies_that_are_not_known,
        _another_load_that_an_agency_knows,
        _ends_the_other_way_round,
        _less_of_a_group_in_two_blocks,
        _a_confidential_part_later,
        _little_beside_very_much,
    ],
)
def test_nobody_learns_what_is_left_of_what_goes_elsewhere(
    monkeypatch: pytest.MonkeyPatch, story: Callable[[], list[_Week]]
) -> None:
    """Each group is asked about by all it told, and for everybody by what he knows."""
    assert Attack(histories.told(*story(), name="one table")).recovered() == []

    forget_traces(monkeypatch)
    assert Attack(histories.told(*story(), name="one table")).recovered() != []


def test_a_measure_that_opens_later_does_not_tell_what_another_one_hid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is received of some loads tells them from others that were dispatched in the same block."""
    paper = several(5, material="PAPER", silent="RECEIVED")
    others, lone = several(5, 50, silent="RECEIVED"), _one(1_000, silent="RECEIVED")
    glass = _changed(paper, material="GLASS")
    weeks = (8, paper), (9, glass | others | lone), (10, glass | _changed(others, silent="") | lone)
    assert Attack(histories.told(*weeks, name="two measures")).recovered() == []

    forget_traces(monkeypatch)
    assert Attack(histories.told(*weeks, name="two measures")).recovered() != []


def test_a_confidential_part_of_a_total_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finest cell that no table shows is told by totals that hold nothing else in a last block."""
    italy: Any = {"destination": "IT-25", "material": "PAPER"}
    first, second = several(3, mass_g=1_000, **italy), several(5, 20, **italy)
    second[22] = _changed({22: second[22]}, receiver=first[0].load.receiver)[22]

    def as_glass(*numbers: int) -> _Standing:
        return first | second | _changed({of: (first | second)[of] for of in numbers}, material="GLASS")

    weeks = (8, first), (10, as_glass(1)), (16, as_glass(1, 20, 21)), (18, as_glass(1, 20, 21, 22))
    assert Attack(histories.told(*weeks, name="exports")).recovered() == []

    forget_traces(monkeypatch)
    assert Attack(histories.told(*weeks, name="exports")).recovered() != []


def test_an_agency_does_not_learn_who_is_left_where_loads_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who states much of the same companies elsewhere knows which part of it left somebody behind."""
    italy: Any = {"origin": "IT-25", "destination": "FR-BRE"}
    few = several(3, mass_g=5_000, **italy)
    gone = _changed({0: few[0], 1: few[1]}, origin="DE-BE")
    other = gone[0].load._replace(sender=b"other", receiver=b"another")
    much = {5: gone[0]._replace(mass_g=27_000), 6: Statement(other, 27_000)}
    weeks = (8, few), (18, few | gone | much)
    assert Attack(histories.told(*weeks, name="both books")).recovered() == []

    together = traces._together  # noqa: SLF001  # what is to be taken away
    not_again = pl.lit(value=False).alias("is_again")
    monkeypatch.setattr(traces, "_together", lambda strands: together(strands.with_columns(not_again)))
    assert Attack(histories.told(*weeks, name="both books")).recovered() != []


def test_very_little_beside_very_much_ends_the_search() -> None:
    """Where a proof is about amounts that the solver takes for nothing, the hub decides all the same."""
    story = _very_little_of_the_same_companies_elsewhere()
    assert Attack(histories.told(*story, name="one table")).recovered() == []


def test_the_same_loads_are_decided_alike_each_time() -> None:
    """Rows of the same companies in several parts of a country meet those of another measure in one order."""
    brittany: Any = {"origin": "FR-BRE", "destination": "FR-BRE"}
    standing = several(5, 0, **brittany) | several(5, 10) | _one(900, 100, **brittany) | _one(900, 101)
    told = (histories.told((8, standing), name="measures by part") for _ in range(8))
    assert len({repr(one.releases[0].decision.block.rows()) for one in told}) == 1
