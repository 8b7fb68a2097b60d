"""What other hubs of the ledger have published in an epoch: what is shown of regions that they own."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from consumers.release.figures import OBSERVATIONS
from consumers.release.ledger import Entry
from consumers.subscribe.observations import observations
from schemas.settings import KafkaSettings

_SCHEMA = {**OBSERVATIONS, "hub": pl.String}


def published(kafka: KafkaSettings, epoch: str, entries: Iterable[Entry]) -> pl.DataFrame:
    """Return observations of an epoch, and whose they are.

    Args:
        kafka: Where to read.
        epoch: Name of the epoch.
        entries: The releases whose observations count.

    Raises:
        RetriableError: Broker or registry do not answer.
    """
    wanted = {entry.release_id.hex() for entry in entries if entry.epoch == epoch and entry.is_released}
    found = observations(kafka, epoch=epoch) if wanted else ()
    rows = [[row[name] for name in _SCHEMA] for row in found if row["release_id"] in wanted]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
