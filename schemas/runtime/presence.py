"""Whether the topics that a process needs are there, asked before it starts.

Without asking, a missing topic shows only as records that time out, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaException

from schemas.errors import FatalError
from schemas.runtime import clients
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings


def require(kafka: KafkaSettings, topics: Iterable[str]) -> None:
    """Check that topics exist; none is created by asking.

    Raises:
        FatalError: A topic is missing.
        RetriableError: The broker does not answer.
    """
    admin = clients.admin(kafka)
    try:
        found = admin.list_topics(timeout=clients.REQUEST_TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise classified(error, "list topics") from error
    missing = sorted(set(topics) - set(found))
    if missing:
        raise FatalError(
            f"topic {', '.join(missing)} is missing",
            hint="weighbridge topics apply, with --agency or --hub for one of theirs; "
            "if it is there, this user may not use it: weighbridge topics acl",
        )
