"""Attacks on the ledger: whatever somebody with access to the broker does, a hub and the auditor see it.

Each attack stands beside honest records, which a hub counts once all the same.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from consumers.hub.batch import Batch
from consumers.hub.coverage import Coverage
from deploy import ledger as auditor
from deploy.exchange.exchange import Exchange
from schemas import framing, topics
from schemas.directory import Directory
from schemas.reasons import Breach, Reason
from schemas.runtime import clients
from schemas.signing import Signer
from tests.support import events, program
from tests.support import hub as support
from tests.support.hub import LedgerTopic
from tests.support.sealed import keys_of, write_directory
from tests.support.signed import EVERYBODY, Written

HONEST = 40
PARTITION = 1


@dataclass(slots=True)
class Found:
    """What an attack should look like.

    Attributes:
        forged: How many records nobody has signed.
        breaches: What is wrong with signatures.
        lost: How many honest records are not counted, since what signs them does not fit any more.
    """

    forged: int = 0
    breaches: tuple[Breach, ...] = ()
    lost: int = 0


def record(ledger: LedgerTopic, number: int, agency: str = "GB-EA") -> tuple[bytes, bytes]:
    """Return key and value of an event, as an adapter writes them."""
    event = events.movement(number, agency=agency)
    return event["movement_key"], events.encoded(event, ledger.schema_id)


def records(ledger: LedgerTopic, start: int, count: int = 5) -> list[tuple[bytes | None, bytes | None]]:
    """Return keys and values of some events."""
    return [record(ledger, number) for number in range(start, start + count)]


def forged(ledger: LedgerTopic) -> Found:
    """Write a record in an agency's name, without its key."""
    ledger.scribe.write([record(ledger, 1000)], PARTITION)
    return Found(forged=1)


def forged_with_an_own_key(ledger: LedgerTopic) -> Found:
    """Write a record in an agency's name, and sign it with a key that nobody listed for it."""
    written = ledger.scribe.write([record(ledger, 1000)], PARTITION)
    stranger = Signer("GB-EA", keys_of("stranger").signing)
    # A chain of its own, or its honest ones would lack what nobody accepts.
    ledger.scribe.sign("stranger", written, stranger)
    return Found(forged=1, breaches=(Breach.SIGNATURE_INVALID,))


def forged_by_another_agency(ledger: LedgerTopic) -> Found:
    """Write a record in one agency's name as another agency, which signs it with its own key."""
    ledger.publish_raw(*record(ledger, 1000, "GB-EA"), partition=PARTITION, agency="FR-DGPR")
    return Found(forged=1)


def unknown_agency(ledger: LedgerTopic) -> Found:
    """Write and sign as an agency that the directory does not name."""
    ledger.publish_raw(*record(ledger, 1000, "XX-NOBODY"), partition=PARTITION, agency="XX-NOBODY")
    return Found(forged=1, breaches=(Breach.SIGNATURE_INVALID,))


def altered(ledger: LedgerTopic) -> Found:
    """Let one byte of a record be another than what its agency signed."""
    key, value = record(ledger, 1000)
    written = ledger.scribe.write([*records(ledger, 1001, 4), (key, value)], PARTITION)
    signed = [*written[:-1], written[-1]._replace(value=value[:-1] + bytes([value[-1] ^ 1]))]
    ledger.scribe.sign("GB-EA", signed)
    return Found(forged=5, breaches=(Breach.RECORDS_ALTERED,))


def rekeyed(ledger: LedgerTopic) -> Found:
    """Move a record to another movement by its key."""
    (written,) = ledger.scribe.write(records(ledger, 1000, 1), PARTITION)
    ledger.scribe.sign("GB-EA", [written._replace(key=b"k" * 16)])
    return Found(forged=1, breaches=(Breach.RECORDS_ALTERED,))


def reordered(ledger: LedgerTopic) -> Found:
    """Let two records lie in another order than they were signed in."""
    written = ledger.scribe.write(records(ledger, 1000), PARTITION)
    first, second, *others = written
    swapped = [first._replace(key=second.key, value=second.value)]
    swapped += [second._replace(key=first.key, value=first.value)]
    ledger.scribe.sign("GB-EA", [*swapped, *others])
    return Found(forged=5, breaches=(Breach.RECORDS_ALTERED,))


def removed(ledger: LedgerTopic) -> Found:
    """Take a record out of what was signed: where it was is nothing that a reader sees."""
    producer = clients.producer(ledger.kafka, "test.removed")
    producer.init_transactions(30)
    producer.begin_transaction()
    gone: list[Written] = []
    key, value = record(ledger, 1000)
    producer.produce(
        topics.MOVEMENTS,
        key=key,
        value=value,
        partition=PARTITION,
        on_delivery=lambda _, sent: gone.append(Written(PARTITION, sent.offset() or 0, key, value)),
    )
    producer.flush(30)
    producer.abort_transaction(30)
    written = ledger.scribe.write(records(ledger, 1001, 4), PARTITION)
    ledger.scribe.sign("GB-EA", [*gone, *written])
    return Found(forged=4, breaches=(Breach.RECORDS_MISSING,))


def replayed_record(ledger: LedgerTopic) -> Found:
    """Copy a record, byte for byte, to a new offset."""
    written = ledger.scribe.write(records(ledger, 1000, 1), PARTITION)
    ledger.scribe.sign("GB-EA", written)
    ledger.scribe.write([(item.key, item.value) for item in written], PARTITION)
    return Found(forged=1, lost=-1)


def replayed_signature(ledger: LedgerTopic) -> Found:
    """Copy a signature, byte for byte."""
    written = ledger.scribe.write(records(ledger, 1000, 1), PARTITION)
    (signature,) = ledger.scribe.sign("GB-EA", written)
    ledger.scribe.put_signature(PARTITION, signature)
    return Found(breaches=(Breach.CHAIN_REPEATED,), lost=-1)


def moved_signature(ledger: LedgerTopic) -> Found:
    """Copy a signature to another partition, whose records have the same offsets."""
    written = ledger.scribe.write(records(ledger, 1000, 1), PARTITION)
    (signature,) = ledger.scribe.sign("GB-EA", written)
    ledger.scribe.put_signature(PARTITION + 1, signature)
    return Found(breaches=(Breach.SIGNATURE_INVALID,), lost=-1)


def removed_signature(ledger: LedgerTopic) -> Found:
    """Keep a whole transaction from its readers: records and signature."""
    ledger.chains["GB-EA"].sequence += 1
    ledger.publish_raw(*record(ledger, 1000), partition=PARTITION)
    return Found(breaches=(Breach.CHAIN_GAP,), lost=-1)


def exchanged_signature(ledger: LedgerTopic) -> Found:
    """Put another history before a signature."""
    ledger.chains["GB-EA"].previous = bytes(32)
    ledger.publish_raw(*record(ledger, 1000), partition=PARTITION)
    return Found(breaches=(Breach.CHAIN_FORKED,), lost=-1)


def second_signature(ledger: LedgerTopic) -> Found:
    """Sign what is signed already a second time, under the next number."""
    written = ledger.scribe.write(records(ledger, 1000, 1), PARTITION)
    ledger.scribe.sign("GB-EA", written)
    ledger.scribe.sign("GB-EA", written)
    return Found(breaches=(Breach.RECORDS_MISSING,), lost=-1)


def signature_of_the_future(ledger: LedgerTopic) -> Found:
    """Sign records that nobody has written, so that a hub might wait for them for ever."""
    ledger.scribe.sign("GB-EA", [Written(PARTITION, 10**6, b"key", b"value")])
    return Found(breaches=(Breach.RECORDS_MISSING,))


def noise(ledger: LedgerTopic) -> Found:
    """Write what is no signature to their topic: nothing, rubbish, an unknown schema, one bit too few."""
    written = ledger.scribe.write(records(ledger, 1000, 1), PARTITION)
    (signature,) = ledger.scribe.sign("GB-EA", written)
    body = signature[framing.HEADER_BYTES :]
    for value in (b"", b"rubbish", framing.prefix(10**6) + body, signature[:-1], signature + b"\0"):
        ledger.scribe.put_signature(PARTITION, value)
    return Found(breaches=(Breach.SIGNATURE_INVALID,) * 5, lost=-1)


ATTACKS = (
    forged,
    forged_with_an_own_key,
    forged_by_another_agency,
    unknown_agency,
    altered,
    rekeyed,
    reordered,
    removed,
    replayed_record,
    replayed_signature,
    moved_signature,
    removed_signature,
    exchanged_signature,
    second_signature,
    signature_of_the_future,
    noise,
)


@pytest.fixture
def ledger(exchange: Exchange) -> LedgerTopic:
    """Return a ledger with honest records of two agencies."""
    made = support.new_ledger(exchange)
    made.directory = EVERYBODY
    made.publish(events.movement(number, agency=("GB-EA", "FR-DGPR")[number % 2]) for number in range(HONEST))
    return made


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_on_the_ledger_is_found(
    ledger: LedgerTopic, tmp_path: Path, attack: Callable[[LedgerTopic], Found]
) -> None:
    """Hub and auditor find the attack, say the same of it, and count every honest record once."""
    expected = attack(ledger)
    ledger.publish(events.movements(HONEST, start=HONEST))
    honest = 2 * HONEST - expected.lost

    hub = ledger.run_to_end(tmp_path / "hub.duckdb")
    findings = auditor.check(ledger.kafka, EVERYBODY)

    assert (hub.totals.rows, hub.totals.breaches) == (honest, len(expected.breaches))
    assert distinct(tmp_path / "hub.duckdb") == (honest, honest)
    assert reasons(tmp_path / "hub.duckdb") == Counter([Reason.FORGED] * expected.forged)
    assert findings.records.total() == honest
    found = Counter[str]()
    for (_, reason), problem in findings.problems.items():
        found[reason] += problem.count
    assert found == Counter([*expected.breaches, *[Reason.FORGED] * expected.forged])


def distinct(file: Path) -> tuple[Any, ...]:
    """Return how many events a hub has, and how many different ones."""
    return support.read(file, "SELECT count(*), count(DISTINCT event_id) FROM movement")[0]


def reasons(file: Path) -> dict[str, int]:
    """Return how many dead letters there are for each reason."""
    query = "SELECT reason, count(*) FROM (SELECT unnest(reasons) AS reason FROM dead_letter) GROUP BY ALL"
    return dict(support.read(file, query))


class Trusting(Coverage):
    """A weakened stand-in: every record counts, and whoever it names is taken to have signed it."""

    def settle(self, batch: Batch, rows: int) -> None:  # noqa: ARG002  # it takes whatever comes
        """Move everything that was read to the batch."""
        for number, item in self._partitions.items():
            waiting = item.waiting
            batch.add(number, [*waiting.offsets], [*waiting.keys], [*waiting.values], "GB-EA")
            item.waiting = type(waiting)()
            item.pending.clear()
            item.by_last.clear()
        self._pending_offsets = 0


def test_a_hub_that_does_not_verify_counts_a_forged_record(
    ledger: LedgerTopic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack is a real one: without verification the forged record is a row like any other."""
    forged(ledger)
    monkeypatch.setattr("consumers.hub.hub.Coverage", Trusting)

    hub = ledger.run_to_end(tmp_path / "hub.duckdb")

    stored = support.read(tmp_path / "hub.duckdb", "SELECT event_id FROM movement")
    assert (events.movement(1000)["event_id"],) in stored
    assert hub.totals.rows == HONEST // 2 + 1


def test_records_that_were_cut_off_at_the_beginning_are_found(ledger: LedgerTopic) -> None:
    """Where the first records of a partition are deleted, the auditor says that signed ones are missing."""
    ledger.publish(events.movements(10, start=100), partition=PARTITION)
    admin = clients.admin(ledger.kafka)
    place = TopicPartition(topics.MOVEMENTS, PARTITION, 3)
    admin.delete_records([place])[place].result()

    findings = auditor.check(ledger.kafka, EVERYBODY)

    assert Breach.RECORDS_MISSING in {reason for _, reason in findings.problems}


def test_an_honest_ledger_passes_the_command(ledger: LedgerTopic, tmp_path: Path) -> None:
    """The command says how many records each agency signed, and ends with 0; with 1 after an attack."""
    members = write_directory(tmp_path / "directory.toml", EVERYBODY)
    addresses = [
        *("--bootstrap-servers", ledger.kafka.bootstrap_servers),
        *("--registry-url", ledger.kafka.registry_url),
    ]

    def run() -> subprocess.CompletedProcess[str]:
        return program.run_text("doctor", "ledger", "--directory", members, "--json", *addresses)

    before = run()
    forged(ledger)
    after = run()

    assert (before.returncode, after.returncode) == (0, 1), before.stderr + after.stderr
    assert json.loads(before.stdout) == {"records": {"GB-EA": 20, "FR-DGPR": 20}, "problems": []}
    (problem,) = json.loads(after.stdout)["problems"]
    assert (problem["agency"], problem["reason"], problem["count"]) == ("GB-EA", "record.forged", 1)


def test_an_old_key_counts_as_long_as_it_is_listed(ledger: LedgerTopic, tmp_path: Path) -> None:
    """Without its key in the directory, what an agency signed with it is forged; with both keys it counts."""
    new = keys_of("GB-EA")
    renewed = replace(new, signing=new.signing)
    written = ledger.scribe.write(records(ledger, 1000, 2), PARTITION)
    ledger.scribe.sign("GB-EA", written, Signer("GB-EA", renewed.signing))
    members = dict(EVERYBODY.members)
    both = (renewed.verify_key, *members["GB-EA"].signing_keys)
    members["GB-EA"] = members["GB-EA"].model_copy(update={"signing_keys": both})

    ledger.directory = Directory(members)
    hub = ledger.run_to_end(tmp_path / "hub.duckdb")

    assert (hub.totals.rows, hub.totals.dead_letters) == (HONEST + 2, 0)
