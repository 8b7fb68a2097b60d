"""An exchange copied from one cluster to another: planned, copied, compared; begun again, it goes on.

Nobody writes at either meanwhile. What is at the target already has to be the beginning of
what is at the source.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from deploy import topics as deployed
from deploy.copying import partition, plan
from deploy.copying.partition import Found
from deploy.copying.plan import Part
from deploy.copying.writer import Writer
from schemas.errors import ContractError, ShutdownRequested
from schemas.runtime import clients, reading
from schemas.settings import KafkaSettings

_THREADS = 12

# Takes how many records are done, and how many offsets there are.
Show = Callable[[int, int], None]


@dataclass(slots=True)
class Copying:
    """One copy.

    Attributes:
        show: Told how far it is.
    """

    source: KafkaSettings
    target: KafkaSettings
    show: Show = lambda _, __: None
    _stop: threading.Event = field(default_factory=threading.Event)
    _done: int = 0
    _all: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def planned(self) -> list[Part]:
        """Return what is to be copied, after a check of everything that can be checked before.

        Raises:
            ContractError: The target's registry gives ids another meaning, or the source is no exchange.
        """
        wanted = plan.declared(self.source)
        if differing := [*plan.differing_schemas(self.source, self.target, wanted)]:
            raise ContractError(
                f"the registry of the target differs: {'; '.join(differing)}",
                hint="move the registry first, with its ids: see deploy/runbooks/exchange-move.md",
            )
        return plan.parts(self.source, wanted)

    def copy(self) -> int:
        """Make the topics at the target, copy what is missing, and return how many records are the same.

        Raises:
            ContractError: The target has other records, or the source was written to meanwhile.
        """
        found = self.planned()
        deployed.apply(self.target, plan.declared(self.source))
        # Each offset is copied, then compared.
        self._all = 2 * sum(part.end for part in found)
        with ThreadPoolExecutor(_THREADS) as threads:
            try:
                [*threads.map(self._copied, [part for part in found if part.end])]
                counts = [*threads.map(self._compared, found)]
            except BaseException:
                # Each thread ends where the next run can go on.
                self._stop.set()
                raise
        if plan.parts(self.source, plan.declared(self.source)) != found:
            raise ContractError(
                "the source was written to meanwhile", hint="stop all its writers, and run again"
            )
        return sum(counts)

    def _copied(self, part: Part) -> None:
        """Copy one partition from where the target ends."""
        writer = Writer(self.target, part.topic, part.number)
        writer.open()
        held = self._same(part, writer.at, is_whole=False)
        # What need not keep its offset gets the next one.
        places = itertools.count(writer.at)
        for record in itertools.islice(self._records(part), held, None):
            if self._stop.is_set():
                break
            writer.write(record if part.is_exact else record._replace(offset=next(places)))
        if part.is_exact and not self._stop.is_set():
            writer.fill(part.end)
        writer.flush()
        if self._stop.is_set():
            raise ShutdownRequested

    def _compared(self, part: Part) -> int:
        """Return how many records of a partition are the same at both, where all are."""
        end = reading.end(clients.admin(self.target), part.topic, part.number)
        if part.is_exact and end != part.end:
            raise _other(part)
        return self._same(part, end, is_whole=True)

    def _same(self, part: Part, end: int, *, is_whole: bool) -> int:
        """Return how many records the target has before an offset, as the source has them.

        Raises:
            ContractError: One of them is not the same, or with `is_whole` the source has more.
        """
        count = 0
        ours = self._records(part) if is_whole else self._source(part)
        for theirs in partition.records(self.target, part.topic, part.number, end):
            if self._stop.is_set():
                raise ShutdownRequested
            if _told(next(ours, None), part) != _told(theirs, part):
                raise _other(part)
            count += 1
        if is_whole and next(ours, None) is not None:
            raise _other(part)
        return count

    def _source(self, part: Part) -> Iterator[Found]:
        return partition.records(self.source, part.topic, part.number, part.end)

    def _records(self, part: Part) -> Iterator[Found]:
        """Yield the records of the source, and show how far that is."""
        at = 0
        for record in self._source(part):
            yield record
            self._move(record.offset + 1 - at)
            at = record.offset + 1
        self._move(part.end - at)

    def _move(self, offsets: int) -> None:
        with self._lock:
            self._done += offsets
            self.show(self._done, self._all)


def _told(record: Found | None, part: Part) -> Found | None:
    """Return what has to be the same of a record."""
    return record if record is None or part.is_exact else record._replace(offset=0)


def _other(part: Part) -> ContractError:
    return ContractError(
        f"{part.topic} {part.number} at the target is not what it is at the source",
        hint="delete that topic at the target, and run again; nobody may write to it before",
    )
