"""Redrives: refused records that a running hub judges again and stores where they pass.

Whoever asks waits in a thread of its own while the records are read and judged; the loop stores
them, so many a second, between its batches. What is not stored when the hub ends is refused
still, and can be asked for again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import duckdb

from consumers.deadletters.letters import Place
from consumers.hub.batch import Batch
from consumers.hub.judging import Judge, judged
from consumers.hub.letterbox import Letterbox
from consumers.hub.store import Accepted
from schemas.errors import ConfigurationError
from schemas.runtime.pace import Pace

PLACES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """What is stored together, and how many of its kind in a second."""

    batch: Batch
    accepted: Accepted
    rate: int


@dataclass(slots=True)
class Redrives:
    """What was asked for and is not stored yet; `connect` gives a connection that is closed after use."""

    judge: Judge
    connect: Callable[[], duckdb.DuckDBPyConnection]
    _waiting: deque[Part] = field(default_factory=deque)
    _pace: Pace = field(default_factory=Pace)

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """Return the questions by name."""
        return {"redrive": self.redrive, "redrives_left": self.left}

    def redrive(self, places: Sequence[Sequence[int]], rate: int, *, is_rehearsal: bool) -> dict[str, Any]:
        """Judge records again that are refused, and let the loop store those that pass.

        Args:
            places: Partition and offset of each; what is not refused is left alone.
            rate: How many the loop judges at most in a second.
            is_rehearsal: Store nothing.

        Returns:
            How many there are, and partition, offset and reasons of those that do not pass.

        Raises:
            ConfigurationError: Too many at once.
            RetriableError: Broker or registry do not answer.
        """
        if len(places) > PLACES_MAX:
            raise ConfigurationError("too many records at once", hint=f"ask for {PLACES_MAX} at most")
        with closing(self.connect()) as connection:
            letters = Letterbox(connection).refused(Place(*place) for place in places)
        batch, writers = self.judge.reread(letters.values()), self.judge.writers()
        parts = [Part(part, judged(part, writers), rate) for part in _parts(batch, rate)]
        if not is_rehearsal:
            self._waiting.extend(parts)
        failed = [letter for part in parts for letter in part.accepted.dead_letters]
        return {"refused": len(batch), "failed": [[*letter.place, letter.reasons] for letter in failed]}

    def left(self) -> int:
        """Return how many records are not stored yet of what was asked for."""
        return sum(len(part.batch) for part in self._waiting.copy())

    def due(self) -> Part | None:
        """Return what is to be stored now."""
        return self._waiting[0] if self._waiting and not self._pace.left_seconds else None

    def done(self) -> None:
        """Take what was due for stored."""
        part = self._waiting.popleft()
        self._pace.did(len(part.batch), part.rate)


def _parts(batch: Batch, records: int) -> Iterator[Batch]:
    for start in range(0, len(batch), records):
        part = slice(start, start + records)
        yield Batch(
            keys=batch.keys[part],
            values=batch.values[part],
            partitions=batch.partitions[part],
            offsets=batch.offsets[part],
            signers=batch.signers[part],
        )
