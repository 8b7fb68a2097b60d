"""Observations as subscribers read them from the aggregates topic.

Only committed records are seen, so a release is either there whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas import topics
from schemas.runtime.decoding import Decoder
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings


def observations(
    kafka: KafkaSettings, hub: str | None = None, epoch: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield every observation that is published now, in the order of publication.

    Args:
        kafka: Where to read.
        hub: Only those of this hub.
        epoch: Only those of this epoch.

    Raises:
        RetriableError: Broker or registry do not answer.
    """
    decoder = Decoder("observation", Registry(kafka))
    for found in decoder.records(kafka, topics.AGGREGATES):
        if hub in {None, found["hub"]} and epoch in {None, found["epoch"]}:
            del found["padding"]
            yield found | {"release_id": found["release_id"].hex()}
