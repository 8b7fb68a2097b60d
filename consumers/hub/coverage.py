"""Which records valid signatures cover: only those become rows.

Records wait for their signature, since a transaction reaches the partitions at different
moments. A record that nothing covers is judged once the signatures are read beyond the end
that the broker named after the record was seen: whoever wrote it has written no signature.
A signature is used whole or not at all, and once.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import compress

from consumers.hub.batch import Batch, Broken, Chunk, Parts
from consumers.hub.chains import Chains, Writer
from consumers.hub.custody import Custody
from consumers.hub.signatures import Signatures
from consumers.hub.waiting import Waiting
from consumers.hub.writers import Writers
from schemas.directory import Directory
from schemas.reasons import Breach
from schemas.signing import Signature

# Some 100 MB: records of which it is not known yet whether a signature names them, and
# offsets of signatures whose records are not read yet.
UNKNOWN_RECORDS_MAX = 100_000
PENDING_OFFSETS_MAX = 1_000_000


@dataclass(slots=True)
class _Partition:
    """One partition of the movements and the same of the signatures.

    Attributes:
        read_to: First offset of the movements that was not read.
        signed_to: First offset of the signatures that was not read.
        pending: Valid signatures by their own offset, whose records are not all read.
        by_last: Last offset that a signature covers and its own: what to look at next.
        used: Own offsets of used signatures, some of them behind a pending one.
        stored: Offsets of records that the file has already, though not all before them.
    """

    read_to: int = 0
    signed_to: int = 0
    waiting: Waiting = field(default_factory=Waiting)
    pending: dict[int, Signature] = field(default_factory=dict)
    by_last: list[tuple[int, int]] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    stored: set[int] = field(default_factory=set)

    def add(self, offsets: list[int], keys: Parts, values: Parts) -> None:
        """Let records wait that were read, but for those that are stored."""
        if self.stored and not self.stored.isdisjoint(offsets):
            is_new = [offset not in self.stored for offset in offsets]
            offsets = [*compress(offsets, is_new)]
            keys, values = [*compress(keys, is_new)], [*compress(values, is_new)]
        self.waiting.add(offsets, keys, values)

    @property
    def next_offset(self) -> int:
        """The first offset of the movements that is not settled."""
        return self.waiting.offsets[0] if self.waiting else self.read_to

    @property
    def next_signature(self) -> int:
        """The first offset of the signatures that is not used."""
        return min(self.pending) if self.pending else self.signed_to


@dataclass(frozen=True, slots=True)
class Question:
    """What was seen before the broker was asked for the ends of both topics.

    Attributes:
        read_to, signed_to: By partition, the first offset not yet read.
        missing: By writer, the number of a signature that others are ahead of.
    """

    read_to: Mapping[int, int]
    signed_to: Mapping[int, int]
    missing: Mapping[Writer, int]


class Coverage:
    """What is read and not settled yet, of all partitions."""

    def __init__(
        self,
        directory: Directory,
        writers: Writers,
        next_offsets: Mapping[int, int],
        custody: Custody,
        stored: Mapping[int, set[int]],
    ) -> None:
        """Go on where a file ends.

        Args:
            directory: Whose signatures count.
            writers: Schemas that signatures were written with.
            next_offsets: By partition, the first offset that is not in the file.
            custody: How far the signatures are used.
            stored: By partition, offsets behind `next_offsets` that are in the file.
        """
        self._signatures = Signatures(directory, writers)
        self._chains = Chains(dict(custody.ends))
        self._partitions: dict[int, _Partition] = {}
        self._broken: list[Broken] = []
        self._question: Question | None = None
        self._ends: tuple[Mapping[int, int], Mapping[int, int]] = ({}, {})
        self._named = 0
        self._pending_offsets = 0
        for partition in {*next_offsets, *custody.next_offsets}:
            found = self._of(partition)
            found.read_to = next_offsets.get(partition, 0)
            found.signed_to = custody.next_offsets.get(partition, 0)
            found.stored = stored.get(partition, set())
            found.used = {offset for number, offset in custody.used if number == partition}

    @property
    def takes_records(self) -> bool:
        """Whether more records may be read: the memory for those that wait has an end."""
        return (
            sum(len(item.waiting) for item in self._partitions.values()) - self._named < UNKNOWN_RECORDS_MAX
        )

    @property
    def takes_signatures(self) -> bool:
        """Whether more signatures may be read; where records may not, they are what is needed."""
        return self._pending_offsets < PENDING_OFFSETS_MAX or not self.takes_records

    @property
    def is_settled(self) -> bool:
        """Whether no signature waits for its records, and no chain for a signature."""
        return not (self._pending_offsets or self._chains.incomplete())

    @property
    def has_waiting(self) -> bool:
        """Whether records wait for a signature, or for the judgement that there is none."""
        return any(item.waiting for item in self._partitions.values())

    def read_to(self) -> tuple[dict[int, int], dict[int, int]]:
        """Return by partition how far movements and signatures are read."""
        return (
            {number: item.read_to for number, item in self._partitions.items()},
            {number: item.signed_to for number, item in self._partitions.items()},
        )

    def next_offsets(self) -> dict[int, int]:
        """Return by partition the first offset of the movements that is not settled."""
        return {number: item.next_offset for number, item in self._partitions.items()}

    def custody_offsets(self) -> dict[int, int]:
        """Return by partition the first offset of the signatures that is not used."""
        return {number: item.next_signature for number, item in self._partitions.items()}

    def custody(self) -> Custody:
        """Return what the file has to know of the signatures along with what is settled."""
        found = self.custody_offsets()
        for number, item in self._partitions.items():
            item.used = {offset for offset in item.used if offset >= found[number]}
        used = frozenset(
            (number, offset) for number, item in self._partitions.items() for offset in item.used
        )
        changed, self._chains.changed = self._chains.changed, set()
        return Custody(found, used, {writer: self._chains.ends[writer] for writer in changed})

    def add(self, chunk: Chunk) -> None:
        """Take records that were read."""
        for number, offsets, keys, values in chunk.by_partition():
            self._of(number).add(offsets, keys, values)
        for number, offset in chunk.next_offsets.items():
            item = self._of(number)
            item.read_to = max(item.read_to, offset)

    def add_signatures(self, chunk: Chunk) -> None:
        """Take signatures that were read.

        Raises:
            RetriableError: A schema is not known yet and the registry does not answer; nothing is taken.
        """
        found = [
            self._signatures.read(value, partition)
            for value, partition in zip(chunk.values, chunk.partitions, strict=True)
        ]
        for signature, number, own in zip(found, chunk.partitions, chunk.offsets, strict=True):
            item = self._of(number)
            if own in item.used:
                continue
            if signature is None:
                self._broken.append(Broken(Breach.SIGNATURE_INVALID, None, number, own))
                continue
            item.pending[own] = signature
            heapq.heappush(item.by_last, (signature.last, own))
            self._pending_offsets += signature.records
        for number, offset in chunk.next_offsets.items():
            item = self._of(number)
            item.signed_to = max(item.signed_to, offset)

    def settle(self, batch: Batch, rows: int) -> None:
        """Move to a batch what is covered by now, until it is full, and what never will be."""
        for number, item in self._partitions.items():
            while len(batch) < rows and item.by_last and item.by_last[0][0] < item.read_to:
                _, own = heapq.heappop(item.by_last)
                if own in item.pending:
                    self._use(number, item, own, batch)
        if self._question is not None and not self.takes_signatures:
            # The answer waits for signatures, and they for what these claim, which may never come.
            self._refute(self._question)
        if self._question is not None and self._is_answered():
            self._judge(self._question, batch)
            self._question = None
        batch.broken += self._broken
        self._broken = []

    def ask(self) -> Question | None:
        """Return what has been seen and waits, to ask the broker for the ends of both topics; None: nothing.

        One question at a time: there is none while an answer is not reached yet, and may be.
        """
        missing = self._chains.incomplete()
        is_idle = not missing and not any(item.waiting or item.pending for item in self._partitions.values())
        if is_idle or (self._question is not None and self.takes_signatures):
            return None
        return Question(*self.read_to(), missing)

    def answer(self, question: Question, ends: Mapping[int, int], signature_ends: Mapping[int, int]) -> None:
        """Take the ends that the broker named, with what open transactions wrote.

        A partition without signatures is not judged: it was added a moment ago.
        """
        self._question, self._ends = question, (ends, signature_ends)

    def _of(self, partition: int) -> _Partition:
        if partition not in self._partitions:
            self._partitions[partition] = _Partition()
        return self._partitions[partition]

    def _is_answered(self) -> bool:
        return all(self._of(number).signed_to >= end for number, end in self._ends[1].items())

    def _use(self, number: int, item: _Partition, own: int, batch: Batch) -> None:
        signature = self._dropped(item, own)
        item.used.add(own)
        if not self._is_linked(signature, number, own):
            return
        found = item.waiting.covered(signature)
        if isinstance(found, Breach):
            self._broken.append(Broken(found, signature.agency, number, own))
        else:
            batch.add(number, *found, signature.agency)

    def _is_linked(self, signature: Signature, number: int, own: int) -> bool:
        """Add a signature to its chain, and say whether it was not there already."""
        if self._chains.is_repeated(signature):
            self._broken.append(Broken(Breach.CHAIN_REPEATED, signature.agency, number, own))
            return False
        if not self._chains.take(signature):
            self._broken.append(Broken(Breach.CHAIN_FORKED, signature.agency, number, own))
        return True

    def _judge(self, question: Question, batch: Batch) -> None:
        self._refute(question)
        self._named = 0
        for number in question.read_to.keys() & self._ends[1].keys():
            item = self._of(number)
            named = [run for signature in item.pending.values() for run in signature.runs]
            found = item.waiting.uncovered(question.read_to[number], named)
            batch.add(number, *found, None)
            self._named += item.waiting.named(named).count(True)
        # Signatures that are read join their chain when they are used.
        pending: dict[Writer, int] = {}
        for signature in (one for item in self._partitions.values() for one in item.pending.values()):
            writer = signature.agency, signature.writer
            pending[writer] = min(signature.sequence, pending.get(writer, signature.sequence))
        gaps = self._chains.give_up(question.missing, pending)
        self._broken += [Broken(Breach.CHAIN_GAP, agency) for agency in gaps]

    def _refute(self, question: Question) -> None:
        """Drop signatures that cover what was not written when they were."""
        ends, signature_ends = self._ends
        for number in question.read_to.keys() & signature_ends.keys():
            item, end = self._of(number), ends.get(number, 0)
            for own, signature in [*item.pending.items()]:
                if own < question.signed_to[number] and signature.last >= end:
                    self._dropped(item, own)
                    item.used.add(own)
                    if self._is_linked(signature, number, own):
                        self._broken.append(Broken(Breach.RECORDS_MISSING, signature.agency, number, own))

    def _dropped(self, item: _Partition, own: int) -> Signature:
        signature = item.pending.pop(own)
        self._pending_offsets -= signature.records
        return signature
