"""Claims: what stands of a movement at the end, and which of them a hub counts.

The rule is that of the documentation of hubs: within one book, stage and step of a movement that
reporter counts whose worst mass is known best, then who recorded last, then the first by name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

WEIGHED, CONVERTED, ESTIMATED, UNKNOWN = "WEIGHED", "CONVERTED", "ESTIMATED", "UNKNOWN"
_QUALITIES = {WEIGHED: 0, CONVERTED: 1, ESTIMATED: 2, UNKNOWN: 3}
_NO_MASS = 4
# Class of operation, or of material, where no code tells one.
UNMAPPED = "UNMAPPED"


class Claim(NamedTuple):
    """What one system says of one waste at one stage, when all is delivered.

    Attributes:
        reference: Of the movement; systems that share it meet.
        flow: Book: EXPORT, IMPORT, DOMESTIC or TRANSIT.
        region: Part of the country on the reporting side, as hubs show it.
        partner: Country at the other end.
        low: List of Waste code.
        operation: Class of the operation.
        on: Local day.
        mass_g: None where the document states none, or a volume without density.
        recorded_at: When the system knew.
        company: Who holds the waste, by any name that is the company's own within the system.
    """

    agency: str
    system: str
    reference: str
    line: int
    stage: str
    step: int
    flow: str
    region: str
    partner: str
    is_abroad: bool
    material: str
    low: str | None
    operation: str
    on: date
    mass_g: int | None
    basis: str
    recorded_at: datetime
    company: str

    @property
    def measure(self) -> str:
        """Return the stage, with its step where it has one."""
        return f"{self.stage}-{self.step}" if self.step else self.stage

    @property
    def period(self) -> str:
        """Return the quarter."""
        return f"{self.on.year}-Q{(self.on.month + 2) // 3}"

    @property
    def reporter(self) -> tuple[str, str]:
        """Return who says it: agency and system."""
        return self.agency, self.system


class Counted(NamedTuple):
    """A claim, and the reporter that counts in its place: its own where it counts itself."""

    claim: Claim
    by: tuple[str, str]

    @property
    def is_counted(self) -> bool:
        """Say whether it counts."""
        return self.by == self.claim.reporter


def counted(claims: Iterable[Claim]) -> Iterator[Counted]:
    """Yield each claim of a movement with the reporter that counts."""
    books: dict[tuple[str, ...], list[Claim]] = defaultdict(list)
    for claim in claims:
        transit = claim.agency.partition("-")[0] if claim.flow == "TRANSIT" else ""
        books[claim.reference, claim.measure, claim.flow, transit].append(claim)
    for book in books.values():
        best = _best(book)
        yield from (Counted(claim, best) for claim in book)


def _best(book: list[Claim]) -> tuple[str, str]:
    """Return the reporter that counts in a book."""

    def merit(reporter: tuple[str, str]) -> tuple[int, float, tuple[str, str]]:
        own = [claim for claim in book if claim.reporter == reporter]
        worst = max(_NO_MASS if item.mass_g is None else _QUALITIES[item.basis] for item in own)
        return worst, -max(item.recorded_at.timestamp() for item in own), reporter

    return min({claim.reporter for claim in book}, key=merit)
