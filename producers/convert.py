"""Conversion without a broker: the same pipeline as publication, its events for people to read.

Several files are read in the order given, as one run would read them, so that a later
version of a document shows as corrections and cancellations of the earlier one.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import fastavro

from producers.adapter import Adapter
from producers.changes import Event
from producers.groups import NO_GROUPS, Groups
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.sources.folder import readable
from schemas import contract
from schemas.errors import FatalError
from schemas.identity import Keys
from schemas.plain import plain

STDIN = Path("-")
_SPOOL_BYTES_MAX = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Converted:
    """The outcome of one document of one file."""

    file: str
    outcome: Outcome


def converted(
    adapter: Adapter, agency: str, keys: Keys, files: Iterable[Path], groups: Groups = NO_GROUPS
) -> Iterator[Converted]:
    """Yield what publication would make of each document of each file; `-` is stdin."""
    pipeline = Pipeline(adapter, agency, keys, Positions("convert"), groups=groups)
    for file in files:
        with _opened(file) as stream:
            written_at = None if file == STDIN else datetime.fromtimestamp(file.stat().st_mtime, UTC)
            outcomes = pipeline.outcomes(stream, readable(Path(file.name)), written_at)
            yield from (Converted(str(file), outcome) for outcome in _readable_outcomes(outcomes, file))


def _readable_outcomes(outcomes: Iterator[Outcome], file: Path) -> Iterator[Outcome]:
    try:
        yield from outcomes
    except OSError:
        # The cause is cut off: an adapter may have put what it read into its text.
        raise FatalError(
            f"{file} cannot be read to its end", hint="look at the disk, and at the adapter"
        ) from None


def event_json(event: Event) -> dict[str, Any]:
    """Return an event with the field names of the contract.

    Bytes become hexadecimal text, instants ISO 8601 in UTC, dates ISO dates.
    """
    record: Any = fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)
    return {name: plain(value) for name, value in record.items()}


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file != STDIN:
        with file.open("rb") as stream:
            yield stream
        return
    # A pipe cannot be read twice, and complete sets are.
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES_MAX) as spool:
        while chunk := sys.stdin.buffer.read(_SPOOL_BYTES_MAX):
            spool.write(chunk)
        spool.seek(0)
        yield spool  # type: ignore[misc]  # offers what a binary file offers
