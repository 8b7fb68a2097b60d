"""Who may do what: the least that agencies, hubs and subscribers need, from the same names as the topics.

Kafka refuses what nobody granted. A right to read or write includes the one to describe. Nothing
is needed on the cluster: a transactional writer is idempotent by its transactional id, and whoever
may describe a topic may learn its cluster's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from schemas import topics


class Role(StrEnum):
    """What a principal is; one principal has one role."""

    AGENCY = "agency"
    HUB = "hub"
    SUBSCRIBER = "subscriber"


class Resource(StrEnum):
    """What a grant is about, as Kafka names it."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


class Operation(StrEnum):
    """What is granted, as Kafka names it."""

    READ = "Read"
    WRITE = "Write"
    DESCRIBE = "Describe"


@dataclass(frozen=True, slots=True)
class Grant:
    """One right.

    Attributes:
        is_prefix: Also of everything whose name begins so.
        reason: What it is for, for people.
    """

    resource: Resource
    name: str
    operation: Operation
    reason: str
    is_prefix: bool = False

    def covers(self, name: str) -> bool:
        """Say whether it is about what is called so."""
        return name.startswith(self.name) if self.is_prefix else name == self.name


def agency_grants(agency: str) -> tuple[Grant, ...]:
    """Return what the adapters of an agency need."""
    return (
        _topic(topics.MOVEMENTS, Operation.WRITE, "its events"),
        _topic(topics.SIGNATURES, Operation.WRITE, "what it signs of them"),
        _topic(topics.KEYS, Operation.WRITE, "data keys, wrapped for those who may open"),
        *_reading(topics.KEYS, "its own data keys at the start, and those that others wrapped for it"),
        _topic(topics.SEALED_PREFIX, Operation.WRITE, "parts sealed to each recipient", is_prefix=True),
        *_reading(topics.sealed(agency), "what is sealed to it"),
        _topic(topics.positions(agency), Operation.WRITE, "how far its sources are read"),
        *_reading(topics.positions(agency), "where to go on after a start"),
        _topic(topics.rejects(agency), Operation.WRITE, "documents that it refused"),
        *_reading(topics.rejects(agency), "the same, for their repair"),
        *_reading(topics.DEAD_LETTERS_PREFIX, "which of its records hubs refused", is_prefix=True),
        _transactions(topics.agency_transactions(agency), "one for each of its sources"),
    )


def hub_grants(hub: str) -> tuple[Grant, ...]:
    """Return what a hub and its releases need."""
    return (
        _topic(topics.MOVEMENTS, Operation.READ, "the events of all agencies"),
        _topic(topics.SIGNATURES, Operation.READ, "whether they are their agency's"),
        Grant(Resource.GROUP, topics.hub_group(hub), Operation.READ, "to show its lag; never read back"),
        _topic(topics.dead_letters(hub), Operation.WRITE, "records that it refused"),
        *_reading(topics.dead_letters(hub), "the same, for its operators and for a new file"),
        _topic(topics.AGGREGATES, Operation.WRITE, "the figures of its releases"),
        _topic(topics.RELEASES, Operation.WRITE, "its releases"),
        *_reading(topics.RELEASES, "what was released before"),
        *_reading(topics.AGGREGATES, "figures of regions that another hub owns"),
        _transactions(topics.hub_transactions(hub), "dead letters and releases"),
    )


def subscriber_grants(_: str = "") -> tuple[Grant, ...]:
    """Return what a subscriber or an auditor of what is published needs."""
    return (
        *_reading(topics.AGGREGATES, "published figures"),
        *_reading(topics.RELEASES, "what they were released by"),
    )


_GRANTS: dict[Role, Callable[[str], tuple[Grant, ...]]] = {
    Role.AGENCY: agency_grants,
    Role.HUB: hub_grants,
    Role.SUBSCRIBER: subscriber_grants,
}


@dataclass(frozen=True, slots=True)
class Member:
    """An agency, hub or subscriber, and under which principal it connects: User:us-epa, User:CN=us-epa."""

    role: Role
    name: str
    principal: str

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What it needs."""
        return _GRANTS[self.role](self.name)


def shared_principals(members: Iterable[Member]) -> list[str]:
    """Return the principals of more than one member: each could do what only the other may."""
    principals = [member.principal for member in members]
    return sorted({principal for principal in principals if principals.count(principal) > 1})


def _topic(name: str, operation: Operation, reason: str, *, is_prefix: bool = False) -> Grant:
    return Grant(Resource.TOPIC, name, operation, reason, is_prefix)


def _reading(topic: str, reason: str, *, is_prefix: bool = False) -> tuple[Grant, Grant]:
    """Return what reading a topic from its begin takes; its group commits nothing and has no members."""
    group = topics.reader_group(topic)
    return (
        _topic(topic, Operation.READ, reason, is_prefix=is_prefix),
        Grant(Resource.GROUP, group, Operation.DESCRIBE, f"to read {topic}", is_prefix),
    )


def _transactions(prefix: str, reason: str) -> Grant:
    return Grant(Resource.TRANSACTIONAL_ID, prefix, Operation.WRITE, reason, is_prefix=True)
