"""What an auditor finds in the topics of releases: nothing in honest ones, everything in others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.release import calendar, release, verify
from consumers.release.decision import Attribution, Decision
from consumers.release.figures import OBSERVATIONS
from consumers.release.ledger import Entry
from consumers.release.release import Release, Slot
from consumers.release.verify import Observed, Published
from schemas import contract
from schemas.directory import Directory, HubMember
from schemas.keystore.documents import HubDocument
from schemas.settings import Calendar

KEYS = {name: HubDocument.new(date(2026, 1, 1)) for name in ("north", "south")}
DIRECTORY = Directory({}, {name: HubMember(signing_keys=keys.verify_keys()) for name, keys in KEYS.items()})
EPOCHS = ("2026-08", "2026-09", "2026-10")
# Region, material and mass of what each release shows of one table.
FIGURES = (
    ("ALL", "ALL", 15),
    ("ALL", "GLASS", 10),
    ("ALL", "PAPER", 5),
    ("FR", "ALL", 9),
    ("FR", "GLASS", 6),
    ("FR", "PAPER", 3),
    ("ES", "ALL", None),
    ("ES", "GLASS", 4),
    ("ES", "PAPER", None),
)


def decision(
    figures: tuple[tuple[str, str, int | None], ...] = FIGURES, table: str = "movements"
) -> Decision:
    """Return what an epoch publishes."""
    rows = [
        (
            table,
            "2026-Q3",
            "RECEIVED",
            "DOMESTIC",
            region,
            None,
            material,
            None,
            mass_g,
            _status(mass_g),
            False,
        )
        for region, material, mass_g in figures
    ]
    frame = pl.DataFrame(rows, schema=OBSERVATIONS, orient="row")
    return Decision(frame, Attribution(), pl.DataFrame(), {"last": b"{}"})


def _status(mass_g: int | None) -> str:
    return "CONFIDENTIAL" if mass_g is None else "FREE"


def slot(hub: str, epoch: str, predecessor: bytes | None, order: tuple[str, ...] = ("north",)) -> Slot:
    """Return where a release stands."""
    found = calendar.named(Calendar.MONTH, epoch)
    return Slot(hub, found, found.closes_at(timedelta(days=10)), predecessor, order)


def composed(
    at: Slot, cut: dict[int, int], found: Decision | None = None, signer: str | None = None
) -> Release:
    """Return a release, signed by its hub or by another one."""
    keys = KEYS[signer or at.hub]
    return release.composed(at, found or decision(), cut, b"configuration", keys.signing)


def on_topics(*releases: Release) -> Published:
    """Return the topics with some releases."""
    published = Published([])
    entries = []
    for number, found in enumerate(releases):
        entries.append(Entry(number, found.body, decoded("release", found.body)))
        for key, body in found.observations:
            published.observations[found.release_id].append(Observed(key, body, decoded("observation", body)))
    published.entries = entries
    return published


def decoded(record: str, body: bytes) -> dict[str, Any]:
    """Return the fields of a body."""
    return contract.decoded(contract.parsed(record), body)


def chain() -> list[Release]:
    """Return three releases of one hub."""
    found: list[Release] = []
    for number, epoch in enumerate(EPOCHS):
        head = found[-1].release_id if found else None
        found.append(composed(slot("north", epoch, head), {0: 10 * number, 1: 3}))
    return found


def rules(published: Published) -> set[str]:
    """Return which checks find something."""
    return {finding.rule for finding in verify.verify(published, DIRECTORY)}


def test_honest_releases_are_found_sound() -> None:
    """Three epochs of one hub, then two hubs in turns with a skipped epoch: nothing is wrong."""
    order = ("north", "south")
    first = composed(slot("north", "2026-09", None, order), {0: 1})
    second = release.skipped(slot("south", "2026-09", first.release_id, order), KEYS["south"].signing)
    third = composed(slot("north", "2026-10", second.release_id, order), {0: 1})
    fourth = composed(slot("south", "2026-10", third.release_id, order), {0: 2})

    assert verify.verify(on_topics(*chain()), DIRECTORY) == []
    assert verify.verify(on_topics(first, second, third, fourth), DIRECTORY) == []


def test_two_ledgers_on_one_topic_do_not_disturb_each_other() -> None:
    """Hubs that release for themselves have a chain each."""
    one = chain()
    other = [composed(slot("south", "2026-08", None, ("south",)), {0: 1})]

    assert verify.verify(on_topics(one[0], other[0], *one[1:]), DIRECTORY) == []


def test_a_forged_record_is_found() -> None:
    """What another hub's key signed, or nobody, is no release of a hub."""
    first, *_ = chain()
    forged = composed(slot("north", "2026-09", first.release_id), {0: 9, 1: 3}, signer="south")
    unsigned = replace(first, body=first.body[:-64] + bytes(64))

    assert rules(on_topics(first, forged)) == {"signature"}
    assert rules(on_topics(unsigned)) == {"signature"}
    assert {finding.rule for finding in verify.verify(on_topics(first), Directory({}))} == {"signature"}


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_an_altered_record_is_found(place: int, bit: int) -> None:
    """Whatever bit of a release record is another one: it does not decode, or it is not what was signed."""
    (first, *rest) = chain()
    body = bytearray(first.body)
    body[place % len(body)] ^= 1 << bit

    try:
        published = on_topics(replace(first, body=bytes(body)), *rest)
    except Exception:  # noqa: BLE001  # a record that is none fails in any way, and is passed over
        return

    assert "signature" in rules(published)


@given(number=st.integers(0, len(FIGURES) - 1), place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_an_altered_observation_is_found(number: int, place: int, bit: int) -> None:
    """Whatever bit of an observation is another one, it is not what was signed."""
    published = on_topics(*chain())
    (identity, *_) = published.observations
    item = published.observations[identity][number]
    body = bytearray(item.body)
    body[place % len(body)] ^= 1 << bit
    published.observations[identity][number] = replace(item, body=bytes(body))

    assert "digests" in rules(published)


@pytest.mark.parametrize("number", range(2))
def test_a_removed_record_is_found(number: int) -> None:
    """Without one of the earlier records the next one names what is not there, and its cells are nobody's."""
    found = chain()
    published = on_topics(*found)
    published.entries = [entry for place, entry in enumerate(published.entries) if place != number]

    assert rules(published) == {"history", "digests"}


def test_what_is_cut_off_at_the_end_leaves_its_observations() -> None:
    """The last record alone may be removed with its cells unseen; cells that stay are found."""
    published = on_topics(*chain())
    published.entries = published.entries[:-1]

    assert rules(published) == {"digests"}


def test_reordered_records_are_found() -> None:
    """Records in another order do not name each other; observations in another order were not signed so."""
    first, second, third = chain()
    published = on_topics(first, second, third)
    published.observations[first.release_id].reverse()

    assert "history" in rules(on_topics(second, first, third))
    assert "digests" in rules(published)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.pop(),
        lambda found: found.append(found[0]),
        lambda found: found.__setitem__(0, replace(found[0], key=found[1].key)),
    ],
)
def test_removed_added_and_moved_observations_are_found(change: Callable[[list[Observed]], Any]) -> None:
    """A cell that is missing, there twice, or keyed as another one."""
    published = on_topics(*chain())
    change(next(iter(published.observations.values())))

    assert rules(published) & {"digests", "form"}


def test_an_epoch_twice_or_left_out_is_found() -> None:
    """Though signed and chained: a hub may neither publish a second version nor leave a gap."""
    first, *_ = chain()
    again = composed(slot("north", "2026-08", first.release_id), {0: 0, 1: 3}, decision(FIGURES[:1]))
    late = composed(slot("north", "2026-10", first.release_id), {0: 0, 1: 3})

    assert "history" in rules(on_topics(first, again))
    assert rules(on_topics(first, late)) == {"history"}


def test_a_cut_that_goes_back_is_found() -> None:
    """A release of less than was released before takes something back."""
    first = composed(slot("north", "2026-08", None), {0: 5, 1: 5})
    second = composed(slot("north", "2026-09", first.release_id), {0: 9, 1: 4})

    assert rules(on_topics(first, second)) == {"history"}


@pytest.mark.parametrize("number", [0, 1, 3])
def test_totals_that_do_not_add_up_are_found(number: int) -> None:
    """Each free total of free parts is their sum, though the release is signed; no value is told."""
    figures = list(FIGURES)
    region, material, mass_g = figures[number]
    figures[number] = (region, material, (mass_g or 0) + 1_234_567)
    found = verify.verify(
        on_topics(composed(slot("north", "2026-08", None), {0: 1}, decision(tuple(figures)))), DIRECTORY
    )

    assert {finding.rule for finding in found} == {"additivity"}
    assert not any("1234567" in finding.text.replace(",", "") for finding in found)


def test_linked_tables_show_the_same_figure() -> None:
    """A cell that two tables show has one mass."""
    both = pl.concat([decision().observations, decision(FIGURES[:1], "totals").observations])
    other = pl.concat([decision().observations, decision((("ALL", "ALL", 16),), "totals").observations])
    at = slot("north", "2026-08", None)

    assert rules(on_topics(composed(at, {0: 1}, replace(decision(), observations=both)))) == set()
    assert rules(on_topics(composed(at, {0: 1}, replace(decision(), observations=other)))) == {"additivity"}


def test_another_shape_is_found() -> None:
    """A cell that appears or is gone tells something: releases of one configuration have the same cells."""
    first = composed(slot("north", "2026-08", None), {0: 1})
    second = composed(slot("north", "2026-09", first.release_id), {0: 1}, decision(FIGURES[:-1]))

    assert "form" in rules(on_topics(first, second))


@given(masses=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=6))
def test_the_size_of_an_observation_tells_nothing(masses: list[int | None]) -> None:
    """Whatever a cell holds, or that it holds nothing to be seen, its record is as long."""
    sizes = {
        len(body)
        for mass_g in masses
        for _, body in composed(
            slot("north", "2026-08", None), {0: 1}, decision((("FR", "ALL", mass_g),))
        ).observations
    }

    assert len(sizes) == 1


def test_releases_of_before_stay_readable(tmp_path: Path) -> None:
    """Records of the first version are read, and found unsigned."""
    old = contract.versions("release")[0]
    fields = {
        "hub": "north",
        "epoch": "2026-08",
        "release_id": bytes(16),
        "status": "RELEASED",
        "released_at": datetime(2026, 9, 1, tzinfo=UTC),
        "cut": [],
        "observations": 0,
        "observations_digest": b"",
        "configuration_digest": b"",
        "predecessor": None,
    }
    import fastavro  # noqa: PLC0415  # for this test alone

    path = tmp_path / "release.avro"
    with path.open("wb") as file:
        fastavro.writer(file, fastavro.parse_schema(dict(old)), [fields])
    with path.open("rb") as file:
        (record,) = fastavro.reader(file, contract.parsed("release"))
    assert isinstance(record, dict)
    published = Published([Entry(0, b"", record)])

    assert "signature" in rules(published)
