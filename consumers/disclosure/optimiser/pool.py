"""The changes that prove targets: which target rests on which change, which change uses which cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from consumers.disclosure.optimiser.region import Change
from consumers.disclosure.system import Amounts, Flags


class Pool:
    """Changes in use; a change on which nothing rests any more is forgotten.

    Attributes:
        proof: For each target the number of the change that it rests on, or nothing.
    """

    def __init__(self, cells: int, targets: int) -> None:
        """Start without changes."""
        self.proof: list[int | None] = [None] * targets
        self._changes: dict[int, Change] = {}
        self._resting: dict[int, set[int]] = {}
        self._using: defaultdict[int, dict[int, None]] = defaultdict(dict)
        self._uses: Amounts = np.zeros(cells, dtype=np.int64)
        self._next = 0

    def add(self, change: Change, targets: Iterable[int]) -> None:
        """Let targets rest on a change, and no longer on what they rested on."""
        number, self._next = self._next, self._next + 1
        self._changes[number], self._resting[number] = change, set()
        self._uses[change.cells] += 1
        for cell in change.cells.tolist():
            self._using[cell][number] = None
        for target in targets:
            self.rest(target, number)

    def rest(self, target: int, change: int) -> None:
        """Let a target rest on a change that is in use, and no longer on what it rested on."""
        before = self.proof[target]
        self.proof[target] = change
        self._resting[change].add(target)
        if before is not None and before != change:
            self._resting[before].discard(target)
            if not self._resting[before]:
                self._forget(before)

    def resting_on(self, cells: Iterable[int]) -> list[int]:
        """Return the targets whose proof uses one of some cells, ascending."""
        changes = {number for cell in cells for number in self._using[cell]}
        return sorted(target for number in changes for target in self._resting[number])

    def latest(self, cell: int, count: int) -> list[tuple[int, Change]]:
        """Return the latest changes that use a cell, the latest first."""
        numbers = list(self._using[cell])[-count:]
        return [(number, self._changes[number]) for number in reversed(numbers)]

    def used(self) -> Flags:
        """Say of each cell whether a proof uses it."""
        return self._uses > 0

    def _forget(self, number: int) -> None:
        change = self._changes.pop(number)
        del self._resting[number]
        self._uses[change.cells] -= 1
        for cell in change.cells.tolist():
            del self._using[cell][number]
