"""What the exchange holds in the end against what was delivered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from consumers.hub import offline
from schemas import topics
from schemas.runtime import reading
from schemas.runtime.decoding import Decoder
from schemas.runtime.registry import Registry
from schemas.telemetry import LogEvent
from tests.chaos import newcomer
from tests.chaos.inbox import Inbox
from tests.chaos.world import HUB_KEYS, World
from tests.support import hub as hubs
from tests.support import program

_ROWS_MAX = 100_000
_MEMORY = "1GB"
# What Python, or the program itself, says of an error that nobody foresaw.
_CRASHED = (b"Traceback", b"weighbridge failed")


def compare(world: World) -> None:
    """Count what is lost, doubled, or accounted for by nobody."""
    by_agency: dict[str, list[Inbox]] = {}
    for inbox in world.inboxes:
        by_agency.setdefault(inbox.agency.id, []).append(inbox)
    for inboxes in by_agency.values():
        _compare_agency(world, inboxes)
    _compare_hub(world)
    _compare_letters(world)
    _compare_answers(world)
    _look_for_crashes(world)
    if world.release.lives:
        _audit_releases(world)
    world.tally.records += world.events.total()


def _compare_agency(world: World, inboxes: list[Inbox]) -> None:
    """Compare what the adapters of an agency committed with what its documents say."""
    agency = inboxes[0].agency
    rejects = [record.fields for record in agency.rejects()]
    places = Counter((reject["file_key"], reject["path"]) for reject in rejects)
    # The first finding is the first that a document was refused for.
    rules = Counter(reject["findings"][0]["rule"] for reject in rejects)
    compare = world.tally.compare
    compare(f"events of {agency.id}", _sum(inbox.events for inbox in inboxes), agency.published())
    compare(f"rejects of {agency.id}", _sum(inbox.refused for inbox in inboxes), places)
    compare(f"rules of {agency.id}", _sum(inbox.reported.rejects for inbox in inboxes), rules)


def _sum(counts: Iterable[Counter[Any]]) -> Counter[Any]:
    return sum(counts, Counter[Any]())


def _compare_hub(world: World) -> None:
    rows = hubs.read(world.site.file, "SELECT lower(hex(event_id)) FROM movement")
    letters = hubs.read(world.site.file, "SELECT kafka_partition, kafka_offset FROM dead_letter")
    world.tally.compare("rows of the hub", world.events, Counter(key for (key,) in rows))
    world.tally.compare("dead letters in the file", world.newcomer.letters, Counter(letters))
    # Nobody forged anything: whatever a crash leaves behind must not look like it.
    alarm = f'"{LogEvent.LEDGER_BROKEN}"'.encode()
    alarms = sum(log.read_bytes().count(alarm) for log in world.hub.folder.glob(f"{world.hub.name}-*.log"))
    if alarms:
        world.tally.differences.append(f"{alarms} false alarms of a broken ledger")


def _look_for_crashes(world: World) -> None:
    for log in sorted(world.hub.folder.glob("*.log")):
        if any(sign in log.read_bytes() for sign in _CRASHED):
            world.tally.crashes.append(f"{log.name}: an error that nobody foresaw")


def _compare_letters(world: World) -> None:
    kafka = world.cluster.kafka
    decoder = Decoder("dead_letter", Registry(kafka))
    sent = [
        decoder.decoded(record.value() or b"")
        for record in reading.latest(kafka, topics.dead_letters(world.site.name))
    ]
    found = Counter((letter["partition"], letter["offset"]) for letter in sent)
    world.tally.compare("dead letters on the topic", world.newcomer.letters, found)


def _compare_answers(world: World) -> None:
    """Compare the aggregates with those of whoever knows what truly moved."""
    for name, answer in world.simulated.answers.items():
        found = offline.answered(world.site.file, _MEMORY, "sql", query=answer["query"], rows_max=_ROWS_MAX)
        rows = [*_of_others(world, name, map(tuple, found["rows"]))]
        expected = [tuple(row) for row in answer["rows"]]
        if rows != expected:
            world.tally.differences.append(f"{name}: {len(rows)} rows, not the {len(expected)} of the truth")


def _of_others(world: World, name: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield rows without what the newcomer wrote, of which the simulation does not know."""
    for row in rows:
        if name == "progress" and row[:-1] == newcomer.PROGRESS:
            lines = row[-1] - world.newcomer.sent.total()
            yield from [(*row[:-1], lines)] if lines else []
        elif row[0] != world.newcomer.id:
            yield row


def _audit_releases(world: World) -> None:
    """Release what is left to be released, and have an auditor decide all of it again."""
    folder = world.hub.folder
    brokers = ("--bootstrap-servers", world.cluster.bootstrap_servers)
    reached = (*brokers, "--registry-url", world.cluster.registry_url)
    own = ("--file", world.site.file, "--keys", folder / HUB_KEYS)
    members, out = ("--directory", folder / "directory.toml"), folder / "bundle.zip"
    for command in (
        ("release", "run", *own, *members, *reached),
        ("release", "bundle", "--out", out, *own, *reached),
        ("release", "verify", "--bundle", out, *members, *reached),
    ):
        done = program.run(*command)
        if done.returncode:
            said = (done.stdout + done.stderr).decode()[-500:]
            world.tally.differences.append(f"{' '.join(command[:2])}: status {done.returncode}: {said}")
            return
