"""Secondary suppression: withhold more cells until every target is uncertain enough.

For each target a linear programme over all relations finds the least expensive change that
moves it by its level; the cells of that change are withheld, and cost nothing for the next
target. Adding to what is withheld never breaks what was proved before.

Source: Kelly, Golden and Assad, Cell suppression: disclosure protection for sensitive tabular
data, Networks 22 (1992).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from consumers.disclosure.optimiser.search import Search
from consumers.disclosure.system import Flags
from schemas.errors import FatalError

Counted = Callable[[int, int], None]


class NotProvableError(FatalError):
    """Some targets cannot be protected by withholding cells that may still be withheld."""

    def __init__(self, targets: Sequence[int]) -> None:
        super().__init__(
            f"{len(targets)} figures stay too certain whatever else is withheld",
            hint="hold back what they belong to",
        )
        self.targets = tuple(targets)


def suppress(search: Search, suppressed: Flags, on_progress: Counted | None = None) -> Flags:
    """Return the cells to withhold so that every target is provable against its attacker.

    Args:
        search: Knows the targets, and afterwards a proof of each.
        suppressed: Cells that are withheld anyway.
        on_progress: Is told how many targets of how many are done.

    Raises:
        NotProvableError: Some targets cannot be protected; carries their numbers.
    """
    search.start(suppressed, np.ones_like(suppressed))
    withhold(search, search.falling(search.targets), on_progress)
    return search.suppressed


def withhold(search: Search, order: Sequence[int], on_progress: Counted | None = None) -> None:
    """Prove the targets in this order, and withhold what their proofs need.

    Raises:
        NotProvableError: Some targets cannot be protected; carries their numbers.
    """
    failed = []
    for done, number in enumerate(order, start=1):
        cells = search.settle(number)
        if cells is None:
            failed.append(number)
        else:
            search.withhold(cells)
        if on_progress is not None:
            on_progress(done, len(order))
    if failed:
        raise NotProvableError(failed)
