"""The plan of a release, made from what a hub holds now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from consumers.hub.offline import answered
from consumers.release import calendar, deciding, periods, plan, tables
from consumers.release.publish import own_keys
from consumers.release.workspace import workspace
from schemas.settings import HubSettings


def planned(settings: HubSettings, now: datetime) -> list[dict[str, Any]]:
    """Return what every detail of every table would withhold, as `plan.plan` has it. Confidential.

    Nothing is released, stored or changed; no broker is asked.

    Args:
        settings: Of the hub; without keys p is what it says and not what a release adds to it.
        now: Decides which epoch was closed last, and so which periods are shown.

    Raises:
        ConfigurationError: There is no such file, or the tables cannot be made.
    """
    release = settings.release
    hub = str(answered(settings.file, settings.memory_limit, "status").get("hub") or settings.name)
    key = b"" if release.keys is None else own_keys(release).hub
    epoch = calendar.last_closed(release.epoch, release.lateness, now)
    with workspace(settings.file) as folder:
        path = folder / deciding.CONTRIBUTIONS
        answered(settings.file, settings.memory_limit, "contributions", path=str(path))
        contributions = pl.read_parquet(path)
    shown = periods.of_epoch(epoch, release).shown
    return plan.plan(contributions, tables.configured(hub, release, key), shown).to_dicts()
