"""Enterprise groups as attackers: how uncertain a figure must stay to somebody who is part of it.

Who knows its own part of a figure knows the rest. The largest of the others must not be known
within p percent. How few the others are does not matter here: that is a matter of outsiders,
who do not know who they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from consumers.disclosure.primary import levels_at
from consumers.disclosure.problem import Rules
from consumers.disclosure.sums import levels_of_sums
from consumers.disclosure.system import NOT_KNOWN, Amounts, Cells, Contributions, Flags

_PERMILLE = 1000
NOBODY = -2

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What contributors know of figures: one row for each contributor and figure.

    Attributes:
        who: Position of the contributor, or of several who pool what they know.
        figure: Number of the figure: a cell, or a sum.
        own: Absolute value of what is known of it, above 0.
        groups: The groups of each contributor, shape (contributors, any); -2 fills up.
    """

    who: Numbers
    figure: Numbers
    own: Amounts
    groups: Cells

    def at(self, rows: Numbers) -> Parts:
        """Return some of the rows."""
        return Parts(self.who[rows], self.figure[rows], self.own[rows], self.groups)


def parts_of_groups(end: Contributions, size: int) -> Parts:
    """Return what each group knows: all movements that it is at either end of.

    Rows are sorted by group, which is also its position, then by figure.
    """
    is_group = end.group != NOT_KNOWN
    is_other = (end.other != end.group) & (end.other != NOT_KNOWN)
    group = np.concatenate([end.group[is_group], end.other[is_other]]).astype(np.int64)
    cell = np.concatenate([end.cell[is_group], end.cell[is_other]])
    magnitude = np.concatenate([end.magnitude[is_group], end.magnitude[is_other]])
    key, own = summed(group * size + cell, magnitude)
    who, figure = np.divmod(key, size)
    return Parts(who, figure, own, np.arange(who.max(initial=-1) + 1, dtype=np.int32)[:, None])


def levels_of_parts(ends: Sequence[Contributions], parts: Parts, size: int, rules: Rules) -> Amounts:
    """Return by how much each figure must stay uncertain to who knows a part of it; 0 for not at all.

    Args:
        ends: Contributions to figures, once for each end; without what everybody knows.
        parts: Who knows what.
        size: Number of figures.
        rules: The parameters.
    """
    levels = np.zeros(len(parts.who), dtype=np.int64)
    rows = np.flatnonzero(_may_need(ends, parts, size, rules))
    entries = np.ones(len(rows), dtype=np.int64), parts.figure[rows], np.arange(len(rows) + 1)
    sums = csr_array(entries, shape=(len(rows), size))
    levels[rows] = levels_of_sums(ends, sums, _against_one(rules), parts.groups[parts.who[rows]])
    return levels


def levels_of_lone(ends: Sequence[Contributions], size: int, rules: Rules) -> Amounts:
    """Return by how much each cell must stay uncertain to a contributor who is no part of it.

    That is above 0 only if somebody is nearly alone in it: else the others hide the largest.
    """
    levels = np.zeros(size, dtype=np.int64)
    for end in ends:
        np.maximum(levels, levels_at(end, size, _against_one(rules)), out=levels)
    return levels


def _against_one(rules: Rules) -> Rules:
    return replace(rules, min_groups=0, coalition=0)


def _may_need(ends: Sequence[Contributions], parts: Parts, size: int, rules: Rules) -> Flags:
    """Say where a level may be above 0: an estimate that is exact where movements have one end."""
    found = np.zeros(len(parts.who), dtype=np.bool_)
    for end in ends:
        tops = _tops(end, size)
        is_own = (parts.groups[parts.who] == tops.group[parts.figure][:, None]).any(axis=1)
        largest = np.where(is_own, tops.second[parts.figure], tops.first[parts.figure])
        unknown = tops.total[parts.figure] - parts.own
        rest = np.maximum(unknown - largest, 0)
        found |= rules.p_permille * np.minimum(largest, unknown) > _PERMILLE * rest
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Tops:
    """The two largest groups of each figure that do not waive their protection.

    Attributes:
        group: Number of the largest; -2 where there is none.
        first: Its absolute value.
        second: That of the next one.
        total: That of all groups, whether they waive or not.
    """

    group: Numbers
    first: Amounts
    second: Amounts
    total: Amounts


def _tops(end: Contributions, size: int) -> _Tops:
    figure, group, amounts = _protected(end)
    order = np.lexsort((group, -amounts, figure))
    figure, group, amounts = figure[order], group[order], amounts[order]
    starts = np.flatnonzero(np.diff(figure, prepend=-1))
    nexts = starts[np.diff(starts, append=len(figure)) > 1] + 1
    return _Tops(
        group=_spread(figure[starts], group[starts], size, NOBODY),
        first=_spread(figure[starts], amounts[starts], size, 0),
        second=_spread(figure[nexts], amounts[nexts], size, 0),
        total=totals(end, size),
    )


def _protected(end: Contributions) -> tuple[Numbers, Numbers, Amounts]:
    """Return figure, group and absolute value of each group that does not waive all it has there."""
    width = int(end.group.max(initial=0)) + 2
    key = end.cell.astype(np.int64) * width + end.group + 1
    found, amounts = summed(key, end.magnitude)
    _, protected = summed(key, (~end.is_waived).astype(np.int64))
    figure, group = np.divmod(found[protected > 0], width)
    return figure, group - 1, amounts[protected > 0]


def totals(end: Contributions, size: int) -> Amounts:
    """Return the absolute value of each figure."""
    return _spread(*summed(end.cell, end.magnitude), size, 0)


def _spread(at: Numbers, amounts: NDArray[np.int64], size: int, default: int) -> NDArray[np.int64]:
    found = np.full(size, default, dtype=np.int64)
    found[at] = amounts
    return found


def summed(key: Cells | Numbers, amounts: Amounts) -> tuple[Numbers, Amounts]:
    """Return the different keys, ascending, and the sum of the amounts of each."""
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    found = key[order][starts].astype(np.int64)
    return found, np.add.reduceat(amounts[order], starts) if len(starts) else amounts[:0]
