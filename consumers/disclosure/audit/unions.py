"""What is left of a published cell after its published parts: a sum of suppressed cells that all know.

If it breaks the rules it betrays somebody like a published cell that breaks them.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator, Sequence

import numpy as np

from consumers.disclosure.audit.cells import Cells, Flags, Shares

# So many sums are looked at below one published cell; deep tables of many dimensions have more.
_SUMS_MAX = 1000

Union = tuple[int, ...]


def unions(cells: Cells, is_uncertain: Flags) -> dict[Union, int]:
    """Return sums of two or more uncertain cells that everybody can work out.

    Each with the first known cell of which it is left.
    """
    found: dict[Union, int] = {}
    for known in np.flatnonzero(~is_uncertain).tolist():
        for left in itertools.islice(_left(known, cells, is_uncertain, found), _SUMS_MAX):
            found[left] = known
    return {left: known for left, known in found.items() if len(left) > 1}


def shares_of(sums: Sequence[Union], shares: Shares) -> Shares:
    """Return who is in which sum, counted from 0.

    Args:
        sums: Of cells that share no contribution.
        shares: Of all cells, by cell.
    """
    cells = np.fromiter(itertools.chain.from_iterable(sums), np.int64)
    sum_of = np.repeat(np.arange(len(sums)), [len(cells_of_sum) for cells_of_sum in sums])
    first = np.searchsorted(shares.cell, cells, "left")
    count = np.searchsorted(shares.cell, cells, "right") - first
    ends = np.cumsum(count)
    at = np.arange(count.sum()) + np.repeat(first - ends + count, count)
    return Shares(np.repeat(sum_of, count), shares.record[at])


def _left(known: int, cells: Cells, is_uncertain: Flags, seen: Container[Union]) -> Iterator[Union]:
    """Yield what is left of a cell that was not seen before: uncertain parts are taken apart in turn."""
    waiting: list[Union] = [(known,)]
    while waiting:
        whole = waiting.pop()
        for axis in range(len(cells.places[known])):
            if not any((cell, axis) in cells.families for cell in whole):
                continue
            parts = itertools.chain.from_iterable(cells.families.get((cell, axis), [cell]) for cell in whole)
            left = tuple(sorted(part for part in parts if is_uncertain[part]))
            if left and left not in seen:
                yield left
                waiting.append(left)
