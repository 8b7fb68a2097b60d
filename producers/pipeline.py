"""The pipeline between a file and the publisher: read, harmonise, validate, protect, compare.

It does no I/O but reading the file and keeps nothing but the positions it is given, so
`convert` and `run` are the same pipeline with and without a broker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, NamedTuple

from producers.adapter import Adapter
from producers.changes import Comparison, Event, Origin
from producers.groups import NO_GROUPS, Groups
from producers.harmonise import harmonise
from producers.positions import Position, Positions
from producers.protect import Protected, protect
from producers.reading import dates
from producers.statement import Identity, Reading, Statement
from producers.validate import (
    CONTENT_BYTES_MAX,
    ORIGINAL_BYTES_MAX,
    RULES_BY_ID,
    STATEMENTS_MAX,
    is_ahead,
    latest_day,
    validate,
)
from schemas.errors import WeighbridgeError
from schemas.findings import Finding, has_error
from schemas.identity import Keys
from schemas.movement import FIRST_DAY

_CLOCKS_DIFFER = timedelta(days=1)
# Versions of one document within one delivery that keep their order; of more, the last counts.
_OCCURRENCES_MAX = 256
# More than so many occurrences in every microsecond from 1970 to the year 2100.
_PHASE = 1 << 60
_REVISION_END = 1 << 62


class Outcome(NamedTuple):
    """What became of one native document.

    Attributes:
        path: Place of the document in its file.
        key: Keyed identity of the document, for positions and rejects.
        findings: Everything that was found, warnings too.
        events: To be published.
        position: What then stands published; None where nothing changes.
        original: Bytes of a document that was rejected, None where they were not at hand.
    """

    path: str
    key: bytes
    findings: tuple[Finding, ...] = ()
    events: tuple[Event, ...] = ()
    position: Position | None = None
    original: bytes | None = None

    def __repr__(self) -> str:
        """Show nothing of the document."""
        return f"Outcome({self.path!r}, {self.findings!r}, {len(self.events)} events, {self.position!r})"

    @property
    def is_rejected(self) -> bool:
        """Say whether an error kept the document from being published."""
        return has_error(self.findings)


class Pipeline:
    """One adapter of one agency at work."""

    def __init__(
        self,
        adapter: Adapter,
        agency: str,
        keys: Keys,
        positions: Positions,
        *,
        groups: Groups = NO_GROUPS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._adapter = adapter
        self._now = now
        self._origin = Origin(agency, adapter.source_format, adapter.version)
        self._keys = keys
        self._groups = groups
        self._positions = positions

    def outcomes(
        self, stream: BinaryIO, name: str, delivered_at: datetime | None = None
    ) -> Iterator[Outcome]:
        """Yield the outcome of each document of a file, remembering its position.

        Args:
            stream: The file, binary and seekable.
            name: Name of the file in its source; stands in for a missing identity.
            delivered_at: When the agency's system wrote it, aware; orders documents that have
                no order of their own. None: now.
        """
        delivered_at = delivered_at or self._now()
        incomplete = (
            self._incomplete_collections(stream, delivered_at) if self._adapter.has_complete_sets else set()
        )
        stream.seek(0)
        for reading in self._readings(stream):
            outcome = self._guarded(reading, name, delivered_at, incomplete)
            if outcome.position is not None:
                self._positions.put(outcome.key, outcome.position)
            yield outcome._replace(original=_original(reading)) if outcome.is_rejected else outcome

    def _readings(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield the adapter's readings; whatever it raises rejects the rest of the file and no more."""
        try:
            yield from self._adapter.read(stream)
        except (OSError, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException:  # noqa: BLE001  # an adapter may be anybody's, and Rust's panics are no Exception
            yield Reading("$", findings=(RULES_BY_ID["adapter.failed"].at("$"),))

    def _is_known_at(self, instant: datetime) -> bool:
        """Say whether a system can have known something then; a fast clock would outrank corrections."""
        return instant.date() >= FIRST_DAY and instant <= self._now() + _CLOCKS_DIFFER

    def _guarded(self, reading: Reading, name: str, delivered_at: datetime, incomplete: set[str]) -> Outcome:
        """Return the outcome of a reading; statements that are none reject their document alone."""
        try:
            return self._outcome(reading, name, delivered_at, incomplete)
        except WeighbridgeError:
            raise
        except Exception:  # noqa: BLE001  # a statement of wrong types may fail anywhere, its text shown
            key = self._keys.document_key("unidentified", self._adapter.name, name, reading.path)
            return Outcome(reading.path, key, (RULES_BY_ID["adapter.failed"].at(reading.path),))

    def _outcome(self, reading: Reading, name: str, delivered_at: datetime, incomplete: set[str]) -> Outcome:
        identity = reading.identity
        if identity is None or not _is_sound(identity):
            key = self._keys.document_key("unidentified", self._adapter.name, name, reading.path)
            unsound = () if identity is None else (RULES_BY_ID["document.identity"].at(reading.path),)
            return Outcome(reading.path, key, (*reading.findings, *unsound))
        document_id = f"{self._adapter.name}:{identity.document_id}"
        key = self._keys.document_key("document", document_id)
        if identity.collection in incomplete:
            missing = RULES_BY_ID["collection.member.missing"].at(reading.path)
            return Outcome(reading.path, key, (*reading.findings, missing))
        if reading.is_draft or has_error(reading.findings):
            return Outcome(reading.path, key, reading.findings)
        if not self._is_known_at(identity.recorded_at or delivered_at):
            impossible = RULES_BY_ID["document.recorded_at"].at(reading.path)
            return Outcome(reading.path, key, (*reading.findings, impossible))
        return self._compared(reading, identity, delivered_at, document_id, key)

    def _compared(
        self, reading: Reading, identity: Identity, delivered_at: datetime, document_id: str, key: bytes
    ) -> Outcome:
        findings = list(reading.findings)
        protected = self._protected(reading, document_id, findings)
        findings += _ahead(reading, delivered_at)
        if has_error(findings):
            return Outcome(reading.path, key, tuple(findings))
        restatement = Comparison(
            reading=reading,
            identity=identity,
            revision=_revision(identity, delivered_at),
            recorded_at=identity.recorded_at or delivered_at,
            now=protected,
            known=self._positions.get(key),
            origin=self._origin,
            keys=self._keys,
        ).restatement()
        if restatement.position is not None and len(restatement.position.statements) > STATEMENTS_MAX:
            return Outcome(reading.path, key, (*findings, RULES_BY_ID["document.size"].at(reading.path)))
        if restatement.rule is not None:
            findings.append(RULES_BY_ID[restatement.rule].at(reading.path))
        return Outcome(reading.path, key, tuple(findings), restatement.events, restatement.position)

    def _protected(
        self, reading: Reading, document_id: str, findings: list[Finding]
    ) -> tuple[Protected, ...]:
        protected: dict[bytes, Protected] = {}
        if len(reading.statements) > STATEMENTS_MAX:
            findings.append(RULES_BY_ID["document.size"].at(reading.path))
            return ()
        for statement in reading.statements:
            path = _place(reading, statement)
            item = self._protected_one(statement, path, document_id, findings)
            if item is not None and item.statement_key in protected:
                findings.append(RULES_BY_ID["document.line.repeated"].at(path))
            elif item is not None:
                protected[item.statement_key] = item
        return tuple(protected.values())

    def _protected_one(
        self, statement: Statement, path: str, document_id: str, findings: list[Finding]
    ) -> Protected | None:
        harmonised, noticed = harmonise(self._groups.applied(statement), path)
        broken = validate(harmonised, path)
        findings += noticed + broken
        if has_error(broken):
            return None
        try:
            protected = protect(harmonised, document_id, self._keys)
        except KeyError:
            findings.append(RULES_BY_ID["keys.year.missing"].at(path))
        except UnicodeEncodeError:
            findings.append(RULES_BY_ID["text.surrogate"].at(path))
        else:
            if len(protected.content) + len(protected.sealable.content) <= CONTENT_BYTES_MAX:
                return protected
            findings.append(RULES_BY_ID["statement.size"].at(path))
        return None

    def _incomplete_collections(self, stream: BinaryIO, delivered_at: datetime) -> set[str]:
        """Return the collections of a file that lack a member published before.

        The first of two passes: a set has to be known whole before any of it is published.
        """
        if not self._positions.has_documents():
            return set()
        seen: dict[tuple[str, int], set[bytes]] = defaultdict(set)
        for reading in self._readings(stream):
            identity = reading.identity
            if identity is not None and identity.collection is not None:
                document_id = f"{self._adapter.name}:{identity.document_id}"
                where = (identity.collection, _revision(identity, delivered_at))
                seen[where].add(self._keys.document_key("document", document_id))
        return {
            collection
            for (collection, revision), present in seen.items()
            if self._lacks_member(collection, revision, present)
        }

    def _lacks_member(self, collection: str, revision: int, present: set[bytes]) -> bool:
        members = self._positions.members(self._keys.collection_key(collection))
        return any(key not in present and position.revision <= revision for key, position in members)


def _original(reading: Reading) -> bytes | None:
    """Return the document as written, None where the adapter does not give it or it is too large."""
    if reading.original is None:
        return None
    try:
        document = reading.original.give()
    except Exception:  # noqa: BLE001  # an adapter may be anybody's; its text may hold values
        return None
    return document if len(document) <= ORIGINAL_BYTES_MAX else None


def _is_sound(identity: Identity) -> bool:
    """Say whether an identity can be written: whole characters, and a revision of 62 bits."""
    texts = f"{identity.document_id}{identity.collection or ''}"
    return texts.isprintable() and 0 <= (identity.revision or 0) < _REVISION_END


def _place(reading: Reading, statement: Statement) -> str:
    return f"{reading.path}.line[{statement.line_number}].{statement.stage}"


def _ahead(reading: Reading, delivered_at: datetime) -> list[Finding]:
    """Return a warning for each statement of what happens only after it was delivered."""
    latest = latest_day(delivered_at)
    return [
        RULES_BY_ID["date.future"].at(_place(reading, statement))
        for statement in reading.statements
        if is_ahead(statement, latest)
    ]


def _revision(identity: Identity, delivered_at: datetime) -> int:
    """Return the order of a document among its versions: its own, or that of its phase and delivery.

    Within a delivery it is the order of place; deliveries are told apart by the microsecond.
    """
    if identity.revision is not None:
        return identity.revision
    place = min(identity.occurrence, _OCCURRENCES_MAX - 1)
    return identity.phase * _PHASE + dates.microseconds(delivered_at) * _OCCURRENCES_MAX + place
