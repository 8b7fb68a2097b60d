"""An adapter under test with its samples, read as an agency's run would read them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from producers.adapter import Adapter
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Reading
from schemas.errors import ConfigurationError
from schemas.findings import Finding
from schemas.identity import DEMONSTRATION_KEYS

_AGENCY = "XX-TEST"
# Samples may be of any day; none may seem to come from the future.
_FIRST_DELIVERY = datetime(2099, 1, 1, tzinfo=UTC)
_NOW = datetime(2099, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """One file of documents.

    Attributes:
        number: Its place among the samples, which is the order of delivery.
    """

    name: str
    data: bytes
    number: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tested: an adapter, the values of its settings, and samples of its documents."""

    adapter: type[Adapter]
    values: Mapping[str, str]
    samples: tuple[Sample, ...]

    def readings(self, sample: Sample) -> list[Reading]:
        """Return what a new instance of the adapter reads in a sample."""
        return list(self.adapter(self.values).read(io.BytesIO(sample.data)))

    def outcomes(self, samples: Iterable[Sample], positions: Positions | None = None) -> list[Outcome]:
        """Return what publication would make of samples, one after another."""
        known = Positions("conformance") if positions is None else positions
        pipeline = Pipeline(self.adapter(self.values), _AGENCY, DEMONSTRATION_KEYS, known, now=lambda: _NOW)
        return [
            outcome
            for sample in samples
            for outcome in pipeline.outcomes(
                io.BytesIO(sample.data), sample.name, _FIRST_DELIVERY + timedelta(hours=sample.number)
            )
        ]


@dataclass(frozen=True, slots=True)
class Told:
    """One rule that samples break: how often, and where first."""

    rule: str
    severity: str
    count: int
    place: str
    hint: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What publication would make of the samples."""

    documents: int
    rejected: int
    events: int
    findings: tuple[Told, ...]


def summary(subject: Subject) -> Summary:
    """Return what becomes of the samples, and every rule that they break."""
    told: dict[str, list[tuple[str, Finding]]] = {}
    positions = Positions("conformance")
    documents = rejected = events = 0
    for sample in subject.samples:
        for outcome in subject.outcomes([sample], positions):
            documents, rejected = documents + 1, rejected + outcome.is_rejected
            events += len(outcome.events)
            for finding in outcome.findings:
                told.setdefault(finding.rule, []).append((sample.name, finding))
    findings = (_told(rule, places) for rule, places in sorted(told.items()))
    return Summary(documents, rejected, events, tuple(findings))


def _told(rule: str, places: list[tuple[str, Finding]]) -> Told:
    name, first = places[0]
    return Told(rule, first.severity.value, len(places), f"{name} {first.path}", first.hint)


def samples_in(paths: Iterable[Path]) -> tuple[Sample, ...]:
    """Return files, and the files of folders, as samples in the order given.

    Raises:
        ConfigurationError: There is no file.
    """
    files: list[Path] = []
    for path in paths:
        files += sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    if not files:
        raise ConfigurationError("no sample documents", hint="give files, or a folder that holds some")
    return tuple(Sample(file.name, file.read_bytes(), number) for number, file in enumerate(files))
