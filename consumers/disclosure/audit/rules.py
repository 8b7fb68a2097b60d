"""The primary rules as the audit reads them: how uncertain a cell's value has to stay.

Written anew from the rules, with nothing of what flags cells for the optimiser, so that a
slip in one of them shows as a difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from consumers.disclosure.audit.cells import Flags, Numbers, Records, Shares
from consumers.disclosure.problem import Rules

_PERMILLE = 1000


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What each group has of each cell, by cell and falling magnitude.

    Attributes:
        rank: Place of the group in its cell, 0 for the largest.
    """

    cell: Numbers
    magnitude: Numbers
    net: Numbers
    is_waived: Flags
    rank: Numbers


def levels(shares: Shares, records: Records, size: int, rules: Rules) -> Numbers:
    """Return for each cell by how much its value must be uncertain both ways; 0 where it is safe.

    Args:
        shares: Who is in which cell: all, or without those whom an attacker knows.
        records: The contributions.
        size: Number of cells.
        rules: The parameters. A coalition of 0 is an attacker whose own part is left out already.

    Source: Handbook on Statistical Disclosure Control (Hundepool et al.), section 4.2: minimum
    frequency; p% rule with waivers; absolute values where contributions are negative.
    """
    found = np.zeros(size, dtype=np.int64)
    for groups in records.groups:
        found = np.maximum(found, _levels_of_end(_parts(shares, records, groups), size, rules))
    return found


def largest(shares: Shares, records: Records, size: int) -> Numbers:
    """Return what the largest group that is to be protected has of each cell, at whichever end."""
    found = np.zeros(size, dtype=np.int64)
    for groups in records.groups:
        found = np.maximum(found, _protected(_parts(shares, records, groups), size)[0])
    return found


def _levels_of_end(parts: _Parts, size: int, rules: Rules) -> Numbers:
    largest, rank = _protected(parts, size)
    # The largest others pool what they know. Where whom they attack is among the largest
    # groups itself, they reach one rank further down.
    is_among = rank <= rules.coalition
    in_coalition = parts.rank < rules.coalition + is_among[parts.cell]
    known = _sum(parts.cell[in_coalition], parts.magnitude[in_coalition], size)
    rest = _sum(parts.cell, parts.magnitude, size) - known - np.where(is_among, 0, largest)
    missing = rules.p_permille * largest - _PERMILLE * rest
    is_there = parts.net != 0
    count = _sum(parts.cell[is_there], np.ones(int(is_there.sum()), dtype=np.int64), size)
    rare = np.where(count < rules.min_groups, rules.p_permille * largest, 0)
    # Rounded up: a level of a fraction of a unit is one unit.
    return -(-np.where(missing > 0, missing, rare) // _PERMILLE)


def _protected(parts: _Parts, size: int) -> tuple[Numbers, Numbers]:
    """Return what the largest group that does not waive has of each cell, and its rank; 0 if none."""
    at = np.flatnonzero(~parts.is_waived)
    cell, first = np.unique(parts.cell[at], return_index=True)
    magnitude, rank = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    magnitude[cell], rank[cell] = parts.magnitude[at[first]], parts.rank[at[first]]
    return magnitude, rank


def _parts(shares: Shares, records: Records, groups: Numbers) -> _Parts:
    order = np.lexsort((groups[shares.record], shares.cell))
    cell, record = shares.cell[order], shares.record[order]
    if not len(cell):
        return _Parts(cell, cell, cell, cell.astype(np.bool_), cell)
    group, value = groups[record], records.value[record]
    starts = np.flatnonzero((np.diff(cell, prepend=-1) != 0) | (np.diff(group, prepend=-1) != 0))
    return _ranked(
        cell[starts],
        np.add.reduceat(np.abs(value), starts),
        np.add.reduceat(value, starts),
        np.logical_and.reduceat(records.is_waived[record], starts),
    )


def _ranked(cell: Numbers, magnitude: Numbers, net: Numbers, is_waived: Flags) -> _Parts:
    order = np.lexsort((is_waived, -magnitude, cell))
    cell = cell[order]
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    rank = np.arange(len(cell)) - np.repeat(starts, np.diff(starts, append=len(cell)))
    return _Parts(cell, magnitude[order], net[order], is_waived[order], rank)


def _sum(cell: Numbers, amounts: Numbers, size: int) -> Numbers:
    found = np.zeros(size, dtype=np.int64)
    np.add.at(found, cell, amounts)
    return found
