"""The ledger held against its signatures, from the topics and the directory alone.

What a hub does with each batch, done for everything that is there: every record is covered
once, by a valid signature of the agency that it names, and no chain of signatures lacks one.
Not seen is what was cut off at the end of a chain: nothing follows it that would show it.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from consumers.hub.batch import Batch
from consumers.hub.check import agencies, foreign
from consumers.hub.coverage import Coverage
from consumers.hub.custody import Custody
from consumers.hub.decode import decode
from consumers.hub.intake import Intake
from consumers.hub.writers import Writers
from schemas.directory import Directory
from schemas.errors import RetriableError
from schemas.reasons import BREACH_HINTS, HINTS, Breach, Reason
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings

# Stands for the group of a hub, under whose grants it reads.
_READER = "doctor"
_ROWS = 50_000
_SECONDS = 1.0
# An open transaction ends within a minute.
_PATIENCE_SECONDS = 90.0
_PLACES_MAX = 5
UNKNOWN = "?"


@dataclass(slots=True)
class Problem:
    """What is wrong, how often, and the first places of it: partition and offset.

    Attributes:
        hint: What it means and what to do.
        topic: Where the places are.
    """

    hint: str
    topic: str
    count: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Findings:
    """What a ledger holds and what is wrong with it.

    Attributes:
        records: How many are covered as they should be, by agency.
        problems: By agency and reason; of the agency that a record names, as nobody else is known.
    """

    records: Counter[str] = field(default_factory=Counter)
    problems: dict[tuple[str, str], Problem] = field(default_factory=dict)

    def add(self, agency: str | None, reason: Reason | Breach, place: tuple[int | None, int | None]) -> None:
        """Count one thing that is wrong."""
        told = (
            (HINTS[reason], "movements")
            if isinstance(reason, Reason)
            else (BREACH_HINTS[reason], "signatures")
        )
        problem = self.problems.setdefault((agency or UNKNOWN, str(reason)), Problem(*told))
        problem.count += 1
        partition, offset = place
        if partition is not None and offset is not None and len(problem.places) < _PLACES_MAX:
            problem.places.append((partition, offset))


def check(kafka: KafkaSettings, directory: Directory) -> Findings:
    """Return what the ledger holds as of now, and what is wrong with it.

    Raises:
        FatalError: A topic is missing.
        RetriableError: Broker or registry do not answer, or a transaction stays open.
    """
    intake, lookup = Intake(kafka, _READER), Registry(kafka).schema_of
    try:
        starts, signature_starts = intake.movements.starts(), intake.signatures.starts()
        coverage = Coverage(
            directory, Writers({}, lookup, "signature"), starts, Custody(signature_starts), {}
        )
        intake.begin(coverage)
        intake.find_partitions()
        return _findings(intake, coverage, Writers({}, lookup))
    finally:
        intake.close()


def _findings(intake: Intake, coverage: Coverage, writers: Writers) -> Findings:
    findings = Findings()
    is_done = _end_of(intake, coverage)
    while not is_done():
        batch = intake.collect(
            rows=_ROWS, seconds=_SECONDS, is_over=lambda _: False, patiently=lambda ask: ask()
        )
        for broken in batch.broken:
            findings.add(broken.agency, broken.breach, (broken.partition, broken.offset))
        _count(batch, writers, findings)
    return findings


def _end_of(intake: Intake, coverage: Coverage) -> Callable[[], bool]:
    """Return what says whether everything is settled that is there now.

    Raises:
        RetriableError: It is not, and nothing has moved for too long.
    """
    targets, signature_targets = intake.ends(), intake.signatures.ends(is_stable=False)
    seen: Any = None
    moved_at = time.monotonic()

    def is_done() -> bool:
        nonlocal seen, moved_at
        found = coverage.next_offsets(), coverage.custody_offsets()
        if found != seen:
            seen, moved_at = found, time.monotonic()
        if time.monotonic() - moved_at > _PATIENCE_SECONDS:
            raise RetriableError("a transaction stays open", hint="stop its writer, or try again in a minute")
        is_reached = _is_reached(targets, found[0]) and _is_reached(signature_targets, found[1])
        return is_reached and coverage.is_settled

    return is_done


def _is_reached(targets: dict[int, int], offsets: dict[int, int]) -> bool:
    return all(offsets.get(partition, 0) >= end for partition, end in targets.items())


def _count(batch: Batch, writers: Writers, findings: Findings) -> None:
    """Count the records of a batch by who signed them, and those that nobody has, or another agency."""
    events = decode(batch.values, writers).events
    _, others = foreign(events, batch.signers)
    forged = {*others, *batch.unsigned()}
    named = agencies(events, [*forged])
    for place in sorted(forged):
        coordinates = batch.partitions[place], batch.offsets[place]
        findings.add(named.get(place), Reason.FORGED, coordinates)
    counted: dict[str | None, int] = defaultdict(int, Counter(batch.signers))
    for place in forged:
        counted[batch.signers[place]] -= 1
    findings.records.update({agency: count for agency, count in counted.items() if agency})
