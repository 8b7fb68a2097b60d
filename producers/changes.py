"""Changes: what a document says now against what stands published of it.

Only statements that are new or different become events; what the document no longer
says is cancelled. The same document read twice gives no event, and documents read in
any order leave the same statements standing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NamedTuple

from producers.positions import Position, Standing
from producers.protect import Protected, withdrawn
from producers.sealing.sealable import Sealable
from producers.statement import Identity, Intent, Reading
from schemas import codes, contract
from schemas.identity import Keys
from schemas.movement import ENVELOPE_FIELDS, Change

# Parts of the envelope, and whether they repeat.
_PARTS = {
    "event_id statement_key": False,
    "revision": True,
    "edition": True,
    "change agency": True,
    "recorded_at": True,
    "source_format adapter_version codelist_version": True,
}
_OF_KNOWN = frozenset({Intent.EDIT, Intent.CANCEL})


@dataclass(frozen=True, slots=True)
class Origin:
    """What the envelope of every event of one adapter says alike."""

    agency: str
    source_format: str
    adapter_version: str


class Event(NamedTuple):
    """One event, encoded but for the framing.

    Attributes:
        key: Record key: the movement key.
        body: Avro body.
        sealable: What is sealed beside it.
    """

    key: bytes
    event_id: bytes
    recorded_at: datetime
    body: bytes
    is_unconverted: bool
    sealable: Sealable


class Restatement(NamedTuple):
    """A document compared: the events to publish and the position that then holds.

    Attributes:
        rule: What is to be said of a document of which nothing is published.
    """

    events: tuple[Event, ...] = ()
    position: Position | None = None
    rule: str | None = None


@dataclass(slots=True, kw_only=True)
class Comparison:
    """One reading of a document, and what stands published of it.

    Attributes:
        revision: Of the identity, or what the order of delivery makes of it.
        recorded_at: Likewise.
        now: The protected statements of the reading.
        known: None where nothing was published yet.
    """

    reading: Reading
    identity: Identity
    revision: int
    recorded_at: datetime
    now: tuple[Protected, ...]
    known: Position | None
    origin: Origin
    keys: Keys
    _before: dict[bytes, Standing] = field(init=False)

    def __post_init__(self) -> None:
        """Look up what stands by its key."""
        standing = self.known.statements if self.known is not None else ()
        self._before = {item.statement_key: item for item in standing}

    def restatement(self) -> Restatement:
        """Return what has to be published so that exactly the newest revision stands.

        Different content under the revision that was published is a higher edition of it.
        """
        intent = self.reading.intent
        if self.known is None and intent in _OF_KNOWN:
            return Restatement(rule="document.unknown")
        if self.known is not None and self.revision < self.known.revision:
            return self._late(self.known)
        if self.known is not None and intent is Intent.CREATE and self._is_taken(self.known):
            return Restatement(rule="document.known")
        position = self._position()
        if self.known is not None and position.digest == self.known.digest:
            # The revision has to rise all the same: otherwise one between the two,
            # arriving late, would pass for the newest.
            return Restatement((), position if position.revision > self.known.revision else None)
        return Restatement(tuple(self._events(self.now, position)), position)

    def _late(self, known: Position) -> Restatement:
        """Return what an older revision adds: stages that the newer one had moved past.

        What it stated of them itself, a repaired adapter may state otherwise.
        """
        open_stages = self._open_stages(known)
        late = [item for item in self.now if item.facts.stage in open_stages]
        # A stage that the older revision had not moved past either, it states completely.
        complete = open_stages - {stage.value for stage in self.reading.silent_stages}
        kept = [item for item in known.statements if item.facts.stage not in complete]
        edition = 1 + max((item.edition for item in known.statements), default=-1)
        statements = tuple(self._merged(kept, late, edition))
        if statements == known.statements:
            return Restatement(rule="document.superseded")
        position = known._replace(statements=statements, digest=self._digest(map(_fingerprint, statements)))
        return Restatement(tuple(self._events(late, position)), position)

    def _merged(
        self, kept: Iterable[Standing], late: Iterable[Protected], edition: int
    ) -> Iterable[Standing]:
        """Return what stands after late statements: in the order of before, what is new behind it."""
        said = {item.statement_key: item for item in self._submitted(late, edition)}
        standing = {item.statement_key: item for item in kept}
        order = [item.statement_key for item in (self.known.statements if self.known else ())]
        after = standing | said
        return (after[key] for key in dict.fromkeys((*order, *after)) if key in after)

    def _is_taken(self, known: Position) -> bool:
        """Say whether something else stands where a document wants to be new."""
        said = self._digest(map(_fingerprint, self.now))
        return bool(known.statements) and self.revision > known.revision and said != known.digest

    def _open_stages(self, known: Position) -> set[str]:
        """Return the stages of which nothing newer than this revision stands."""
        newer = {item.facts.stage for item in known.statements if item.revision > self.revision}
        return set(known.silent_stages) - newer

    def _standing(self) -> list[Standing]:
        """Return what the document has moved past and does not mention, which still stands."""
        if not self._before:
            return []
        mentioned = {item.statement_key for item in self.now}
        silent = {stage.value for stage in self.reading.silent_stages}
        return [
            item for key, item in self._before.items() if key not in mentioned and item.facts.stage in silent
        ]

    def _events(self, items: Iterable[Protected], position: Position) -> Iterator[Event]:
        """Yield what is new, different and gone, if a position is to stand."""
        after = {item.statement_key: item for item in position.statements}
        for item in items:
            earlier, edition = self._before.get(item.statement_key), after[item.statement_key].edition
            if earlier is None:
                yield self._event(item, Change.REPORTED, edition)
            elif earlier.digest != item.digest:
                yield self._event(item, Change.CORRECTED, edition)
        for key, earlier in self._before.items():
            if key not in after:
                is_same = earlier.revision == self.revision
                edition = max(earlier.edition + 1, position.edition) if is_same else 0
                gone = withdrawn(key, earlier.movement_key, earlier.facts, self.keys)
                yield self._event(gone, Change.CANCELLED, edition)

    def _position(self) -> Position:
        standing = self._standing()
        digest = self._digest((*map(_fingerprint, self.now), *map(_fingerprint, standing)))
        edition = self._edition(digest)
        collection = self.identity.collection
        return Position(
            subject="DOCUMENT",
            revision=self.revision,
            edition=edition,
            digest=digest,
            collection=self.keys.collection_key(collection) if collection else None,
            statements=(*self._submitted(self.now, edition), *standing),
            silent_stages=tuple(sorted(self.reading.silent_stages)),
        )

    def _edition(self, digest: bytes) -> int:
        if self.known is None or self.known.revision != self.revision:
            return 0
        return self.known.edition + (digest != self.known.digest)

    def _submitted(self, items: Iterable[Protected], edition: int) -> Iterator[Standing]:
        """Yield items as a position holds them; what stands unchanged keeps its edition."""
        for item in items:
            earlier = self._before.get(item.statement_key)
            stands = (
                earlier is not None and earlier.digest == item.digest and earlier.revision == self.revision
            )
            yield Standing(
                item.statement_key,
                item.digest,
                self.revision,
                earlier.edition if earlier is not None and stands else edition,
                item.movement_key,
                item.facts,
            )

    def _digest(self, fingerprints: Iterable[bytes]) -> bytes:
        return self.keys.content_digest(b"".join(sorted(fingerprints)))

    def _event(self, item: Protected, change: Change, edition: int) -> Event:
        event_id = self.keys.event_id(item.statement_key, self.revision, edition, item.digest)
        origin = self.origin
        envelope = _encoder().encoded(
            (
                (event_id, item.statement_key),
                self.revision,
                edition,
                (change, origin.agency),
                self.recorded_at,
                (origin.source_format, origin.adapter_version, codes.VERSION),
            )
        )
        return Event(
            item.movement_key,
            event_id,
            self.recorded_at,
            envelope + item.content,
            item.is_unconverted,
            item.sealable,
        )


def _fingerprint(item: Protected | Standing) -> bytes:
    return item.statement_key + item.digest


@cache
def _encoder() -> contract.Encoder:
    assert tuple(name for part in _PARTS for name in part.split()) == ENVELOPE_FIELDS
    return contract.Encoder(contract.latest("movement"), _PARTS)
