"""What a hub takes in: movements and the signatures that cover them, each topic by a client of its own.

With two clients neither topic waits behind the other, and each is read no further than
there is memory for what is not settled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from consumers.hub.batch import Batch, read
from consumers.hub.coverage import Coverage
from consumers.hub.ledger import Ledger
from schemas import topics
from schemas.errors import RetriableError
from schemas.settings import KafkaSettings

_POLL_SECONDS = 0.1

Patiently = Callable[[Callable[[], Any]], Any]


class Intake:
    """Both topics, read by one hub. `begin` comes before all reading."""

    def __init__(self, kafka: KafkaSettings, hub: str) -> None:
        self.movements = Ledger(kafka, hub, topics.MOVEMENTS)
        self.signatures = Ledger(kafka, hub, topics.SIGNATURES)
        self._coverage: Coverage
        # Records may wait for their signature longer than one batch takes.
        self._waiting_since = 0.0

    def begin(self, coverage: Coverage) -> None:
        """Go on with what is read and not settled."""
        self._coverage = coverage

    def find_partitions(self) -> set[int]:
        """Read partitions that were not read before, and return those of the movements.

        Raises:
            RetriableError: The broker does not answer.
        """
        read_to, signed_to = self._coverage.read_to()
        self.signatures.assign(self.signatures.partitions(), signed_to)
        return self.movements.assign(self.movements.partitions(), read_to)

    @property
    def is_settled(self) -> bool:
        """Whether no signature waits for its records, and no chain for a signature."""
        return self._coverage.is_settled

    def ends(self) -> dict[int, int]:
        """Return by partition the end of the movements, open transactions included."""
        return self.movements.ends(is_stable=False)

    def collect(
        self,
        *,
        rows: int,
        seconds: float,
        is_over: Callable[[Batch], bool],
        patiently: Patiently,
    ) -> Batch:
        """Return the next batch; empty when nothing was settled within `seconds`.

        Args:
            rows: A batch is full at this many records, or some more.
            seconds: Time from the first record, or from the call, after which it ends anyway.
            is_over: Asked after every chunk whether to end at once.
            patiently: Asks the registry until it answers.

        Raises:
            FatalError: The stored offset is not in a topic any more, or the client is beyond repair.
            ConfigurationError: A topic may not be read.
        """
        batch = Batch(started_at=self._waiting_since)
        deadline = time.monotonic() + seconds
        while len(batch) < rows and time.monotonic() < deadline and not is_over(batch):
            has_begun = self._take_movements()
            self._take_signatures(patiently)
            self._coverage.settle(batch, rows)
            batch.next_offsets = self._coverage.next_offsets()
            if has_begun and not batch.started_at:
                batch.started_at = time.monotonic()
                deadline = batch.started_at + seconds
        self._ask()
        batch.custody = self._coverage.custody()
        self._waiting_since = self._begin_of_next(batch)
        return batch

    def close(self) -> None:
        """Leave the broker."""
        self.movements.close()
        self.signatures.close()

    def _begin_of_next(self, batch: Batch) -> float:
        """Return the monotonic instant since when records wait behind a batch, 0 where none do."""
        if not self._coverage.has_waiting:
            return 0.0
        return time.monotonic() if batch.values else batch.started_at

    def _take_movements(self) -> bool:
        if not self._coverage.takes_records:
            return False
        chunk = read(self.movements.consumer, topics.MOVEMENTS, _POLL_SECONDS)
        self._coverage.add(chunk)
        return bool(chunk.values)

    def _take_signatures(self, patiently: Patiently) -> None:
        if not self._coverage.takes_signatures:
            return
        # Whoever has waited for movements need not wait for these too.
        seconds = 0.0 if self._coverage.takes_records else _POLL_SECONDS
        chunk = read(self.signatures.consumer, topics.SIGNATURES, seconds)
        patiently(lambda: self._coverage.add_signatures(chunk))

    def _ask(self) -> None:
        """Ask the broker for the ends beyond which what waits now is judged."""
        question = self._coverage.ask()
        if question is None:
            return
        # Without an answer what waits goes on waiting, and what is covered is stored all the same.
        with suppress(RetriableError):
            signature_ends = self.signatures.ends(is_stable=False)
            self._coverage.answer(question, self.ends(), signature_ends)
