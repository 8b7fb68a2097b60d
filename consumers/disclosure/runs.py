"""Runs: parts of an array that lie together, as the children of a cell or its contributions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def places(starts: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.int64]:
    """Return the places of all members of some runs, run after run.

    Args:
        starts: Shape (k,): where each run begins.
        counts: Shape (k,): how many members it has.
    """
    before = np.cumsum(counts) - counts
    found: NDArray[np.int64] = np.arange(counts.sum(), dtype=np.int64) + np.repeat(starts - before, counts)
    return found
