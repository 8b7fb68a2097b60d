"""Dead letters as a hub's topic tells them: where a record is, why it was refused, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from schemas import topics
from schemas.runtime.decoding import Decoder, Schemas
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings


class Place(NamedTuple):
    """Where a record stands on the movements topic."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that a hub refused.

    Attributes:
        reasons: Codes of `schemas.reasons.Reason`, or of a later release of it.
        agency: Whose valid signature covers the record; None where nobody's does.
        redriven: Which of the hub's redriven records it is, from 0; None while it is refused.
    """

    partition: int
    offset: int
    reasons: tuple[str, ...]
    agency: str | None = None
    redriven: int | None = None

    @property
    def place(self) -> Place:
        """Where the record is."""
        return Place(self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class Told:
    """A dead letter as it was told last.

    Attributes:
        topic: Topic of the record.
        told_at: When the hub wrote that, UTC.
    """

    letter: DeadLetter
    topic: str
    told_at: datetime


def all_letters(kafka: KafkaSettings, hub: str, schemas: Schemas | None = None) -> list[Told]:
    """Return every dead letter of a hub as it was told last, by the order in which that was.

    An exchange that was moved has the same records at the same places: the cluster makes no difference.

    Args:
        kafka: Where to read.
        hub: Whose they are.
        schemas: Knows what they were written with; None asks the registry.

    Raises:
        RetriableError: Broker or registry do not answer.
        ConfigurationError: The topic may not be read.
    """
    last: dict[tuple[str, Place], Told] = {}
    decoder = Decoder("dead_letter", schemas or Registry(kafka))
    for record, fields in decoder.found(kafka, topics.dead_letters(hub)):
        letter = DeadLetter(
            fields["partition"],
            fields["offset"],
            tuple(fields["reasons"]),
            fields["agency"],
            fields["redriven"],
        )
        told_at = datetime.fromtimestamp(record.timestamp()[1] / 1000, UTC)
        last.pop((fields["topic"], letter.place), None)
        last[fields["topic"], letter.place] = Told(letter, fields["topic"], told_at)
    return list(last.values())
