"""The ledger of releases: what stands on the releases topic, and whose turn it is.

The topic has one partition, so everybody sees one order. Hubs of one ledger take turns: each
of them releases an epoch or skips it, in the configured order, before the next epoch begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from consumers.hub.releases import REDRIVEN
from consumers.release import calendar
from consumers.release.calendar import Epoch
from consumers.release.release import RELEASED, is_signed
from schemas.settings import Calendar


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A release record.

    Attributes:
        offset: Where it stands on the topic.
        body: Its Avro body as it was written.
        record: The fields decoded from it.
    """

    offset: int
    body: bytes
    record: Mapping[str, Any]

    @property
    def hub(self) -> str:
        """Whose release it is."""
        return str(self.record["hub"])

    @property
    def epoch(self) -> str:
        """Name of the epoch."""
        return str(self.record["epoch"])

    @property
    def release_id(self) -> bytes:
        """Its identity."""
        return bytes(self.record["release_id"])

    @property
    def place(self) -> str:
        """Where it stands, as findings say it."""
        return f"{self.epoch} of {self.hub}"

    @property
    def is_released(self) -> bool:
        """Whether there are observations; else the epoch was skipped."""
        return bool(self.record["status"] == RELEASED)

    @property
    def cut(self) -> dict[int, int]:
        """By partition of the movements topic, the first offset that is left out; `REDRIVEN` beside them."""
        redriven = {REDRIVEN: self.record["redriven"]} if self.record["redriven"] else {}
        return redriven | {item["partition"]: item["offset"] for item in self.record["cut"]}

    @property
    def order(self) -> tuple[str, ...]:
        """Hubs of its ledger."""
        return tuple(self.record["order"]) or (self.hub,)


class Turn(NamedTuple):
    """Who has to release or to skip next, and which epoch."""

    hub: str
    epoch: Epoch


@dataclass(slots=True)
class Ledger:
    """The entries of the ledger of some hubs, in the order of the topic.

    Attributes:
        order: These hubs in the order in which they release an epoch.
        ignored: Offsets of records that name one of them and that none of its keys has signed, or
            that state an epoch of a hub again: nobody answers for them, and they count nowhere.
    """

    order: tuple[str, ...]
    calendar: Calendar
    entries: list[Entry] = field(default_factory=list)
    ignored: list[int] = field(default_factory=list)

    def add(self, found: Iterable[Entry], keys: Mapping[str, Sequence[bytes]]) -> None:
        """Take entries of the topic; `keys` are the public keys of the hubs."""
        known = {(entry.hub, entry.epoch) for entry in self.entries}
        for entry in found:
            if not set(entry.order) & set(self.order) and entry.hub not in self.order:
                continue
            is_ours = is_signed(entry.body, entry.record, keys.get(entry.hub, ()))
            if not is_ours or (entry.hub, entry.epoch) in known:
                self.ignored.append(entry.offset)
                continue
            known.add((entry.hub, entry.epoch))
            self.entries.append(entry)

    @property
    def head(self) -> bytes | None:
        """The newest release, which the next one names as its predecessor."""
        return self.entries[-1].release_id if self.entries else None

    def of(self, hub: str) -> Iterator[Entry]:
        """Yield the entries of a hub."""
        return (entry for entry in self.entries if entry.hub == hub)

    def turn(self, first: Epoch) -> Turn:
        """Return whose turn it is; before any of the hubs has released, the first one begins with `first`.

        What others put onto the ledger, such as hubs that have left it, takes nobody's turn.
        """
        ours = [entry for entry in self.entries if entry.hub in self.order]
        if not ours:
            return Turn(self.order[0], first)
        epoch = calendar.parsed(ours[-1].epoch)
        if behind := self.order[self.order.index(ours[-1].hub) + 1 :]:
            return Turn(behind[0], epoch)
        return Turn(self.order[0], calendar.following(self.calendar, epoch))
