"""What an agency's system is told of a movement: documents by wave, and what they leave standing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum, StrEnum
from random import Random
from typing import Any, NamedTuple, Protocol, TypeVar

from producers.simulation.claims import Claim
from producers.simulation.movement import Movement

Subject = TypeVar("Subject")
Told = TypeVar("Told")


class Wave(IntEnum):
    """When documents are delivered; the name of a wave is that of its folder."""

    FIRST = 1
    CORRECTIONS = 2
    LATE = 3
    AGAIN = 4

    @property
    def folder(self) -> str:
        """Return the name of its folder: names are in the order of delivery."""
        return f"{self.value}-{self.name.lower()}"


class Course(StrEnum):
    """How a movement gets into one system."""

    PLAIN = "plain"
    IN_STAGES = "in stages"
    CORRECTED = "corrected"
    LATE = "late"
    OVERTAKEN = "overtaken"
    WITHOUT_RECEIPT = "without receipt"
    CANCELLED = "cancelled"
    FAULTY = "faulty"
    REPAIRED = "repaired"


_COURSES = {
    Course.PLAIN: 460,
    Course.IN_STAGES: 200,
    Course.CORRECTED: 120,
    Course.LATE: 60,
    Course.OVERTAKEN: 40,
    Course.WITHOUT_RECEIPT: 60,
    Course.CANCELLED: 40,
    Course.FAULTY: 12,
    Course.REPAIRED: 8,
}


class Document(NamedTuple):
    """One document of one system.

    Attributes:
        body: As it stands in a file of the system.
        fault: The rule that it breaks on purpose, None where it is right.
        kind: Of its file, where a system has files of several kinds.
    """

    wave: Wave
    body: str
    fault: str | None = None
    kind: str = ""


class Report(NamedTuple):
    """All that one system is told of a movement, and what must stand of it at the end.

    Attributes:
        collection: Whose log or account the documents belong to, where the system has such.
    """

    documents: tuple[Document, ...]
    claims: tuple[Claim, ...] = ()
    collection: str = ""


class Form(NamedTuple):
    """How documents stand in a file.

    Attributes:
        truncated: The rule that a file breaks which ends in the middle, None where its end does not show.
    """

    suffix: str
    head: str = ""
    separator: str = "\n"
    tail: str = "\n"
    truncated: str | None = None


JSON_ARRAY = Form("json", "[\n", ",\n", "\n]\n", "json.truncated")


class System(Protocol):
    """A national system that writes its own format; it may number what it writes.

    Attributes:
        name: As the adapter that reads it.
        agency: Whose system it is.
    """

    name: str
    agency: str

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return what it is told of a movement."""


def course(dice: Random, weights: Mapping[Course, int] = _COURSES) -> Course:
    """Draw how a movement gets into a system."""
    return dice.choices(tuple(weights), tuple(weights.values()))[0]


def by_course(  # noqa: PLR0917  # one for each course
    plain: Callable[[Subject, Random, Wave], Told],
    in_stages: Callable[[Subject, Random], Told],
    corrected: Callable[[Subject, Random], Told],
    overtaken: Callable[[Subject, Random], Told],
    without_receipt: Callable[[Subject, Random], Told],
    cancelled: Callable[[Subject, Random], Told],
    faulty: Callable[[Subject, Random], Told],
    repaired: Callable[[Subject, Random], Told],
) -> Mapping[Course, Callable[[Subject, Random], Told]]:
    """Return how a system is told in each course; what is late is plain, in a later wave."""
    return {
        Course.PLAIN: lambda subject, dice: plain(subject, dice, Wave.FIRST),
        Course.LATE: lambda subject, dice: plain(subject, dice, Wave.LATE),
        Course.IN_STAGES: in_stages,
        Course.CORRECTED: corrected,
        Course.OVERTAKEN: overtaken,
        Course.WITHOUT_RECEIPT: without_receipt,
        Course.CANCELLED: cancelled,
        Course.FAULTY: faulty,
        Course.REPAIRED: repaired,
    }


def spoil(native: Any, changes: Mapping[str, Any]) -> None:
    """Put other values into a JSON document, each at a place such as `wastes.0.quantity`."""
    for place, value in changes.items():
        *way, last = place.split(".")
        into = native
        for name in way:
            into = into[int(name) if isinstance(into, list) else name]
        into[last] = value
