"""Topics as they should be against topics as they are: what an operator plans and applies.

Nothing else in weighbridge creates a topic. Partitions of an existing topic are never
changed: the key of a movement would fall into another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from deploy.exchange.waiting import until
from schemas.errors import ContractError, RetriableError
from schemas.runtime import clients, presence
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings
from schemas.topics import Topic

REPLICAS_MAX = 3


class Action(StrEnum):
    """What a step does."""

    CREATE = "create"
    CONFIGURE = "configure"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Step:
    """One difference between a topic as it is and as it should be.

    Attributes:
        config: Settings that are set: all of a new topic, the differing ones of another.
        replicas: Of a new topic: as many as there are brokers, three at most.
    """

    topic: Topic
    action: Action
    detail: str
    config: dict[str, str]
    replicas: int


def plan(kafka: KafkaSettings, wanted: Iterable[Topic]) -> list[Step]:
    """Return the steps that lead to the topics wanted; none where all is as it should be.

    Raises:
        RetriableError: The broker does not answer.
    """
    admin = clients.admin(kafka)
    cluster = presence.listed(admin, "topics")
    replicas = min(REPLICAS_MAX, len(cluster.brokers))
    steps = []
    for topic in wanted:
        settings = config(topic, replicas)
        if topic.name not in cluster.topics:
            detail = f"{topic.partitions} partitions, {replicas} replicas"
            steps.append(Step(topic, Action.CREATE, detail, settings, replicas))
        else:
            found = cluster.topics[topic.name].partitions
            steps += _conflicts(topic, found, replicas)
            steps += _differences(admin, topic, settings, replicas)
    return steps


def apply(kafka: KafkaSettings, wanted: Iterable[Topic]) -> list[Step]:
    """Do the steps of `plan` and return them.

    Raises:
        ContractError: A topic has another number of partitions or replicas; nothing was changed.
        RetriableError: The broker does not answer or refuses.
    """
    steps = plan(kafka, wanted)
    conflicts = [step for step in steps if step.action is Action.CONFLICT]
    if conflicts:
        raise ContractError(
            "; ".join(f"{step.topic.name}: {step.detail}" for step in conflicts),
            hint="reassign replicas with Kafka's own tools; copy a topic with other partitions into a new "
            "one, or give --partitions as they are",
        )
    admin = clients.admin(kafka)
    for step in steps:
        _do(admin, step)
    _wait_for(admin, {step.topic.name for step in steps if step.action is Action.CREATE})
    return steps


def config(topic: Topic, replicas: int) -> dict[str, str]:
    """Return the settings of a topic that has so many replicas."""
    # With two replicas of which both must confirm, one broker away would stop all writing.
    in_sync = 2 if replicas >= REPLICAS_MAX else 1
    return {**topic.config, "min.insync.replicas": str(in_sync)}


def _conflicts(topic: Topic, found: dict[int, Any], replicas: int) -> list[Step]:
    """Return what only an operator can mend."""
    fewest = min(len(partition.replicas) for partition in found.values())
    details = []
    if len(found) != topic.partitions:
        details.append(f"has {len(found)} partitions, should have {topic.partitions}")
    if fewest < replicas:
        details.append(f"has {fewest} replicas, should have {replicas}")
    return [Step(topic, Action.CONFLICT, detail, {}, replicas) for detail in details]


def _differences(admin: AdminClient, topic: Topic, config: dict[str, str], replicas: int) -> list[Step]:
    resource = ConfigResource(ResourceType.TOPIC, topic.name)
    found: dict[str, Any] = _result(admin.describe_configs([resource])[resource])
    differing = {name: value for name, value in config.items() if found[name].value != value}
    if not differing:
        return []
    detail = ", ".join(f"{name}={value}" for name, value in differing.items())
    return [Step(topic, Action.CONFIGURE, detail, differing, replicas)]


def _wait_for(admin: AdminClient, created: set[str]) -> None:
    """Wait until the broker that answers knows what the controller has made: whoever starts next asks it."""

    def are_shown() -> bool:
        return created <= set(presence.listed(admin, "topics").topics)

    if created and not until(are_shown, timeout_seconds=clients.REQUEST_TIMEOUT_SECONDS):
        raise RetriableError("topics: the broker does not show what was made", hint="look again: topics plan")


def _do(admin: AdminClient, step: Step) -> None:
    if step.action is Action.CREATE:
        new = NewTopic(
            step.topic.name, step.topic.partitions, replication_factor=step.replicas, config=step.config
        )
        _result(admin.create_topics([new])[step.topic.name])
        return
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in step.config.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, step.topic.name, incremental_configs=entries)
    _result(admin.incremental_alter_configs([resource])[resource])


def _result(future: Future[Any]) -> Any:
    return _answered(lambda: future.result(clients.REQUEST_TIMEOUT_SECONDS * 2))


def _answered(call: Any) -> Any:
    try:
        return call()
    except KafkaException as error:
        raise classified(error, "topics") from error
    except TimeoutError as error:
        raise RetriableError("topics: the broker does not answer", hint="is it up?") from error
