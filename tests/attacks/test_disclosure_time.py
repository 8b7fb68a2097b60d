"""Attacks on releases over time: what differences between them tell, late data and corrections included.

The attacker sees everything that was ever published, and knows who reported what where, but
not how much: within its own size anything is conceivable. It must not come closer to what a
group moved in any window of releases than the rules allow. It is somebody from outside, a
company, an agency, or the public, who knows what becomes public.
"""

from __future__ import annotations

import io
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from consumers.disclosure.problem import Problem, Protection
from consumers.release import blocks, final, gate, loads
from consumers.release.blocks import BEHIND, LEAF
from consumers.release.calendar import Epoch
from consumers.release.decision import Attribution, Decision, decide
from consumers.release.tables import Tables
from tests.support import covered, histories, hostile
from tests.support.contributed import contributed
from tests.support.forgotten import forget_traces
from tests.support.histories import History
from tests.support.stages import stage
from tests.support.time_attack import Attack
from tests.support.worlds import Group, Load, Statement

# So many histories are seldom without any kind of thing that may happen.
_MANY = 1_000
_EVERY = 20
_NO_LEAF = pl.Series("leaf", [], dtype=pl.UInt32)

_AGAIN = "look at one again with --first SEED --histories 1"

Say = Callable[[str], None]
Make = Callable[[int], History]


@pytest.fixture
def seeds(pytestconfig: pytest.Config) -> range:
    """Return the seeds of the histories to attack."""
    first = pytestconfig.getoption("first")
    return range(first, first + pytestconfig.getoption("histories"))


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Return what tells how far it is to whoever waits for many histories."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(text, flush=True)  # noqa: T201  # for a terminal

    return say


def test_no_window_of_releases_betrays_a_group(seeds: range, say: Say) -> None:
    """Over histories of loads, late ones, corrections and retractions, nothing sensitive is recovered."""
    found, counted = _attacked(histories.history, seeds, say)
    assert found == [], _AGAIN
    assert len(seeds) < _MANY or [kind for kind in covered.KINDS if not counted[kind]] == []


def test_no_move_of_loads_betrays_one_of_them(seeds: range, say: Say) -> None:
    """Nor where many equal loads move together and leave one behind, beside those of few, again and again."""
    found, _ = _attacked(hostile.history, seeds, say)
    assert found == [], _AGAIN


@pytest.mark.parametrize(
    ("looks", "seeds"),
    [(["unsafe_windows", "traces"], (72, 92)), (["traces"], (41, 48))],
    ids=["windows", "traces"],
)
def test_moves_betray_a_load_where_one_look_is_left_out(
    monkeypatch: pytest.MonkeyPatch, looks: Sequence[str], seeds: Sequence[int]
) -> None:
    """Hostile histories are safe because of each look: at windows, and at traces."""
    assert [seed for seed in seeds if _recovered(_kept(hostile.history, seed))] == []

    for look in {*looks} - {"traces"}:
        for module in (gate, final):
            monkeypatch.setattr(module, look, lambda *_, **__: _NO_LEAF)
    if "traces" in looks:
        forget_traces(monkeypatch)
    assert any(_recovered(hostile.history(seed)) for seed in seeds)


def _attacked(make: Make, seeds: range, say: Say) -> tuple[list[int], Counter[str]]:
    """Return the seeds of histories of which anything was recovered, and what all of them have."""
    start, counted, found = time.monotonic(), Counter[str](), list[int]()
    for number, seed in enumerate(seeds, start=1):
        history = _kept(make, seed)
        attack = Attack(history)
        assert attack.wrong_sums() == [], f"seed {seed}: figures are not the sums of what was opened"
        if recovered := attack.recovered():
            found.append(seed)
            say(f"seed {seed}: {len(recovered)} amounts recovered, such as {recovered[0]}")
        counted += covered.covered(history)
        if number % _EVERY == 0:
            pace = (time.monotonic() - start) / number
            say(
                f"{number:,} histories of {counted['countries']:,} countries,"
                f" {counted['releases']:,} releases, {len(found)} recovered;"
                f" {pace:.2f} s each; go on with --first {seed + 1}"
            )
    if len(seeds) >= _EVERY:
        say(covered.lines(counted))
    return found, counted


def test_histories_publish_something(seeds: range) -> None:
    """The attacks have something to work with: increments, last blocks, and what is taken back."""
    random, hurting = (
        sum((covered.covered(_kept(make, seed)) for seed in seeds[:_KEPT]), Counter[str]())
        for make in (histories.history, hostile.history)
    )

    assert min(counted["figures that are not zero"] for counted in (random, hurting)) > 2
    assert random["last blocks"]
    assert hurting["last blocks"]
    assert (random + hurting)["blocks with something negative"]


def test_releasing_what_is_safe_by_itself_loses() -> None:
    """Without blocks, differences between safe cumulative figures give sensitive increments away."""
    weeks = (8, _told(900, 900, 900, 900, 900)), (9, _told(900, 900, 900, 900, 900, 100))
    assert _recovered(histories.told(*weeks)) == []
    assert _recovered(histories.told(*weeks, decide=_cumulative)) != []


def test_a_gate_that_looks_at_blocks_alone_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two blocks that obey the rules add up to one company's load, once others took back theirs."""
    weeks = (8, _told(10, 10, 10, 10, 10)), (9, _told(10))
    assert _recovered(histories.told(*weeks)) == []

    monkeypatch.setattr(gate, "unsafe_windows", lambda *_: _NO_LEAF)
    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_a_gate_that_forgets_what_companies_know_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who knows what it got beside what it sent knows the largest company to the gram."""
    loads = [_load(b"a", b"x"), _load(b"b", b"y"), _load(b"c", b"b")]
    week = 8, dict(enumerate(map(Statement, loads, (100, 50, 20))))
    assert _recovered(histories.told(week)) == []

    monkeypatch.setattr(gate, "levels_of_parts", lambda _, parts, *__: np.zeros(len(parts.who), np.int64))
    assert _recovered(histories.told(week)) != []


@pytest.mark.parametrize("week", [9, 16])
def test_loads_that_change_their_place_hide_nobody(monkeypatch: pytest.MonkeyPatch, week: int) -> None:
    """Loads that go from one material to another cancel out in a total, and hide no other one there."""
    first = {number: Statement(_load(b"%d" % number), 900) for number in range(5)}
    first |= {
        number: Statement(_load(b"%d" % number)._replace(material="PAPER"), 900) for number in range(5, 10)
    }
    moved = {
        number: Statement(told.load._replace(material="PAPER"), told.mass_g) if number < 3 else told
        for number, told in first.items()
    }
    new = {10 + number: Statement(_load(b"new %d" % number), of) for number, of in enumerate((1_000, 10, 10))}
    weeks = (8, first), (week, moved | new)
    assert _recovered(histories.told(*weeks)) == []

    forget_traces(monkeypatch)
    _without_insiders(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


def test_names_that_change_hide_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the groups of others become known, a company's first load is not told by a total of theirs."""
    companies = [b"%d" % number for number in range(5)]
    before = [{"group_key": company, "mass_g": 900} for company in companies]
    after = [{"group_key": b"of " + name, "companies": [name], "mass_g": 900} for name in companies]

    def second() -> list[int]:
        first = decide(contributed(*before), Attribution(), histories.week(8), _TABLES)
        rows = contributed(*after, {"group_key": b"new", "companies": [b"new"], "mass_g": 1_000})
        found = decide(rows, first.attribution, histories.week(9), _TABLES).observations
        return found.filter(pl.col("mass_g") != 0)["mass_g"].unique().to_list()

    assert second() == []

    monkeypatch.setattr(blocks, "_renamed", lambda taken, _: taken)
    assert second() == [1_000]


def test_a_last_block_does_not_tell_what_others_took_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one company added before the end of a period is not told by what others take back at its end."""
    many = (900, 900, 900, 900, 900)
    weeks = (8, _told(*many)), (9, _told(*many, 10, 10, 10, 10, 10)), (16, _told(*many, 10))
    assert _recovered(histories.told(*weeks)) == []

    monkeypatch.setattr(final, "unsafe_windows", lambda *_: _NO_LEAF)
    forget_traces(monkeypatch)
    assert _recovered(histories.told(*weeks)) != []


@pytest.mark.parametrize("week", [8, 16])
def test_a_load_that_only_one_measure_tells_is_not_a_difference(
    monkeypatch: pytest.MonkeyPatch, week: int
) -> None:
    """What was dispatched and never arrived is not told by both totals, week by week or in a last block."""
    lost = _load(b"lost")._replace(silent="RECEIVED")
    weeks = week, _told(900, 900, 900, 900, 900) | {9: Statement(lost, 1_000)}
    assert _recovered(histories.told(weeks, name="two measures")) == []

    _book_by_book(monkeypatch)
    assert _recovered(histories.told(weeks, name="two measures")) != []


def test_exports_minus_imports_tell_no_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one company sent abroad is not what exports of a material have and imports have not."""
    standing = _sent("FR-BRE", "DE-BE", "COPPER", 5) | _sent("FR-BRE", "IT-25", "GLASS", 5)
    week = 16, standing | _sent("FR-BRE", "IT-25", "COPPER", 1)
    assert _recovered(histories.told(week, name="both books")) == []

    monkeypatch.setattr(loads, "split", _of_own_book)
    _book_by_book(monkeypatch)
    assert _recovered(histories.told(week, name="both books")) != []


def test_an_agency_learns_nothing_from_the_other_side_of_a_border(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who knows its book knows what the other one has of it, and still not what one company sent abroad."""
    ways = ("FR-BRE", "DE-BE"), ("FR-BRE", "IT-25"), ("IT-25", "DE-BE")
    standing = _sent(*ways[0], "GLASS", 5) | _sent(*ways[1], "GLASS", 1) | _sent(*ways[2], "GLASS", 5)
    week = 16, standing | {key: told for way in ways for key, told in _sent(*way, "COPPER", 5).items()}
    assert _recovered(histories.told(week, name="both books")) == []

    monkeypatch.setattr(loads, "split", _of_own_book)
    _without_insiders(monkeypatch, "ALL")
    found = _recovered(histories.told(week, name="both books"))
    assert [name for name in found if "-A'" in name] != []


def test_a_restart_changes_nothing(seeds: range) -> None:
    """A hub that comes back from its files decides as one that never stopped."""
    kept, restarted = _kept(histories.history, seeds[0]), histories.history(seeds[0], _from_files)
    for one, other in zip(kept.releases, restarted.releases, strict=True):
        assert one.decision.observations.equals(other.decision.observations)
        assert one.decision.certificates == other.decision.certificates


_SPLIT = loads.split


def _without_insiders(monkeypatch: pytest.MonkeyPatch, where: str = "") -> None:
    """Decide last blocks as if no agency, and nobody who saw earlier blocks, knew a load in them."""
    problems, others = final.problems, Protection(attackers=("outsider", "contributor"))

    def protected(*asked: Any) -> Iterator[tuple[str, Problem]]:
        for name, problem in problems(*asked):
            yield name, replace(problem, protection=others) if where in name else problem

    monkeypatch.setattr(final, "problems", protected)


def _book_by_book(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decide each book as if no other one told of the same loads."""
    problems = final.problems
    for module in (gate, final):
        monkeypatch.setattr(module, "unsafe_differences", lambda *_, **__: _NO_LEAF)
    monkeypatch.setattr(
        final, "problems", lambda *asked: (found for found in problems(*asked) if "ALL" not in found[0])
    )


def _of_own_book(rows: pl.DataFrame, *arguments: Any, **named: Any) -> pl.DataFrame:
    """Forget that who states a load in one book knows it in the other one."""
    found = _SPLIT(rows.with_columns(stated_by="agency"), *arguments, **named)
    return found.with_columns(agency="stated_by").drop("stated_by")


def _sent(origin: str, destination: str, material: str, companies: int) -> dict[int, Statement]:
    """Return a load of each of some companies, all of them different ones."""
    way = f"{origin} {destination} {material}"
    ends = ([f"{end} {number} {way}".encode() for end in "sr"] for number in range(companies))
    return {
        zlib.crc32(f"{way} {number}".encode()): Statement(
            Load(origin, destination, material, "RECYCLING", "2026-Q1", sender, receiver, "A"), 900
        )
        for number, (sender, receiver) in enumerate(ends)
    }


_KEPT = 12
(_TABLES,) = stage("linked tables", 1).hubs


@lru_cache(maxsize=2 * _KEPT)
def _kept(make: Make, seed: int) -> History:
    return make(seed)


def _recovered(history: History) -> list[str]:
    return Attack(history).recovered()


def _load(sender: Group, receiver: Group = None) -> Load:
    return Load("FR-IDF", "FR-IDF", "GLASS", "RECYCLING", "2026-Q1", sender, receiver, "A")


def _told(*masses_g: int) -> dict[int, Statement]:
    """Return a statement for each mass, each of a group of its own."""
    return {number: Statement(_load(b"%d" % number), mass_g) for number, mass_g in enumerate(masses_g)}


def _cumulative(
    rows: pl.DataFrame, attribution: Attribution, epoch: Epoch, tables: Tables, adopted: pl.DataFrame | None
) -> Decision:
    """Publish what every cell holds altogether where that is safe; the block is what changed."""
    fresh = decide(rows, Attribution(final=_ALL_FINAL), epoch, tables, adopted)
    before = attribution.taken.with_columns(-pl.col("mass_g"))
    changes = pl.concat([fresh.attribution.taken, before]).group_by(*LEAF, *BEHIND)
    block = changes.agg(pl.col("mass_g").sum(), pl.col("taken_on").max()).filter(pl.col("mass_g") != 0)
    return Decision(fresh.observations, fresh.attribution, block.sort(*LEAF, *BEHIND), {})


_ALL_FINAL = tuple(
    f"{year}-Q{quarter} RECEIVED DOMESTIC" for year in (2025, 2026) for quarter in (1, 2, 3, 4)
)


def _from_files(
    rows: pl.DataFrame, attribution: Attribution, epoch: Epoch, tables: Tables, adopted: pl.DataFrame | None
) -> Decision:
    kept = {
        name: _copied(getattr(attribution, name)) for name in ("taken", "below", "watched", "hidden", "names")
    }
    return decide(_copied(rows), Attribution(**kept, final=attribution.final), epoch, tables, adopted)


def _copied(frame: pl.DataFrame) -> pl.DataFrame:
    file = io.BytesIO()
    frame.write_parquet(file)
    file.seek(0)
    return pl.read_parquet(file)
