"""A movements topic that grows as a benchmark asks for it, and the sums that must come out of it.

Contents repeat after some thousand events, ids do not; each movement has one statement. Every tenth
event belongs to a statement that was made before: nine of ten correct its mass, the tenth is what an
earlier one corrected.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator
from itertools import count, islice
from typing import Any, NamedTuple

from deploy.exchange.exchange import Exchange
from schemas import framing
from tests.support import events
from tests.support import hub as support

PARTITIONS = 4
CONTENTS = 10_000
# Of an agency that is busy: what one transaction holds, and one signature for each partition covers.
COMMIT_EVENTS = 10_000
# What the cell of the comparison is made of; every engine joins it with bars, and writes nothing for null.
CELL = ("stage", "origin_country", "destination_country", "low_code", "operation_code", "occurred_on")
_AGENCY = "GB-EA"
# How far back the event is that one states anew: in the same partition, since a statement stays in one,
# and never one that itself states something anew.
_BACK = 1_004
# Of an encoded event: where the first two fields, event_id and statement_key, stand.
_ID_BYTES = 16
_EVENT_ID = framing.HEADER_BYTES + 1
_STATEMENT_KEY = _EVENT_ID + _ID_BYTES + 1


class Record(NamedTuple):
    """One record, and what it adds to a cell once all before it are counted."""

    key: bytes
    value: bytes
    cell: str
    adds_g: int


class _Content(NamedTuple):
    """What events state, as first stated and as corrected, about the movement of a key."""

    key: bytes
    cell: str
    values: tuple[bytes, bytes]
    masses_g: tuple[int, int]


class Movements:
    """A topic of its own, filled and signed.

    Attributes:
        ledger: The topic, and hubs that read it.
        events: How many are there.
        totals: Grams by cell, of the last revision of each statement.
    """

    def __init__(self, exchange: Exchange, contents: int = CONTENTS) -> None:
        self.ledger = support.new_ledger(exchange, PARTITIONS)
        self.events = 0
        self.totals: Counter[str] = Counter()
        self._records = records(self.ledger.schema_id, contents)

    def grow(self, events: int) -> None:
        """Add events until there are so many."""
        while self.events < events:
            load = [*islice(self._records, min(COMMIT_EVENTS, events - self.events))]
            self._write([(record.key, record.value) for record in load])
            for record in load:
                self.totals[record.cell] += record.adds_g

    def close(self) -> None:
        """Let go of the broker, before it goes."""
        self.ledger.reconnect()

    def _write(self, load: list[tuple[bytes, bytes]]) -> None:
        scribe, start = self.ledger.scribe, self.events % PARTITIONS
        written = [
            record
            for partition in range(PARTITIONS)
            for record in scribe.write(load[(partition - start) % PARTITIONS :: PARTITIONS], partition)
        ]
        scribe.sign(_AGENCY, written)
        self.events += len(load)


def records(schema_id: int, contents: int = CONTENTS) -> Iterator[Record]:
    """Yield records without end.

    Args:
        schema_id: Under which values are framed.
        contents: How many there are that differ in more than ids; they make as many cells at most.
    """
    dice = random.Random(1)  # noqa: S311  # a seeded load
    made: list[_Content] = []
    recent: deque[tuple[_Content, bytes]] = deque(maxlen=_BACK)
    for number in count():
        if number < contents:
            made.append(_content(number, schema_id))
        content, statement = made[number % contents], dice.randbytes(_ID_BYTES)
        if is_again := number >= _BACK and number % 10 == 9:
            content, statement = recent[0]
        # What is corrected before it arrives, and what corrects.
        is_corrected = number % 100 == (-1 - _BACK) % 100 or (is_again and number % 100 != 99)
        recent.append((content, statement))
        yield _record(
            content, (dice.randbytes(_ID_BYTES), statement), is_corrected=is_corrected, is_again=is_again
        )


def _record(content: _Content, ids: tuple[bytes, bytes], *, is_corrected: bool, is_again: bool) -> Record:
    event, statement = ids
    value = content.values[is_corrected]
    between = value[_EVENT_ID + _ID_BYTES : _STATEMENT_KEY]
    rest = value[_STATEMENT_KEY + _ID_BYTES :].replace(content.key, statement, 1)
    own = value[:_EVENT_ID] + event + between + statement + rest
    first_g, corrected_g = content.masses_g
    adds_g = content.masses_g[is_corrected]
    if is_again:
        adds_g = corrected_g - first_g if is_corrected else 0
    return Record(statement, own, content.cell, adds_g)


def _content(number: int, schema_id: int) -> _Content:
    first = _event(number)
    mass_g = first["mass_g"] + 1_000
    changes = {"revision": first["revision"] + 1, "mass_g": mass_g, "quantity": str(mass_g // 1_000)}
    corrected = first | changes | {"change": "CORRECTED"}
    codes = (first[name] or "" for name in CELL[:-1])
    return _Content(
        first["movement_key"],
        "|".join([*codes, f"{first['occurred_on']:%Y-%m}"]),
        (events.encoded(first, schema_id), events.encoded(corrected, schema_id)),
        (first["mass_g"], mass_g),
    )


def _event(number: int) -> dict[str, Any]:
    return events.movement(
        number,
        source_format="us-emanifest/1.3",
        adapter_version="0.1.0",
        codelist_version="2026.11",
        occurred_at="2026-03-01T10:00:00Z",
        origin_region="US-TX",
        destination_region="US-OH",
        transit_countries=["BE", "DE"],
        other_codes=[
            {"scheme": "US-EPA", "code": f"D{number % 43 + 1:03}"},
            {"scheme": "UN", "code": "1993"},
        ],
        native_operation_code="H141",
        contributor_group=events.key("group", number % 100),
        related=[{"movement_key": events.key(number), "relation": "ONWARD_OF"}] if number % 10 == 0 else [],
    )
