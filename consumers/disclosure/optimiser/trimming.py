"""Trimming: publish again what turns out not to be needed.

Every target keeps a proof all the time: what is given back was part of no proof any more.
"""

from __future__ import annotations

import numpy as np

from consumers.disclosure.optimiser.region import Change
from consumers.disclosure.optimiser.search import Search
from consumers.disclosure.optimiser.suppression import withhold
from consumers.disclosure.system import Cells, Flags

# Cells that are withheld cost a little, so that proofs use few of them.
_WITHHELD = 0.01
# Bounds what is tried, in cells of all programmes together: some seconds on one core.
# Not in seconds, so that the result depends on nothing but the question.
_WORK_MAX = 3_000_000


def trim(search: Search, fixed: Flags) -> Flags:
    """Return the cells to withhold: the fixed ones, and of the suppressed ones what is needed.

    1. Forget what was suppressed in addition, and prove all targets again with no other cells,
       the least level first; not in large systems, where it gives back little.
    2. Try to do without each cell, the dearest first: look for other proofs of what rests on it.

    Args:
        search: Has withheld what proves all targets.
        fixed: Those of the cells that must be withheld anyway.
    """
    search.allow(search.suppressed)
    if not search.is_large:
        _prove_again(search, fixed)
    trial = _Trial(search, fixed)
    trial.shrink()
    return trial.suppressed


def _prove_again(search: Search, fixed: Flags) -> None:
    """Prove all targets with few cells, then once more by changes that use few of these."""
    search.start(fixed, search.suppressed)
    withhold(search, search.rising(search.targets))
    suppressed = search.suppressed
    search.start(fixed, suppressed)
    for number in search.falling(search.targets):
        search.settle(number)
    search.suppressed = suppressed


class _Trial:
    """Tries to do without cells.

    Attributes:
        suppressed: The fixed cells, and those that proofs use.
    """

    def __init__(self, search: Search, fixed: Flags) -> None:
        self.suppressed = search.suppressed
        self._search, self._fixed, self._price = search, fixed, search.price
        self._spend()

    def shrink(self) -> None:
        """Try each cell that proofs use."""
        search = self._search
        end = search.work + _WORK_MAX
        for cells in self._candidates():
            if search.work < end and self.suppressed[cells].any():
                self._try_without(cells)

    def _candidates(self) -> list[Cells]:
        """Return the suppressed cells that are not fixed, with all that move together, the dearest first."""
        groups = self._search.groups(np.flatnonzero(self.suppressed).astype(np.int32))
        free = [group for group in groups if not self._fixed[group].any()]
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
        left = dict.fromkeys(search.falling(search.pool.resting_on(cells.tolist())))
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
        # Once given back, a cell does not come back.
        self._search.close(np.flatnonzero(before & ~self.suppressed).astype(np.int32))
        price = np.where(self.suppressed, _WITHHELD * self._price, self._price)
        self._search.cost = np.where(self._fixed, 0.0, price)
