"""What happened in stories, and the line that sums it up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(slots=True)
class Tally:
    """Counts of one story or of many.

    Attributes:
        kills: By what was killed.
        steps, missed: Steps at which something was stopped, or to which it did not come in time.
        happened: Disturbances by name.
        ends: How often what ended by itself with which status.
        lost, doubled: Records that the truth has and the exchange lacks, or the other way round.
        stuck, crashes: What did not go on in time; what ended in a way that nobody foresaw.
        is_whole: Whether the story was told to its end.
        settled_seconds: The longest time from the end of all disturbances until everything was there.
    """

    kills: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    stories: int = 0
    records: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    settled_seconds: float = 0.0
    is_whole: bool = True

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, doubled, stuck, crashed or otherwise wrong."""
        return not (self.lost or self.doubled or self.stuck or self.crashes or self.differences)

    @property
    def summary(self) -> str:
        """What decides, in a line."""
        return (
            f"{self.kills.total()} kills, {self.stories} stories, {self.records} records, {self.lost} lost, "
            f"{self.doubled} doubled, {len(self.stuck)} stuck, {len(self.crashes)} crashed, "
            f"settled within {self.settled_seconds:.0f} s"
        )

    @property
    def complaints(self) -> list[str]:
        """What went wrong, a line each."""
        return [
            *(f"stuck: {line}" for line in self.stuck),
            *(f"crashed: {line}" for line in self.crashes),
            *self.differences,
        ]

    @property
    def details(self) -> str:
        """What happened, and how often."""
        return "\n".join(
            (
                f"kills: {_listed(self.kills)}",
                f"disturbances: {_listed(self.happened)}",
                f"steps at which something was stopped: {_listed(self.steps)}",
                f"steps not come to in time: {_listed(self.missed)}",
                f"ended by themselves, with status: {_listed(self.ends)}",
            )
        )

    def add(self, other: Tally) -> None:
        """Add what happened in another story."""
        self.kills += other.kills
        self.steps += other.steps
        self.missed += other.missed
        self.happened += other.happened
        self.ends += other.ends
        self.stories += other.stories
        self.records += other.records
        self.lost += other.lost
        self.doubled += other.doubled
        self.stuck += other.stuck
        self.crashes += other.crashes
        self.differences += other.differences
        self.settled_seconds = max(self.settled_seconds, other.settled_seconds)

    def compare(self, what: str, expected: Counter[Item], found: Counter[Item]) -> None:
        """Count what is lost and what is doubled or was never said."""
        lost, doubled = (expected - found).total(), (found - expected).total()
        self.lost += lost
        self.doubled += doubled
        if lost or doubled:
            self.differences.append(f"{what}: {lost} lost, {doubled} doubled of {expected.total()}")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"
