"""Secondary suppression: withhold more cells until every target is uncertain enough.

For each target a linear programme over all relations finds the least expensive change that
moves it by its level; the cells of that change are withheld, and cost nothing for the next
target. Adding to what is withheld never breaks what was proved before.

Source: Kelly, Golden and Assad, Cell suppression: disclosure protection for sensitive tabular
data, Networks 22 (1992).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from consumers.disclosure.problem import Cost
from consumers.disclosure.program import Floats
from consumers.disclosure.region import Region
from consumers.disclosure.system import OUTSIDER, Amounts, Attacker, Cells, Flags, System, Target
from schemas.errors import FatalError

Progress = Callable[[int, int], None]


class NotProvableError(FatalError):
    """Some targets cannot be protected by withholding cells that may still be withheld."""

    def __init__(self, targets: Sequence[int]) -> None:
        super().__init__(
            f"{len(targets)} figures stay too certain whatever else is withheld",
            hint="hold back what they belong to",
        )
        self.targets = tuple(targets)


def prices(system: System, cost: Cost) -> Floats:
    """Return what each cell costs for each unit of a change that passes through it."""
    amount = np.maximum(np.abs(system.value), 1).astype(np.float64)
    amount /= np.median(amount) if len(amount) else 1.0
    if cost == "value":
        return amount
    return np.sqrt(amount) if cost == "sqrt" else 1 + np.log1p(amount)


def suppress(
    system: System,
    targets: Sequence[Target],
    attackers: Sequence[Attacker],
    suppressed: Flags,
    cost: Cost,
    *,
    may_suppress: Flags | None = None,
    on_progress: Progress | None = None,
) -> Flags:
    """Return the cells to withhold so that every target is provable against its attacker.

    Args:
        system: The cells and their relations.
        targets: What must be uncertain.
        attackers: Whom the targets name by number; the first is the outsider.
        suppressed: Cells that are withheld anyway.
        cost: What a cell costs.
        may_suppress: Cells that may be withheld in addition; all if not given. What was
            published before is not among them.
        on_progress: Is told how many targets of how many are done.

    Raises:
        NotProvableError: Some targets cannot be protected; carries their numbers.
    """
    if not targets:
        return suppressed.copy()
    allowed = np.ones(system.size, dtype=np.bool_) if may_suppress is None else may_suppress | suppressed
    search = Search(system, targets, suppressed, allowed, prices(system, cost))
    order = sorted(range(len(targets)), key=lambda number: (targets[number].attacker, -targets[number].level))
    search.cover(order, attackers, on_progress)
    return search.suppressed


class Search:
    """Withholds cells, target by target.

    Attributes:
        suppressed: The cells that are withheld so far.
    """

    def __init__(
        self, system: System, targets: Sequence[Target], suppressed: Flags, allowed: Flags, price: Floats
    ) -> None:
        """Start with what is suppressed; only what is allowed can be added."""
        self.suppressed = suppressed.copy()
        self._system, self._targets = system, targets
        cells = np.flatnonzero(allowed).astype(np.int32)
        self._region = Region(system, cells, targets, np.where(suppressed[cells], 0.0, price[cells]))
        self._moved = np.zeros(system.size)

    def cover(
        self, order: Sequence[int], attackers: Sequence[Attacker], on_progress: Progress | None = None
    ) -> None:
        """Withhold what the targets need, in this order, in which attackers stay together."""
        failed, done = [], 0
        for number, group in groupby(order, key=lambda number: self._targets[number].attacker):
            self._enter(attackers, number)
            for target in group:
                done += 1
                if not self._prove(self._targets[target]):
                    failed.append(target)
                if on_progress is not None:
                    on_progress(done, len(order))
            self._leave(attackers, number)
        if failed:
            raise NotProvableError(failed)

    def _enter(self, attackers: Sequence[Attacker], number: int) -> None:
        if number != OUTSIDER:
            # What an outsider finds conceivable, an attacker may know to be wrong.
            self._moved[:] = 0
            self._set_room(attackers[number].cells, attackers[number].room(self._system))

    def _leave(self, attackers: Sequence[Attacker], number: int) -> None:
        if number != OUTSIDER:
            self._set_room(attackers[number].cells, self._system.room)

    def _set_room(self, cells: Cells, room: Amounts) -> None:
        at = self._region.positions(cells)
        self._region.set_room(at, room[self._region.cells[at]])

    def _prove(self, target: Target) -> bool:
        if len(target.cells) == 1 and self._moved[target.cells[0]] >= target.level:
            return True
        moves = self._region.push(target)
        if moves is None:
            return False
        cells = self._region.cells
        self._moved[cells] = np.maximum(self._moved[cells], np.abs(moves))
        new = np.flatnonzero((moves != 0) & ~self.suppressed[cells]).astype(np.int32)
        self.suppressed[cells[new]] = True
        self._region.set_cost(new, np.zeros(len(new)))
        return True
