"""Trimming: publish again what turns out not to be needed.

Every target keeps a proof: what is given back was not part of any, or others were found.
"""

from __future__ import annotations

from collections.abc import Sequence

from consumers.disclosure.problem import Cost
from consumers.disclosure.suppression import Search, prices
from consumers.disclosure.system import Attacker, Flags, System, Target


def trim(
    system: System,
    targets: Sequence[Target],
    attackers: Sequence[Attacker],
    suppressed: Flags,
    *,
    fixed: Flags,
    cost: Cost,
) -> Flags:
    """Return the cells to withhold: the fixed ones, and of the suppressed ones what is needed.

    Args:
        system: The cells and their relations.
        targets: What must stay uncertain; all are provable with what is suppressed.
        attackers: Whom the targets name by number; the first is the outsider.
        suppressed: Cells that are withheld now.
        fixed: Those of them that must be withheld anyway.
        cost: What a cell costs.
    """
    if not targets:
        return fixed.copy()
    search = Search(system, targets, fixed, suppressed, prices(system, cost))
    order = sorted(range(len(targets)), key=lambda number: (targets[number].attacker, targets[number].level))
    search.cover(order, attackers)
    return search.suppressed
