"""What is to be copied: every topic of an exchange, as it is declared, and what its schemas mean there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confluent_kafka.admin import AdminClient

from schemas import topics
from schemas.errors import ContractError
from schemas.runtime import clients, presence, reading
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings
from schemas.topics import Topic

_AGENCY = re.compile(rf"{re.escape(topics.PREFIX)}\.(?:positions|rejects|sealed)\.(?P<name>.+)")
_HUB = re.compile(rf"{re.escape(topics.PREFIX)}\.deadletters\.(?P<name>.+)")
# What is named by its offsets: signatures name movements, releases name what they took and each other.
_EXACT = {topics.MOVEMENTS, topics.SIGNATURES, topics.AGGREGATES, topics.RELEASES}


@dataclass(frozen=True, slots=True)
class Part:
    """One partition to copy.

    Attributes:
        is_exact: Whether each record keeps its offset, and not only its order.
        end: Offset behind the last one at the source.
    """

    topic: str
    number: int
    is_exact: bool
    end: int


def declared(source: KafkaSettings) -> tuple[Topic, ...]:
    """Return the topics of the exchange at the source: the shared ones, and those of each member found.

    Raises:
        ContractError: There is no exchange, or a topic of our name is none of ours.
    """
    found = _partitions(clients.admin(source))
    if topics.MOVEMENTS not in found:
        raise ContractError("there is no exchange at the source", hint="look at its address")
    agencies = {match["name"].upper() for name in found if (match := _AGENCY.fullmatch(name))}
    hubs = {match["name"] for name in found if (match := _HUB.fullmatch(name))}
    wanted = topics.all_topics(sorted(agencies), sorted(hubs), found[topics.MOVEMENTS])
    strangers = {name for name in found if name.startswith(f"{topics.PREFIX}.")} - {
        one.name for one in wanted
    }
    if strangers:
        raise ContractError(
            f"not of this program: {', '.join(sorted(strangers))}",
            hint="delete what is no topic of yours, or use the release of the program that made it",
        )
    return tuple(topic for topic in wanted if topic.name in found)


def parts(source: KafkaSettings, wanted: tuple[Topic, ...]) -> list[Part]:
    """Return the partitions of topics, with their ends as of now."""
    admin = clients.admin(source)
    found = _partitions(admin)
    return [
        Part(topic.name, number, topic.name in _EXACT, reading.end(admin, topic.name, number))
        for topic in wanted
        for number in range(found[topic.name])
    ]


def differing_schemas(
    source: KafkaSettings, target: KafkaSettings, wanted: tuple[Topic, ...]
) -> Iterator[str]:
    """Yield what a record's schema id would not mean at the target what it means at the source."""
    ours, theirs = Registry(source), Registry(target)
    for topic in wanted:
        ids = ours.ids(topic)
        if missing := set(ids) - set(theirs.ids(topic)):
            yield f"{topics.subject(topic.name)}: no schema {', '.join(map(str, sorted(missing)))}"
        elif any(ours.schema_of(number) != theirs.schema_of(number) for number in ids):
            yield f"{topics.subject(topic.name)}: other schemas under the same ids"


def _partitions(admin: AdminClient) -> dict[str, int]:
    found = presence.listed(admin, "topics").topics
    return {name: len(topic.partitions) for name, topic in found.items()}
