"""What a hub has refused before, though its file does not say so: a new file, or one that was restored.

A refusal is a fact of the hub's history, as its releases are. So a record that was refused
stays refused in a file that is filled anew, though it would pass today, and one that was
redriven stands in the releases that came after that and in no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

import polars as pl

from consumers.deadletters.letters import DeadLetter, Place
from consumers.hub.batch import Batch
from consumers.hub.events import INDEX
from consumers.hub.store import Accepted


@dataclass(slots=True)
class Recall:
    """What the hub's topic tells and its file does not.

    Attributes:
        letters: By place, dead letters whose records the file has not read yet.
        redriven: Those that the file refuses, though the hub has redriven them since.
        first: Number of the record that is redriven next.
    """

    letters: dict[Place, DeadLetter] = field(default_factory=dict)
    redriven: list[DeadLetter] = field(default_factory=list)
    first: int = 0

    @classmethod
    def of(cls, told: Collection[DeadLetter], known: Iterable[DeadLetter]) -> Recall:
        """Return what was told and is not known to the file."""
        refused = {letter.place: letter.redriven is None for letter in known}
        done = [letter for letter in told if letter.redriven is not None]
        return cls(
            {letter.place: letter for letter in told if letter.place not in refused},
            [letter for letter in done if refused.get(letter.place)],
            max((letter.redriven + 1 for letter in done if letter.redriven is not None), default=0),
        )

    @property
    def numbers(self) -> dict[Place, int]:
        """By place, the numbers of those that were redriven."""
        return {item.place: item.redriven for item in self.redriven if item.redriven is not None}

    def applied(self, batch: Batch, accepted: Accepted) -> Accepted:
        """Return what becomes of a batch with what was refused before; the rest stays as it is."""
        if not self.letters:
            return accepted
        found = {
            number: letter
            for number, place in enumerate(map(Place, batch.partitions, batch.offsets))
            if (letter := self.letters.get(place)) is not None
        }
        if not found:
            return accepted
        passed = {*accepted.events.rows.get_column(INDEX).to_list()} & found.keys()
        # What was redriven and fails today is news.
        recalled = {
            letter.place: letter
            for number, letter in found.items()
            if letter.redriven is None or number in passed
        }
        refused = [number for number in passed if found[number].redriven is None]
        new = [letter for letter in accepted.dead_letters if letter.place not in recalled]
        return replace(
            accepted,
            events=accepted.events.kept(~_is_one_of(accepted, refused)) if refused else accepted.events,
            dead_letters=sorted([*new, *recalled.values()], key=lambda letter: letter.place),
            told=frozenset(recalled),
        )

    def forget(self, batch: Batch) -> None:
        """Take a batch for stored."""
        if self.letters:
            for place in map(Place, batch.partitions, batch.offsets):
                self.letters.pop(place, None)


def _is_one_of(accepted: Accepted, numbers: list[int]) -> pl.Series:
    return accepted.events.rows.get_column(INDEX).is_in(numbers)
