"""An epoch that a hub does not release: a record on the ledger, so that others do not wait for ever."""

from __future__ import annotations

from datetime import datetime

from consumers.release import calendar
from consumers.release.publish import own_keys, releaser
from consumers.release.release import Slot, skipped
from schemas.directory import Directory
from schemas.errors import ConfigurationError
from schemas.runtime.logs import logger
from schemas.settings import HubSettings, KafkaSettings
from schemas.telemetry import LogEvent


def skip(
    settings: HubSettings, epoch: str, kafka: KafkaSettings, now: datetime, directory: Directory | None = None
) -> None:
    """Put on the ledger that a hub does not release an epoch, so that the next hub or epoch has its turn.

    It takes the hub's own key, and not its file. What the epoch would have published comes with the next one.

    Raises:
        ConfigurationError: It is not its turn, or the epoch is not closed.
        FencedError: A release of this hub runs.
        RetriableError: Broker or registry do not answer.
    """
    release = settings.release
    wanted = calendar.named(release.epoch, epoch)
    closes_at = wanted.closes_at(release.lateness)
    if closes_at > now:
        raise ConfigurationError(
            f"{epoch} is still open", hint=f"it closes at {closes_at:%Y-%m-%d %H:%M} UTC"
        )
    own = own_keys(release)
    skipping = releaser(settings.name, release, kafka, own, directory)
    skipping.open()
    turn = skipping.ledger.turn(wanted)
    if turn != (settings.name, wanted):
        raise ConfigurationError(
            f"it is the turn of {turn.hub} in {turn.epoch.name}", hint="weighbridge release show"
        )
    slot = Slot(settings.name, wanted, closes_at, skipping.ledger.head, skipping.ledger.order)
    skipping.publish(skipped(slot, own.signing))
    logger().info(LogEvent.RELEASE_SKIPPED, epoch=epoch)
