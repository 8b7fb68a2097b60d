"""Attacks on what corrections and late reports leave: the same loads, told by several published figures.

Each figure is safe by itself. Put together they are not, where loads go from one to another, or where
one of them was published before the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from consumers.disclosure.problem import LOAD, Problem
from consumers.release import blocks, decision, final, gate, loads, traces
from consumers.release.blocks import BELOW
from consumers.release.decision import Attribution, decide
from tests.support import histories
from tests.support.contributed import contributed
from tests.support.forgotten import forget_traces
from tests.support.histories import History
from tests.support.stages import stage
from tests.support.stated import A_LOAD, several
from tests.support.time_attack import Attack
from tests.support.worlds import Statement

(_TABLES,) = stage("linked tables", 1).hubs
_NEW = Statement(A_LOAD, 1_000)
_Change = Mapping[str, Any]


@pytest.mark.parametrize("week", [9, 16])
@pytest.mark.parametrize(
    ("change", "beside", "name"),
    [
        ({"material": "PAPER"}, {"material": "FERROUS"}, "linked tables"),
        ({"period": "2025-Q4"}, {"material": "FERROUS"}, "linked tables"),
        ({"destination": "FR-BRE"}, {"destination": "FR-NOR"}, "crossed table"),
    ],
)
def test_loads_that_go_elsewhere_tell_no_other_load(
    monkeypatch: pytest.MonkeyPatch, week: int, change: _Change, beside: _Change, name: str
) -> None:
    """What two figures tell together is not one company's new load, however much a total has besides."""
    first, others = several(8), several(5, 100, **beside)
    gone = {number: _changed(told, change) for number, told in first.items() if number < 4}
    weeks = (8, first), (week, first | gone | others | {200: _changed(_NEW, change)})
    assert _recovered(histories.told(*weeks, name=name)) == []

    forget_traces(monkeypatch)
    _forget_what_was_told(monkeypatch)
    assert _recovered(histories.told(*weeks, name=name)) != []


def test_loads_that_go_round_tell_no_other_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do three figures, of which one lost to the second what that lost to the third."""
    first, others = several(8) | several(8, 50, material="PAPER"), several(5, 100, material="FERROUS")
    gone = {number: _changed(told, {"material": "PAPER"}) for number, told in first.items() if number < 4}
    gone |= {50 + number: _changed(first[50 + number], {"material": "WOOD"}) for number in range(4)}
    weeks = (8, first), (9, first | gone | others | {200: _changed(_NEW, {"material": "WOOD"})})
    assert _recovered(histories.told(*weeks)) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_loads_that_are_told_again_elsewhere_tell_no_other_load() -> None:
    """What is taken back stays closed, and what others have where it went is not told by the difference."""
    first = several(5)
    gone = {number: _changed(told, {"period": "2025-Q4"}) for number, told in first.items()}
    new = {
        200: _changed(_NEW, {"period": "2025-Q4"}),
        300: _NEW._replace(load=_NEW.load._replace(sender=b"z")),
    }

    assert _recovered(histories.told((8, first), (9, gone | new))) == []


def test_loads_that_go_elsewhere_do_not_tell_the_one_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lost all loads but one stays closed, and what shows them elsewhere is not the difference to it."""
    first = several(5) | {200: _NEW}
    gone = {number: _changed(told, {"material": "PAPER"}) for number, told in several(5).items()}
    weeks = (8, first), (9, first | gone)
    assert _recovered(histories.told(*weeks)) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_loads_that_are_taken_back_later_do_not_tell_the_one_that_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was told of six loads, less five of them, is nobody's load, whatever came between."""
    first, others = several(6), several(6, 10)
    left = {number: told for number, told in (first | others).items() if number >= 5}
    weeks = (8, first), (9, first | others), (10, left)
    assert _recovered(histories.told(*weeks)) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_loads_that_are_taken_back_with_older_ones_are_not_told_by_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is taken back of two releases is not one company's load once what one of them told is known."""
    first, others = several(3), several(3, 10)
    weeks = (8, first), (9, first | others | {200: _NEW}), (16, others)
    assert _recovered(histories.told(*weeks)) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_loads_that_come_in_a_last_block_do_not_tell_the_one_that_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was told of six loads, less what a later last block shows of five of them, is nobody's load."""
    first = several(6, period="2025-Q4")
    gone = {number: _changed(told, {"period": "2026-Q1"}) for number, told in first.items() if number < 5}
    weeks = (8, first), (16, first | gone)
    assert _recovered(histories.told(*weeks)) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


@pytest.mark.parametrize("week", [9, 16])
def test_loads_that_stay_in_a_total_do_not_tell_the_one_that_is_not_told_again(
    monkeypatch: pytest.MonkeyPatch,
    week: int,
) -> None:
    """What a total had of six loads, less what it gets by five of them elsewhere, is nobody's load."""
    first, others = several(6), several(5, 20, destination="FR-BRE", material="PAPER")
    gone = {number: _changed(told, {"destination": "FR-BRE"}) for number, told in several(5).items()}
    weeks = (8, first), (week, first | gone | others)
    assert _recovered(histories.told(*weeks)) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_an_agency_that_gets_loads_does_not_learn_the_one_that_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor is it for the agency to which some of them went, which subtracts what else it knows there."""
    to_germany: dict[str, Any] = {"origin": "DE-BE", "destination": "DE-BE"}
    first, others = several(6), several(2, 20, **to_germany)
    gone = {number: _changed(told, to_germany) for number, told in several(2).items()}
    gone |= {number: _changed(told, to_germany | {"office": "B"}) for number, told in several(3, 2).items()}
    weeks = (8, first), (9, first | gone | others)
    assert _recovered(histories.told(*weeks, name="all flows")) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks, name="all flows")) != []


def test_an_agency_does_not_learn_what_comes_to_loads_that_go_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What paper gets, less what glass had before, is nobody's load for who knows all others in both."""
    first = several(3) | several(4, 3, office="B")
    gone = {number: _changed(told, {"material": "PAPER"}) for number, told in first.items() if number < 5}
    paper = several(1, 20, material="PAPER") | several(2, 30, material="PAPER", office="B")
    glass = several(3, 40) | several(1, 50, office="B")
    weeks = (8, first), (9, first | gone | paper | glass)
    assert _recovered(histories.told(*weeks)) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_loads_that_go_to_another_book_do_not_tell_the_one_that_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What moved inside a country of six loads, less five of them that came from abroad, is nobody's load."""
    first = several(6)
    gone = {number: _changed(told, {"origin": "IT-25"}) for number, told in several(5).items()}
    weeks = (8, first), (9, first | gone)
    assert _recovered(histories.told(*weeks, name="all flows")) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks, name="all flows")) != []


def test_who_has_what_comes_besides_does_not_learn_the_one_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever tells the largest load where two of three go to does not learn the third from what is left."""
    first = several(3, period="2025-Q4")
    gone = {number: _changed(first[number], {"period": "2026-Q1"}) for number in (1, 2)}
    large = {50: _NEW._replace(mass_g=5_000)}
    weeks = (8, first), (16, gone | large)
    assert _recovered(histories.told(*weeks)) == []

    forget_traces(monkeypatch)
    _forget_what_was_told(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_loads_that_come_with_other_masses_are_not_known_from_where_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who stated loads elsewhere knows those that came as they were, and does not learn the others."""
    first = several(9, mass_g=900_000, origin="NL", destination="NL")
    first |= {of: _changed(first[of], {"sender": None}) for of in (0, 1)}
    gone = {of: _changed(first[of], {"origin": "FR-IDF", "destination": "FR-IDF"}) for of in range(5)}
    gone |= {0: gone[0]._replace(mass_g=939_444), 1: gone[1]._replace(mass_g=1_328_077)}
    weeks = (8, first), (16, first | gone)
    assert _recovered(histories.told(*weeks, name="measures by part", size=4)) == []

    monkeypatch.setattr(final, "_knowing", lambda: pl.col("agency"))
    assert _recovered(histories.told(*weeks, name="measures by part", size=4)) != []


def test_loads_that_come_in_a_last_block_do_not_tell_what_is_new_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A last block less what another period told of three loads in it is not what little is new."""
    first = several(3, period="2025-Q4")
    gone = {number: _changed(told, {"period": "2026-Q1"}) for number, told in first.items()}
    gone[0] = _changed(gone[0], {"sender": first[0].load.receiver, "receiver": first[0].load.sender})
    weeks = (8, first), (16, gone | {50: _NEW._replace(mass_g=40)})
    assert _recovered(histories.told(*weeks, name="one table")) == []

    _forget_what_was_told(monkeypatch)
    assert _recovered(histories.told(*weeks, name="one table")) != []


def test_loads_that_go_to_an_earlier_period_do_not_tell_the_one_that_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor where they come from a period of which the last block is published at the same time."""
    first, others = several(4), several(2, 20)
    gone = {number: _changed(first[number], {"period": "2025-Q4"}) for number in range(3)}
    weeks = (8, first), (18, first | gone | others)
    assert _recovered(histories.told(*weeks, name="one table")) == []

    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks, name="one table")) != []


def test_loads_that_leave_a_confidential_part_do_not_tell_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a last block kept confidential is not told by the same loads in another material."""
    first = several(3, material="FERROUS") | {200: _NEW}
    gone = {number: _changed(first[number], {"material": "GLASS"}) for number in range(3)}
    weeks = (17, first), (18, first | gone)
    assert _recovered(histories.told(*weeks, name="all flows")) == []

    monkeypatch.setattr(traces, "_telling", lambda opened, *_: opened["leaf"].clear())
    assert _recovered(histories.told(*weeks, name="all flows")) != []


def test_an_agency_does_not_learn_the_one_beside_what_was_told_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a last block gets from paper everybody knows; who knows its own too does not learn the last."""
    from_italy: _Change = {"origin": "IT-25"}
    others = several(3, **from_italy, material="FERROUS") | {
        9: _changed(_NEW, {**from_italy, "material": "FERROUS", "office": "B"})
    }
    paper = several(3, 20, **from_italy, material="PAPER", office="B")
    gone = {number: _changed(told, {"material": "FERROUS"}) for number, told in paper.items()}
    weeks = (9, others | paper), (16, others | gone)
    assert _recovered(histories.told(*weeks, name="both books")) == []

    _forget_what_was_told(monkeypatch)
    assert _recovered(histories.told(*weeks, name="both books")) != []


def test_loads_that_come_in_a_last_block_of_two_tables_tell_no_other_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What two tables share in a last block, less what is known of it from before, is nobody's load."""
    first = several(3, material="FERROUS")
    others = several(3, 20, material="PAPER") | several(3, 30, destination="FR-BRE")
    weeks = (9, first), (16, several(3) | {200: _NEW} | others)
    assert _recovered(histories.told(*weeks)) == []

    _forget_what_was_told(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_a_little_that_one_of_two_books_leaves_out_is_not_their_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor in a last block, however little it is of what books that name no other end have there."""
    lost = _changed(_NEW, {"destination": "DE-BE", "silent": "IMPORT"})
    week = 16, several(6, destination="DE-BE") | {200: lost}
    assert _recovered(histories.told(week, name="untold books")) == []

    monkeypatch.setattr(loads, "_ALIKE_BESIDE", 1.2)
    assert _recovered(histories.told(week, name="untold books")) != []


def test_a_load_that_one_of_two_books_leaves_out_is_not_their_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where books do not name the other end, what one has more is one company's for all that is known."""
    lost = _changed(_NEW, {"destination": "DE-BE", "silent": "IMPORT"})._replace(mass_g=3_000)
    week = 8, several(6, destination="DE-BE") | {200: lost}
    assert _recovered(histories.told(week, name="untold books")) == []

    monkeypatch.setattr(gate, "unsafe_differences", lambda *_, **__: pl.Series("leaf", [], dtype=pl.UInt32))
    assert _recovered(histories.told(week, name="untold books")) != []


@pytest.mark.parametrize("week", [8, 16])
def test_an_agency_does_not_learn_the_load_that_its_own_book_lacks(
    monkeypatch: pytest.MonkeyPatch, week: int
) -> None:
    """Where the other book lacks a load of the same companies, too, they may be one load or two."""
    here, there = (_changed(_NEW, {"destination": "DE-BE", "silent": of}) for of in ("IMPORT", "EXPORT"))
    others = several(6, destination="DE-BE") | several(6, 40, destination="DE-BE", silent="IMPORT")
    told = week, others | {200: here._replace(mass_g=3_000), 201: there}
    assert _recovered(histories.told(told, name="both books")) == []

    monkeypatch.setattr(loads, "doubted", lambda pieces: pieces)
    assert _recovered(histories.told(told, name="both books")) != []


def _two_agencies(change: _Change, silent: str, *pair: Statement) -> dict[int, Statement]:
    """Return what two agencies state; one book lacks loads of the second one, and of two companies more."""
    common = several(5, **change) | several(5, 10, office="B", **change)
    lost = several(3, 20, 1_000, office="B", silent=silent, **change)
    return common | lost | {100 + number: _changed(told, change) for number, told in enumerate(pair)}


def _a_load_that_was_not_received() -> tuple[str, dict[int, Statement]]:
    """The second agency states one load in both books, and the first one another in one."""
    lone, other = _told(1_300, silent="RECEIVED"), _told(1_500, office="B")
    return "two measures", _two_agencies({}, "RECEIVED", lone, other)


def _a_load_of_one_book_beside_a_larger_one() -> tuple[str, dict[int, Statement]]:
    """So it is where two other agencies state the other book."""
    lone, other = _told(1_300, silent="IMPORT"), _told(2_000, office="B")
    return "both books", _two_agencies({"destination": "DE-BE"}, "IMPORT", lone, other)


def _as_much_of_the_other_agency() -> tuple[str, dict[int, Statement]]:
    """Each measure lacks a load, and both together are as large in either."""
    lone, other = _told(2_000, silent="DISPATCHED"), _told(2_000, office="B")
    back = _told(2_000, office="B", silent="RECEIVED")
    return "two measures", _two_agencies({}, "DISPATCHED", lone, other, back)


@pytest.mark.parametrize("week", [8, 16])
@pytest.mark.parametrize(
    "story",
    [_a_load_that_was_not_received, _a_load_of_one_book_beside_a_larger_one, _as_much_of_the_other_agency],
)
def test_an_agency_does_not_learn_another_ones_load_of_the_same_companies(
    monkeypatch: pytest.MonkeyPatch, week: int, story: Callable[[], tuple[str, dict[int, Statement]]]
) -> None:
    """What a book lacks of two companies may be any agency's that states loads of theirs, or none of it."""
    name, standing = story()
    assert _recovered(histories.told((week, standing), name=name)) == []

    monkeypatch.setattr(loads, "_is_own", lambda _: pl.lit(value=False))
    monkeypatch.setattr(loads, "compared", loads.oriented)
    assert _recovered(histories.told((week, standing), name=name)) != []


def test_what_goes_back_is_no_difference_of_scales() -> None:
    """A load from a receiver to its sender, of which one measure tells, is not what that one weighed more."""
    back: _Change = {"sender": _NEW.load.receiver, "receiver": _NEW.load.sender, "silent": "DISPATCHED"}
    standing = several(4) | {200: _NEW, 201: _changed(_NEW, back)._replace(mass_g=150)}
    assert _recovered(histories.told((16, standing), name="two measures")) == []


def test_what_went_to_who_is_not_known_is_not_told_by_who_sent_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Receivers that the other book does not know are one company for all that is known."""
    sent = several(3, destination="DE-BE")
    week = 16, {number: _changed(told, {"receiver": None}) for number, told in sent.items()}
    assert _recovered(histories.told(week, name="both books")) == []

    # As if there were nobody at the other end.
    oriented, key = loads.oriented, pl.col("counterparty_key")
    nobody = pl.when(key != loads.UNKNOWN).then(key)
    monkeypatch.setattr(loads, "oriented", lambda *of: oriented(*of).with_columns(counterparty_key=nobody))
    assert _recovered(histories.told(week, name="both books")) != []


def test_loads_that_are_turned_round_do_not_tell_a_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the same companies took back, and told again the other way round, is no more and no less."""
    told = several(3)
    turned = {
        number: _changed(of, {"sender": of.load.receiver, "receiver": of.load.sender})
        for number, of in told.items()
    }
    corrected = {0: turned[0]._replace(mass_g=1_200), 1: turned[1], 2: told[2]._replace(mass_g=600)}
    assert _recovered(histories.told((8, told), (16, corrected))) == []

    monkeypatch.setattr(final, "_rest", lambda: pl.col("mass_g"))
    assert _recovered(histories.told((8, told), (16, corrected))) != []


def test_loads_that_went_and_came_back_are_known_where_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stays is not told by what left with others, once those are where they were before."""
    there = {number: _changed(of, {"destination": "DE-BE"}) for number, of in several(6).items()}
    elsewhere = {number: _changed(of, {"destination": "IT-25"}) for number, of in several(3).items()}
    back = {0: elsewhere[0], 1: there[1], 2: there[2]}
    weeks = (8, there), (9, elsewhere | {5: there[5]}), (16, back | {5: there[5]})
    assert _recovered(histories.told(*weeks, name="exports")) == []

    monkeypatch.setattr(decision, "_below", lambda *_: pl.DataFrame(schema=BELOW))
    assert _recovered(histories.told(*weeks, name="exports")) != []


def test_groups_that_get_other_names_hide_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """When companies stand under the new names of their groups, another one's first load is not told."""

    def second() -> list[int]:
        first = decide(_of_groups("old"), Attribution(), histories.week(8), _TABLES)
        rows = pl.concat([_of_groups("new"), contributed({"group_key": b"x", "mass_g": 1_000})])
        found = decide(rows, first.attribution, histories.week(9), _TABLES).observations
        return found.filter(pl.col("mass_g") != 0)["mass_g"].unique().to_list()

    assert second() == []

    names = blocks.names
    monkeypatch.setattr(blocks, "names", lambda rows, before: names(rows, before.clear()))
    assert second() == [1_000]


def test_a_company_under_two_names_of_its_group_is_one() -> None:
    """While some statements have the old name of a group, and others the new one, it counts once."""
    rows = pl.concat([_of_groups("old", 1), _of_groups("new", 1), _of_groups("other", 2).tail(1)])

    found = decide(rows, Attribution(), histories.week(8), _TABLES).observations
    assert found.filter(pl.col("mass_g") != 0).is_empty()


@pytest.mark.parametrize("week", [9, 16])
def test_arrivals_elsewhere_tell_no_departure(monkeypatch: pytest.MonkeyPatch, week: int) -> None:
    """What was dispatched in one part and received in another, later, does not tell a load between."""
    loads = several(5, origin="FR-BRE")
    sent = {number: _changed(told, {"silent": "RECEIVED"}) for number, told in loads.items()}
    weeks = (8, sent), (week, loads | {9: _changed(_NEW, {"origin": "FR-BRE"})})
    assert _recovered(histories.told(*weeks, name="measures by part")) == []

    _forget_what_was_told(monkeypatch)
    placed = blocks.placed
    monkeypatch.setattr(blocks, "placed", lambda *of: placed(*of).with_columns(family="leaf"))
    assert _recovered(histories.told(*weeks, name="measures by part")) != []


def test_a_last_block_minus_an_earlier_one_of_another_book_tells_no_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What one country told before the end of a period does not tell what the other one has besides."""
    loads = several(5, destination="DE-BE")
    sent = {number: _changed(told, {"silent": "IMPORT"}) for number, told in loads.items()}
    weeks = (8, sent), (16, loads | {9: _changed(_NEW, {"destination": "DE-BE"})})
    assert _recovered(histories.told(*weeks, name="both books")) == []

    _forget_what_was_told(monkeypatch)
    assert _recovered(histories.told(*weeks, name="both books")) != []


def test_tables_of_one_book_that_overlap_tell_no_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes to a country is not one company's paper once all glass is taken off."""
    to_germany: _Change = {"destination": "DE-BE"}
    loads = several(5, **to_germany) | several(5, 10, destination="IT-25", material="PAPER")
    week = 16, loads | {20: _changed(_NEW, {**to_germany, "material": "PAPER"})}
    assert _recovered(histories.told(week, name="exports")) == []

    _change_problems(monkeypatch, lambda rows: rows.drop(LOAD, strict=False))
    assert _recovered(histories.told(week, name="exports")) != []


def _told(mass_g: int, **change: Any) -> Statement:
    return _changed(_NEW, change)._replace(mass_g=mass_g)


def _changed(told: Statement, change: _Change) -> Statement:
    return told._replace(load=told.load._replace(**change))


def _of_groups(name: str, count: int = 5) -> pl.DataFrame:
    """Return a row of each of some companies, under a name of its group."""
    return contributed(
        *(
            {"group_key": f"{name} {number}".encode(), "companies": [b"company %d" % number], "mass_g": 900}
            for number in range(count)
        )
    )


def _recovered(history: History) -> list[str]:
    return Attack(history).recovered()


def _forget_what_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decide last blocks as if nothing of what they hold had been told before."""
    monkeypatch.setattr(final, "_knowing", lambda: pl.col("agency"))
    _change_problems(monkeypatch, lambda rows: rows.with_columns(is_public=pl.lit(value=False)))


def _change_problems(monkeypatch: pytest.MonkeyPatch, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    problems = final.problems

    def changed(*asked: Any) -> Iterator[tuple[str, Problem]]:
        for name, problem in problems(*asked):
            yield name, replace(problem, contributions=change(problem.contributions))

    monkeypatch.setattr(final, "problems", changed)
