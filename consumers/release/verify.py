"""What the topics say of all releases, checked from the topics and the directory alone.

    signature     a hub of the directory has signed each record
    history       each record names the one before it; no hub has an epoch twice or leaves one out;
                  no cut lies before the last one
    digests       the observations are those that were signed, all of them, in their order, and nothing else
    form          a cell has a value exactly where it is free; the size of a record tells nothing;
                  each release of a configuration has the same cells
    additivity    totals are the sums of their parts, and a cell is the same in all tables

What was cut off at the end of a ledger does not show: nothing follows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from consumers.hub.releases import reaches
from consumers.release import additivity, calendar
from consumers.release.blocks import PLACE
from consumers.release.figures import FREE
from consumers.release.ledger import Entry
from consumers.release.publish import entries
from consumers.release.release import (
    digest_of,
    identified,
    is_signed,
    observation_body,
    observation_key,
    release_id,
)
from schemas import framing, topics
from schemas.directory import Directory
from schemas.errors import ConfigurationError
from schemas.runtime.decoding import Decoder
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings


class Finding(NamedTuple):
    """One thing that is wrong.

    Attributes:
        rule: Which check found it.
        place: Release or record.
        text: What is wrong; shows no value.
    """

    rule: str
    place: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """An observation as it stands on the topic.

    Attributes:
        key: Of its Kafka record.
        body: Its Avro body as it was written.
        record: The fields decoded from it.
    """

    key: bytes
    body: bytes
    record: Mapping[str, Any]


@dataclass(slots=True)
class Published:
    """What stands on the topics: records in their order, and the observations of each release."""

    entries: Sequence[Entry]
    observations: dict[bytes, list[Observed]] = field(default_factory=lambda: defaultdict(list))


def read(kafka: KafkaSettings) -> Published:
    """Return what stands on the topics now.

    Raises:
        RetriableError: Broker or registry do not answer.
    """
    published = Published([*entries(kafka)])
    for record, fields in Decoder("observation", Registry(kafka)).found(kafka, topics.AGGREGATES):
        body = (record.value() or b"")[framing.HEADER_BYTES :]
        published.observations[fields["release_id"]].append(Observed(record.key() or b"", body, fields))
    return published


def verify(published: Published, directory: Directory) -> list[Finding]:
    """Return everything that is wrong with what is published."""
    return [
        *_unsigned(published.entries, directory),
        *_broken_chains(published.entries),
        *_broken_histories(published.entries),
        *(finding for entry in published.entries for finding in _of_release(entry, published)),
        *_strays(published),
        *_other_shapes(published),
    ]


def _unsigned(entries: Iterable[Entry], directory: Directory) -> Iterator[Finding]:
    for entry in entries:
        if not is_signed(entry.body, entry.record, directory.hub_keys(entry.hub)):
            yield Finding("signature", entry.place, "no key that the directory has of this hub signed it")


def _broken_chains(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield records that do not name the one before them: something was removed, added or moved."""
    for number, entry in enumerate(entries):
        members = set(entry.order)
        before = [other for other in entries[:number] if members & set(other.order)]
        expected = before[-1].release_id if before else None
        if entry.record["predecessor"] != expected:
            yield Finding("history", entry.place, "does not name the record before it as its predecessor")


def _broken_histories(entries: Sequence[Entry]) -> Iterator[Finding]:
    by_hub = defaultdict(list)
    for entry in entries:
        by_hub[entry.hub].append(entry)
    for found in by_hub.values():
        for one, other in pairwise(found):
            yield from _between(one, other)
        for one, other in pairwise(entry for entry in found if entry.is_released):
            if not reaches(other.cut, one.cut):
                yield Finding("history", other.place, "its cut lies before that of the release before it")


def _between(one: Entry, other: Entry) -> Iterator[Finding]:
    try:
        first, second = calendar.parsed(one.epoch), calendar.parsed(other.epoch)
    except ConfigurationError:
        yield Finding("history", other.place, "its epoch, or the one before it, is of no calendar")
        return
    if second.end <= first.end:
        yield Finding("history", other.place, "its epoch does not follow the one before it")
    elif second.start > first.end:
        yield Finding("history", other.place, "an epoch is missing before it")


def _of_release(entry: Entry, published: Published) -> Iterator[Finding]:
    found = published.observations.get(entry.release_id, [])
    place = entry.place
    bodies = [item.body for item in found]
    if len(found) != entry.record["observations"]:
        yield Finding("digests", place, f"{len(found)} observations, not {entry.record['observations']}")
    if digest_of(bodies) != entry.record["observations_digest"]:
        yield Finding("digests", place, "its observations are not those that were signed")
    unnamed = (identified(item.body, item.record) for item in found)
    if release_id(entry.hub, entry.epoch, unnamed, entry.record["predecessor"]) != entry.release_id:
        yield Finding("digests", place, "its identity is not that of what it says")
    for text in dict.fromkeys(text for item in found for text in _malformed(item, entry)):
        yield Finding("form", place, text)
    for text in additivity.broken([item.record for item in found]):
        yield Finding("additivity", place, text)


def _malformed(item: Observed, entry: Entry) -> Iterator[str]:
    record = item.record
    if (record["hub"], record["epoch"]) != (entry.hub, entry.epoch):
        yield "an observation names another hub or epoch"
    if item.key != observation_key(record):
        yield "an observation is keyed as another cell"
    if (record["mass_g"] is not None) != (record["conf_status"] == FREE):
        yield "a confidential cell has a value, or a free one has none"
    if len(item.body) != len(observation_body({**record, "mass_g": None})):
        yield "the size of an observation tells whether it has a value, or how large it is"


def _strays(published: Published) -> Iterator[Finding]:
    known = {entry.release_id for entry in published.entries if entry.is_released}
    for identity, found in published.observations.items():
        if identity not in known:
            yield Finding("digests", identity.hex(), f"{len(found)} observations without a release record")


def _other_shapes(published: Published) -> Iterator[Finding]:
    """Yield releases whose cells differ from those of the one before with the same configuration."""
    last: dict[tuple[str, bytes], list[tuple[Any, ...]]] = {}
    for entry in published.entries:
        if not entry.is_released:
            continue
        whose = entry.hub, entry.record["configuration_digest"]
        shape = _shape(published.observations.get(entry.release_id, []))
        if last.setdefault(whose, shape) != shape:
            yield Finding("form", entry.place, "has other cells than the releases before it")


def _shape(found: Iterable[Observed]) -> list[tuple[Any, ...]]:
    """Return the cells of a release in their order, periods by their number: they move on with time."""
    numbers: dict[str, int] = {}
    return [
        (
            item.record["table"],
            numbers.setdefault(str(item.record["period"]), len(numbers)),
            *(item.record[name] for name in PLACE),
        )
        for item in found
    ]
