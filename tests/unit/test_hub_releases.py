"""What a hub's file remembers of its releases, and who stands behind a cell as of a cut."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from consumers.hub.questions import Questions
from consumers.hub.releases import Releases
from consumers.hub.store import Store
from consumers.release import calendar
from schemas.errors import ConfigurationError
from schemas.settings import Calendar
from tests.support import events
from tests.support.hub import asked, stored

PLACE = {"side": "ORIGIN", "origin_country": "PL", "destination_country": "CZ"}
BEHIND = (
    "SELECT group_key, counterparty_key, agency, is_public, mass_g, unconverted FROM behind ORDER BY mass_g"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty hub's file."""
    opened = Store(tmp_path / "hub.duckdb")
    yield opened
    opened.close()


@pytest.fixture
def releases(store: Store) -> Releases:
    """Return the memory of the file."""
    return Releases(store.cursor)


def said(fact: str, mass_g: int | None, **changes: Any) -> dict[str, Any]:
    """Return a statement of a movement of its own."""
    of_itself = {"statement_key": events.key(fact), "movement_key": events.key(fact), "mass_g": mass_g}
    return events.movement(1, event_id=events.key(fact, repr(changes)), **PLACE | of_itself | changes)


def test_both_ends_of_a_movement_stand_behind_it_by_their_groups(store: Store) -> None:
    """Whoever is of a group once is of it everywhere: as a contributor without one, and as the other end."""
    group, one, two = (events.key(name) for name in ("group", "one", "two"))
    stored(
        store,
        [
            said("a", 1, contributor=one, contributor_group=group, counterparty=two),
            said("b", 2, contributor=one, contributor_group=None, counterparty=None),
            said("c", 4, contributor=two, contributor_group=None, counterparty=one),
            said("d", 8, contributor=None, contributor_group=None, counterparty=two),
        ],
    )

    assert [row[:2] for row in asked(store, BEHIND)] == [
        (group, two),
        (group, None),
        (two, group),
        (None, two),
    ]


def test_the_companies_of_groups_are_told(store: Store) -> None:
    """Whose name stood where a group's stands now is known at both ends, in the same order each time."""
    group, one, two, three = (events.key(name) for name in ("group", "one", "two", "three"))
    stored(
        store,
        [
            said("a", 1, contributor=one, contributor_group=group, counterparty=three),
            said("b", 2, contributor=two, contributor_group=group, counterparty=three),
            said("c", 4, contributor=three, contributor_group=None, counterparty=two),
        ],
    )

    found = asked(store, "SELECT companies, counterparties FROM behind ORDER BY mass_g DESC")
    assert found == [([three], [two]), (sorted([one, two]), [three])]


def test_what_becomes_public_is_told_apart(store: Store) -> None:
    """A movement that the law makes public some day stands beside those that it never does, from now on."""
    both: dict[str, Any] = {"contributor": events.key("one"), "counterparty": None}
    later = datetime(2090, 1, 1, tzinfo=UTC)
    stored(store, [said("a", 1, **both), said("b", 2, release_at=later, **both), said("c", None, **both)])

    assert [row[2:] for row in asked(store, BEHIND)] == [("GB-EA", False, 1, 1), ("GB-EA", True, 2, 0)]


def test_contributions_are_as_of_the_cut(store: Store, tmp_path: Path) -> None:
    """What came later, a correction too, changes nothing of what is handed over for an earlier cut."""
    both: dict[str, Any] = {"contributor": events.key("one"), "counterparty": None}
    questions, path = Questions(store.cursor), tmp_path / "behind.parquet"
    stored(store, [said("a", 1, **both), said("b", 2, **both)])
    questions.contributions(str(path))
    before = path.read_bytes()
    stored(store, [said("a", 64, revision=2**60, **both), said("c", 8, contributor_group=events.key("x"))])

    handed_over = questions.contributions(str(path), {"0": 2})

    assert handed_over["cut"] == {"0": 2}
    assert before == path.read_bytes()
    assert pl.read_parquet(path)["mass_g"].to_list() == [3]
    with pytest.raises(ConfigurationError, match="not as far"):
        questions.contributions(str(path), {"0": 5})


def test_a_cut_stays_what_it_was(store: Store, releases: Releases) -> None:
    """The first question draws it; whatever arrives, and whoever asks again, it is the same."""
    stored(store, [said("a", 1)])
    first = releases.cut("2026-09")
    stored(store, [said("b", 1)])

    assert {"0": 1} == first == releases.cut("2026-09") == Releases(store.cursor).cut("2026-09")
    assert releases.cut("2026-10") == {"0": 2}


def test_a_cut_before_the_last_release_is_drawn_anew(store: Store, releases: Releases) -> None:
    """A file from a backup that closed an epoch before it caught up publishes no less than was published."""
    stored(store, [said("a", 1)])
    releases.cut("2026-10")
    stored(store, [said("b", 1)])

    assert releases.cut("2026-10", at_least={"0": 1}) == {"0": 1}
    assert releases.cut("2026-10", at_least={"0": 2}) == {"0": 2}


def test_epochs_close_by_the_clock_once_there_was_a_release(store: Store, releases: Releases) -> None:
    """Each epoch that is over is cut at what the file holds then; before the first release none is."""

    def close(now: datetime) -> list[str]:
        return releases.close(
            lambda names: [
                epoch.name for epoch in calendar.closed_since(Calendar.MONTH, timedelta(days=10), now, names)
            ]
        )

    now = datetime(2026, 11, 10, tzinfo=UTC)
    assert close(now) == []
    releases.cut("2026-08")
    stored(store, [said("a", 1)])
    assert close(now) == ["2026-09"]
    stored(store, [said("b", 1)])
    assert close(now + timedelta(days=1)) == ["2026-10"]
    assert releases.state()["cuts"] == {"2026-08": {"0": 0}, "2026-09": {"0": 1}, "2026-10": {"0": 2}}


def test_a_decision_is_kept_whole_and_replaced_whole(
    store: Store, releases: Releases, tmp_path: Path
) -> None:
    """All its parts come back as they were; what is kept anew leaves nothing of before; forgotten is gone."""
    for number, parts in enumerate(({"a": b"1", "b": b"2"}, {"b": b"\0" * 100_000})):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, body in parts.items():
            (folder / name).write_bytes(body)
        releases.keep("2026-10", f"0{number}", {"0": number}, str(folder))
    out = tmp_path / "out"
    out.mkdir()

    assert releases.load("2026-10", str(out)) == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {"b": b"\0" * 100_000}
    assert releases.state() == {"cuts": {"2026-10": {"0": 1}}, "decisions": {"2026-10": "01"}}
    releases.forget("2026-10")
    assert releases.state()["decisions"] == {}
    assert releases.load("2026-10", str(out)) == 0
    assert store.next_offsets() == {}
