"""Topic names and their configuration: the only place where either is written down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from schemas.errors import ConfigurationError

# How the names of all topics, groups and transactional ids begin, before a dot.
PREFIX = "weighbridge"
_DAY_MS = 24 * 3600 * 1000

# What agencies and hubs may be called: their names are part of topic names.
AGENCY = r"^[A-Z]{2}-[A-Z0-9]{1,12}$"
HUB = r"^[a-z][a-z0-9-]{0,30}$"

MOVEMENTS = f"{PREFIX}.movements"
AGGREGATES = f"{PREFIX}.aggregates"
RELEASES = f"{PREFIX}.releases"
KEYS = f"{PREFIX}.keys"
SIGNATURES = f"{PREFIX}.signatures"
# How the topics of all recipients begin, and those of nothing else; of all hubs' dead letters likewise.
SEALED_PREFIX = f"{PREFIX}.sealed."
DEAD_LETTERS_PREFIX = f"{PREFIX}.deadletters."


@cache
def positions(agency: str) -> str:
    """Return the topic that holds how far an agency's sources are read."""
    return f"{PREFIX}.positions.{_checked(agency, AGENCY).lower()}"


@cache
def rejects(agency: str) -> str:
    """Return the topic of the documents that an agency's adapters refused."""
    return f"{PREFIX}.rejects.{_checked(agency, AGENCY).lower()}"


@cache
def sealed(recipient: str) -> str:
    """Return the topic of what is sealed to one member of the exchange."""
    return f"{SEALED_PREFIX}{_checked(recipient, AGENCY).lower()}"


def dead_letters(hub: str) -> str:
    """Return the topic of the records that a hub refused."""
    return f"{DEAD_LETTERS_PREFIX}{_checked(hub, HUB)}"


def agency_transactions(agency: str) -> str:
    """Return how the transactional ids of an agency begin; its sources' names follow."""
    return f"{PREFIX}.{_checked(agency, AGENCY).lower()}."


def hub_transactions(hub: str) -> str:
    """Return how the transactional ids of a hub begin: as no agency's, whatever the hub is called."""
    return f"{hub_group(hub)}."


def hub_group(hub: str) -> str:
    """Return the consumer group of a hub."""
    return f"{PREFIX}.hub.{_checked(hub, HUB)}"


def reader_group(topic: str) -> str:
    """Return the consumer group of whoever reads a topic from its begin; it commits nothing."""
    return f"{PREFIX}.reader.{topic}"


def subject(topic: str) -> str:
    """Return the registry subject of a topic's values (TopicNameStrategy)."""
    return f"{topic}-value"


def _checked(name: str, pattern: str) -> str:
    if not re.fullmatch(pattern, name):
        raise ConfigurationError(
            f"{name!r} names no agency or hub", hint="agencies are called like US-EPA, hubs like north-1"
        )
    return name


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be; `record` names the Avro record of its values."""

    name: str
    record: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


_FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
_COMPACT = {"cleanup.policy": "compact"}
# What is shredded has to go soon: the broker's default may keep old values for ever.
_SHREDDED_WITHIN_MS = str(_DAY_MS)
_SHREDDED = {
    "cleanup.policy": "compact",
    "max.compaction.lag.ms": _SHREDDED_WITHIN_MS,
    "segment.ms": _SHREDDED_WITHIN_MS,
    "delete.retention.ms": _SHREDDED_WITHIN_MS,
}
_400_DAYS = {"cleanup.policy": "delete", "retention.ms": str(400 * _DAY_MS)}


MOVEMENT_PARTITIONS = 12


def exchange_topics(movement_partitions: int = MOVEMENT_PARTITIONS) -> tuple[Topic, ...]:
    """Return the topics that everybody shares."""
    return (
        Topic(MOVEMENTS, "movement", movement_partitions, _FOR_EVER),
        # As many as of movements: a signature lies in the partition of the number of its records'.
        Topic(SIGNATURES, "signature", movement_partitions, _FOR_EVER),
        keys_topic(),
        Topic(AGGREGATES, "observation", 1, _FOR_EVER),
        # One partition: it gives all releases of an event domain one order.
        Topic(RELEASES, "release", 1, _FOR_EVER),
    )


def keys_topic() -> Topic:
    """Return the topic of wrapped data keys."""
    return Topic(KEYS, "data_key", 1, _SHREDDED)


def sealed_topic(recipient: str) -> Topic:
    """Return the topic of what is sealed to one member."""
    return Topic(sealed(recipient), "sealed_part", 1, _COMPACT)


def agency_topics(agency: str) -> tuple[Topic, ...]:
    """Return the topics of one agency."""
    return (
        Topic(positions(agency), "position", 1, _COMPACT),
        Topic(rejects(agency), "reject", 1, _400_DAYS),
        sealed_topic(agency),
    )


def hub_topics(hub: str) -> tuple[Topic, ...]:
    """Return the topics of one hub."""
    return (Topic(dead_letters(hub), "dead_letter", 1, _COMPACT),)


def all_topics(
    agencies: Iterable[str] = (), hubs: Iterable[str] = (), movement_partitions: int = MOVEMENT_PARTITIONS
) -> tuple[Topic, ...]:
    """Return the shared topics and those of some agencies and hubs."""
    return (
        *exchange_topics(movement_partitions),
        *(topic for agency in agencies for topic in agency_topics(agency)),
        *(topic for hub in hubs for topic in hub_topics(hub)),
    )
