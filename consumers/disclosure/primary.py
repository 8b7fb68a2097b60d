"""Primary rules: which cells of a table would betray a contributor by themselves, and how closely.

What passes is not yet safe: other cells may allow to compute what is withheld. That is the
optimiser's concern.

Source: Handbook on Statistical Disclosure Control (Hundepool et al.), section 4.2: minimum
frequency, and the p% rule, by which the second largest contributor, who knows its own part,
must not come closer to the largest than p percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consumers.disclosure.problem import Rules
from consumers.disclosure.system import NOT_KNOWN, Amounts, Cells, Contributions, Flags, System

_PERMILLE = 1000


def levels(system: System, rules: Rules) -> Amounts:
    """Return by how much each cell must stay uncertain, both ways; 0 where it may be published.

    A movement has two ends, and a cell must obey the rules at each of them.
    """
    found = np.zeros(system.size, dtype=np.int64)
    for end in system.ends:
        found = np.maximum(found, levels_at(end, system.size, rules))
    return found


def levels_at(contributions: Contributions, size: int, rules: Rules) -> Amounts:
    """Return the level of each figure that some contributions make up, shape (size,).

    Args:
        contributions: `cell` is the number of the figure: a cell, or a sum of cells. They need
            not be sorted, but it is quicker.
        size: Number of figures; one without contributions is safe.
        rules: The parameters.

    A figure is sensitive if fewer than `min_groups` groups put something into it that does not
    cancel out, or if a coalition of the groups next to the largest, who know their own parts,
    comes closer to the largest than p per mille. The level is what is missing to p per mille,
    or p per mille if only the number of groups is too small. With negative contributions all
    this holds for absolute values. A group that waives protection in all its records needs
    none, but may attack.

    Source: Handbook on Statistical Disclosure Control (Hundepool et al.), chapter 4: minimum
    frequency, p% rule and its protection levels, holdings, waivers, negative contributions.
    """
    shares = _Shares.of(contributions)
    first, largest = shares.largest(np.where(shares.is_waived, 0, shares.magnitude))
    rest = shares.magnitude.copy()
    rest[largest] = 0
    others = shares.total(rest)
    for _ in range(rules.coalition):
        known, largest = shares.largest(rest)
        if not known.any():
            break
        others -= known
        rest[largest] = 0
    found = np.zeros(size, dtype=np.int64)
    found[shares.figure] = _levels(first, others, shares.total(shares.counts), rules)
    return found


def _levels(first: Amounts, others: Amounts, groups: Amounts, rules: Rules) -> Amounts:
    missing = rules.p_permille * first - _PERMILLE * others
    of_few = np.where(groups < rules.min_groups, rules.p_permille * first, 0)
    return -(-np.where(missing > 0, missing, of_few) // _PERMILLE)


@dataclass(frozen=True, slots=True, eq=False)
class _Shares:
    """What each group puts into each figure; the rows of a figure are neighbours.

    Attributes:
        figure: Number of each figure that has contributions, ascending.
        starts: First row of each figure.
        magnitude: Of each row.
        counts: Of each row: 1 if it is a group whose contributions do not cancel out, else 0.
        is_waived: Of each row.
    """

    figure: Cells
    starts: NDArray[np.intp]
    magnitude: Amounts
    counts: Amounts
    is_waived: Flags

    @classmethod
    def of(cls, contributions: Contributions) -> _Shares:
        """Return the sums over all agencies."""
        group = contributions.group.astype(np.int64) - NOT_KNOWN
        key = contributions.cell * (group.max(initial=0) + 1) + group
        order: slice | NDArray[np.intp] = slice(None)
        if (np.diff(key) < 0).any():
            order = np.argsort(key, kind="stable")
            key = key[order]
        rows = np.flatnonzero(np.diff(key, prepend=-1))
        cell = contributions.cell[order][rows]
        starts = np.flatnonzero(np.diff(cell, prepend=-1))
        return cls(
            figure=cell[starts],
            starts=starts,
            magnitude=np.add.reduceat(contributions.magnitude[order], rows),
            counts=(np.add.reduceat(contributions.value[order], rows) != 0).astype(np.int64),
            is_waived=np.logical_and.reduceat(contributions.is_waived[order], rows),
        )

    def total(self, amounts: Amounts) -> Amounts:
        """Return the sum over each figure's groups."""
        return np.add.reduceat(amounts, self.starts)

    def largest(self, amounts: Amounts) -> tuple[Amounts, NDArray[np.intp]]:
        """Return the largest of each figure's groups, and its row, the first of several."""
        found = np.maximum.reduceat(amounts, self.starts)
        sizes = np.diff(self.starts, append=len(amounts))
        rows = np.flatnonzero(amounts == np.repeat(found, sizes))
        of_figure = np.searchsorted(self.starts, rows, side="right")
        return found, rows[np.flatnonzero(np.diff(of_figure, prepend=0))]
