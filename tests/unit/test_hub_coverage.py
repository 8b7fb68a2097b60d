"""Coverage: each signed record is settled once, however records and signatures arrive."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from consumers.hub.batch import Batch, Chunk
from consumers.hub.chains import End, Link
from consumers.hub.coverage import Coverage
from consumers.hub.custody import Custody
from consumers.hub.writers import Writers
from schemas import contract, framing, topics
from schemas.identity import DEMONSTRATION_KEYS
from schemas.reasons import Breach
from schemas.signing import Chain, Signer
from tests.support.signed import EVERYBODY

SCHEMA_ID = 9
PARTITIONS = (0, 1)
ROWS = 7


@dataclass(slots=True)
class Ledger:
    """Records of two partitions, key, value and signer of each, and framed signatures.

    Attributes:
        signed: Agency, partition and signature, as they were signed one after another.
    """

    records: dict[int, list[tuple[bytes, bytes, str | None]]] = field(default_factory=dict)
    signatures: dict[int, list[bytes]] = field(default_factory=dict)
    signed: list[tuple[str, int, bytes]] = field(default_factory=list)


def written(seed: int, forged: int) -> Ledger:
    """Return what two agencies wrote in overlapping transactions, with forged records among it."""
    dice, ledger = random.Random(seed), Ledger({0: [], 1: []}, {0: [], 1: []})  # noqa: S311  # seeded
    chains = {
        agency: (Chain(bytes([number] * 16)), Signer(agency, DEMONSTRATION_KEYS.signing))
        for number, agency in enumerate(("GB-EA", "FR-DGPR"))
    }
    for _ in range(4):
        wrote: dict[tuple[str, int], list[tuple[int, bytes, bytes]]] = {}
        for _ in range(dice.randrange(1, 12)):
            agency, partition = dice.choice(("GB-EA", "FR-DGPR")), dice.choice(PARTITIONS)
            key, value = dice.randbytes(4), dice.randbytes(6)
            wrote.setdefault((agency, partition), []).append((len(ledger.records[partition]), key, value))
            ledger.records[partition].append((key, value, agency))
        for (agency, partition), records in wrote.items():
            end, signer = chains[agency]
            body = signer.signed(end, topics.MOVEMENTS, partition, records)
            ledger.signed.append((agency, partition, framing.prefix(SCHEMA_ID) + body))
            ledger.signatures[partition].append(framing.prefix(SCHEMA_ID) + body)
    for _ in range(forged):
        ledger.records[dice.choice(PARTITIONS)].append((b"forged", dice.randbytes(6), None))
    return ledger


@dataclass(slots=True)
class File:
    """What a hub's file would hold."""

    settled: list[tuple[int, int, str | None]] = field(default_factory=list)
    next_offsets: dict[int, int] = field(default_factory=dict)
    custody: Custody = field(default_factory=Custody)
    ends: dict[tuple[str, bytes], End] = field(default_factory=dict)

    def take(self, batch: Batch) -> None:
        """Store a batch with what belongs to it."""
        self.settled += zip(batch.partitions, batch.offsets, batch.signers, strict=True)
        self.next_offsets = batch.next_offsets
        self.ends |= {
            writer: End(end.sequence, end.previous, {n: Link(*link) for n, link in end.ahead.items()})
            for writer, end in batch.custody.ends.items()
        }
        self.custody = batch.custody

    def opened(self) -> Coverage:
        """Return the coverage of a hub that starts on the file."""
        behind: dict[int, set[int]] = {}
        for partition, offset, _ in self.settled:
            if offset >= self.next_offsets[partition]:
                behind.setdefault(partition, set()).add(offset)
        custody = Custody(self.custody.next_offsets, self.custody.used, dict(self.ends))
        writers = Writers({SCHEMA_ID: contract.latest("signature")}, lambda _: {}, "signature")
        return Coverage(EVERYBODY, writers, self.next_offsets, custody, behind)


def chunk(partition: int, start: int, found: list[tuple[bytes, bytes]]) -> Chunk:
    """Return records of one partition as they are read."""
    offsets = [*range(start, start + len(found))]
    keys, values = [key for key, _ in found], [value for _, value in found]
    return Chunk([*keys], [*values], [partition] * len(found), offsets, {partition: start + len(found)})


def read_some(coverage: Coverage, ledger: Ledger, dice: random.Random) -> None:
    """Read a few records or signatures of one partition, from where it is read to."""
    partition, size = dice.choice(PARTITIONS), dice.randrange(1, 6)
    read_to, signed_to = coverage.read_to()
    if dice.random() < 0.5:  # either topic
        at = read_to.get(partition, 0)
        some = [record[:2] for record in ledger.records[partition][at : at + size]]
        coverage.add(chunk(partition, at, some))
    else:
        at = signed_to.get(partition, 0)
        signatures = [(b"", value) for value in ledger.signatures[partition][at : at + size]]
        coverage.add_signatures(chunk(partition, at, signatures))


def collected(coverage: Coverage, ledger: Ledger) -> Batch:
    """Return what is settled by now, and ask the broker where the topics end."""
    batch = Batch()
    coverage.settle(batch, ROWS)
    question = coverage.ask()
    if question is not None:
        ends = (
            {place: len(found) for place, found in part.items()}
            for part in (ledger.records, ledger.signatures)
        )
        coverage.answer(question, *ends)
    batch.next_offsets, batch.custody = coverage.next_offsets(), coverage.custody()
    return batch


@settings(max_examples=150)
@given(seed=st.integers(0, 10**6), forged=st.integers(0, 3))
def test_each_record_is_settled_once_in_any_order_and_through_restarts(seed: int, forged: int) -> None:
    """Whoever signed a record, it is settled once under that name, what nobody signed as forged, no alarm."""
    ledger, dice, file, broken = written(seed, forged), random.Random(seed + 1), File(), []  # noqa: S311  # seeded
    coverage = file.opened()
    for _ in range(1_000):
        read_some(coverage, ledger, dice)
        batch = collected(coverage, ledger)
        broken += batch.broken
        if batch.values or batch.broken:
            file.take(batch)
        if dice.random() < 0.1:  # a crash
            coverage = file.opened()
        if coverage.next_offsets() == {place: len(found) for place, found in ledger.records.items()}:
            break

    expected = [
        (place, offset, signer)
        for place, found in ledger.records.items()
        for offset, (_, _, signer) in enumerate(found)
    ]
    assert sorted(file.settled, key=str) == sorted(expected, key=str)
    assert broken == []


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_a_signature_that_is_taken_out_is_missed(seed: int) -> None:
    """Without the first signature of a chain that goes on, its records are forged and the chain has a gap."""
    ledger, dice = written(seed, 0), random.Random(seed + 1)  # noqa: S311  # seeded
    agency, partition, gone = ledger.signed[0]
    assume([name for name, *_ in ledger.signed].count(agency) > 1)
    ledger.signatures[partition].remove(gone)
    coverage, broken, unsigned = File().opened(), [], 0
    for _ in range(1_000):
        read_some(coverage, ledger, dice)
        batch = collected(coverage, ledger)
        broken += batch.broken
        unsigned += len(batch.unsigned())

    assert unsigned > 0
    assert [(item.breach, item.agency) for item in broken] == [(Breach.CHAIN_GAP, agency)]


def test_claims_of_what_is_not_there_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub with more claims than it may keep refutes them, and goes on to the honest signature behind."""
    monkeypatch.setattr("consumers.hub.coverage.PENDING_OFFSETS_MAX", 10)
    end, signer, ledger = Chain(), Signer("GB-EA", DEMONSTRATION_KEYS.signing), Ledger({1: []}, {1: []})
    ledger.records[0], claims = [(b"key", b"value", "GB-EA")], [(10**9 + n, b"", b"") for n in range(10)]
    ledger.signatures[0] = [
        framing.prefix(SCHEMA_ID) + signer.signed(end, topics.MOVEMENTS, 0, records)
        for records in (claims, claims, claims, [(0, b"key", b"value")])
    ]
    coverage, settled, broken = File().opened(), [], []
    coverage.add(chunk(0, 0, [(b"key", b"value")]))
    for _ in range(20):
        at = coverage.read_to()[1].get(0, 0)
        if coverage.takes_signatures:
            coverage.add_signatures(
                chunk(0, at, [(b"", value) for value in ledger.signatures[0][at : at + 1]])
            )
        batch = collected(coverage, ledger)
        settled += [*zip(batch.offsets, batch.signers, strict=True)]
        broken += [item.breach for item in batch.broken]

    assert settled == [(0, "GB-EA")]
    assert broken == [Breach.RECORDS_MISSING] * 3
