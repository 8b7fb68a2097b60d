"""The pipeline from a file to outcomes: what rejects a document, what keeps a set from standing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import pytest

from producers import pipeline as module
from producers.adapters.uk_packaging import UkPackaging
from producers.adapters.us_emanifest import UsEmanifest
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Company, Identity, Place, Reading, Statement, WasteCode
from schemas.identity import DEMONSTRATION_KEYS as KEYS
from tests.support.stand_in import StandIn
from tests.support.statements import statement

DOCUMENTS = Path(__file__).parents[1] / "documents"
LOG = json.loads((DOCUMENTS / "uk_packaging" / "exporter.json").read_text())
NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Given(StandIn):
    """An adapter that reads nothing and yields what it was given."""

    name: ClassVar[str] = "given"
    source_format: ClassVar[str] = "given/1"

    def __init__(self, values: Mapping[str, str]) -> None:  # noqa: ARG002  # as the protocol wants it
        """Take no settings."""
        self.readings: tuple[Reading, ...] = ()

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield the readings."""
        assert stream.read() == b""
        yield from self.readings


def outcome_of(*statements: Statement, keys: Any = KEYS) -> Outcome:
    """Return what becomes of a document with these statements."""
    adapter = Given({})
    adapter.readings = (Reading("$", Identity("document", 1, NOW), statements),)
    (outcome,) = Pipeline(adapter, "XX-TEST", keys, Positions("test")).outcomes(io.BytesIO(), "file")
    return outcome


def rules(outcome: Outcome) -> list[str]:
    """Return the rules of the findings."""
    return [finding.rule for finding in outcome.findings]


def uploaded(positions: Positions, log: dict[str, Any]) -> list[Outcome]:
    """Return what becomes of the rows of an upload."""
    works = Pipeline(UkPackaging({}), "GB-EA", KEYS, positions)
    return list(works.outcomes(io.BytesIO(json.dumps(log).encode()), "log.json"))


def later(rows: list[Any], month: int = 7) -> dict[str, Any]:
    """Return a later upload of the log with some rows."""
    return {**LOG, "uploadedAt": f"2026-{month:02d}-03T09:00:00.000Z", "rows": rows}


def test_a_right_document_is_published_and_remembered() -> None:
    """Each statement becomes one event, and the position holds them all."""
    outcome = outcome_of(statement(), statement(line_number=2))

    assert (outcome.is_rejected, len(outcome.events), outcome.findings) == (False, 2, ())
    assert outcome.position is not None
    assert len(outcome.position.statements) == 2


@pytest.mark.parametrize(
    ("statements", "rule"),
    [
        ((statement(), statement()), "document.line.repeated"),
        ((statement(), statement(line_number=2, origin=Place("QQ"))), "country.unknown"),
        ((statement(contributor=Company("TEST", "\ud800")),), "text.surrogate"),
        ((statement(codes=(WasteCode("NATIONAL", "half \udfff"),)),), "text.form"),
        (
            (statement(codes=tuple(WasteCode("NATIONAL", f"{n:08d}") for n in range(9_000))),),
            "statement.size",
        ),
    ],
)
def test_one_bad_statement_rejects_its_document(statements: tuple[Statement, ...], rule: str) -> None:
    """Nothing of a document is published when one of its statements is refused."""
    outcome = outcome_of(*statements)

    assert rule in rules(outcome)
    assert (outcome.is_rejected, outcome.events, outcome.position) == (True, (), None)


def test_a_document_of_too_many_facts_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would stand of a document has to fit one position record."""
    monkeypatch.setattr(module, "STATEMENTS_MAX", 2)

    assert outcome_of(statement(), statement(line_number=2)).events
    assert rules(outcome_of(*(statement(line_number=number) for number in range(3)))) == ["document.size"]


def test_a_year_without_a_key_rejects_its_document() -> None:
    """Without a pseudonym key for the year nothing leaves in clear."""
    outcome = outcome_of(statement(), keys=replace(KEYS, pseudonym={2020: b"k" * 32}))

    assert rules(outcome) == ["keys.year.missing"]
    assert outcome.is_rejected


def test_a_log_that_lacks_a_row_is_rejected_whole() -> None:
    """A complete set without a member of an earlier one publishes and cancels nothing."""
    positions = Positions("test")
    uploaded(positions, LOG)
    lacking = uploaded(positions, later(LOG["rows"][1:]))

    assert all("collection.member.missing" in rules(outcome) for outcome in lacking)
    assert not any(outcome.events or outcome.position for outcome in lacking)


def test_a_truncated_log_publishes_nothing_of_what_it_has() -> None:
    """A set that is cut off lacks members, so that none of it stands for the whole."""
    positions = Positions("test")
    uploaded(positions, LOG)
    text = json.dumps(later(LOG["rows"]))[:-30].encode()
    works = Pipeline(UkPackaging({}), "GB-EA", KEYS, positions)
    outcomes = list(works.outcomes(io.BytesIO(text), "log.json"))

    assert not any(outcome.events for outcome in outcomes)
    assert rules(outcomes[-1]) == ["json.truncated"]


def test_a_log_of_another_registration_lacks_nothing() -> None:
    """Rows of one registration are not missed in the log of another."""
    positions = Positions("test")
    uploaded(positions, LOG)
    other = uploaded(positions, later(LOG["rows"][:1]) | {"registration": "reg-6"})

    assert not any(outcome.is_rejected for outcome in other)
    assert other[0].events


def test_a_reject_does_not_forget_what_stands() -> None:
    """A bad version leaves the position of the good one, so that the mended one is a correction."""
    positions = Positions("test")
    uploaded(positions, LOG)
    bad = json.loads(json.dumps(LOG["rows"]))
    bad[2]["data"]["TONNAGE_OF_UK_PACKAGING_WASTE_SENT_ON"] = -1
    rejected = uploaded(positions, later(bad, 7))
    mended = uploaded(positions, later(LOG["rows"], 8))

    assert [outcome.is_rejected for outcome in rejected] == [False, False, True]
    assert not any(outcome.events for outcome in mended)


def test_outcomes_of_one_file_know_each_other() -> None:
    """The second version in a file is compared with the first."""
    native = json.loads((DOCUMENTS / "us_emanifest" / "signed.json").read_text())
    newer = native | {"updatedDate": "2025-03-21T00:00:00.000+0000"}
    works = Pipeline(UsEmanifest({}), "US-EPA", KEYS, Positions("test"))
    first, second = works.outcomes(io.BytesIO(json.dumps([native, newer]).encode()), "file.json")

    assert (len(first.events), second.events) == (6, ())
    assert second.position is not None


@pytest.mark.parametrize("member", ["OSR_ID", "OSR_COUNTRY", "EWC_CODE", "DESCRIPTION_WASTE"])
def test_half_a_character_never_stops_the_pipeline(member: str) -> None:
    """A lone surrogate, which JSON can hold and UTF-8 cannot, is at worst a reject."""
    rows = json.loads(json.dumps(LOG["rows"]))
    rows[0]["data"][member] = "\ud800"

    assert len(uploaded(Positions("test"), later(rows))) == 3


@pytest.mark.parametrize(
    "identity",
    [
        Identity("half \ud800", 1, NOW),
        Identity("line\0end", 1, NOW),
        Identity("a", -1, NOW),
        Identity("a", 2**63, NOW),
    ],
)
def test_an_identity_that_cannot_be_written_rejects_its_document_alone(identity: Identity) -> None:
    """Half a character, a control character or a wild version stops nothing."""
    adapter = Given({})
    adapter.readings = (
        Reading("$[0]", identity, (statement(),)),
        Reading("$[1]", Identity("b", 1, NOW), (statement(),)),
    )

    first, second = Pipeline(adapter, "XX-TEST", KEYS, Positions("test")).outcomes(io.BytesIO(), "file")

    assert (rules(first), first.events) == (["document.identity"], ())
    assert len(second.events) == 1
