"""Versions of documents in any order: what stands at the end is what the newest revision says."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar, NamedTuple

import fastavro
from hypothesis import given
from hypothesis import strategies as st

from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Company, Identity, Place, Quantity, Reading, Statement, When
from schemas import contract
from schemas.identity import DEMONSTRATION_KEYS
from schemas.movement import Basis, Side, Stage
from tests.support.stand_in import StandIn

START = datetime(2026, 1, 1, tzinfo=UTC)


class Version(NamedTuple):
    """One version of a document: tonnes of each announced and of each received line.

    A version that announces nothing has moved past the announcement.
    """

    document: int
    revision: int
    announced: dict[int, int]
    received: dict[int, int]

    @property
    def has_moved_on(self) -> bool:
        """Say whether it is silent about the announcement."""
        return not self.announced


class Versions(StandIn):
    """An adapter that reads versions as JSON lines."""

    name: ClassVar[str] = "versions"
    source_format: ClassVar[str] = "versions/1"

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take no settings."""

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield one reading for each line."""
        for number, text in enumerate(stream):
            version = Version(*json.loads(text))
            identity = Identity(
                f"document-{version.document}", version.revision, START + timedelta(hours=version.revision)
            )
            silent = frozenset({Stage.ANNOUNCED}) if version.has_moved_on else frozenset()
            yield Reading(f"$[{number}]", identity, tuple(said(version)), silent_stages=silent)


def said(version: Version) -> Iterator[Statement]:
    """Yield the statements of a version."""
    for stage, lines in ((Stage.ANNOUNCED, version.announced), (Stage.RECEIVED, version.received)):
        for line, tonnes in lines.items():
            yield Statement(
                line_number=int(line),
                stage=stage,
                side=Side.DOMESTIC,
                when=When(date(2026, 1, 1)),
                movement_reference=f"XX:{version.document}",
                origin=Place("GB"),
                destination=Place("GB"),
                quantity=Quantity(Decimal(tonnes), "TNE", Basis.WEIGHED),
                contributor=Company("TEST", "1"),
            )


class Ledger:
    """What an adapter publishes, and the hub's view of it: the last revision of each statement."""

    def __init__(self) -> None:
        self._pipeline = Pipeline(Versions({}), "XX-TEST", DEMONSTRATION_KEYS, Positions("test"))
        self.events: list[dict[str, Any]] = []

    def submit(self, *versions: Version) -> list[Outcome]:
        """Read versions one after another."""
        data = "\n".join(json.dumps(version) for version in versions).encode()
        outcomes = list(self._pipeline.outcomes(io.BytesIO(data), "versions.json"))
        for outcome in outcomes:
            self.events += [
                fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)  # type: ignore[misc]  # a record
                for event in outcome.events
            ]
        return outcomes

    def standing(self) -> dict[bytes, tuple[str, int, int | None]]:
        """Return (stage, line, grams) of what was last said of each fact and not cancelled."""
        last: dict[bytes, dict[str, Any]] = {}
        for event in self.events:
            known = last.setdefault(event["statement_key"], event)
            if (event["revision"], event["edition"]) > (known["revision"], known["edition"]):
                last[event["statement_key"]] = event
        return {
            key: (event["stage"], event["line_number"], event["mass_g"])
            for key, event in last.items()
            if event["change"] != "CANCELLED"
        }

    def changes(self, start: int = 0) -> list[tuple[str, str, int]]:
        """Return (change, stage, line) of the events from the n-th on."""
        return sorted(
            (event["change"], event["stage"], event["line_number"]) for event in self.events[start:]
        )


LINES = st.dictionaries(st.integers(1, 3), st.integers(1, 3), max_size=3)
FULL_LINES = st.dictionaries(st.integers(1, 3), st.integers(1, 3), min_size=1, max_size=3)


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Draw the versions of two documents: each announces or has moved on, and revisions differ."""
    found = []
    for document in (1, 2):
        for revision in range(draw(st.integers(1, 5))):
            announces = draw(st.booleans())
            announced = draw(FULL_LINES) if announces else {}
            received = {} if announces else draw(LINES)
            found.append(Version(document, revision, announced, received))
    return found


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Version], list[Version]]:
    """Draw a history, and the order in which it arrives, some of it again."""
    history = draw(histories())
    again = draw(st.lists(st.sampled_from(history), max_size=6))
    return history, draw(st.permutations([*history, *again]))


@given(arrivals())
def test_any_order_of_arrival_leaves_the_same_statements(
    case: tuple[list[Version], list[Version]],
) -> None:
    """Versions in any order and any number leave standing what they leave in their own order."""
    history, arriving = case
    in_order, disordered = Ledger(), Ledger()
    in_order.submit(*history)
    disordered.submit(*arriving)

    assert in_order.standing() == disordered.standing()


@given(arrivals())
def test_the_newest_revision_stands(case: tuple[list[Version], list[Version]]) -> None:
    """Of the stages that the newest revision speaks of exactly its statements stand."""
    history, arriving = case
    ledger = Ledger()
    ledger.submit(*arriving)
    newest = {version.document: version for version in history}
    expected = sorted(
        (stage, line, tonnes * 1_000_000)
        for version in newest.values()
        for stage, lines in (("ANNOUNCED", version.announced), ("RECEIVED", version.received))
        for line, tonnes in lines.items()
    )
    silent = sum(
        len(_last_announcement(history, version).announced)
        for version in newest.values()
        if version.has_moved_on
    )
    found = sorted(ledger.standing().values())

    assert set(expected) <= set(found)
    assert len(expected) + silent == len(found)


def _last_announcement(history: list[Version], newest: Version) -> Version:
    of_document = [version for version in history if version.document == newest.document]
    return next((version for version in reversed(of_document) if version.announced), newest)


@given(arrivals())
def test_no_event_is_published_twice(case: tuple[list[Version], list[Version]]) -> None:
    """However often a version arrives, no event id comes twice."""
    _, arriving = case
    ledger = Ledger()
    ledger.submit(*arriving)
    ids = [event["event_id"] for event in ledger.events]

    assert len(set(ids)) == len(ids)


@given(histories())
def test_reading_again_publishes_nothing(history: list[Version]) -> None:
    """A history read a second time says nothing new."""
    ledger = Ledger()
    ledger.submit(*history)
    count = len(ledger.events)
    again = ledger.submit(*history)

    assert count == len(ledger.events)
    assert not any(outcome.is_rejected for outcome in again)


def test_an_announcement_between_two_that_are_read_cancels_what_it_dropped() -> None:
    """A late announcement speaks for its whole stage: a line that only an older one had is cancelled."""
    ledger = Ledger()
    oldest, dropped = Version(1, 1, {1: 1, 2: 1}, {}), Version(1, 2, {1: 1}, {})
    ledger.submit(Version(1, 3, {}, {1: 1}), oldest)
    count = len(ledger.events)
    ledger.submit(dropped)
    ledger.submit(oldest)

    assert [("CANCELLED", "ANNOUNCED", 2)] == ledger.changes(count)


def test_other_content_under_one_revision_is_a_higher_edition() -> None:
    """A source that restates a revision silently is followed: the later content wins."""
    ledger = Ledger()
    for tonnes in (1, 2, 1):
        ledger.submit(Version(1, 1, {}, {1: tonnes}))
    ((_, _, grams),) = ledger.standing().values()

    assert [0, 1, 2] == [event["edition"] for event in ledger.events]
    assert grams == 1_000_000


def test_an_older_revision_is_a_warning_and_no_event() -> None:
    """What was overtaken is told as superseded and publishes nothing."""
    ledger = Ledger()
    ledger.submit(Version(1, 2, {}, {1: 1}))
    (late,) = ledger.submit(Version(1, 1, {}, {1: 2}))

    assert (late.events, late.position, late.is_rejected) == ((), None, False)
    assert ["document.superseded"] == [finding.rule for finding in late.findings]


def test_a_cancellation_names_the_fact_and_no_quantity() -> None:
    """A cancelled statement repeats which fact it was, without amount and company."""
    ledger = Ledger()
    ledger.submit(Version(1, 1, {}, {1: 1, 2: 5}), Version(1, 2, {}, {1: 1}))
    reported, cancelled = (event for event in ledger.events if event["line_number"] == 2)
    same = ("statement_key", "movement_key", "stage", "occurred_on", "origin_country")

    assert [reported[name] for name in same] == [cancelled[name] for name in same]
    assert (cancelled["change"], cancelled["mass_g"], cancelled["contributor"]) == ("CANCELLED", None, None)
