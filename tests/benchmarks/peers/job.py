"""The job that every engine written in Python does, as far as it does not depend on the engine.

Decode framed Avro, keep the last revision of each statement, sum grams by cell, write the sums:
key is the cell, value JSON. Runs in the environments of the peers and imports nothing of weighbridge.
"""

from __future__ import annotations

import argparse
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastavro

TOPIC = "weighbridge.movements"
PARTITIONS = 4
COMMIT_SECONDS = 2.0
_FRAME_BYTES = 5
_CODES = ("stage", "origin_country", "destination_country", "low_code", "operation_code")

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """What an event states: its version, the cell and the mass."""

    statement: str
    version: Version
    cell: str
    mass_g: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked to do.

    Attributes:
        events: How many the topic holds; the run ends with the last.
        sums: Topic of the sums; also a name that no other run has.
        folder: For what the engine keeps.
        guarantee: `exactly-once` or `at-least-once`.
    """

    brokers: str
    events: int
    sums: str
    folder: Path
    schema: dict[str, Any]
    guarantee: str


def asked() -> Asked:
    """Return what the command line and the environment ask for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events", type=int)
    parser.add_argument("sums")
    parser.add_argument("folder", type=Path)
    parser.add_argument("guarantee", nargs="?", default="exactly-once")
    chosen = parser.parse_args()
    schema = json.loads((chosen.folder / "movement.avsc").read_text("utf-8"))
    return Asked(os.environ["BROKERS"], chosen.events, chosen.sums, chosen.folder, schema, chosen.guarantee)


def decoder(schema: dict[str, Any]) -> Callable[[bytes], Change]:
    """Return what decodes a framed value.

    By fastavro itself, whole: that costs less than the deserializers that come with the engines,
    and less than a reader's schema of a few fields.
    """
    parsed = fastavro.parse_schema(schema)

    def decoded(value: bytes) -> Change:
        body = io.BytesIO(value)
        body.seek(_FRAME_BYTES)
        event: Any = fastavro.schemaless_reader(body, parsed, None)
        codes = "|".join([event[name] or "" for name in _CODES])
        return Change(
            event["statement_key"].hex(),
            (event["revision"], event["edition"]),
            f"{codes}|{event['occurred_on']:%Y-%m}",
            event["mass_g"] or 0,
        )

    return decoded


def value(mass_g: int) -> bytes:
    """Return the value of a sum's record."""
    return b'{"mass_g":%d}' % mass_g
