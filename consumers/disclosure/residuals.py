"""Sums of suppressed cells that can be worked out, and must obey the rules like published cells.

A published total minus its published parts is the sum of the parts that are suppressed. The same
holds again for each suppressed part and its own parts, in another dimension or on the next
level: from every known cell one walks down, and subtracts whatever is known on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from consumers.disclosure.crossings import crossings
from consumers.disclosure.problem import Rules
from consumers.disclosure.sums import levels_of_sums
from consumers.disclosure.system import NOT_KNOWN, OUTSIDER, Amounts, Flags, System, Target


def unions(system: System, sums: csr_array, rules: Rules) -> list[Target]:
    """Return those of the sums that an outsider can work out that break the rules.

    Each is made uncertain by suppressing more; then other sums are known, so this is repeated
    until it finds none.

    Args:
        system: All cells.
        sums: Of `known_sums`.
        rules: The parameters.
    """
    return targets_of(sums, levels_of_sums(system.ends, sums, rules), OUTSIDER)


def targets_of(sums: csr_array, levels: Amounts, attacker: int) -> list[Target]:
    """Return targets for the sums whose level is not 0."""
    return [
        Target(
            tuple(map(int, sums.indices[sums.indptr[row] : sums.indptr[row + 1]])), int(levels[row]), attacker
        )
        for row in np.flatnonzero(levels > 0)
    ]


def known_sums(system: System, suppressed: Flags) -> csr_array:
    """Return sums of suppressed cells that can be worked out, shape (sums, cells), each once.

    The cells of a sum are ascending, and share no contributions: those that walks end with, and
    what several known sums give together. In large systems the latter is looked for among sums
    of few cells only, as sums of many seldom break a rule.
    """
    known = known_cells(system, suppressed)
    ends = crossed = walked(system, known, known)
    if ends.shape[0] <= _CROSSED_MAX:
        # Sums without anything subtracted but cells that have no parts.
        parents = np.isin(np.arange(system.size), system.parent)
        whole = walked(system, known, known & ~parents)
        crossed = _distinct(vstack([ends, whole], format="csr"))
    order = np.argsort(np.diff(crossed.indptr), kind="stable")
    return _distinct(vstack([ends, crossings(crossed[order[:_CROSSED_MAX]])], format="csr"))


def walked(system: System, known: Flags, subtracted: Flags) -> csr_array:
    """Return where walks from known cells end that subtract some of them on the way, and all in the end.

    Where nothing is negative only the ends of walks matter: what is left of a sum that breaks the
    p% rule, after a safe part was subtracted, breaks it too, because the rule is subadditive (and
    the number of groups cannot rise). Where something is negative that does not hold, so the sums
    on the way are returned too.
    """
    steps = [_step(system, subtracted, axis) for axis in range(int(system.axis.max(initial=-1)) + 1)]
    walks = _walks(csr_array(_diagonal(known)[known]), steps, _mirrored(system), _is_signed(system))
    found = csr_array(vstack(list(walks), format="csr") @ _diagonal(~known))
    # With mirrors a cell may come twice; such a sum is none of cells.
    return _distinct(csr_array(found[found.sum(axis=1) == np.diff(found.indptr)]))


def known_cells(system: System, suppressed: Flags) -> Flags:
    """Say which cells are known: published, or the only unknown one of a relation."""
    known = ~suppressed
    involved = abs(system.relations)
    while True:
        unknown = involved @ (~known).astype(np.int64)
        found = np.zeros_like(known)
        found[involved[unknown == 1].indices] = True
        if known[found].all():
            return known
        known = known | found


def _is_signed(system: System) -> Flags:
    found = np.zeros(system.size, dtype=np.bool_)
    for end in system.ends:
        found[end.cell[end.value != end.magnitude]] = True
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """One step down along a dimension.

    Attributes:
        applies: Which cells have parts along it.
        left: Shape (cells, cells): the unknown parts of each cell; a cell without parts stays.
    """

    applies: Flags
    left: csr_array


def _step(system: System, known: Flags, axis: int) -> _Step:
    parts = _parts(system, axis)
    applies = np.diff(parts.indptr) > 0
    return _Step(applies, csr_array(parts @ _diagonal(~known) + _diagonal(~applies)))


def _parts(system: System, axis: int) -> csr_array:
    """Return which cells a cell is the sum of along a dimension, shape (cells, cells)."""
    rows = np.flatnonzero(system.axis == axis)
    chosen = system.relations[rows].tocoo()
    is_part = chosen.data > 0
    at = (system.parent[rows][chosen.row[is_part]], chosen.col[is_part])
    return csr_array((np.ones(is_part.sum(), dtype=np.int64), at), shape=(system.size, system.size))


def _diagonal(flags: Flags) -> csr_array:
    at = np.flatnonzero(flags)
    return csr_array((np.ones(len(at), dtype=np.int64), (at, at)), shape=(len(flags), len(flags)))


def _mirrored(system: System) -> _Step:
    """Return the step from cells to their mirrors; of several mirrors, to one."""
    pairs = system.relations[system.axis == NOT_KNOWN].indices.reshape(-1, 2)
    other = np.arange(system.size)
    other[pairs] = pairs[:, ::-1]
    ones = np.ones(system.size, dtype=np.int64)
    left = csr_array((ones, (np.arange(system.size), other)), shape=(system.size, system.size))
    return _Step(other != np.arange(system.size), left)


def _walks(sums: csr_array, steps: Sequence[_Step], mirrored: _Step, is_signed: Flags) -> Iterator[csr_array]:
    """Yield the sums at which walks end, and those on the way that have a negative contribution.

    The dimensions are gone down in every order, level by level, in turns as well. Mirrors may
    be changed for each other on the way, which comes back to where it was.
    """
    yield sums[:0]
    seen = np.zeros((0, _DIGESTS), dtype=np.int64)
    while sums.shape[0]:
        goes_on = [_has_any(sums, step.applies) for step in steps]
        yield sums[~np.any(goes_on, axis=0) | _has_any(sums, is_signed)]
        goes_on.append(_has_any(sums, mirrored.applies))
        below = [sums[goes] @ step.left for goes, step in zip(goes_on, [*steps, mirrored], strict=True)]
        sums, seen = _new(vstack([sums[:0], *below], format="csr"), seen)


def _has_any(sums: csr_array, flags: Flags) -> Flags:
    return np.asarray(sums @ flags.astype(np.int64) > 0)


def _distinct(sums: csr_array) -> csr_array:
    """Return the different rows that have entries, their columns ascending."""
    sums = csr_array(_new(sums, np.zeros((0, _DIGESTS), dtype=np.int64))[0])
    sums.sort_indices()
    return sums


def _new(sums: csr_array, seen: NDArray[np.int64]) -> tuple[csr_array, NDArray[np.int64]]:
    """Return the different rows that have entries and were not seen, and what was seen by now."""
    random = np.random.default_rng(_SEED)
    weights = random.integers(1 << 63, size=(sums.shape[1], _DIGESTS))
    digests = np.concatenate([seen, sums @ weights])
    _, first = np.unique(digests, axis=0, return_index=True)
    rows = np.sort(first[first >= len(seen)]) - len(seen)
    has_entries = np.diff(sums.indptr)[rows] > 0
    return csr_array(sums[rows[has_entries]]), digests[np.sort(first)]


# So many known sums are tried for what they give together.
_CROSSED_MAX = 300
# Two rows are the same if random numbers for their entries add up to the same twice.
_DIGESTS = 2
_SEED = 20_261_125
