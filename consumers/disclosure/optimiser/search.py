"""The search for changes that prove targets: what is withheld so far, and what rests on what.

Small neighbourhoods of a target are tried first, then larger ones, then everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from consumers.disclosure import runs
from consumers.disclosure.optimiser.neighbourhoods import Neighbourhoods
from consumers.disclosure.optimiser.pool import Pool
from consumers.disclosure.optimiser.region import LEVEL_MAX, Change, Region
from consumers.disclosure.optimiser.unknowns import STILL, Columns, unknowns
from consumers.disclosure.problem import Cost
from consumers.disclosure.solver import Floats
from consumers.disclosure.system import OUTSIDER, Attacker, Cells, Flags, System, Target

# Levels of one programme have so many digits more than others at most.
_BAND = 4
# A programme of so many cells is solved in a millisecond or two: no need for smaller ones.
_WHOLE_MAX = 2_500
# How many of the latest changes are looked through before a programme is solved.
_LATEST = 20
_NO_CELLS: Cells = np.zeros(0, dtype=np.int32)


class _Scope(NamedTuple):
    """What a region is made of: the cells below some tops (everything without tops) with enough room."""

    tops: tuple[int, ...]
    floor: int
    unit: float


class Search:
    """Proves targets one by one, and withholds what their proofs need.

    Attributes:
        suppressed: The cells that are withheld so far.
        price: What each cell costs for each unit of a change that passes through it.
        cost: What it costs now.
        pool: The proofs that are kept.
        work: How much was tried so far: the cells of all programmes solved.
    """

    def __init__(
        self, system: System, targets: Sequence[Target], attackers: Sequence[Attacker], cost: Cost
    ) -> None:
        """Take the question.

        Args:
            system: The cells and their relations.
            targets: What must be uncertain.
            attackers: Whom the targets name by number; the first is the outsider.
            cost: What a cell costs.
        """
        self.price = _prices(system, cost)
        self.work = 0
        self._system, self._targets, self._attackers = system, targets, attackers
        self._neighbourhoods, self._columns = Neighbourhoods(system), Columns(system.relations)
        self._levels = _Levels(targets)
        self._everything: Cells = np.arange(system.size, dtype=np.int32)

    def start(self, suppressed: Flags, allowed: Flags) -> None:
        """Forget all proofs, and start anew.

        Args:
            suppressed: The cells that are withheld anyway.
            allowed: These, and those that may be withheld in addition.
        """
        self.suppressed = suppressed.copy()
        self.cost = np.where(suppressed, 0.0, self.price)
        self._attacker, self._known_room = OUTSIDER, self._system.room
        self.allow(allowed)
        self.pool = Pool(self._system.size, len(self._targets))

    @property
    def targets(self) -> range:
        """The numbers of the targets."""
        return range(len(self._targets))

    @property
    def is_large(self) -> bool:
        """Whether it is worth while to look at neighbourhoods first."""
        return bool(np.count_nonzero(self._allowed) > _WHOLE_MAX)

    def allow(self, allowed: Flags) -> None:
        """Let other cells move than before."""
        self._allowed, self._open = allowed, allowed.copy()
        self._room = np.where(allowed, self._known_room, 0)
        self._regions: dict[_Scope, Region | None] = {}

    def withhold(self, cells: Cells) -> None:
        """Withhold some cells, which cost nothing more from here on."""
        self.cost[cells] = 0.0
        self.suppressed[cells] = True

    def close(self, cells: Cells) -> None:
        """Hold some cells still."""
        self._open[cells] = False
        self._room[cells] = 0

    def reopen(self, cells: Cells) -> None:
        """Let them move again."""
        self._open[cells] = True
        self._room[cells] = self._known_room[cells]

    def settle(self, number: int) -> Cells | None:
        """Let a target rest on a proof; return the cells of a new one, nothing where none can be found."""
        if self.pool.proof[number] is not None or self._rests_on_known(number):
            return _NO_CELLS
        change = self.prove(number)
        if change is None:
            return None
        reached = self.reached(change, number)
        self.pool.add(change, [target for target in reached if self.pool.proof[target] is None])
        return change.cells

    def prove(self, number: int) -> Change | None:
        """Return a change that proves a target, if there is one; the pool does not have it yet."""
        target = self._targets[number]
        self._turn_to(target.attacker)
        for region in self._regions_of(target):
            self.work += region.size
            change = region.push(target, self.cost, self._room)
            if change is not None:
                return change
        return None

    def reached(self, change: Change, number: int) -> list[int]:
        """Return the targets that a change proves which was found for one of them."""
        return sorted({number, *self._levels.reached(change, self._targets[number].attacker)})

    def falling(self, numbers: Iterable[int]) -> list[int]:
        """Return targets in the order in which they are best proved: the largest level first."""
        return sorted(
            numbers, key=lambda number: (self._targets[number].attacker, -self._targets[number].level)
        )

    def rising(self, numbers: Iterable[int]) -> list[int]:
        """Return targets with the least level first."""
        return sorted(
            numbers, key=lambda number: (self._targets[number].attacker, self._targets[number].level)
        )

    def groups(self, cells: Cells) -> list[Cells]:
        """Return those of some cells that can move while all others stand still, by what moves together."""
        number = unknowns(self._columns.of(cells)).number
        order = np.argsort(number, kind="stable")
        order = order[number[order] != STILL]
        together = np.split(cells[order], np.flatnonzero(np.diff(number[order])) + 1)
        return [group for group in together if len(group)]

    def _rests_on_known(self, number: int) -> bool:
        """Let a target rest on a change of the pool, if one that proves it is found soon."""
        target = self._targets[number]
        self._turn_to(target.attacker)
        for known, change in self.pool.latest(target.cells[0], _LATEST):
            is_conceivable = bool((np.abs(change.moves) <= self._room[change.cells]).all())
            if is_conceivable and change.of(target.cells) >= target.level:
                self.pool.rest(number, known)
                return True
        return False

    def _turn_to(self, attacker: int) -> None:
        if attacker != self._attacker:
            self._attacker = attacker
            self._known_room = (
                self._system.room if attacker == OUTSIDER else self._attackers[attacker].room(self._system)
            )
            self._room = np.where(self._open, self._known_room, 0)

    def _regions_of(self, target: Target) -> Iterator[Region]:
        """Yield the regions around a target, from small to large."""
        for scope in self._scopes(target):
            if scope not in self._regions:
                self._regions[scope] = self._region(scope)
            region = self._regions[scope]
            if region is not None:
                yield region

    def _scopes(self, target: Target) -> Iterator[_Scope]:
        power = 10 ** (len(str(target.level)) - 1)
        unit = 10.0 ** (_BAND * (1 + (len(str(target.level)) - 1) // _BAND)) / LEVEL_MAX
        if self.is_large:
            # Small cells are of little use to a large target: it would need many of them.
            near, far = (self._neighbourhoods.tops(target.cells, height) for height in (1, 2))
            yield _Scope(near, power // 20, unit)
            yield _Scope(far, power // 20, unit)
            yield _Scope((), power // 20, unit)
            yield _Scope((), power // 1000, unit)
        yield _Scope((), 0, unit)

    def _region(self, scope: _Scope) -> Region | None:
        cells = self._neighbourhoods.below(scope.tops) if scope.tops else self._everything
        cells = cells[self._allowed[cells] & (self._system.room[cells] >= scope.floor)]
        return Region(self._columns, cells, scope.unit, self.cost, self._room) if len(cells) else None


class _Levels:
    """Which targets of single cells a change reaches."""

    def __init__(self, targets: Sequence[Target]) -> None:
        """Sort the targets by attacker and cell."""
        single = [
            (target.attacker, target.cells[0], target.level, number)
            for number, target in enumerate(targets)
            if len(target.cells) == 1
        ]
        table = np.array(sorted(single), dtype=np.int64).reshape(-1, 4)
        bounds = np.searchsorted(table[:, 0], np.unique(table[:, 0]))
        self._of = {int(part[0, 0]): part[:, 1:] for part in np.split(table, bounds[1:]) if len(part)}

    def reached(self, change: Change, attacker: int) -> list[int]:
        """Return the numbers of the attacker's targets that a change proves."""
        table = self._of.get(attacker)
        if table is None:
            return []
        first = np.searchsorted(table[:, 0], change.cells)
        counts = np.searchsorted(table[:, 0], change.cells, side="right") - first
        of_cells = runs.places(first, counts)
        moves = np.repeat(np.abs(change.moves), counts)
        return list(table[of_cells[moves >= table[of_cells, 1]], 2].tolist())


def _prices(system: System, cost: Cost) -> Floats:
    amount = np.maximum(np.abs(system.value), 1).astype(np.float64)
    amount /= np.median(amount) if len(amount) else 1.0
    if cost == "value":
        return amount
    # Flat enough that a cell counts for more than its size.
    return np.sqrt(amount) if cost == "sqrt" else 1 + np.log1p(100 * amount)
