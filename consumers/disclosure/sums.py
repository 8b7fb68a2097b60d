"""The primary rules on sums of cells.

A sum of suppressed cells that somebody can work out is as good as a published figure, and has to
obey the same rules. The same with what is left of figures without what an attacker knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from consumers.disclosure import runs
from consumers.disclosure.primary import levels_at
from consumers.disclosure.problem import Rules
from consumers.disclosure.system import Amounts, Cells, Contributions, Flags

# So many contributions are looked at together, which bounds the memory.
_CONTRIBUTIONS_MAX = 4_000_000

_Numbers = NDArray[np.int64]


def levels_of_sums(
    ends: Sequence[Contributions], sums: csr_array, rules: Rules, groups: Cells | None = None
) -> Amounts:
    """Return by how much each sum must stay uncertain, both ways; 0 where it is safe.

    Args:
        ends: Contributions, once for each end of a movement; the rules hold at each of them.
        sums: Shape (sums, cells), with an entry where a cell belongs to a sum. The cells of a
            sum must not share contributions.
        rules: The parameters.
        groups: Numbers of groups that whoever looks at a sum knows everything of, shape
            (sums, any): their movements do not count, whichever end they are at.
    """
    levels = np.zeros(sums.shape[0], dtype=np.int64)
    for end in ends:
        for first, part in _parts(end, sums):
            last = first + part.shape[0]
            gathered = _gathered(end, part)
            if groups is not None:
                gathered = without(gathered, _is_known(gathered, groups[first:last]))
            found = levels_at(gathered, part.shape[0], rules)
            levels[first:last] = np.maximum(levels[first:last], found)
    return levels


def _is_known(gathered: Contributions, groups: Cells) -> Flags:
    known = groups[gathered.cell].T
    is_known: Flags = np.any((known == gathered.group) | (known == gathered.other), axis=0)
    return is_known


def without(end: Contributions, known: Flags) -> Contributions:
    """Return the contributions that are not known."""
    return Contributions(**{field.name: getattr(end, field.name)[~known] for field in fields(end)})


def extended(end: Contributions, sums: csr_array) -> Contributions:
    """Return the contributions to all cells and to some sums, which are numbered after the cells."""
    more = _gathered(end, sums)
    more = replace(more, cell=more.cell + np.int32(sums.shape[1]))
    columns = [field.name for field in fields(end)]
    return Contributions(
        **{name: np.concatenate([getattr(end, name), getattr(more, name)]) for name in columns}
    )


def _gathered(end: Contributions, sums: csr_array) -> Contributions:
    """Return the contributions to each sum; the number of the sum stands in place of the cell's."""
    starts, counts = _runs(end, sums.shape[1])
    start, count = starts[sums.indices], counts[sums.indices]
    at = runs.places(start, count)
    row = np.repeat(np.arange(sums.shape[0], dtype=np.int32), np.diff(sums.indptr))
    found = Contributions(**{field.name: getattr(end, field.name)[at] for field in fields(end)})
    return replace(found, cell=np.repeat(row, count))


def _runs(end: Contributions, size: int) -> tuple[_Numbers, _Numbers]:
    """Return where the contributions of each cell start, and how many there are."""
    starts = np.searchsorted(end.cell, np.arange(size + 1))
    return starts[:-1], np.diff(starts)


def _parts(end: Contributions, sums: csr_array) -> Iterator[tuple[int, csr_array]]:
    """Yield the sums in parts of not too many contributions, each with the number of its first sum."""
    _, counts = _runs(end, sums.shape[1])
    total = np.concatenate([[0], np.cumsum(counts[sums.indices])])[sums.indptr]
    cuts = np.searchsorted(total, np.arange(0, total[-1], _CONTRIBUTIONS_MAX))
    bounds = np.unique([*cuts, sums.shape[0]])
    for first, last in pairwise(bounds):
        yield int(first), sums[first:last]
