"""Whether the topics that a process needs are there, asked before it starts.

Without asking, a missing topic shows only as records that time out, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AdminClient,
    ClusterMetadata,
)

from schemas.errors import FatalError
from schemas.runtime import clients
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings


def listed(admin: AdminClient, what: str) -> ClusterMetadata:
    """Return what the broker tells of its cluster, and of the topics that the user may see.

    Listed, never described: before a broker is let in (again) it knows of none, and librdkafka ends a
    process that asks it to describe the cluster then.

    Raises:
        RetriableError: The broker does not answer; `what` names the act that failed.
    """
    try:
        return admin.list_topics(timeout=clients.REQUEST_TIMEOUT_SECONDS)
    except KafkaException as error:
        raise classified(error, what) from error


def require(kafka: KafkaSettings, topics: Iterable[str]) -> None:
    """Check that topics exist; none is created by asking.

    Raises:
        FatalError: A topic is missing.
        RetriableError: The broker does not answer.
    """
    missing = sorted(set(topics) - set(listed(clients.admin(kafka), "list topics").topics))
    if missing:
        raise FatalError(
            f"topic {', '.join(missing)} is missing",
            hint="weighbridge topics apply, with --agency or --hub for one of theirs; "
            "if it is there, this user may not use it: weighbridge topics acl",
        )
