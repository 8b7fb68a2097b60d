"""Records of one partition that wait for the signature that covers them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate, chain, compress
from operator import not_

from consumers.hub.batch import Parts
from schemas.reasons import Breach
from schemas.signing import Signature, digest


@dataclass(slots=True)
class Waiting:
    """Records as parallel lists, by rising offset."""

    offsets: list[int] = field(default_factory=list)
    keys: Parts = field(default_factory=list)
    values: Parts = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many records wait."""
        return len(self.offsets)

    def add(self, offsets: list[int], keys: Parts, values: Parts) -> None:
        """Add records that were read after all others."""
        self.offsets += offsets
        self.keys += keys
        self.values += values

    def covered(self, signature: Signature) -> tuple[list[int], Parts, Parts] | Breach:
        """Take out offsets, keys and values of what a signature covers, or say why it does not.

        A part of what it covers is never taken: the digest is one over all of them, so that
        the rest cannot be told from records that somebody altered.
        """
        place = self._place(range(signature.runs[0].start, signature.runs[-1].stop))
        window, is_chosen = self.offsets[place], None
        if len(window) < signature.records:
            return Breach.RECORDS_MISSING
        keys, values = self.keys[place], self.values[place]
        wanted = [*chain.from_iterable(signature.runs)]
        if window != wanted:
            chosen = set(wanted)
            is_chosen = [offset in chosen for offset in window]
            keys, values = [*compress(keys, is_chosen)], [*compress(values, is_chosen)]
            if len(keys) != len(wanted):
                return Breach.RECORDS_MISSING
        if digest(keys, values) != signature.digest:
            return Breach.RECORDS_ALTERED
        self._remove(place, is_chosen)
        return wanted, keys, values

    def named(self, runs: Iterable[range]) -> list[bool]:
        """Say of each record whether any of the runs names it."""
        # Where runs begin and end: what they name is never written out, since they may name anything.
        changes = [0] * (len(self.offsets) + 1)
        for run in runs:
            place = self._place(run)
            changes[place.start] += 1
            changes[place.stop] -= 1
        return [count > 0 for count in accumulate(changes[:-1])]

    def uncovered(self, end: int, named: Iterable[range]) -> tuple[list[int], Parts, Parts]:
        """Take out offsets, keys and values of what lies before an offset and is in no run."""
        place = slice(0, bisect_left(self.offsets, end))
        is_chosen = [*map(not_, self.named(named)[place])]
        offsets, keys, values = (
            [*compress(self.offsets[place], is_chosen)],
            [*compress(self.keys[place], is_chosen)],
            [*compress(self.values[place], is_chosen)],
        )
        self._remove(place, is_chosen)
        return offsets, keys, values

    def _place(self, run: range) -> slice:
        """Return where those of a run are that wait."""
        start = bisect_left(self.offsets, run.start)
        return slice(start, bisect_left(self.offsets, run.stop, start))

    def _remove(self, place: slice, is_chosen: list[bool] | None) -> None:
        """Remove a run of records, or what is chosen of it."""
        is_kept = [] if is_chosen is None else [*map(not_, is_chosen)]
        self.offsets[place] = compress(self.offsets[place], is_kept)
        self.keys[place] = compress(self.keys[place], is_kept)
        self.values[place] = compress(self.values[place], is_kept)
