"""Attack a pattern of suppressed cells, ours or a foreign one, as an outsider and as insiders would.

Shares the problem with the optimiser and nothing else: cells, sums, rules and programmes are
its own. What it finds is a disclosure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

import numpy as np

from consumers.disclosure.audit.attackers import OUTSIDER, Attacker, Attackers
from consumers.disclosure.audit.cells import Cells, Flags, Numbers, cells_of
from consumers.disclosure.audit.reach import Move, Reach, Web
from consumers.disclosure.audit.unions import Union, unions
from consumers.disclosure.problem import Place, Problem, Progress
from schemas.errors import ConfigurationError

# Of a level, or of a unit: what a solver's fractions may be off.
_TOLERANCE = 1e-6
_POOL_MAX = 64


class Verdict(StrEnum):
    """What an attacker gets of a cell."""

    PUBLISHED = "published"  # it is shown although the rules forbid it
    EXACT = "exact"  # its value follows from what is shown
    APPROXIMATE = "approximate"  # its value follows more closely than the rules allow
    REMAINDER = "remainder"  # what is left of it, less its known parts, breaks the rules
    PROTECTED = "protected"


@dataclass(frozen=True, slots=True)
class Finding:
    """One cell in the eyes of one attacker.

    Attributes:
        place: Of the cell.
        attacker: "outsider", or somebody who knows more.
        verdict: What the attacker gets.
        value: The true value, in units: of the cell, or of what is left of it.
        low: Least value the attacker has to reckon with.
        high: Largest value the attacker has to reckon with.
        level: How far the interval must reach to both sides of the value; 0 where no rule asks.
    """

    place: Place
    attacker: str
    verdict: Verdict
    value: int
    low: int
    high: int
    level: int

    @property
    def coverage(self) -> float:
        """How much of the required uncertainty is left to an attacker, 0 to 1."""
        return min((self.high - self.value) / self.level, 1.0) if self.level else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """What was found.

    Attributes:
        at_risk: Cells that are disclosed, by attacker, then cell; what an outsider gets is
            not told once more for those who know more.
        intervals: What an outsider gets of each suppressed cell; empty unless asked for.
        cells: Number of cells.
        suppressed: How many of them are suppressed.
        sensitive: How many the rules forbid to publish.
        attackers: How many were tried.
    """

    at_risk: tuple[Finding, ...]
    intervals: tuple[Finding, ...]
    cells: int
    suppressed: int
    sensitive: int
    attackers: int


def audit(
    problem: Problem,
    suppressed: Collection[Place],
    *,
    has_intervals: bool = False,
    on_progress: Progress = lambda *_: None,
) -> Audit:
    """Attack a pattern as everybody whom the problem's protection names.

    Args:
        problem: The question.
        suppressed: Places that are not published.
        has_intervals: Whether the interval of every suppressed cell is wanted, at one linear
            programme each; those of cells at risk are told in any case.
        on_progress: Told the attacker, how many of its cells are proven, and of how many.

    Raises:
        ConfigurationError: A place is none of a cell of these tables.
        FatalError: A programme was not solved, so that nothing is known.
    """
    cells = cells_of(problem)
    attack = _Attack(cells, _flags(cells, suppressed), on_progress)
    attack.unions = unions(cells, attack.web.is_free) if problem.protection.unions else {}
    for attacker in Attackers(problem, cells, [*attack.unions]).all(attack.is_suppressed):
        attack.run(attacker)
    return Audit(
        at_risk=tuple(attack.found),
        intervals=tuple(attack.intervals()) if has_intervals else (),
        cells=cells.size,
        suppressed=int(attack.is_suppressed.sum()),
        sensitive=int((attack.level > 0).sum()),
        attackers=attack.attackers,
    )


def _flags(cells: Cells, suppressed: Collection[Place]) -> Flags:
    number = {place: at for at, place in enumerate(cells.places)}
    unknown = sum(place not in number for place in suppressed)
    if unknown:
        raise ConfigurationError(
            f"{unknown} of the suppressed places are no cells of these tables",
            hint="give level and code of every dimension, and leave empty cells out",
        )
    found = np.zeros(cells.size, dtype=np.bool_)
    found[[number[place] for place in suppressed]] = True
    return found


@dataclass(slots=True)
class _Attack:
    """The attacks on one pattern.

    Attributes:
        found: What is disclosed, and to whom.
        value: Net value of each cell.
        room: Absolute value of each cell.
        level: Against outsiders.
        is_open: Cells that are disclosed to outsiders.
        web: What outsiders reckon with.
        unions: Sums of suppressed cells that everybody knows, and of which cell they are left.
        open_unions: Those that break the rules for outsiders.
        pool: Moves that proved something: what one must reckon with, others often must as well.
        attackers: How many have attacked.
    """

    cells: Cells
    is_suppressed: Flags
    on_progress: Progress
    found: list[Finding] = field(default_factory=list)
    value: Numbers = field(init=False)
    room: Numbers = field(init=False)
    level: Numbers = field(init=False)
    is_open: Flags = field(init=False)
    web: Web = field(init=False)
    unions: dict[Union, int] = field(default_factory=dict)
    open_unions: set[Union] = field(default_factory=set)
    pool: list[Move] = field(default_factory=list)
    attackers: int = 0

    def __post_init__(self) -> None:
        """Add up what is in each cell."""
        self.value = self.cells.sums(self.cells.records.value)
        self.room = self.cells.sums(np.abs(self.cells.records.value))
        self.level = np.zeros_like(self.value)
        self.is_open = np.zeros_like(self.is_suppressed)
        self.web = Web.of(self.cells.relations, self.is_suppressed)

    def run(self, attacker: Attacker) -> None:
        """Attack whatever must stay uncertain to the attacker; the outsider comes first."""
        self.attackers += 1
        self.on_progress(attacker.name, 0, int((attacker.level > 0).sum()))
        self._attack_cells(attacker)
        self._attack_unions(attacker)

    def _attack_cells(self, attacker: Attacker) -> None:
        level = np.where(self.is_open, 0, attacker.level)
        room = self.room - attacker.own
        reach = Reach(self.web, room, level)
        self._try_pool(reach)
        if reach.is_proven:
            return
        if attacker.name != OUTSIDER:
            reach = Reach(Web.of(self.cells.relations, self.is_suppressed & (room > 0)), room, level)
            self._try_pool(reach)
        moves = reach.moves(partial(self.on_progress, attacker.name))
        self.pool = [*moves, *self.pool][:_POOL_MAX]
        at_risk = np.flatnonzero(reach.extents < level * (1 - _TOLERANCE))
        self.found += [self._finding(attacker.name, int(cell), reach) for cell in at_risk]
        if attacker.name == OUTSIDER:
            self.level = level
            self.is_open[at_risk] = True

    def _attack_unions(self, attacker: Attacker) -> None:
        for (union, cell), level in zip(self.unions.items(), attacker.level_of_sum.tolist(), strict=True):
            if not level or union in self.open_unions:
                continue
            value = int(self.value[list(union)].sum())
            place = self.cells.places[cell]
            self.found.append(Finding(place, attacker.name, Verdict.REMAINDER, value, value, value, level))
            if attacker.name == OUTSIDER:
                self.open_unions.add(union)

    def intervals(self) -> Iterator[Finding]:
        """Yield what an outsider gets of each suppressed cell."""
        reach = Reach(self.web, self.room, self.level)
        reach.stretch(partial(self.on_progress, "intervals"))
        for cell in np.flatnonzero(self.is_suppressed):
            yield self._finding(OUTSIDER, int(cell), reach)

    def _try_pool(self, reach: Reach) -> None:
        for move in self.pool:
            if reach.is_proven:
                return
            reach.try_move(move)

    def _finding(self, name: str, cell: int, reach: Reach) -> Finding:
        value, level, extent = int(self.value[cell]), int(reach.level[cell]), float(reach.extents[cell])
        whole = int(extent + _TOLERANCE)
        if not self.is_suppressed[cell]:
            verdict = Verdict.PUBLISHED
        elif extent >= level * (1 - _TOLERANCE):
            verdict = Verdict.PROTECTED
        else:
            verdict = Verdict.APPROXIMATE if whole else Verdict.EXACT
        return Finding(self.cells.places[cell], name, verdict, value, value - whole, value + whole, level)
