"""The adapter at work: ask the source, read what is new, publish, repeat.

One resource after another; what was committed of one that a crash interrupted is
recognised when it is read again, so nothing is published twice. The source's own position
is committed with what was read up to it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from prometheus_client import Counter

from producers.adapter import Adapter
from producers.files import Files
from producers.groups import NO_GROUPS, Groups
from producers.pipeline import Outcome, Pipeline
from producers.positions import Position, Positions
from producers.publish import Committed, Original, Publisher, Reject
from producers.reading.file_rules import FILE_RULES_BY_ID
from producers.sealing.sealer import Sealer
from producers.selection import Selection
from producers.signatures import Signatures
from producers.sources.source import RefusedError, Resource, Source
from producers.validate import ORIGINAL_BYTES_MAX
from schemas.directory import Directory
from schemas.errors import Awaited, ConfigurationError, RetriableError
from schemas.findings import Finding, Severity
from schemas.identity import Keys
from schemas.runtime.health import Health
from schemas.runtime.logs import logger
from schemas.runtime.metrics import Metrics
from schemas.runtime.registry import Registry
from schemas.settings import AgencySettings, KafkaSettings
from schemas.signing import Signer
from schemas.telemetry import (
    DOCUMENTS_READ,
    DOCUMENTS_REJECTED,
    EVENTS_PUBLISHED,
    NEWEST_RECORDED,
    TRANSACTIONS,
    UNCONVERTED,
    WARNINGS,
    LogEvent,
)

# The position that tells which keys a source is published under, and the source's own; no
# keyed hash is so short.
_KEYS = b"keys"
_SOURCE = b""
_LARGE_BYTES = 8 * 1024 * 1024
# The client retries in seconds by itself; this is for what outlasts it.
RETRY_SECONDS = 5.0
# An outage is noticed within twice this time, also where there is nothing to publish.
LOOK_INTERVAL_SECONDS = 15.0
_OTHERS = frozenset(Awaited) - {Awaited.SOURCE}
# Stands for the bytes of a resource that could not be read.
_UNREAD = b""


@dataclass(slots=True)
class Totals:
    """What a run did, for people."""

    files: int = 0
    documents: int = 0
    events: int = 0
    rejected: int = 0
    warnings: int = 0


@dataclass(slots=True, kw_only=True)
class Run:
    """One adapter beside one source.

    Attributes:
        values: What the adapter was told of bare documents.
        directory: The members of the exchange, to whom what is theirs is sealed.
        groups: What the agency knows of companies that are one.
        stop: Set to end after the document at hand.
        selection: What to read again; None: what is new or has changed.
        is_rehearsal: Publish nothing, and leave a run that is at work alone.
        on_outcome: Told the resource's name and the outcome of each document.
        on_step: Told the name of each step; crash tests stop the process there.
    """

    adapter: Adapter
    values: Mapping[str, str]
    source: Source
    agency: AgencySettings
    kafka: KafkaSettings
    keys: Keys
    directory: Directory
    source_id: str
    metrics: Metrics
    health: Health
    stop: threading.Event = field(default_factory=threading.Event)
    groups: Groups = NO_GROUPS
    selection: Selection | None = None
    is_rehearsal: bool = False
    on_outcome: Callable[[str, Outcome], None] = lambda *_: None
    on_step: Callable[[str], None] = lambda _: None
    totals: Totals = field(default_factory=Totals)
    _publisher: Publisher = field(init=False)
    _positions: Positions = field(init=False)
    _pipeline: Pipeline = field(init=False)
    _files: Files = field(init=False)
    _labels: dict[str, str] = field(init=False)
    _documents_read: Counter = field(init=False)
    _position: str | None = None
    _files_read: int = 0
    _is_file_told: bool = False
    _over: list[bytes] = field(default_factory=list)
    _committed_at: float = 0.0
    _looked_at: float = 0.0
    _newest_recorded: datetime | None = None

    def __post_init__(self) -> None:
        """Put the parts together; nothing is connected yet."""
        assert self.agency.id is not None  # the command checks it
        self._positions = Positions(self.source_id)
        signatures = Signatures(Signer(self.agency.id, self.keys.signing))
        self._publisher = Publisher(
            self.kafka,
            self.agency.id,
            self.source_id,
            Sealer(self.agency.id, self.keys, self.directory),
            signatures,
            self.on_step,
            self.is_rehearsal,
        )
        self._pipeline = Pipeline(
            self.adapter, self.agency.id, self.keys, self._positions, groups=self.groups
        )
        self._files = Files(self._positions, self.keys, self.adapter, self.values, self.groups)
        self._labels = {"agency": self.agency.id, "source": self.source_id}
        self._documents_read = self.metrics.counter(DOCUMENTS_READ, **self._labels)

    def open(self) -> None:
        """Fence a predecessor and restore the positions; raises as `Publisher.open`.

        Raises:
            ConfigurationError: The source was published under other keys.
        """
        self._publisher.open(Registry(self.kafka), self._positions)
        self.health.answered(*_OTHERS)
        self._committed_at = self._looked_at = time.monotonic()
        self._check_keys()
        self._start_source()

    def once(self) -> None:
        """Read every resource that is new or changed, then commit."""
        with closing(self.source.touched()) as resources:
            for resource in resources:
                if resource is not None and self._is_wanted(resource):
                    self._read(resource)
                # Not after asking for the next one: that says that this one is read.
                if self.stop.is_set():
                    break
                # A transaction must not stay open while many resources turn out to be unchanged.
                if resource is None or self._is_commit_due():
                    self._commit()
                if resource is None:
                    self._look_around()
        self._commit()
        self.health.turned()
        self.health.answered(Awaited.SOURCE)

    def until_stopped(self) -> None:
        """Ask the source again and again until `stop` is set."""
        while not self.stop.is_set():
            self.once()
            self._pause()

    def _pause(self) -> None:
        """Let the source rest; the loop turns meanwhile, however long that is."""
        until = time.monotonic() + self.agency.poll_interval_seconds
        while not self.stop.is_set() and (left_seconds := until - time.monotonic()) > 0:
            self.health.turned()
            self._look_around()
            self.stop.wait(min(left_seconds, RETRY_SECONDS))

    def _look_around(self) -> None:
        """Notice a broker that is away, or back, though there is nothing to publish."""
        if time.monotonic() - self._looked_at < LOOK_INTERVAL_SECONDS:
            return
        try:
            self._publisher.look()
        except RetriableError as error:
            self.health.waits(error)
        else:
            self.health.answered(Awaited.BROKER)
        self._looked_at = time.monotonic()

    def close(self) -> None:
        """Leave nothing open."""
        self._publisher.close()
        self.source.close()

    def _is_wanted(self, resource: Resource) -> bool:
        return self.selection is None or self.selection.has(resource, self._files.key(resource))

    def _is_done(self, resource: Resource, digest: bytes) -> bool:
        return self.selection is None and self._files.is_read(resource, digest)

    def _check_keys(self) -> None:
        """Refuse keys under which everything would be published a second time, as other facts."""
        known = self._positions.get(_KEYS)
        if known is not None and known.digest != self.keys.check_value():
            raise ConfigurationError(
                "this source was published under other keys",
                hint="give the key folder of before: with other keys every tonne would count twice",
            )
        if known is None:
            body = self._positions.put(_KEYS, Position("SOURCE", 0, 0, self.keys.check_value()))
            self._publisher.remember(self._positions.topic_key(_KEYS), body)

    def _start_source(self) -> None:
        """Give the source the position it committed, unless that was in something else."""
        known = self._positions.get(_SOURCE)
        if known is not None and known.digest == self._scope():
            self._position = known.cursor
        self.source.start(self._position if self.selection is None else None)

    def _scope(self) -> bytes:
        return self.keys.content_digest(self.source.scope.encode())

    def _read(self, resource: Resource) -> None:
        self._is_file_told = False
        if resource.size_bytes > _LARGE_BYTES:
            # Its digest takes a while, during which no transaction may stay open.
            self._commit()
        digest = self._files.digest(_UNREAD)
        try:
            digest = self._files.digest(resource.sha256())
            if self._is_done(resource, digest) and not self.source.takes_out:
                return
            with resource.open() as stream:
                self._read_stream(stream, resource, digest)
        except FileNotFoundError:
            # Taken away by its owner: there is nothing to say of it.
            self.source.again(resource)
        except RefusedError as error:
            self._refuse(resource, error.rule, digest)
        except OSError:
            self.source.again(resource)
            self._refuse(resource, "file.unreadable", self._files.digest(_UNREAD))

    def _read_stream(self, stream: BinaryIO, resource: Resource, digest: bytes) -> None:
        if self.adapter.has_complete_sets:
            # The first of two passes publishes nothing: it must not hold a transaction open.
            self._commit()
        told = self._files.documents_told(resource, digest) if self.selection is None else 0
        outcomes = self._pipeline.outcomes(stream, resource.name, resource.delivered_at)
        for number, outcome in enumerate(outcomes, 1):
            self._take(outcome, resource, digest, is_told=number <= told)
            if self.stop.is_set() or self._is_commit_due():
                self._remember(resource, digest, max(number, told))
                self._commit()
            if self.stop.is_set():
                return
        self._remember(resource, digest)
        self._files_read += 1

    def _refuse(self, resource: Resource, rule: str, digest: bytes) -> None:
        """Reject a resource that cannot be read, once, and go on."""
        if self._is_done(resource, digest):
            self.source.refused(resource)
            return
        finding = FILE_RULES_BY_ID[rule].at("$")
        key = self.keys.document_key("unreadable", resource.name)
        self._take(Outcome("$", key, (finding,)), resource, digest, is_told=False)
        self._remember(resource, digest)

    def _take(self, outcome: Outcome, resource: Resource, digest: bytes, *, is_told: bool) -> None:
        for event in outcome.events:
            self._publisher.publish(event)
            self._newest_recorded = max(self._newest_recorded or event.recorded_at, event.recorded_at)
        if outcome.position is not None:
            # The pipeline has put it already.
            self._publisher.remember(
                self._positions.topic_key(outcome.key), self._positions.body(outcome.key)
            )
        if outcome.is_rejected:
            self.source.refused(resource)
        if outcome.is_rejected and not is_told:
            reject = Reject(
                self._files.key(resource),
                outcome.path,
                datetime.now(UTC),
                resource.size_bytes,
                digest,
                outcome.findings,
                self._original(outcome, resource),
            )
            self._publisher.reject(reject, self._positions.topic_key(outcome.key))
            self._tell(reject)
        self._count(outcome)
        self.on_outcome(resource.name, outcome)

    def _original(self, outcome: Outcome, resource: Resource) -> Original | None:
        """Return what was refused: the document; else its whole file, with the first such reject alone.

        Hundreds of rows of one file are refused together; the file goes with one of them.
        """
        if outcome.original is not None:
            return Original(outcome.key, outcome.original)
        if self._is_file_told:
            return None
        self._is_file_told = True
        file = _small(resource)
        return None if file is None else Original(self._files.key(resource), file)

    def _tell(self, reject: Reject) -> None:
        error = next(finding for finding in reject.findings if finding.severity is Severity.ERROR)
        logger().warning(
            LogEvent.DOCUMENT_REJECTED,
            file_key=reject.file_key.hex(),
            path=error.path,
            rule=error.rule,
            hint=error.hint,
        )

    def _remember(self, resource: Resource, digest: bytes, documents: int | None = None) -> None:
        body = self._files.remembered(resource, digest, documents)
        self._publisher.remember(self._positions.topic_key(self._files.key(resource)), body)

    def _remember_position(self) -> None:
        if self.selection is not None:
            return
        position = self.source.position()
        if position != self._position:
            body = self._positions.put(_SOURCE, Position("SOURCE", 0, 0, self._scope(), cursor=position))
            self._publisher.remember(self._positions.topic_key(_SOURCE), body)
            self._position = position

    def _is_commit_due(self) -> bool:
        is_full = self._publisher.pending.events >= self.agency.commit_events
        is_late = time.monotonic() - self._committed_at >= self.agency.commit_interval_seconds
        return is_full or is_late

    def _commit(self) -> None:
        self._remember_position()
        self._forget()
        done = self._publisher.commit()
        self._committed_at = time.monotonic()
        self.health.turned()
        self.totals.events += done.events
        self.totals.files += self._files_read
        if (done.events or done.positions or done.rejects) and not self.is_rehearsal:
            self._tell_commit(done)
        self._files_read = 0
        if self.selection is not None or self.is_rehearsal:
            return
        self._over += [self._files.forgotten(resource) for resource in self.source.committed()]

    def _forget(self) -> None:
        """End the positions of what never comes again, along with the next transaction there is."""
        pending = self._publisher.pending
        if pending.events or pending.positions or pending.rejects:
            for key in self._over:
                self._publisher.forget(self._positions.topic_key(key))
            self._over.clear()

    def _tell_commit(self, done: Committed) -> None:
        self.health.answered(*_OTHERS)
        self.metrics.counter(EVENTS_PUBLISHED, **self._labels).inc(done.events)
        self.metrics.counter(TRANSACTIONS, **self._labels).inc()
        if self._newest_recorded is not None:
            self.metrics.gauge(NEWEST_RECORDED, **self._labels).set(self._newest_recorded.timestamp())
        logger().info(LogEvent.COMMITTED, files=self._files_read, events=done.events, rejects=done.rejects)

    def _count(self, outcome: Outcome) -> None:
        self.totals.documents += 1
        self._documents_read.inc()
        unconverted = sum([event.is_unconverted for event in outcome.events])
        if unconverted:
            self.metrics.counter(UNCONVERTED, **self._labels).inc(unconverted)
        if outcome.findings:
            self._count_findings(outcome.findings)

    def _count_findings(self, findings: tuple[Finding, ...]) -> None:
        errors = [finding.rule for finding in findings if finding.severity is Severity.ERROR]
        warnings = [finding.rule for finding in findings if finding.severity is Severity.WARNING]
        if errors:
            self.totals.rejected += 1
            self.metrics.counter(DOCUMENTS_REJECTED, **self._labels, reason=errors[0]).inc()
        for rule in warnings:
            self.metrics.counter(WARNINGS, **self._labels, reason=rule).inc()
        self.totals.warnings += len(warnings)


def _small(resource: Resource) -> bytes | None:
    """Return a whole file where it is as small as a document, None where it is larger or cannot be read."""
    if not 0 < resource.size_bytes <= ORIGINAL_BYTES_MAX:
        return None
    try:
        with resource.open() as stream:
            document = stream.read(ORIGINAL_BYTES_MAX + 1)
    except (OSError, RefusedError):
        return None
    return document if len(document) <= ORIGINAL_BYTES_MAX else None


def keep_running(prepared: Callable[[], Run], stop: threading.Event, *, once: bool) -> Totals:
    """Run until stopped, starting anew from the positions topic after whatever passes by itself.

    Args:
        prepared: Makes a run that has read nothing yet.
        stop: Set to end after the document at hand.
        once: End when every file is read; then a broker that is away is an error.

    Raises:
        FencedError: Another instance took over; do not start again.
        WeighbridgeError: What waiting does not mend; of RetriableError only where `once`.
    """
    while True:
        run = prepared()
        try:
            run.open()
            run.once() if once else run.until_stopped()
        except RetriableError as error:
            if once:
                raise
            run.health.waits(error)
            if not stop.wait(RETRY_SECONDS):
                continue
        finally:
            run.close()
        return run.totals
