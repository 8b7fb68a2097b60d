"""One release: its identity, its observations and its record, encoded but for the framing.

The same hub, epoch, cut, contributions and rules give the same bytes, apart from the
instant of the decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

from consumers.release.table import DIMENSIONS, NAME, Cell
from schemas import codes, contract
from schemas.errors import ConfigurationError

_ID_BYTES = 16
# What decides what a cell means. The parameters of the rules are not in it: a digest over
# a handful of small numbers would tell them to anyone who tries them all.
_MEANING = ("movement.sql", "latest.sql", "counted.sql", "facts.sql", "contributions.sql")


@dataclass(frozen=True, slots=True)
class Release:
    """What one epoch publishes.

    Attributes:
        observations: (record key, Avro body) of each cell.
        body: Avro body of the release record.
    """

    release_id: bytes
    epoch: str
    released_at: datetime
    observations: tuple[tuple[bytes, bytes], ...]
    body: bytes


def release_id(hub: str, epoch: str) -> bytes:
    """Return the identity of a hub's release: one for each epoch, whatever it holds."""
    return hashlib.sha256(f"{hub}\0{epoch}".encode()).digest()[:_ID_BYTES]


def checked_epoch(epoch: str | None, now: datetime) -> str:
    """Return the epoch to release, the current month unless one is given.

    Earlier months stay as they were: with today's figures they would be one more version of
    the same table, to be subtracted from this one.

    Raises:
        ConfigurationError: It is another month, or none.
    """
    current = f"{now:%Y-%m}"
    last = f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
    if epoch not in {None, current, last}:
        raise ConfigurationError(
            "only this and the last month can be released", hint=f"--epoch {last} or --epoch {current}"
        )
    return epoch or current


def composed(
    *,
    hub: str,
    epoch: str,
    cells: Sequence[Cell],
    cut: Mapping[int, int],
    predecessor: bytes | None,
    released_at: datetime,
) -> Release:
    """Return the release of an epoch.

    Args:
        hub: Name of the hub.
        epoch: Month of publication.
        cells: All cells, free and confidential.
        cut: By partition of the movements topic, the first offset that is left out.
        predecessor: The hub's release before this one.
        released_at: Instant of the decision, UTC.
    """
    identity = release_id(hub, epoch)
    observations = tuple(_observation(hub, epoch, identity, cell) for cell in cells)
    record = {
        "hub": hub,
        "epoch": epoch,
        "release_id": identity,
        "status": "RELEASED",
        "released_at": released_at.astimezone(UTC),
        "cut": [{"partition": partition, "offset": offset} for partition, offset in sorted(cut.items())],
        "observations": len(observations),
        "observations_digest": _digest(body for _, body in observations),
        "configuration_digest": _configuration_digest(),
        "predecessor": predecessor,
    }
    return Release(identity, epoch, released_at, observations, _encoded("release", record))


def _observation(hub: str, epoch: str, identity: bytes, cell: Cell) -> tuple[bytes, bytes]:
    key = "|".join((hub, NAME, epoch, *(cell.place[name] for name in DIMENSIONS)))
    record = {"hub": hub, "epoch": epoch, "release_id": identity, **cell.record()}
    return key.encode(), _encoded("observation", record)


def _configuration_digest() -> bytes:
    sql = resources.files("consumers.hub") / "sql"
    parts = [NAME, *DIMENSIONS, codes.VERSION, *((sql / name).read_text("utf-8") for name in _MEANING)]
    return _digest(part.encode() for part in parts)


def _digest(parts: Any) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.digest()


def _encoded(record: str, value: Mapping[str, Any]) -> bytes:
    return contract.encoded(contract.parsed(record), value)
