"""Two agencies on a real broker: a part arrives with its event, opens for its recipient, and is shredded."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stamina

from consumers.sealed.parts import OpenedPart, opened
from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from producers.rejects.records import original
from producers.sealing.shredding import Shredding
from producers.statement import Company
from producers.validate import ORIGINAL_BYTES_MAX
from schemas import sealing, topics
from schemas.directory import Directory
from schemas.errors import ConfigurationError, FencedError, SealError
from schemas.runtime import reading
from schemas.settings import KafkaSettings
from schemas.topics import Topic
from tests.support import program, sealed, tables
from tests.support.agency import Agency, Record, committed, manifest, new_agency, write
from tests.support.sealed import exchange_of, keys_of

GENERATOR, FACILITY = Company("US-EPA-SITE", "CAD900000001"), Company("US-EPA-SITE", "TXD900000004")


@dataclass(slots=True)
class Members:
    """An agency that publishes, another one of the same country, and one elsewhere."""

    sender: Agency
    recipient: Agency
    stranger: Agency
    folder: Path

    @property
    def directory(self) -> Directory:
        """The directory of the three."""
        assert self.sender.directory is not None
        return self.sender.directory

    def opened_by(self, reader: Agency) -> list[OpenedPart]:
        """Return what a member opens."""
        return list(opened(reader.kafka, reader.id, reader.keys, self.directory))

    def publish(self, name: str, *documents: dict[str, Any]) -> None:
        """Publish documents as a file of the folder."""
        write(self.folder, name, list(documents))
        self.sender.run(self.folder)

    def own_keys(self) -> list[tuple[str, bytes]]:
        """Return (recipient, key id) of the sender's wrapped keys, of which copies may stand twice."""
        return [
            (key[sealing.KEY_ID_BYTES :].decode(), key[: sealing.KEY_ID_BYTES])
            for record in reading.latest(self.sender.kafka, topics.KEYS)
            if (key := record.key() or b"").endswith((self.sender.id.encode(), self.recipient.id.encode()))
        ]

    def command(self, *words: str, who: Agency, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run the program as a member does."""
        keys = folder / who.id
        if not keys.is_dir():
            sealed.write_keys(keys, who.keys)
        directory = sealed.write_directory(folder / "directory.toml", self.directory)
        brokers = ("--bootstrap-servers", who.kafka.bootstrap_servers)
        registry = ("--registry-url", who.kafka.registry_url)
        us = ("--agency", who.id, "--keys", keys, "--directory", directory)
        return program.run_text("sealed", *words, *us, *brokers, *registry)


@pytest.fixture
def members(exchange: Exchange, tmp_path: Path, request: pytest.FixtureRequest) -> Members:
    """Return three members of an exchange of the test's own, the first two of one country."""
    mark = hashlib.sha256(request.node.name.encode()).hexdigest()[:8].upper()
    names = (f"US-A{mark}", f"US-B{mark}", f"MX-C{mark}")
    keys = {name: keys_of(name) for name in names}
    directory = exchange_of(keys)
    sender, recipient, stranger = (
        new_agency(exchange, name, keys=keys[name], directory=directory) for name in names
    )
    return Members(sender, recipient, stranger, tmp_path / "inbox")


def test_a_part_arrives_with_its_event_and_opens_for_its_recipient_alone(members: Members) -> None:
    """Each event comes with one part for the other authority of its country, which reads all of it there."""
    members.publish("m.json", manifest())
    events = {record.fields["event_id"]: record.fields for record in members.sender.events()}
    found = {part.event["event_id"]: part for part in members.opened_by(members.recipient)}

    assert events == {event_id: part.event for event_id, part in found.items()}
    assert {"000000001ELC"} == {part.content["document_number"] for part in found.values()}
    parties = next(iter(found.values())).content["parties"]
    assert {"GENERATOR", "CARRIER", "FACILITY"} == {party["role"] for party in parties}
    assert [] == members.opened_by(members.stranger) == members.opened_by(members.sender)


def test_nothing_of_a_part_is_in_clear_and_its_size_is_one_of_few(members: Members) -> None:
    """Names and numbers of the document are in no record of any topic."""
    members.publish("m.json", manifest())
    kafka, sender, recipient = members.sender.kafka, members.sender, members.recipient
    written = (topics.MOVEMENTS, topics.KEYS, topics.positions(sender.id), topics.sealed(recipient.id))
    travelled = b"".join(
        (record.key() or b"") + (record.value() or b"") + repr(record.headers()).encode()
        for topic in written
        for record in committed(kafka, topic)
    ).lower()

    assert [
        text for text in (b"000001elc", b"fixture", b"cad900000001", b"txd900000004") if text in travelled
    ] == []
    sizes = {len(record.value() or b"") for record in committed(kafka, topics.sealed(recipient.id))}
    assert 1 == len(sizes)


def test_a_document_read_again_seals_nothing_again(members: Members) -> None:
    """Neither parts nor keys are written twice, by the same run or by the next."""
    members.publish("m.json", manifest())
    before = [len(committed(members.sender.kafka, topic)) for topic in sealing_topics(members)]
    members.publish("again.json", manifest())

    assert before == [len(committed(members.sender.kafka, topic)) for topic in sealing_topics(members)]


def test_a_correction_of_a_name_alone_is_sealed_and_a_cancellation_too(members: Members) -> None:
    """What changes for recipients only is published, under the key of before; what is withdrawn is told."""
    members.publish("m.json", manifest())
    keys = members.own_keys()
    corrected = manifest(version=0, updatedDate="2025-03-20T19:00:00.000+0000")
    corrected["designatedFacility"]["name"] = "Renamed works"
    members.publish("n.json", corrected)
    cancelled = corrected | {"updatedDate": "2025-03-20T20:00:00.000+0000", "wastes": corrected["wastes"][:1]}
    members.publish("o.json", cancelled)
    found = members.opened_by(members.recipient)

    names = [
        {party["name"] for party in part.content["parties"] if party["role"] == "FACILITY"}
        for part in found
        if part.event["change"] == "CORRECTED"
    ]
    assert names
    assert all(name == {"Renamed works"} for name in names)
    gone = [part for part in found if part.event["change"] == "CANCELLED"]
    assert gone
    assert {""} == {part.content["document_number"] for part in gone}
    # One more, for all companies that a cancellation does not name.
    assert {recipient for recipient, _ in set(members.own_keys()) - set(keys)} == {
        members.sender.id,
        members.recipient.id,
    }
    assert 2 == len(set(members.own_keys()) - set(keys))


def test_a_member_that_joins_later_gets_the_keys_that_it_needs(members: Members) -> None:
    """The key of before is wrapped for it with the first event after; what came before it did not get."""
    full = members.directory
    members.sender.directory = Directory(
        {name: found for name, found in full.members.items() if name != members.recipient.id}
    )
    members.publish("m.json", manifest())
    members.sender.directory = full
    members.publish("n.json", manifest(2))
    found = members.opened_by(members.recipient)

    assert {"000000002ELC"} == {part.content["document_number"] for part in found}


def test_after_shredding_nothing_opens_and_new_events_do(members: Members) -> None:
    """Every copy of the company's keys ends; others' parts stay open, and what comes later has a new key."""
    members.publish("m.json", manifest())
    of = [part for part in members.opened_by(members.recipient) if part.event["stage"] == "RECEIVED"]
    shredding = Shredding(members.sender.kafka, members.sender.id, members.sender.keys, members.directory)
    planned = shredding.plan(FACILITY, None)
    assert planned == shredding.plan(FACILITY, "2025-Q1")
    assert [] == shredding.plan(FACILITY, "2025-Q2") == shredding.plan(Company("US-EPA-SITE", "OTHER"), None)
    done = shredding.shred(FACILITY, "2025-Q1")

    assert planned == done
    assert {(members.sender.id, members.recipient.id)} == {item.recipients for item in done}
    assert of
    assert "RECEIVED" not in {part.event["stage"] for part in members.opened_by(members.recipient)}
    assert "DISPATCHED" in {part.event["stage"] for part in members.opened_by(members.recipient)}
    members.publish("n.json", manifest(2))
    later = [part for part in members.opened_by(members.recipient) if part.event["stage"] == "RECEIVED"]
    assert {"000000002ELC"} == {part.content["document_number"] for part in later}


def test_the_broker_drops_what_was_shredded(members: Members) -> None:
    """After compaction no copy of the key is in the log, for whoever overlooks tombstones."""
    kafka = members.sender.kafka
    members.publish("m.json", manifest())
    shredding = Shredding(kafka, members.sender.id, members.sender.keys, members.directory)
    (done,) = shredding.shred(FACILITY, None)
    hurried = {"segment.ms": "100", "max.compaction.lag.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
    configure(kafka, Topic(topics.KEYS, "data_key", 1, {**topics.keys_topic().config, **hurried}))
    try:
        # Only closed segments are compacted, and a segment closes when the next record comes.
        members.publish("n.json", manifest(2))
        for attempt in stamina.retry_context(AssertionError, timeout=90, attempts=None, wait_max=1.0):
            with attempt:
                assert copies(members, done.key_id) == 0
    finally:
        configure(kafka, topics.keys_topic())


def configure(kafka: KafkaSettings, topic: Topic) -> None:
    """Set a topic's configuration."""
    deployed.apply(kafka, [topic])


def copies(members: Members, key_id: bytes) -> int:
    """Return how many wrapped copies of a key are in the log."""
    records = committed(members.sender.kafka, topics.KEYS)
    return sum((record.key() or b"").startswith(key_id) and record.value() is not None for record in records)


def test_shredding_shuts_out_an_adapter_that_still_holds_the_key(members: Members) -> None:
    """A run at work cannot go on sealing with a key that nobody can read."""
    write(members.folder, "m.json", manifest())
    run = members.sender.made(members.folder)
    try:
        run.open()
        run.once()
        Shredding(members.sender.kafka, members.sender.id, members.sender.keys, members.directory).shred(
            FACILITY, None
        )
        write(members.folder, "n.json", manifest(2))

        with pytest.raises(FencedError):
            run.once()
    finally:
        run.close()


def test_the_commands_open_and_shred(members: Members, tmp_path: Path) -> None:
    """JSON lines and CSV show what was sealed; a rehearsal of shredding changes nothing; then it ends."""
    members.publish("m.json", manifest())
    told = members.command("open", who=members.recipient, folder=tmp_path)
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    table = members.command("open", "--format", "csv", who=members.recipient, folder=tmp_path).stdout
    released = members.command("open", "--released-only", who=members.recipient, folder=tmp_path).stdout
    rows = list(csv.DictReader(table.splitlines()))

    assert len(lines) == len(rows) == len(members.sender.events())
    first = json.loads(lines[0])
    assert {"000000001ELC"} == {first["document_number"], rows[0]["document_number"]}
    assert first["event"]["event_id"] == rows[0]["event_id"]
    until = datetime.fromisoformat(first["confidential_until"])
    assert first["is_released"] == (until <= datetime.now(UTC))
    assert len(released.splitlines()) == (len(lines) if first["is_released"] else 0)

    company = ("shred", "--company", f"{FACILITY.scheme}:{FACILITY.identifier}")
    rehearsed = members.command(*company, who=members.sender, folder=tmp_path)
    assert [False] == [json.loads(line)["shredded"] for line in rehearsed.stdout.splitlines()]
    assert lines == members.command("open", who=members.recipient, folder=tmp_path).stdout.splitlines()
    done = members.command(*company, "--yes", who=members.sender, folder=tmp_path)
    assert [True] == [json.loads(line)["shredded"] for line in done.stdout.splitlines()]
    left = members.command("open", who=members.recipient, folder=tmp_path)
    assert len(left.stdout.splitlines()) < len(lines)
    assert "shredded" in left.stderr
    assert "ELC" not in left.stderr


def test_an_adapter_that_the_directory_does_not_know_does_not_start(members: Members) -> None:
    """Without an entry, or with one of other keys, nothing is sent."""
    write(members.folder, "m.json", manifest())
    others = {name: found for name, found in members.directory.members.items() if name != members.sender.id}
    changed = others | {members.sender.id: members.directory.members[members.recipient.id]}

    for wrong in (others, changed):
        members.sender.directory = Directory(wrong)
        with pytest.raises(ConfigurationError, match=members.sender.id):
            members.sender.run(members.folder)
    assert [] == members.sender.events()


def sealing_topics(members: Members) -> tuple[str, ...]:
    """Return the topics that sealing writes to."""
    return topics.KEYS, topics.sealed(members.recipient.id), topics.sealed(members.stranger.id)


def test_a_rejected_document_travels_sealed_to_its_own_agency(members: Members, tmp_path: Path) -> None:
    """Of several documents the one that is wrong, of a broken file all; nothing of it is in clear."""
    wrong = manifest(2, updatedDate="yesterday")
    write(members.folder, "m.json", [manifest(), wrong])
    write(members.folder, "n.json", b'{"manifestTrackingNumber": "000000003ELC", ')
    members.sender.run(members.folder)
    by_rule = {record.fields["findings"][0]["rule"]: record for record in members.sender.rejects()}

    assert 2 == len(by_rule)
    broken = by_rule.pop("json.truncated")
    (refused,) = by_rule.values()
    for record in (broken, refused):
        assert b"ELC" not in (record.raw.value() or b"")
    keys = tmp_path / "keys"
    sealed.write_keys(keys, members.sender.keys)
    assert wrong == json.loads(shown(members, refused, keys))
    assert b'{"manifestTrackingNumber": "000000003ELC", ' == shown(members, broken, keys)
    others = tmp_path / "others"
    sealed.write_keys(others, members.recipient.keys)
    assert b"" == shown(members, refused, others)


def test_a_file_of_which_many_rows_are_refused_travels_once(members: Members) -> None:
    """The first reject of each file brings it sealed, for all of its rejects: each content its own file."""
    sender = members.sender
    sender.adapter, sender.values = "table", {"mapping": str(tables.EXAMPLE)}
    contents = [tables.as_csv([row | {"Net weight": text} for row in tables.texts()]) for text in ("?", "!")]
    for content in contents:
        write(members.folder, "loads.csv", content)
        sender.run(members.folder)
    rejects = sender.rejects()

    half = len(rejects) // 2
    assert half > 2
    assert [bool(item.fields["original"]) for item in rejects] == ([True] + [False] * (half - 1)) * 2
    for number, item in enumerate(rejects):
        offset = item.raw.offset()
        assert offset is not None
        assert contents[number // half] == original(sender.kafka, sender.id, offset, sender.keys.openings)
        with pytest.raises(SealError):
            original(sender.kafka, sender.id, offset, members.recipient.keys.openings)


def test_a_rejected_document_that_is_too_large_does_not_travel(members: Members) -> None:
    """A record stays far below what a broker takes."""
    write(members.folder, "m.json", manifest(updatedDate="yesterday", comment="x" * ORIGINAL_BYTES_MAX))
    members.sender.run(members.folder)

    assert [None] == [record.fields["original"] for record in members.sender.rejects()]


def shown(members: Members, record: Record, keys: Path) -> bytes:
    """Return what the command shows of a rejected document."""
    sender = members.sender
    command = [
        *("rejects", "show", str(record.raw.offset()), "--original"),
        *("--agency", sender.id, "--keys", str(keys)),
        *("--bootstrap-servers", sender.kafka.bootstrap_servers, "--registry-url", sender.kafka.registry_url),
    ]
    return program.run(*command).stdout
