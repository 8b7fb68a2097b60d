"""Movement events for tests: plausible, seeded, encoded exactly as an adapter writes them."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import fastavro

from schemas import contract, framing
from schemas.movement import Movement

_LOW_CODES = ("150101", "150102", "150107", "170405", "191212", "130205", None)
_OPERATIONS = ("R3", "R4", "R5", "R1", "D10", "R12", None)
_COUNTRIES = ("GB", "FR", "DE", "US", "NL", "PL")


def key(*parts: object) -> bytes:
    """Return 16 bytes that stand for the parts."""
    return hashlib.sha256(repr(parts).encode()).digest()[:16]


def movement(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return one valid event; the same number gives the same event."""
    random_ = random.Random(number)  # noqa: S311  # the same every time, for tests
    recorded_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number % 100_000)
    grams = random_.randrange(1_000, 25_000_000)
    event = {
        "event_id": key("event", number),
        "statement_key": key("statement", number),
        "revision": 1_767_225_600_000 + number,
        "edition": 0,
        "change": "REPORTED",
        "agency": "GB-EA",
        "recorded_at": recorded_at,
        "source_format": "test/1",
        "adapter_version": "1",
        "codelist_version": "test",
        "movement_key": key("movement", number),
        "line_number": 1,
        "stage": "RECEIVED",
        "step": 0,
        "side": random_.choice(("ORIGIN", "DESTINATION", "DOMESTIC")),
        "occurred_on": date(2026, 1 + number % 12, 1 + number % 28),
        "occurred_at": None,
        "precision": "DAY",
        "origin_country": random_.choice(_COUNTRIES),
        "origin_region": None,
        "destination_country": random_.choice(_COUNTRIES),
        "destination_region": None,
        "transit_countries": [],
        "low_code": random_.choice(_LOW_CODES),
        "basel_code": None,
        "oecd_code": None,
        "hs_code": None,
        "other_codes": [],
        "hazardous": "NO",
        "operation_code": random_.choice(_OPERATIONS),
        "native_operation_code": None,
        "mass_g": grams,
        "quantity": str(grams // 1000),
        "unit": "KGM",
        "basis": "WEIGHED",
        "load_count": 1,
        "contributor": key("company", random_.randrange(500)),
        "contributor_group": None,
        "counterparty": key("company", random_.randrange(500)),
        "related": [],
        "release_at": None,
    }
    return Movement.model_validate(event | changes).model_dump(mode="python")


def encoded(event: Mapping[str, Any], schema_id: int) -> bytes:
    """Return an event in Confluent framing."""
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, contract.parsed("movement"), dict(event))
    return framing.prefix(schema_id) + buffer.getvalue()


def movements(count: int, start: int = 0) -> Iterator[dict[str, Any]]:
    """Yield many different events."""
    yield from (movement(number) for number in range(start, start + count))
