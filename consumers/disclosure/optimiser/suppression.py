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

from consumers.disclosure.optimiser.search import Search, prices
from consumers.disclosure.problem import Cost
from consumers.disclosure.system import Attacker, Flags, System, Target
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
    allowed = np.ones(system.size, dtype=np.bool_) if may_suppress is None else may_suppress | suppressed
    search = Search(system, targets, attackers)
    search.start(suppressed, allowed, prices(system, cost))
    order = sorted(range(len(targets)), key=lambda number: (targets[number].attacker, -targets[number].level))
    withhold(search, order, on_progress)
    return search.suppressed


def withhold(search: Search, order: Sequence[int], on_progress: Progress | None = None) -> None:
    """Prove the targets in this order, and withhold what their proofs need.

    Raises:
        NotProvableError: Some targets cannot be protected; carries their numbers.
    """
    failed = []
    for done, number in enumerate(order, start=1):
        if search.pool.proof[number] is None and not _prove(search, number):
            failed.append(number)
        if on_progress is not None:
            on_progress(done, len(order))
    if failed:
        raise NotProvableError(failed)


def _prove(search: Search, number: int) -> bool:
    known = search.known(number)
    if known is not None:
        search.pool.rest(number, known)
        return True
    change = search.prove(number)
    if change is None:
        return False
    search.cost[change.cells] = 0.0
    search.suppressed[change.cells] = True
    reached = search.reached(change, number)
    search.pool.add(change, [target for target in reached if search.pool.proof[target] is None])
    return True
