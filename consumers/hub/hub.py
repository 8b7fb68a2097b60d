"""The hub's loop: records of the movements topic become rows of a file, each exactly once.

Rows, dead letters and offsets of a batch are one transaction of the file. Whatever ends
the process, the next one goes on at the offsets in the file, so that nothing is lost and
nothing doubled. A broker that is away is waited for.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from consumers.deadletters.letters import all_letters
from consumers.hub.batch import Batch
from consumers.hub.coverage import Coverage
from consumers.hub.intake import Intake
from consumers.hub.judging import Judge, judged
from consumers.hub.measures import Measures
from consumers.hub.outbox import Outbox
from consumers.hub.progress import Progress, Show, show_nothing
from consumers.hub.questions import Questions
from consumers.hub.recall import Recall
from consumers.hub.redrives import Redrives
from consumers.hub.releases import Releases
from consumers.hub.service import Service
from consumers.hub.store import Accepted, Identity, Store
from consumers.hub.writers import Remembered, Writers
from consumers.release.calendar import closed_since
from schemas import policy, topics
from schemas.directory import Directory
from schemas.errors import Awaited, FencedError, RetriableError, ShutdownRequested, WeighbridgeError
from schemas.reasons import BREACH_HINTS
from schemas.runtime import presence
from schemas.runtime.health import Health
from schemas.runtime.logs import logger
from schemas.runtime.metrics import Metrics
from schemas.runtime.registry import Registry
from schemas.settings import HubSettings, KafkaSettings
from schemas.telemetry import LogEvent

# A new partition is noticed within twice this time, an outage too.
LOOK_INTERVAL_SECONDS = 15.0
_RETRY_SECONDS = 1.0

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Totals:
    """What a run did, for people."""

    batches: int = 0
    rows: int = 0
    dead_letters: int = 0
    breaches: int = 0


@dataclass(slots=True, kw_only=True)
class Hub:
    """One hub on one file.

    `open` first, then `run` once, then `close` in any case.

    Attributes:
        directory: Whose signatures count.
        stop: Set to end after the batch at hand.
        on_step: Told the name of each step; crash tests stop the process there.
        clock: Says when epochs close.
        show: Told how far it is on its way to what was there when it started.
    """

    settings: HubSettings
    kafka: KafkaSettings
    directory: Directory
    metrics: Metrics
    health: Health
    stop: threading.Event = field(default_factory=threading.Event)
    on_step: Callable[[str], None] = lambda _: None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    show: Show = show_nothing
    totals: Totals = field(default_factory=Totals)
    _store: Store = field(init=False)
    _intake: Intake = field(init=False)
    _outbox: Outbox = field(init=False)
    _writers: Writers = field(init=False)
    _signature_writers: Writers = field(init=False)
    _questions: Questions = field(init=False)
    _releases: Releases = field(init=False)
    _judge: Judge = field(init=False)
    _redrives: Redrives = field(init=False)
    _recall: Recall = field(init=False)
    _measures: Measures = field(init=False)
    _service: Service = field(init=False)
    _progress: Progress = field(init=False)
    _reached: dict[int, int] = field(default_factory=dict)
    _looked_at: float = 0.0

    def open(self) -> None:
        """Take the file, then the topic, and listen for questions.

        Raises:
            ConfigurationError: Another process holds the file, or it belongs to another topic.
            ShutdownRequested: `stop` was set while the broker was away.
            ContractError: A field of a schema has no confidentiality class.
            FatalError: There is no movements topic.
        """
        policy.require_contract()
        self._store = Store(self.settings.file, self.settings.memory_limit)
        self._questions = Questions(self._store.cursor)
        self._releases = Releases(self._store.cursor)
        self._measures = Measures(self.settings, self.metrics, self._store.cursor)
        self._measures.begin()
        self._judge = Judge(self.kafka, self.settings.name, self.directory)
        self._redrives = Redrives(self._judge, self._store.cursor)
        handlers = self._questions.handlers() | self._releases.handlers() | self._redrives.handlers()
        self._service = Service(self.settings.file, handlers)
        self._service.start()
        self._intake = Intake(self.kafka, self.settings.name)
        identity = self._patiently(self._identity)
        self._store.claim(identity)
        self._patiently(lambda: presence.require(self.kafka, [topics.dead_letters(self.settings.name)]))
        self._outbox = Outbox(self.kafka, identity)
        self._patiently(self._remember)
        known, lookup = self._store.writer_schemas(), Registry(self.kafka).schema_of
        self._writers = Writers(known, lookup)
        self._signature_writers = Writers(known, lookup, "signature")
        self._reached = self._store.next_offsets()
        self._intake.begin(self._coverage())
        self._patiently(self._find_partitions)
        logger().info(LogEvent.STARTED, partitions=len(self._reached))
        self._progress = Progress(dict(self._reached), self._patiently(self._intake.ends), self.show)
        self._progress.moved(self._reached)

    def run(self, *, until_end: bool = False) -> Totals:
        """Store what arrives until `stop` is set, or with `until_end` up to what is there now.

        Raises:
            FatalError: The topic lost records, or the file cannot be written.
        """
        try:
            targets = self._patiently(self._intake.ends) if until_end else None
            while not self.stop.is_set() and not self._has_reached(targets, self._reached):
                self.once(is_over=lambda batch: self._is_over(targets, batch))
        except ShutdownRequested:
            logger().info(LogEvent.STOPPING)
        self._send_dead_letters()
        return self.totals

    def once(self, *, is_over: Callable[[Batch], bool] = lambda _: False) -> None:
        """Turn the loop once: at most one batch."""
        self.health.turned()
        batch = self._intake.collect(
            rows=self.settings.batch_rows,
            seconds=self.settings.batch_seconds,
            is_over=is_over,
            patiently=self._patiently,
        )
        if batch.values or batch.broken:
            self._take(batch)
        self._reached |= batch.next_offsets
        self._progress.moved(self._reached)
        self._redrive()
        if time.monotonic() - self._looked_at >= LOOK_INTERVAL_SECONDS:
            self._look_around()

    def close(self) -> None:
        """Let go of file, socket and broker, of what was opened."""
        if hasattr(self, "_questions"):
            self._questions.close()
        for name in ("_service", "_intake", "_store"):
            opened = getattr(self, name, None)
            if opened is not None:
                opened.close()

    def _take(self, batch: Batch) -> None:
        self.on_step("collected")
        accepted = self._patiently(lambda: self._accepted(batch))
        self.on_step("checked")
        self._store.append(batch, accepted, self.on_step)
        self._recall.forget(batch)
        self._writers.stored()
        self._signature_writers.stored()
        self._intake.movements.show_progress(batch.next_offsets)
        self.on_step("shown to Kafka")
        self._count(batch, accepted)

    def _accepted(self, batch: Batch) -> Accepted:
        accepted = judged(batch, self._writers, self.on_step)
        accepted.schemas = self._writers.new | self._signature_writers.new
        return self._recall.applied(batch, accepted)

    def _remember(self) -> None:
        """Learn from the topic of dead letters what the file does not know: see `Recall`."""
        schemas = Remembered(self._store.writer_schemas(), Registry(self.kafka).schema_of)
        told = [item.letter for item in all_letters(self.kafka, self.settings.name, schemas)]
        self._store.keep(schemas.new)
        self._recall = Recall.of(told, self._store.letterbox.all())
        if self._recall.redriven:
            batch = self._judge.reread(self._recall.redriven)
            accepted = judged(batch, self._judge.writers())
            self._store.redrive(batch, accepted, self._recall.numbers, self._recall.first)

    def _redrive(self) -> None:
        """Store what was asked for and is due."""
        part = self._redrives.due()
        if part is None:
            return
        # Less than was due where somebody else has asked for the same.
        new = self._store.redrive(part.batch, part.accepted, {}, self._recall.first, self.on_step)
        self._send_dead_letters()
        self._redrives.done()
        rows = new.events.rows.height
        self.totals.rows += rows
        self._measures.redriven(new)
        self._measures.look(self.clock())
        logger().info(LogEvent.REDRIVEN, rows=rows, dead_letters=len(new.dead_letters))

    def _has_reached(self, targets: dict[int, int] | None, reached: dict[int, int]) -> bool:
        if targets is None or not self._intake.is_settled:
            return False
        return all(reached.get(place, 0) >= end for place, end in targets.items())

    def _is_over(self, targets: dict[int, int] | None, batch: Batch) -> bool:
        return self.stop.is_set() or self._has_reached(targets, self._reached | batch.next_offsets)

    def _look_around(self) -> None:
        """Notice new partitions, send what waits, measure; a broker that is away is seen here."""
        self._looked_at = time.monotonic()
        self._close_epochs()
        self._measures.look(self.clock())
        try:
            # A topic that was made anew has other records at the same offsets.
            self._store.claim(self._identity())
            self._find_partitions()
            stable = self._intake.movements.ends(is_stable=True)
            self._measures.lag(self._reached, stable, self._intake.ends())
        except RetriableError as error:
            self._wait(error)
            return
        self.health.answered(Awaited.BROKER)
        self._send_dead_letters()

    def _close_epochs(self) -> None:
        """Cut the epochs whose time is over, once the first one was released: by the clock."""
        release = self.settings.release
        closed = self._releases.close(
            lambda names: [
                epoch.name for epoch in closed_since(release.epoch, release.lateness, self.clock(), names)
            ]
        )
        for epoch in closed:
            logger().info(LogEvent.EPOCH_CLOSED, epoch=epoch)

    def _find_partitions(self) -> None:
        for partition in sorted(self._intake.find_partitions()):
            self._reached.setdefault(partition, 0)
            logger().info(LogEvent.PARTITION_FOUND, partition=partition)

    def _identity(self) -> Identity:
        """Return whose file can be filled from here."""
        movements, signatures = self._intake.movements, self._intake.signatures
        cluster = movements.cluster_id()
        ids = movements.topic_id(), signatures.topic_id()
        return Identity(self.settings.name, cluster, topics.MOVEMENTS, *ids)

    def _coverage(self) -> Coverage:
        """Return what is read and not settled, as the file says: nothing yet."""
        return Coverage(
            self.directory,
            self._signature_writers,
            self._reached,
            self._store.custody(),
            self._store.stored_behind(),
        )

    def _send_dead_letters(self) -> None:
        """Send what waits in the outbox; what cannot leave now stays there, and the stream goes on."""
        try:
            while self._outbox.send(self._store):
                self.on_step("dead letters sent")
        except FencedError:
            raise
        except WeighbridgeError as error:
            self.health.lacks(Awaited.DEAD_LETTERS, error)
        else:
            self.health.answered(Awaited.DEAD_LETTERS)

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """Ask broker or registry until they answer."""
        awaited = set[Awaited]()
        while True:
            try:
                answer = ask()
            except RetriableError as error:
                self._wait(error)
                awaited.add(error.awaited)
                if self.stop.is_set():
                    raise ShutdownRequested from error
            else:
                if awaited:
                    self.health.answered(*awaited)
                return answer

    def _wait(self, error: RetriableError) -> None:
        """Wait a little before the next attempt."""
        self.health.waits(error)
        self.stop.wait(_RETRY_SECONDS)

    def _count(self, batch: Batch, accepted: Accepted) -> None:
        rows, letters = accepted.events.rows.height, accepted.dead_letters
        self.totals.batches += 1
        self.totals.rows += rows
        self.totals.dead_letters += len(letters)
        self._measures.stored(batch, accepted)
        self._tell_broken(batch)
        logger().info(LogEvent.BATCH_STORED, rows=rows, dead_letters=len(letters))

    def _tell_broken(self, batch: Batch) -> None:
        """Raise the alarm: once a batch for each kind of breach, with the first place of it."""
        self.totals.breaches += len(batch.broken)
        first = {(broken.agency, broken.breach): broken for broken in reversed(batch.broken)}
        for breach, agency, partition, offset in first.values():
            logger().error(
                LogEvent.LEDGER_BROKEN,
                reason=breach,
                of=agency,
                partition=partition,
                offset=offset,
                hint=BREACH_HINTS[breach],
            )
        for breach, count in Counter(broken.breach for broken in batch.broken).items():
            self._measures.broken(breach, count)
