"""What was released, as everybody may know it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from consumers.release.figures import FREE
from consumers.release.publish import entries
from consumers.subscribe.observations import observations
from schemas.settings import KafkaSettings


def rows(kafka: KafkaSettings, hub: str | None = None) -> list[dict[str, Any]]:
    """Return one row for each release record, in the order of the ledger.

    Args:
        kafka: Where to read.
        hub: Only those of this hub.

    Raises:
        RetriableError: Broker or registry do not answer.
    """
    free = Counter(found["release_id"] for found in observations(kafka, hub) if found["conf_status"] == FREE)
    return [
        {
            "epoch": entry.epoch,
            "hub": entry.hub,
            "status": entry.record["status"],
            "closed_at": entry.record["released_at"].isoformat(),
            "observations": entry.record["observations"],
            "free": free[entry.release_id.hex()],
            "release_id": entry.release_id.hex(),
        }
        for entry in entries(kafka)
        if hub in {None, entry.hub}
    ]
