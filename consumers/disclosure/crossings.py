"""Sums that known sums of cells give together, and none of them by itself.

Rows of a table that are cut by a known column: what two of them have outside the column is
known, and no walk down from a total comes to it. Differences of two known sums, and two minus a
third, are found here; more at once are not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

# Products of such matrices are quick, and numbers of cells below 2^24 exact.
_Flags = NDArray[np.float32]
_Places = NDArray[np.int64]


def crossings(sums: csr_array) -> csr_array:
    """Return what is left of a sum, or of two, without a third one; each cell once or not at all.

    Args:
        sums: Shape (sums, cells), entries of 1. The work grows with the third power of their number.
    """
    used = np.unique(sums.indices)
    flags = sums[:, used].toarray().astype(np.float32)
    common = flags @ flags.T
    one, third = np.nonzero((common == common.diagonal()) & (common < common.diagonal()[:, None]))
    differences = sums[one] - sums[third]
    triples = [np.zeros((3, 0), dtype=np.int64), *_triples(flags, common)]
    one, other, third = np.concatenate(triples, axis=1)
    found = csr_array(vstack([differences, sums[one] + sums[other] - sums[third]], format="csr"))
    found.eliminate_zeros()
    return found


def _triples(flags: _Flags, common: _Flags) -> Iterator[_Places]:
    """Yield pairs of sums that together cover a third one, and share nothing outside; shape (3, any)."""
    sizes = common.diagonal()
    for third, size in enumerate(sizes):
        near = np.flatnonzero((common[third] > 0) & (common[third] < size))
        inside = flags[np.ix_(near, np.flatnonzero(flags[third]))]
        in_all = inside @ inside.T
        covered = common[third, near]
        fits = (covered[:, None] + covered - in_all == size) & (common[np.ix_(near, near)] == in_all)
        one, other = np.nonzero(np.triu(fits, 1))
        yield np.stack([near[one], near[other], np.full(len(one), third)])
