"""Which dead letters a command is about: by what they say and when, or by where the records are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from consumers.deadletters.letters import Place, Told
from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Selection:
    """What of the dead letters is wanted; None: whatever it is.

    Attributes:
        since: Told at or after this instant.
        until: Told before this instant.
        places: Only the records at these.
        has_redriven: Also what is not refused any more.
    """

    reason: str | None = None
    agency: str | None = None
    partition: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    places: frozenset[tuple[str, Place]] | None = None
    has_redriven: bool = False

    def of(self, letters: Iterable[Told]) -> Iterator[Told]:
        """Yield those that are wanted."""
        return (told for told in letters if self._has(told))

    def _has(self, told: Told) -> bool:
        letter = told.letter
        return (
            (self.has_redriven or letter.redriven is None)
            and self.reason in {None, *letter.reasons}
            and self.agency in {None, letter.agency}
            and self.partition in {None, letter.partition}
            and (self.since is None or told.told_at >= self.since)
            and (self.until is None or told.told_at < self.until)
            and (self.places is None or (told.topic, letter.place) in self.places)
        )


def place_of(text: str) -> tuple[str, Place]:
    """Return topic and place of a record as people write them.

    Raises:
        ConfigurationError: It names none.
    """
    topic, _, rest = text.partition(":")
    partition, _, offset = rest.partition(":")
    if not (partition.isdecimal() and offset.isdecimal()):
        raise ConfigurationError(
            "a record is named by TOPIC:PARTITION:OFFSET", hint="as in weighbridge.movements:0:17"
        )
    return topic, Place(int(partition), int(offset))


def named(told: Told) -> str:
    """Return a record's place as people write it."""
    return f"{told.topic}:{told.letter.partition}:{told.letter.offset}"
