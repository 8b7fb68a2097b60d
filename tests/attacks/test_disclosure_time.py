"""Attacks on releases over time: what differences between them tell, late data and corrections included.

The attacker sees everything that was ever published, and knows who reported what where, but
not how much: within its own size anything is conceivable. It must not come closer to what a
group moved in any window of releases than the rules allow. It is somebody from outside, the
next largest company, an agency, or the public, who knows what becomes public.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import polars as pl
import pytest

from consumers.release import final, gate, periods
from consumers.release.blocks import BEHIND, LEAF
from consumers.release.calendar import Epoch
from consumers.release.decision import Attribution, Decision, decide
from consumers.release.tables import Tables
from tests.support import histories, time_attack
from tests.support.contributed import contributed, of_groups
from tests.support.histories import TABLES, Release

_LOOKED_AT = 25


@pytest.fixture
def seeds(pytestconfig: pytest.Config) -> range:
    """Return the seeds of the histories to attack."""
    return range(pytestconfig.getoption("histories"))


def recovered(releases: Sequence[Release], seed: int = 0, looked_at: int = _LOOKED_AT) -> list[str]:
    """Return what attackers get to know too closely, of a sample of all that they want to know."""
    found, published = [], []
    for number, release in enumerate(releases):
        shown = periods.of_epoch(release.epoch, TABLES.settings).shown
        found += time_attack.moves(release.decision.block, number, shown, TABLES)
        published.append(time_attack.free_figures(release.decision.observations))
    public = releases[-1].contributions.filter("is_public")["agency"].unique()
    wanted = list(time_attack.wanted(found, frozenset(public)))
    random.Random(seed).shuffle(wanted)  # noqa: S311  # a sample is not a secret
    return [
        what.name
        for known in time_attack.knowledge(found, published, TABLES)
        for what in wanted[:looked_at]
        if time_attack.is_recovered(known.reach(what.moves, what.known), what.amount_g, TABLES.p_permille)
    ]


def test_no_window_of_releases_betrays_a_group(seeds: range) -> None:
    """Over histories of loads, late ones, corrections and retractions, nothing sensitive is recovered."""
    assert {seed: found for seed in seeds if (found := recovered(_kept(seed), seed))} == {}


def test_histories_publish_something(seeds: range) -> None:
    """The attacks have something to work with: increments, last blocks, and what is taken back."""
    releases = [release for seed in seeds[:3] for release in _kept(seed)]

    assert sum((release.decision.observations["mass_g"] > 0).any() for release in releases) > 2
    assert any(release.decision.certificates for release in releases)
    assert any((release.decision.block["mass_g"] < 0).any() for release in releases)


def test_releasing_what_is_safe_by_itself_loses() -> None:
    """Without blocks, differences between safe cumulative figures give sensitive increments away."""
    assert any(recovered(histories.history(seed, decision_of=_cumulative), seed) for seed in range(4))


def test_a_gate_that_looks_at_blocks_alone_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two blocks that obey the rules add up to one company's load, once others took back theirs."""
    assert recovered(_reversal(), looked_at=1_000) == []

    monkeypatch.setattr(gate, "unsafe_windows", lambda *_: pl.Series("leaf", [], dtype=pl.UInt32))
    assert recovered(_reversal(), looked_at=1_000) != []


def test_a_last_block_does_not_tell_what_others_took_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one company added before the end of a period is not told by what others take back at its end."""
    many = of_groups(900, 900, 900, 900, 900)
    more = of_groups(0, 0, 0, 0, 0, 10, 10, 10, 10, 10)
    less = of_groups(0, 0, 0, 0, 0, 10)

    weeks = (8, many), (9, [*many, *more]), (16, [*many, *less])
    assert recovered(_released(*weeks), looked_at=1_000) == []

    monkeypatch.setattr(final, "unsafe_windows", lambda *_: pl.Series("leaf", [], dtype=pl.UInt32))
    assert recovered(_released(*weeks), looked_at=1_000) != []


def test_a_restart_changes_nothing(seeds: range) -> None:
    """A hub that comes back from its files decides as one that never stopped."""
    for seed in seeds[:1]:
        kept = _kept(seed)
        restarted = histories.history(seed, decision_of=_from_files)
        for one, other in zip(kept, restarted, strict=True):
            assert one.decision.observations.equals(other.decision.observations)
            assert one.decision.certificates == other.decision.certificates


@lru_cache(maxsize=8)
def _kept(seed: int) -> list[Release]:
    return histories.history(seed)


def _reversal() -> list[Release]:
    """Return releases in which five companies state the same, and four of them take it back."""
    return _released((8, of_groups(10, 10, 10, 10, 10)), (9, of_groups(10)))


def _released(*weeks: tuple[int, list[dict[str, Any]]]) -> list[Release]:
    """Return the releases of some weeks, of what stood then."""
    attribution, found = Attribution(), []
    for week, rows in weeks:
        epoch, standing = histories.week(week), contributed(*rows)
        decision = decide(standing, attribution, epoch, TABLES)
        found.append(Release(epoch, standing, decision))
        attribution = decision.attribution
    return found


def _cumulative(rows: pl.DataFrame, attribution: Attribution, epoch: Epoch, tables: Tables) -> Decision:
    """Publish what every cell holds altogether where that is safe; the block is what changed."""
    fresh = decide(rows, Attribution(final=_ALL_FINAL), epoch, tables)
    before = attribution.taken.with_columns(-pl.col("mass_g"))
    changes = pl.concat([fresh.attribution.taken, before]).group_by(*LEAF, *BEHIND)
    block = changes.agg(pl.col("mass_g").sum(), pl.col("taken_on").max()).filter(pl.col("mass_g") != 0)
    return Decision(fresh.observations, fresh.attribution, block.sort(*LEAF, *BEHIND), {})


_ALL_FINAL = tuple(
    f"{year}-Q{quarter} RECEIVED DOMESTIC" for year in (2025, 2026) for quarter in (1, 2, 3, 4)
)


def _from_files(rows: pl.DataFrame, attribution: Attribution, epoch: Epoch, tables: Tables) -> Decision:
    kept = {name: _copied(getattr(attribution, name)) for name in ("taken", "watched", "hidden")}
    return decide(_copied(rows), Attribution(**kept, final=attribution.final), epoch, tables)


def _copied(frame: pl.DataFrame) -> pl.DataFrame:
    file = io.BytesIO()
    frame.write_parquet(file)
    file.seek(0)
    return pl.read_parquet(file)
