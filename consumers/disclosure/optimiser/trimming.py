"""Trimming: publish again what turns out not to be needed.

Every target keeps a proof all the time: what is given back was part of no proof any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from consumers.disclosure.optimiser.region import Change
from consumers.disclosure.optimiser.search import Search, prices
from consumers.disclosure.optimiser.suppression import withhold
from consumers.disclosure.optimiser.unknowns import STILL, Columns, unknowns
from consumers.disclosure.problem import Cost
from consumers.disclosure.solver import Floats
from consumers.disclosure.system import Attacker, Cells, Flags, System, Target

# Cells that are withheld cost a little, so that proofs use few of them.
_WITHHELD = 0.01
# Bounds what is tried, in cells of all programmes together: some seconds on one core.
# Not in seconds, so that the result depends on nothing but the question.
_WORK_MAX = 3_000_000
# Suppressed cells up to which all targets are proved again without the secondary ones: that takes
# longer than to find them, and what is tried afterwards gives back most of the same cells.
_AGAIN_MAX = 20_000


def trim(
    system: System,
    targets: Sequence[Target],
    attackers: Sequence[Attacker],
    suppressed: Flags,
    *,
    fixed: Flags,
    cost: Cost,
    may_suppress: Flags | None = None,
) -> Flags:
    """Return the cells to withhold: the fixed ones, and of the suppressed ones what is needed.

    1. Forget what was suppressed in addition, and prove all targets again with no other cells,
       the least level first; not in very large systems.
    2. Try to do without each cell, the dearest first: look for other proofs of what rests on it.
    3. The same, where other cells may be withheld instead that cost less.

    Args:
        system: The cells and their relations.
        targets: What must stay uncertain; all are provable with what is suppressed.
        attackers: Whom the targets name by number; the first is the outsider.
        suppressed: Cells that are withheld now.
        fixed: Those of them that must be withheld anyway.
        cost: What a cell costs.
        may_suppress: Cells that may be withheld instead of others; none if not given.
    """
    price = prices(system, cost)
    search = Search(system, targets, attackers)
    rising = sorted(range(len(targets)), key=lambda number: (targets[number].attacker, targets[number].level))
    if np.count_nonzero(suppressed) <= _AGAIN_MAX:
        search.start(fixed, suppressed, price)
        withhold(search, rising)
    else:
        search.start(suppressed, suppressed, price)
    trial = _Trial(system, search, fixed, price)
    trial.settle(sorted(rising, key=lambda number: (targets[number].attacker, -targets[number].level)))
    if search.is_large:
        trial.shrink(is_local=True)
    trial.shrink(is_local=False)
    if may_suppress is not None:
        trial.allow(may_suppress | suppressed)
        trial.shrink(is_local=False)
    return trial.suppressed


class _Trial:
    """Tries to do without cells.

    Attributes:
        suppressed: The fixed cells, and those that proofs use.
    """

    def __init__(self, system: System, search: Search, fixed: Flags, price: Floats) -> None:
        self.suppressed = search.suppressed
        self._exchanges = False
        self._system, self._search, self._fixed, self._price = system, search, fixed, price

    def settle(self, order: Iterable[int]) -> None:
        """Prove all targets by changes that use few cells."""
        search = self._search
        search.start(self._fixed, self.suppressed, self._price)
        for number in order:
            if search.pool.proof[number] is not None:
                continue
            known = search.known(number)
            if known is not None:
                search.pool.rest(number, known)
                continue
            change = search.prove(number)
            assert change is not None, "what is suppressed proves all targets"
            reached = search.reached(change, number)
            search.pool.add(change, [target for target in reached if search.pool.proof[target] is None])
        self._spend()

    def allow(self, allowed: Flags) -> None:
        """Let other cells be withheld instead."""
        self._exchanges = True
        self._search.allow(allowed)
        self._spend()

    def shrink(self, *, is_local: bool) -> None:
        """Try each cell that proofs use; local trials see neighbourhoods of the targets only."""
        search = self._search
        search.is_local = is_local
        end = search.work + _WORK_MAX
        for cells in self._candidates():
            if search.work < end and self.suppressed[cells].any():
                self._try_without(cells)

    def _candidates(self) -> list[Cells]:
        """Return the suppressed cells that are not fixed, with all that move together, the dearest first."""
        cells = np.flatnonzero(self.suppressed).astype(np.int32)
        number = unknowns(Columns(self._system.relations).of(cells)).number
        order = np.argsort(number, kind="stable")
        order = order[number[order] != STILL]
        groups = np.split(cells[order], np.flatnonzero(np.diff(number[order])) + 1)
        free = [group for group in groups if len(group) and not self._fixed[group].any()]
        return sorted(free, key=lambda group: (-float(self._price[group].sum()), int(group[0])))

    def _try_without(self, cells: Cells) -> None:
        search = self._search
        search.close(cells)
        found = self._other_proofs(cells)
        search.reopen(cells)
        for change, targets in found:
            search.pool.add(change, targets)
        self._spend()

    def _other_proofs(self, cells: Cells) -> list[tuple[Change, list[int]]]:
        """Return new proofs of all that rests on some cells; none if one is missing or they cost more."""
        search = self._search
        left = dict.fromkeys(search.in_order(search.pool.resting_on(cells.tolist())))
        found: list[tuple[Change, list[int]]] = []
        saved = float(self._price[cells].sum())
        while left:
            number = next(iter(left))
            change = search.prove(number)
            if change is None:
                return []
            new = change.cells[search.cost[change.cells] == self._price[change.cells]]
            new = new[~self._fixed[new]]
            saved -= float(self._price[new].sum())
            if saved <= 0:
                return []
            search.cost[new] *= _WITHHELD
            reached = [target for target in search.reached(change, number) if target in left]
            found.append((change, reached))
            for target in reached:
                del left[target]
        return found

    def _spend(self) -> None:
        """See what is withheld now, and what cells cost from here on."""
        before, self.suppressed = self.suppressed, self._fixed | self._search.pool.used()
        if not self._exchanges:
            # Once given back, a cell does not come back.
            self._search.close(np.flatnonzero(before & ~self.suppressed).astype(np.int32))
        price = np.where(self.suppressed, _WITHHELD * self._price, self._price)
        self._search.cost = np.where(self._fixed, 0.0, price)
