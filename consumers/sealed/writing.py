"""Opened parts written for people and programs: JSON lines and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO

from schemas.plain import plain

if TYPE_CHECKING:
    # Every command of the program imports this file, and would wait for Kafka's clients.
    from consumers.sealed.parts import OpenedPart

# What the CSV shows of the event; JSON lines have all of it.
_OF_EVENT = (
    "event_id",
    "revision",
    "edition",
    "change",
    "line_number",
    "stage",
    "step",
    "occurred_on",
    "origin_country",
    "destination_country",
    "mass_g",
)
_COLUMNS = (
    "agency",
    "confidential_until",
    "is_released",
    "document_number",
    "movement_reference",
    "parties",
    "references",
    *_OF_EVENT,
)
# What a spreadsheet would take for the start of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    """How opened parts are written."""

    JSONL = "jsonl"
    CSV = "csv"


def write(parts: Iterable[OpenedPart], file: TextIO, file_format: Format, now: datetime) -> int:
    """Write opened parts, one a line; return how many.

    Args:
        parts: In the order of their topic.
        file: Text file.
        file_format: CSV begins with a header.
        now: Decides which of them may be handed on.
    """
    return (_write_csv if file_format is Format.CSV else _write_json_lines)(parts, file, now)


def _write_json_lines(parts: Iterable[OpenedPart], file: TextIO, now: datetime) -> int:
    count = 0
    for count, part in enumerate(parts, 1):  # noqa: B007  # counts what a stream held
        file.write(
            json.dumps({**_heading(part, now), **plain(part.content), "event": plain(part.event)}) + "\n"
        )
    return count


def _write_csv(parts: Iterable[OpenedPart], file: TextIO, now: datetime) -> int:
    writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for count, part in enumerate(parts, 1):  # noqa: B007  # counts what a stream held
        writer.writerow({name: _cell(value) for name, value in _row(part, now)})
    return count


def _heading(part: OpenedPart, now: datetime) -> dict[str, Any]:
    return {
        "agency": part.agency,
        "confidential_until": plain(part.release_at),
        "is_released": part.is_released(now),
    }


def _row(part: OpenedPart, now: datetime) -> Iterator[tuple[str, Any]]:
    yield from _heading(part, now).items()
    yield "document_number", part.content["document_number"]
    yield "movement_reference", part.content["movement_reference"]
    yield "parties", "; ".join(map(_party, part.content["parties"]))
    yield "references", "; ".join(f"{item['kind']} {item['value']}" for item in part.content["references"])
    for name in _OF_EVENT:
        yield name, plain(part.event[name])


def _party(party: Mapping[str, Any]) -> str:
    """Return a party in one cell: role, name, address, identifier."""
    known_as = f"{party['scheme'] or ''}:{party['identifier']}" if party["identifier"] else None
    told = [item for item in (party["name"], party["address"], known_as) if item]
    return f"{party['role']} {', '.join(told)}".rstrip()


def _cell(value: Any) -> Any:
    """Return a text that no spreadsheet computes."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
