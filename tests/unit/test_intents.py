"""Documents that say what they want of the one that stands, and documents without an order of their own."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import BinaryIO, ClassVar

import pytest

from producers.convert import event_json
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Identity, Intent, Quantity, Reading
from schemas.identity import DEMONSTRATION_KEYS
from schemas.movement import Basis, Stage
from tests.support.stand_in import StandIn
from tests.support.statements import statement

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Register(StandIn):
    """An adapter of one register line, written as `INTENT tonnes phase`, once or several times."""

    name: ClassVar[str] = "register"
    source_format: ClassVar[str] = "register/1"

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take no settings."""

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield the line, each time that it is written."""
        for occurrence, line in enumerate(stream.read().decode().splitlines()):
            intent, tonnes, phase = line.split()
            stage = Stage.DISPATCHED if phase == "1" else Stage.ANNOUNCED
            said = statement(stage=stage, quantity=Quantity(Decimal(tonnes), "TNE", Basis.WEIGHED))
            yield Reading(
                "$",
                Identity("line", phase=int(phase), occurrence=occurrence),
                () if intent == "CANCEL" else (said,),
                silent_stages=frozenset({Stage.ANNOUNCED}) if phase == "1" else frozenset(),
                intent=Intent(intent),
            )


class Agency:
    """An agency that is handed one line after another."""

    def __init__(self) -> None:
        self._pipeline = Pipeline(Register({}), "XX-TEST", DEMONSTRATION_KEYS, Positions("test"))

    def read(self, line: str, days: float = 0) -> Outcome:
        """Return what becomes of a line that was delivered so many days after Monday."""
        (outcome,) = self.read_all(line if line.count(" ") == 2 else f"{line} 0", days=days)
        return outcome

    def read_all(self, *lines: str, days: float = 0) -> list[Outcome]:
        """Return what becomes of the lines of one delivery."""
        text = "\n".join(lines).encode()
        return list(self._pipeline.outcomes(io.BytesIO(text), "line", MONDAY + timedelta(days)))


def told(outcome: Outcome) -> list[tuple[str, str, str | None]]:
    """Return (change, stage, quantity) of the events of an outcome."""
    events = map(event_json, outcome.events)
    return [(event["change"], event["stage"], event["quantity"]) for event in events]


def rules(outcome: Outcome) -> list[str]:
    """Return the rules of the findings."""
    return [finding.rule for finding in outcome.findings]


def test_a_new_document_is_created_once() -> None:
    """The same creation again says nothing; another one under the same identity is passed over and told."""
    agency = Agency()

    assert told(agency.read("CREATE 5")) == [("REPORTED", "ANNOUNCED", "5")]
    assert told(again := agency.read("CREATE 5", days=1)) == []
    assert rules(again) == []
    assert told(other := agency.read("CREATE 6", days=2)) == []
    assert rules(other) == ["document.known"]
    assert not other.is_rejected


def test_an_edition_replaces_and_a_cancellation_withdraws() -> None:
    """A known document is corrected, then cancelled, then revived by a new creation."""
    agency = Agency()
    agency.read("CREATE 5")

    assert told(agency.read("EDIT 6", days=1)) == [("CORRECTED", "ANNOUNCED", "6")]
    assert told(agency.read("CANCEL 0", days=2)) == [("CANCELLED", "ANNOUNCED", None)]
    assert told(agency.read("CREATE 7", days=3)) == [("REPORTED", "ANNOUNCED", "7")]


@pytest.mark.parametrize("line", ["EDIT 5", "CANCEL 0"])
def test_what_corrects_an_unknown_document_is_rejected(line: str) -> None:
    """Nothing is known of the document: the original has to come first."""
    outcome = Agency().read(line)

    assert rules(outcome) == ["document.unknown"]
    assert outcome.is_rejected
    assert outcome.position is None


def test_a_creation_read_again_after_its_edition_changes_nothing() -> None:
    """What was delivered earlier never comes back."""
    agency = Agency()
    agency.read("CREATE 5")
    agency.read("EDIT 6", days=1)

    again = agency.read("CREATE 5")

    assert told(again) == []
    assert rules(again) == ["document.superseded"]


def test_documents_without_a_revision_stand_in_order_of_delivery() -> None:
    """The file that was written last wins, in whatever order the files are read."""
    in_order, reversed_ = Agency(), Agency()
    in_order.read("REPLACE 5")
    in_order.read("REPLACE 6", days=1)
    last = reversed_.read("REPLACE 6", days=1)
    late = reversed_.read("REPLACE 5")

    assert told(last) == [("REPORTED", "ANNOUNCED", "6")]
    assert told(late) == []


def test_one_delivery_may_hold_several_versions_of_a_document() -> None:
    """Within a file its order decides, and reading the file again says nothing."""
    lines = ("CREATE 5 0", "CREATE 6 0", "EDIT 7 0", "CANCEL 0 0", "CREATE 8 0")
    agency = Agency()

    first, second = agency.read_all(*lines), agency.read_all(*lines)

    assert [
        [("REPORTED", "ANNOUNCED", "5")],
        [],
        [("CORRECTED", "ANNOUNCED", "7")],
        [("CANCELLED", "ANNOUNCED", None)],
        [("REPORTED", "ANNOUNCED", "8")],
    ] == [told(outcome) for outcome in first]
    assert ["document.known"] == rules(first[1])
    assert [] == [event for outcome in second for event in told(outcome)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [("REPLACE 5 0", []), ("REPLACE 5 1", ["date.future"])],
)
def test_what_has_happened_is_not_dated_after_its_delivery(line: str, expected: list[str]) -> None:
    """An announcement may be of next week, a dispatch may not: it travels with a warning."""
    outcome = Agency().read(line, days=-5)

    assert expected == rules(outcome)
    assert 1 == len(outcome.events)


def test_an_estimate_delivered_after_the_actual_figure_does_not_replace_it() -> None:
    """Phases outrank delivery: a late estimate is the announcement it always was."""
    agency = Agency()
    actual = agency.read("REPLACE 6 1")
    late = agency.read("REPLACE 5 0", days=9)

    assert told(actual) == [("REPORTED", "DISPATCHED", "6")]
    assert told(late) == [("REPORTED", "ANNOUNCED", "5")]
    assert event_json(late.events[0])["revision"] < event_json(actual.events[0])["revision"]


def test_the_instant_of_delivery_stands_in_for_an_instant_of_recording() -> None:
    """What the document does not say of its time, its delivery does."""
    (event,) = Agency().read("REPLACE 5").events

    assert event_json(event)["recorded_at"] == "2026-03-02T08:00:00Z"


def test_a_repaired_adapter_restates_what_later_versions_have_moved_past() -> None:
    """An announcement beside a shipment is put right in a higher edition of its own revision."""
    agency = Agency()
    announced = agency.read("REPLACE 5 0")
    agency.read("REPLACE 6 1", days=1)
    again = agency.read("REPLACE 5 0")
    repaired = agency.read("REPLACE 7 0")
    repaired_twice = agency.read("REPLACE 8 0")

    assert told(again) == []
    assert told(repaired) == [("CORRECTED", "ANNOUNCED", "7")]
    versions = [
        (event["revision"], event["edition"])
        for outcome in (announced, repaired, repaired_twice)
        for event in map(event_json, outcome.events)
    ]
    assert versions == [(versions[0][0], edition) for edition in range(3)]


def test_deliveries_within_a_millisecond_keep_their_order() -> None:
    """Files that are copied one after another, and members of an archive, stand in the order they came in."""
    agency = Agency()
    agency.read("REPLACE 5")
    corrected = agency.read("REPLACE 6", days=0.0001 / 86_400)
    again = agency.read("REPLACE 5")

    assert told(corrected) == [("CORRECTED", "ANNOUNCED", "6")]
    assert told(again) == []
