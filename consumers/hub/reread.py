"""Records read again at their coordinates, with the signatures that cover them now.

For some records out of a ledger of any size: signatures are looked through, few of them are
verified, and of the movements only what those cover is read.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from consumers.deadletters.letters import Place
from consumers.hub.batch import Batch, Chunk, read
from consumers.hub.ledger import Ledger
from consumers.hub.signatures import Signatures
from consumers.hub.waiting import Waiting
from schemas import topics
from schemas.errors import Awaited, RetriableError
from schemas.reasons import Breach
from schemas.runtime.clients import REQUEST_TIMEOUT_SECONDS
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings
from schemas.signing import Signature

_POLL_SECONDS = 0.1
# An open transaction ends within a minute.
_PATIENCE_SECONDS = 90.0
# What lies between two signatures is read too where that is less: it costs less than to begin anew.
_SPAN_OFFSETS = 20_000

# Whoever signs: agency, writer, and the number of the signature.
_Number = tuple[str, bytes, int]
_Record = tuple[bytes | None, bytes | None, str]


@dataclass(slots=True)
class Reread:
    """One reader of the ledger, under the grants of a hub."""

    kafka: KafkaSettings
    hub: str
    signatures: Signatures
    _movements: Ledger = field(init=False)
    _signed: Ledger = field(init=False)

    def batch(self, places: Collection[Place], doubted: Collection[Place] = ()) -> Batch:
        """Return records as a hub collects them; what no valid signature covers is without value and signer.

        Args:
            places: Where they are.
            doubted: Those that no signature covered before. What covers one has to be the only signature
                of its number: a hub that reads the ledger from its beginning counts one of several.

        Raises:
            RetriableError: Broker or registry do not answer.
            ConfigurationError: A topic may not be read.
        """
        self._movements = Ledger(self.kafka, self.hub, topics.MOVEMENTS)
        self._signed = Ledger(self.kafka, self.hub, topics.SIGNATURES)
        with closing(self._movements), closing(self._signed):
            found = self._records(places, doubted)
        batch = Batch()
        for place in sorted(places):
            key, value, signer = found.get(place, (None, None, None))
            batch.add(place.partition, [place.offset], [key], [value], signer)
        return batch

    def _records(self, places: Collection[Place], doubted: Collection[Place]) -> dict[Place, _Record]:
        wanted, doubtful = _by_partition(places), _by_partition(doubted)
        covering = [*self._covering(wanted)]
        repeated = self._repeated([one for one in covering if _names(one.runs, doubtful[one.partition])])
        found: dict[Place, _Record] = {}
        for partition, offsets in wanted.items():
            own = (one for one in covering if one.partition == partition and _number(one) not in repeated)
            for signature, records in self._covered(partition, own):
                found |= {
                    Place(partition, offset): (key, value, signature.agency)
                    for offset, key, value in zip(*records, strict=True)
                    if _names([range(offset, offset + 1)], offsets)
                }
        return found

    def _covering(self, wanted: Mapping[int, list[int]]) -> Iterator[Signature]:
        """Yield the valid signatures that name any of the offsets, by partition."""
        for partition, value, fields in self._all(wanted):
            if _names(map(_run, fields["firsts"], fields["counts"]), wanted[partition]):
                signature = self.signatures.verified(value, fields, partition)
                if signature is not None:
                    yield signature

    def _repeated(self, doubtful: list[Signature]) -> set[_Number]:
        """Return the numbers of signatures under which the same writer has signed something else, too."""
        links = {_number(one): one.link for one in doubtful}
        if not links:
            return set()
        found = set()
        for partition, value, fields in self._all(self._signed.partitions()):
            number = fields["agency"], fields["writer"], fields["sequence"]
            other = self.signatures.verified(value, fields, partition) if number in links else None
            if other is not None and other.link != links[number]:
                found.add(number)
        return found

    def _all(self, partitions: Iterable[int]) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
        """Yield partition, value and fields of everything that has the form of a signature."""
        for partition in sorted(partitions):
            for chunk in _between(self._signed, topics.SIGNATURES, partition):
                for value in chunk.values:
                    fields = self.signatures.fields(value)
                    if value is not None and fields is not None:
                        yield partition, value, fields

    def _covered(
        self, partition: int, signatures: Iterable[Signature]
    ) -> Iterator[tuple[Signature, tuple[list[int], Any, Any]]]:
        """Yield what signatures cover, unless it is not what was signed any more."""
        for group in _grouped(signatures):
            waiting = Waiting()
            # What lies between is left: a member may sign two records that are millions apart.
            named = {offset for one in group for run in one.runs for offset in run}
            start, stop = group[0].runs[0].start, max(named) + 1
            for chunk in _between(self._movements, topics.MOVEMENTS, partition, start, stop):
                is_named = [offset in named for offset in chunk.offsets]
                offsets = [*compress(chunk.offsets, is_named)]
                waiting.add(offsets, [*compress(chunk.keys, is_named)], [*compress(chunk.values, is_named)])
            for signature in group:
                records = waiting.covered(signature)
                if not isinstance(records, Breach):
                    yield signature, records


def _between(
    ledger: Ledger, topic: str, partition: int, start: int = 0, stop: int | None = None
) -> Iterator[Chunk]:
    """Yield what is committed of a partition between two offsets, by default all that is there now."""
    first, end = _watermarks(ledger, topic, partition)
    reached = max(start, first)
    end = end if stop is None else min(stop, end)
    ledger.consumer.assign([TopicPartition(topic, partition, reached)])
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while reached < end:
        chunk = read(ledger.consumer, topic, _POLL_SECONDS)
        if chunk.next_offsets.get(partition, 0) > reached:
            reached = chunk.next_offsets[partition]
            deadline = time.monotonic() + _PATIENCE_SECONDS
        if time.monotonic() > deadline:
            raise RetriableError(
                f"{topic} does not get on", hint="is the broker up? again later", awaited=Awaited.BROKER
            )
        yield chunk


def _watermarks(ledger: Ledger, topic: str, partition: int) -> tuple[int, int]:
    place = TopicPartition(topic, partition)
    try:
        first, end = ledger.consumer.get_watermark_offsets(place, timeout=REQUEST_TIMEOUT_SECONDS)
    except KafkaException as error:
        raise classified(error, f"read {topic}") from error
    return first, end


def _grouped(signatures: Iterable[Signature]) -> Iterator[list[Signature]]:
    """Yield signatures by where they begin, together what is read together."""
    group: list[Signature] = []
    for signature in sorted(signatures, key=lambda one: one.runs[0].start):
        if group and signature.last - group[0].runs[0].start > _SPAN_OFFSETS:
            yield group
            group = []
        group.append(signature)
    if group:
        yield group


def _by_partition(places: Iterable[Place]) -> dict[int, list[int]]:
    """Return offsets by partition, rising."""
    found: dict[int, list[int]] = defaultdict(list)
    for partition, offset in sorted(places):
        found[partition].append(offset)
    return found


def _run(first: int, count: int) -> range:
    return range(first, first + count)


def _names(runs: Iterable[range], offsets: list[int]) -> bool:
    """Say whether runs, which may be of any size, name any of some offsets, which rise."""
    return any(bisect_left(offsets, run.start) < bisect_left(offsets, run.stop) for run in runs)


def _number(signature: Signature) -> _Number:
    return signature.agency, signature.writer, signature.sequence
