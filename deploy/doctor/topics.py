"""The topics: whether they are there, shaped and configured as declared, and take what we write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    ConfigResource,
    ResourceType,
    TopicDescription,
)

from deploy import topics as deployed
from deploy.doctor.check import Finding, fail, ok, skipped, warn
from deploy.doctor.installation import Installation
from schemas import topics
from schemas.errors import ConfigurationError, RetriableError
from schemas.runtime import clients

_APPLY = "the operator of the exchange: weighbridge topics apply"
_OPERATOR = "the operator sees it: weighbridge topics plan"
# What librdkafka sends at most in one request, by default.
_RECORD_BYTES_MIN = 1_000_000
# Facts reach an exchange years later: of those the keys know, the oldest are of 2010.
_DAYS_MIN = 20 * 365
_DAY_MS = 24 * 3600 * 1000
_BYTES, _AGE, _STAMP = "max.message.bytes", "message.timestamp.before.max.ms", "message.timestamp.type"


def presence(installation: Installation) -> Iterator[Finding]:
    """Look whether the topics are there, and have as many partitions as others to which they belong."""
    found, there = installation.known_topics, 0
    missing = defaultdict[str, list[str]](list)
    for name in dict.fromkeys([*(topic.name for topic in installation.wanted()), *installation.sealed]):
        if found[name] == KafkaError.UNKNOWN_TOPIC_OR_PART:
            missing[f"{_APPLY} {_members(installation, name)}"].append(name)
        elif found[name] == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            yield skipped(f"{name}: this user may not look at it: see grants.needed")
        else:
            there += 1
    for remedy, names in missing.items():
        yield fail(f"missing: {', '.join(names)}", remedy)
    yield from _pairs(found)
    if there:
        yield ok(f"{there} topics are there")


def configuration(installation: Installation) -> Iterator[Finding]:
    """Look whether those that are there have the partitions, replicas and settings that are declared."""
    found = installation.known_topics
    movements = found[topics.MOVEMENTS]
    partitions = topics.MOVEMENT_PARTITIONS
    if isinstance(movements, TopicDescription):
        partitions = len(movements.partitions)
    there = [
        topic for topic in installation.wanted(partitions) if isinstance(found[topic.name], TopicDescription)
    ]
    try:
        steps = deployed.plan(installation.settings.kafka, there)
    except ConfigurationError:
        yield skipped("this user may not look at settings of topics", _OPERATOR)
        return
    for step in steps:
        is_conflict = step.action is deployed.Action.CONFLICT
        remedy = "reassign or copy it with Kafka's own tools" if is_conflict else _APPLY
        text = step.detail if is_conflict else f"should have {step.detail}"
        yield fail(f"{step.topic.name} {text}", remedy)


def limits(installation: Installation) -> Iterator[Finding]:
    """Look whether the ledger takes records as large and as old as we write them."""
    if not isinstance(installation.known_topics[topics.MOVEMENTS], TopicDescription):
        yield skipped(f"{topics.MOVEMENTS} cannot be looked at")
        return
    try:
        found = _settings(installation, topics.MOVEMENTS)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise RetriableError(error.args[0].name(), hint="is the broker up? try again") from None
        yield skipped("this user may not look at settings of topics", _OPERATOR)
        return
    yield from _of_sizes(int(found[_BYTES].value))
    yield from _of_times(int(found[_AGE].value), str(found[_STAMP].value))


def _of_sizes(bytes_max: int) -> Iterator[Finding]:
    if bytes_max < _RECORD_BYTES_MIN:
        yield fail(
            f"{topics.MOVEMENTS} takes {bytes_max} bytes at once, and we send up to {_RECORD_BYTES_MIN}",
            f"raise {_BYTES} of the topic, or message.max.bytes of the broker",
        )
    else:
        yield ok(f"{_BYTES} is {bytes_max}")


def _of_times(age_ms: int, stamp: str) -> Iterator[Finding]:
    if stamp != "CreateTime":
        yield warn(f"the broker replaces the times of records: {_STAMP} is {stamp}", "set it to CreateTime")
    days = age_ms // _DAY_MS
    if days < _DAYS_MIN:
        yield warn(
            f"records of more than {days} days ago are refused, also those that a copy brings",
            f"raise log.{_AGE} of the broker",
        )
    else:
        yield ok(f"{_AGE} is {age_ms}")


def _pairs(found: Mapping[str, TopicDescription | int]) -> Iterator[Finding]:
    """Compare topics of which a partition of one belongs to the same partition of the other."""
    movements, signatures = found[topics.MOVEMENTS], found[topics.SIGNATURES]
    if not isinstance(movements, TopicDescription) or not isinstance(signatures, TopicDescription):
        return
    if len(movements.partitions) != len(signatures.partitions):
        yield fail(
            f"{topics.MOVEMENTS} has {len(movements.partitions)} partitions, {topics.SIGNATURES} "
            f"{len(signatures.partitions)}: nothing that is signed in others counts",
            "the operator gives both the same number",
        )


def _settings(installation: Installation, name: str) -> dict[str, Any]:
    asked = ConfigResource(ResourceType.TOPIC, name)
    answer = installation.admin.describe_configs([asked])[asked]
    found: dict[str, Any] = answer.result(clients.REQUEST_TIMEOUT_SECONDS * 2)
    return found


def _members(installation: Installation, name: str) -> str:
    """Return for whom the operator makes a topic."""
    recipients = installation.sealed
    if name in recipients:
        return f"--agency {recipients[name]}"
    member = installation.member
    return f"--{member.role} {member.name}"
