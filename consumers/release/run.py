"""The run of a release: ask the hub for contributions, decide, publish once an epoch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from consumers.disclosure.primary import PrimaryRules
from consumers.hub.offline import answered
from consumers.release import table
from consumers.release.publish import Releaser
from consumers.release.release import composed
from consumers.release.table import Cell
from schemas.errors import ConfigurationError
from schemas.runtime.logs import logger
from schemas.settings import HubSettings, KafkaSettings
from schemas.telemetry import LogEvent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of a release did.

    Attributes:
        is_new: False where the epoch had been released before; then nothing was published.
        free: Published cells with a value.
        confidential: Published cells without one.
    """

    hub: str
    epoch: str
    is_new: bool
    free: int = 0
    confidential: int = 0


def run(
    settings: HubSettings,
    kafka: KafkaSettings,
    epoch: str,
    now: datetime,
    on_step: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Release what the hub's file holds now, unless the epoch has been released.

    Raises:
        ConfigurationError: The file is absent or empty.
        FencedError: Another release of this hub runs.
        RetriableError: Broker or registry do not answer; nothing was published.
    """
    hub = _hub(settings)
    releaser = Releaser(kafka, hub, on_step)
    releaser.open()
    if epoch in releaser.released:
        return Outcome(hub, epoch, is_new=False)
    contributions, cut = _contributions(settings)
    rules = PrimaryRules(settings.release.min_groups, settings.release.p_percent)
    cells = table.decided(contributions, rules)
    release = composed(
        hub=hub, epoch=epoch, cells=cells, cut=cut, predecessor=releaser.predecessor, released_at=now
    )
    releaser.publish(release)
    logger().info(LogEvent.RELEASED, epoch=epoch, observations=len(cells))
    return _outcome(hub, epoch, cells)


def _outcome(hub: str, epoch: str, cells: list[Cell]) -> Outcome:
    confidential = sum(cell.mass_g is None for cell in cells)
    return Outcome(hub, epoch, is_new=True, free=len(cells) - confidential, confidential=confidential)


def _hub(settings: HubSettings) -> str:
    """Return the name under which the file was filled: a release belongs to it, not to a setting."""
    status: Mapping[str, Any] = answered(settings.file, settings.memory_limit, "status")
    if not status.get("hub"):
        raise ConfigurationError(f"{settings.file} holds nothing yet", hint="weighbridge hub run")
    return str(status["hub"])


def _contributions(settings: HubSettings) -> tuple[pl.DataFrame, dict[int, int]]:
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
        path = Path(folder) / "contributions.parquet"
        answer = answered(settings.file, settings.memory_limit, "contributions", path=str(path))
        cut = {int(partition): int(offset) for partition, offset in answer["cut"].items()}
        return pl.read_parquet(path), cut
