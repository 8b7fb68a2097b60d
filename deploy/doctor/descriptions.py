"""What the broker tells our user of topics and groups, and which operations on them it allows him."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AdminClient,
    ConsumerGroupDescription,
    TopicDescription,
)

from deploy.exchange.waiting import until
from schemas.errors import RetriableError
from schemas.runtime import clients

_COORDINATORS = {
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
}
_TIME = {"request_timeout": clients.REQUEST_TIMEOUT_SECONDS}


def names(admin: AdminClient) -> list[str]:
    """Return the topics that the user may see; raises RetriableError."""
    try:
        return [*admin.list_topics(timeout=clients.REQUEST_TIMEOUT_SECONDS).topics]
    except KafkaException as error:
        raise _away(error) from None


def of_topics(admin: AdminClient, names: Iterable[str]) -> dict[str, TopicDescription | int]:
    """Return each topic, or the code of the error in its place; raises RetriableError."""
    asked = TopicCollection([*names])
    answers = admin.describe_topics(asked, include_authorized_operations=True, **_TIME)
    return {name: _answered(future) for name, future in answers.items()}


def of_groups(admin: AdminClient, names: Iterable[str]) -> dict[str, ConsumerGroupDescription | int]:
    """Return each consumer group, whether it has members or not, likewise."""
    asked, found = [*names], dict[str, ConsumerGroupDescription | int]()

    def is_ready() -> bool:
        answers = admin.describe_consumer_groups(asked, include_authorized_operations=True, **_TIME)
        found.update({name: _answered(future) for name, future in answers.items()})
        return _COORDINATORS.isdisjoint(code for code in found.values() if isinstance(code, int))

    # The first question about groups has a new cluster make what keeps them.
    if not until(is_ready, timeout_seconds=clients.REQUEST_TIMEOUT_SECONDS, interval_seconds=0.5):
        raise RetriableError("the broker does not tell of groups", hint="try again in a minute")
    return found


def _answered(future: Future[Any]) -> Any:
    try:
        return future.result(clients.REQUEST_TIMEOUT_SECONDS * 2)
    except KafkaException as error:
        cause = error.args[0]
        if cause.code() < 0:
            raise _away(error) from None
        return cause.code()
    except TimeoutError:
        raise RetriableError("the broker does not answer", hint="is it up? try again") from None


def _away(error: KafkaException) -> RetriableError:
    return RetriableError(f"the broker does not answer: {error.args[0].name()}", hint="is it up? try again")
