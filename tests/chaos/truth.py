"""What the exchange holds in the end against what was delivered."""

from __future__ import annotations

from collections import Counter
from typing import Any

from schemas import topics
from schemas.runtime import reading
from schemas.runtime.decoding import Decoder
from schemas.runtime.registry import Registry
from schemas.telemetry import LogEvent
from tests.chaos.inbox import Inbox
from tests.chaos.report import Tally
from tests.chaos.world import World
from tests.support import hub as hubs


def compare(world: World) -> None:
    """Count what is lost, doubled, or accounted for by nobody."""
    events: Counter[Any] = Counter(world.newcomer.sent)
    for inbox in world.inboxes:
        _compare_agency(inbox, world.tally)
        events.update(event_id for event_id, *_ in inbox.truth())
    _compare_hub(world, events)
    _compare_letters(world)
    world.tally.records += events.total()


def _compare_agency(inbox: Inbox, tally: Tally) -> None:
    """Compare what an agency's adapter committed with what its documents say."""
    agency = inbox.agency
    rejects = Counter((record.fields["file_key"], record.fields["path"]) for record in agency.rejects())
    tally.compare(f"events of {agency.id}", Counter(inbox.truth()), agency.published())
    tally.compare(f"rejects of {agency.id}", inbox.refused(), rejects)


def _compare_hub(world: World, events: Counter[Any]) -> None:
    rows = hubs.read(world.hub_file, "SELECT lower(hex(event_id)) FROM movement")
    letters = hubs.read(world.hub_file, "SELECT kafka_partition, kafka_offset FROM dead_letter")
    world.tally.compare("rows of the hub", events, Counter(key for (key,) in rows))
    world.tally.compare("dead letters in the file", world.newcomer.letters, Counter(letters))
    # Nobody forged anything: whatever a crash leaves behind must not look like it.
    alarm = f'"{LogEvent.LEDGER_BROKEN}"'.encode()
    logs = world.hub.folder.glob(f"{world.hub.name}-*.log")
    found = sum(log.read_bytes().count(alarm) for log in logs)
    if found:
        world.tally.differences.append(f"{found} false alarms of a broken ledger")


def _compare_letters(world: World) -> None:
    kafka = world.cluster.kafka
    decoder = Decoder("dead_letter", Registry(kafka))
    sent = [
        decoder.decoded(record.value() or b"")
        for record in reading.latest(kafka, topics.dead_letters(world.hub_name))
    ]
    found = Counter((letter["partition"], letter["offset"]) for letter in sent)
    world.tally.compare("dead letters on the topic", world.newcomer.letters, found)
