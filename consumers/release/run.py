"""The run of a release: adopt what was published, then release what is due, epoch by epoch.

    1. Shut out every other releaser of the hub and read the ledger to its end.
    2. Adopt: every release of this hub that the file does not know is decided again from its cut.
    3. While it is this hub's turn and the epoch is closed: store the cut; take the contributions as
       of the cut; decide, in a process of its own; store the decision; publish it.

Wherever that ends, the next run goes on: a stored cut and a stored decision stay what they
are, and what stands on the topic is never published again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from consumers.hub.offline import answered, hub_name
from consumers.hub.releases import reaches
from consumers.release import calendar, deciding, decision, neighbours, parts, tables
from consumers.release.calendar import Epoch
from consumers.release.configuration import configuration_digest
from consumers.release.deciding import Decide, Question
from consumers.release.figures import FREE
from consumers.release.ledger import Entry, Turn
from consumers.release.losses import losses
from consumers.release.publish import Releaser, own_keys, releaser
from consumers.release.release import Release, Slot, composed
from consumers.release.tables import Tables
from consumers.release.workspace import workspace
from schemas.directory import Directory
from schemas.errors import ConfigurationError, FatalError, WeighbridgeError
from schemas.keystore.documents import HubDocument
from schemas.runtime.health import Health
from schemas.runtime.logs import logger
from schemas.settings import HubSettings, KafkaSettings
from schemas.telemetry import (
    CELLS_FILLED,
    CELLS_WITHHELD,
    HUB_KEYS_DRAWN,
    MASS_UNTOLD,
    RELEASE_DONE,
    RELEASE_DUE,
    RELEASE_FAILED,
    RELEASED,
    LogEvent,
    Metric,
)

_CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Published:
    """One epoch that a run has released.

    Attributes:
        free: Cells with a value.
        confidential: Cells without one.
    """

    epoch: str
    free: int
    confidential: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, and what comes next.

    Attributes:
        released: Epochs that it published, in order.
        turn: Who is next on the ledger.
        closes_at: When the epoch of that turn closes.
    """

    hub: str
    released: tuple[Published, ...]
    turn: Turn
    closes_at: datetime


@dataclass(slots=True, kw_only=True)
class Run:
    """One run for one hub.

    Attributes:
        directory: By whose keys other hubs of the ledger are known; None where there are none.
        now: By which epochs are closed.
        decide: What decides; it is called in another process.
        on_step: Told the name of each step; crash tests stop the process there.
    """

    settings: HubSettings
    kafka: KafkaSettings
    now: datetime
    directory: Directory | None = None
    decide: Decide = decision.decide
    on_step: Callable[[str], None] = lambda _: None
    health: Health = field(default_factory=lambda: Health(None))
    _hub: str = field(init=False)
    _own: HubDocument = field(init=False, repr=False)
    _tables: Tables = field(init=False, repr=False)
    _configuration: bytes = field(init=False)
    _releaser: Releaser = field(init=False)
    _kept: dict[str, str] = field(init=False)
    _last: Entry | None = None
    _facts: dict[Metric, float] = field(default_factory=dict)

    def run(self) -> Outcome:
        """Release every epoch that is due, and leave in the file what operators are told of it.

        Raises:
            ConfigurationError: File, keys or directory are absent, or the file is behind the last release.
            FencedError: Another release of this hub runs.
            FatalError: What was published cannot be had again from its cut, or a decision failed.
            RetriableError: Broker or registry do not answer; nothing is published in part.
        """
        try:
            outcome = self._released()
        except WeighbridgeError:
            self._tell(RELEASE_FAILED)
            raise
        self._tell(RELEASE_DONE)
        return outcome

    def _released(self) -> Outcome:
        self._hub = hub_name(self.settings.file, self.settings.memory_limit)
        self._own = own_keys(self.settings.release)
        self._tables = tables.configured(self._hub, self.settings.release, self._own.hub)
        self._configuration = configuration_digest(self.settings.release)
        self._releaser = releaser(self._hub, self.settings.release, self.kafka, self._own, self.directory)
        self._releaser.on_step = self.on_step
        self._releaser.open()
        state = self._ask("release_state")
        self._kept = state["decisions"]
        self._adopt()
        first = min(map(calendar.parsed, state["cuts"]), default=self._newest())
        released = []
        while self._is_due(turn := self._releaser.ledger.turn(first)):
            released.append(self._release(turn.epoch))
        self._facts[RELEASE_DUE] = self._closing(self._next(turn)).timestamp()
        drawn_at = datetime.combine(self._own.drawn_on, time(), UTC)
        self._facts[HUB_KEYS_DRAWN] = drawn_at.timestamp()
        return Outcome(self._hub, tuple(released), turn, self._closing(turn.epoch))

    def _adopt(self) -> None:
        """Have the file know every release of this hub on the topic, and nothing else in its place."""
        for entry in self._releaser.ledger.of(self._hub):
            if not entry.is_released:
                self._forget(entry.epoch)
                continue
            if self._kept.get(entry.epoch) != entry.record["observations_digest"].hex():
                self._decide_again(entry)
            self._last = entry
        self.on_step("adopted")

    def _forget(self, epoch: str) -> None:
        if self._kept.pop(epoch, None) is not None:
            self._ask("release_forget", epoch=epoch)

    def _decide_again(self, entry: Entry) -> None:
        """Decide from the cut of a published release what the file has lost, or never had."""
        if entry.record["configuration_digest"] != self._configuration:
            raise FatalError(
                f"{entry.epoch} was released with other tables, code lists or queries, and the file lacks it",
                hint="run once with the settings and the program of that time, then go on with these",
            )
        with workspace(self.settings.file) as folder:
            epoch = calendar.parsed(entry.epoch)
            entries = self._releaser.ledger.entries
            found = self._decided(folder, epoch, entry.cut, entries[: entries.index(entry)])
            slot = Slot(
                self._hub, epoch, entry.record["released_at"], entry.record["predecessor"], entry.order
            )
            again = self._composed(slot, found, entry.cut)
            if not again.says_the_same(entry.record):
                raise FatalError(
                    f"{entry.epoch}: what is decided from its cut differs from what was published",
                    hint="restore a backup that knows it; are rules, keys and libraries those of that time?",
                )
            self._keep(again, entry.cut, found)
        logger().info(LogEvent.RELEASE_ADOPTED, hub=self._hub, epoch=entry.epoch)

    def _release(self, epoch: Epoch) -> Published:
        cut = self._cut(epoch)
        self.on_step("cut stored")
        with workspace(self.settings.file) as folder:
            ledger = self._releaser.ledger
            found = self._pending(folder, epoch) or self._decided(folder, epoch, cut, ledger.entries)
            self.on_step("decided")
            slot = Slot(self._hub, epoch, self._closing(epoch), ledger.head, ledger.order)
            release = self._composed(slot, found, cut)
            if self._kept.get(epoch.name) != release.digest.hex():
                self._keep(release, cut, found)
            self.on_step("decision stored")
            observations = parts.read(found).observations
        self._releaser.publish(release)
        self._last = ledger.entries[-1]
        self._note(observations)
        logger().info(
            LogEvent.RELEASED, hub=self._hub, epoch=epoch.name, observations=len(release.observations)
        )
        return _counted(epoch, observations)

    def _next(self, turn: Turn) -> Epoch:
        """Return the first epoch that this hub has neither released nor skipped."""
        own = [*self._releaser.ledger.of(self._hub)]
        if not own:
            return turn.epoch
        return calendar.following(self.settings.release.epoch, calendar.parsed(own[-1].epoch))

    def _note(self, observations: pl.DataFrame) -> None:
        found = losses(observations, self._tables)
        self._facts |= {
            RELEASED: self.now.timestamp(),
            CELLS_FILLED: found.cells,
            CELLS_WITHHELD: found.withheld,
        }
        if found.untold is not None:
            self._facts[MASS_UNTOLD] = found.untold

    def _tell(self, ending: Metric) -> None:
        """Leave in the file how the run ended and what is known since; the hub shows it as metrics."""
        self._facts[ending] = self.now.timestamp()
        facts = {metric.name: value for metric, value in self._facts.items()}
        # The release is as it is, whether or not its operators can be told.
        with suppress(WeighbridgeError):
            self._ask("release_tell", facts=facts)

    def _cut(self, epoch: Epoch) -> dict[int, int]:
        """Return the cut of an epoch, which lies nowhere before that of the last release."""
        before = self._last.cut if self._last is not None else {}
        answer = self._ask("release_cut", epoch=epoch.name, at_least=before)
        cut = {int(partition): offset for partition, offset in answer.items()}
        if not reaches(cut, before):
            raise ConfigurationError(
                "the hub's file is behind the last release",
                hint="weighbridge hub run --until-end, then again",
            )
        return cut

    def _pending(self, folder: Path, epoch: Epoch) -> Path | None:
        """Return the folder with the decision that is stored and not published, None where there is none."""
        return self._loaded(folder / "pending", epoch.name) if epoch.name in self._kept else None

    def _decided(self, folder: Path, epoch: Epoch, cut: Mapping[int, int], ledger: Sequence[Entry]) -> Path:
        """Return the folder with what is decided from a cut, and from what was on the ledger before."""
        self._ask("contributions", path=str(folder / deciding.CONTRIBUTIONS), cut=cut)
        if len(self._releaser.ledger.order) > 1:
            others = neighbours.published(self.kafka, epoch.name, ledger)
            others.write_parquet(folder / deciding.ADOPTED)
        self.on_step("contributions written")
        before = None if self._last is None else self._loaded(folder / "before", self._last.epoch)
        question = Question(folder, before, epoch, self._tables)
        return deciding.decided(question, self.decide, on_wait=self.health.turned)

    def _composed(self, slot: Slot, found: Path, cut: Mapping[int, int]) -> Release:
        # A stored decision is of the configuration of its time, whatever the settings say since.
        under = found / _CONFIGURATION
        if not under.exists():
            under.write_bytes(self._configuration)
        return composed(slot, parts.read(found), cut, under.read_bytes(), self._own.signing)

    def _keep(self, release: Release, cut: Mapping[int, int], found: Path) -> None:
        digest = release.digest.hex()
        self._ask("release_keep", epoch=release.epoch, digest=digest, cut=cut, folder=str(found))
        self._kept[release.epoch] = digest

    def _loaded(self, folder: Path, epoch: str) -> Path:
        folder.mkdir()
        self._ask("release_load", epoch=epoch, folder=str(folder))
        return folder

    def _is_due(self, turn: Turn) -> bool:
        return turn.hub == self._hub and self._closing(turn.epoch) <= self.now

    def _closing(self, epoch: Epoch) -> datetime:
        return epoch.closes_at(self.settings.release.lateness)

    def _newest(self) -> Epoch:
        """Return the epoch with which a ledger begins: what was before it is in it."""
        release = self.settings.release
        return calendar.last_closed(release.epoch, release.lateness, self.now)

    def _ask(self, name: str, **arguments: Any) -> Any:
        return answered(self.settings.file, self.settings.memory_limit, name, **arguments)


def _counted(epoch: Epoch, observations: pl.DataFrame) -> Published:
    free = observations.filter(pl.col("conf_status") == FREE).height
    return Published(epoch.name, free, observations.height - free)
