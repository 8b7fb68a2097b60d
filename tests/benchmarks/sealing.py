"""What sealing costs: a part sealed, a part opened, and the adapter path with one recipient.

    python -m tests.benchmarks.sealing [DOCUMENTS] [--json]

Parts are those of whole events: manifests with four companies each, some 25 values. Sealing is
measured with the data keys at hand, as for all but the first event of a company in a quarter; what
such a first one costs more is a row of its own. The adapter path is that of
`tests.benchmarks.adapter_path`, on a real broker; the fewer documents, the more of it are new keys.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import fastavro

from deploy.exchange.exchange import running_exchange
from producers import adapter as adapters
from producers.changes import Event
from producers.convert import converted
from producers.sealing.sealer import Sealer, Sending
from schemas import contract, framing, sealing, topics
from schemas.directory import Directory
from schemas.runtime import logs
from schemas.sealing import SealedPart, WrappedKey
from tests.benchmarks import documents, report
from tests.support import agency as support
from tests.support.sealed import keys_of as _keys
from tests.support.sealed import member

FIELD_MICROSECONDS_MAX = 10
EVENTS_PER_CORE_MIN = 5_000
ADAPTER = "us-emanifest"
SENDER, RECIPIENT = "US-SENDER", "US-RECIPIENT"
_PREFIX = framing.prefix(1)

T = TypeVar("T")
Row = dict[str, str | float | int]


def run(number: int) -> report.Report:
    """Measure everything once, with so many documents."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "inbox"
        folder.mkdir()
        load = documents.LOADS[ADAPTER]
        load.write(folder / f"large.{load.form}", documents=number)
        rows = [*_parts(folder), *_paths(folder, Path(name))]
    cost = {str(row[""]): float(row["us/event"]) for row in rows}
    seal, opening = cost["the same, by confidential field"], cost["opened and read, by confidential field"]
    per_second = round(1e6 / cost["published, sealed to one recipient"])
    targets = {
        f"a field is sealed in {FIELD_MICROSECONDS_MAX} us ({seal:.1f})": seal <= FIELD_MICROSECONDS_MAX,
        f"a field is opened in {FIELD_MICROSECONDS_MAX} us ({opening:.1f})": opening
        <= FIELD_MICROSECONDS_MAX,
        f"{EVENTS_PER_CORE_MIN:,} events/s/core with one recipient ({per_second:,})": per_second
        >= EVENTS_PER_CORE_MIN,
    }
    return report.Report("Sealing, processor time", rows, targets)


def _parts(folder: Path) -> Iterator[Row]:
    events = list(_events(folder))
    sealer = Sealer(SENDER, _keys(SENDER), _directory())
    first, seconds = _timed(lambda: _sealed(sealer, events))
    again, seconds_again = _timed(lambda: _sealed(sealer, events))
    drawn = (len(first) - len(again)) // 2
    yield report.per_event("a data key drawn, wrapped for two", drawn, seconds - seconds_again)
    yield report.per_event("a part sealed, key at hand", len(again), seconds_again)
    held = _held(first)
    keys = {found.key_id: sealing.unwrapped(found, *_unwrapping())[0] for found in held}
    parts = list(_decoded(again, "sealed_part", SealedPart))
    opened, seconds_opening = _timed(lambda: [sealing.opened(keys[part.key_id], part) for part in parts])
    contents, seconds_reading = _timed(lambda: [sealing.decoded_content(text) for text in opened])
    fields = sum(map(_values, contents))
    yield report.per_event("the same, by confidential field", fields, seconds_again)
    yield report.per_event("a part opened", len(parts), seconds_opening)
    yield report.per_event("what was opened, read", len(parts), seconds_reading)
    yield report.per_event(
        "opened and read, by confidential field", fields, seconds_opening + seconds_reading
    )


def _values(content: Any) -> int:
    """Return how many values a content has that are stated."""
    items = content.values() if isinstance(content, dict) else content
    if isinstance(items, str | bytes) or not isinstance(content, dict | list):
        return int(content is not None)
    return sum(map(_values, items))


def _timed(call: Callable[[], list[T]]) -> tuple[list[T], float]:
    started = report.used_seconds()
    found = call()
    return found, report.used_seconds() - started


def _sealed(sealer: Sealer, events: Iterable[Event]) -> list[Sending]:
    return [sending for event in events for sending in sealer.sendings(event, _PREFIX + event.body)]


def _unwrapping() -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    return _keys(RECIPIENT).openings, (_keys(SENDER).verify_key,)


def _paths(folder: Path, work: Path) -> Iterator[Row]:
    with running_exchange(work / "exchange") as exchange:
        support.new_agency(exchange, RECIPIENT)
        alone = support.new_agency(exchange, "US-ALONE", ADAPTER, keys=_keys("US-ALONE"))
        sender = support.new_agency(exchange, SENDER, ADAPTER, keys=_keys(SENDER), directory=_directory())
        for title, agency in (("no recipient", alone), ("sealed to one recipient", sender)):
            started = report.used_seconds()
            events = agency.run(folder).totals.events
            yield report.per_event(f"published, {title}", events, report.used_seconds() - started)


def _events(folder: Path) -> Iterator[Event]:
    chosen = adapters.create(ADAPTER, documents.LOADS[ADAPTER].values)
    for item in converted(chosen, SENDER, _keys(SENDER), sorted(folder.iterdir())):
        yield from item.outcome.events


def _decoded(sendings: Iterable[Sending], record: str, kind: Callable[..., T]) -> Iterator[T]:
    for sending in sendings:
        found: Any = fastavro.schemaless_reader(io.BytesIO(sending.body), contract.parsed(record), None)
        yield kind(**found)


def _held(sendings: Iterable[Sending]) -> list[WrappedKey]:
    of_keys = (sending for sending in sendings if sending.topic == topics.KEYS)
    return [found for found in _decoded(of_keys, "data_key", WrappedKey) if found.recipient == RECIPIENT]


def _directory() -> Directory:
    return Directory({name: member(_keys(name), "US") for name in (SENDER, RECIPIENT)})


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.sealing")
    parser.add_argument("documents", nargs="?", type=int, default=5_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    logs.configure()
    return run(chosen.documents).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
