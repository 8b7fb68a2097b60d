"""Annex IB and Annex VII documents of the European Union, as UBL 2.5 WasteMovement XML.

A file is one document, or any XML in which several lie. A document tells of one movement;
its identity is the movement and the kind of document, for carriers, borders and
certificates each of them by itself: a receipt leaves the announcement standing, and a receipt sent
again takes the place of the earlier one. PROFILE.md describes the documents for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from lxml import etree
from pydantic import BaseModel, ValidationError

from producers.adapters.eu_movement import ubl
from producers.adapters.eu_movement.facts import Telling
from producers.adapters.eu_movement.model import Condition, Kind, Movement
from producers.adapters.eu_movement.rules import RULES, RULES_BY_ID
from producers.reading import dates, references, xml_stream
from producers.reading.file_rules import FILE_RULES, FILE_RULES_BY_ID
from producers.reading.native_model import model_findings
from producers.reading.xml_stream import BrokenXmlError
from producers.statement import Identity, Reading, Statement
from schemas import places
from schemas.errors import ConfigurationError
from schemas.findings import Finding, Rule, has_error
from schemas.movement import Precision

_STEPPED = frozenset({Kind.TRANSFER, Kind.BORDER, Kind.COMPLETION})
_ANNEX_VII = "GLW"
# Absent members of the identity break the same rules as empty ones.
_REQUIRED = {"profile": None, "kind": None, "issued": None}
# Outranks every instant in milliseconds: no later document undoes what has this rank.
_RANK = 1 << 44


class _Filing(NamedTuple):
    """Under which kind a document is filed, and whether it outranks what others file there."""

    kind: Kind
    rank: int = 0


class EuMovement:
    """The adapter; see `producers.adapter.Adapter`."""

    name: ClassVar[str] = "eu-movement"
    source_format: ClassVar[str] = "eu-movement/1"
    version: str = "1"
    default_agency: str = "BE-OVAM"
    settings: ClassVar[Mapping[str, str]] = {
        "country": "Country of the agency that publishes, such as FR: it decides the side; else BE.",
        "zone": "Time zone of dates and times without one, such as Europe/Paris; else Europe/Brussels.",
    }
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Movement,)
    rules: ClassVar[tuple[Rule, ...]] = (*FILE_RULES, *RULES)
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take the settings.

        Raises:
            ConfigurationError: There is no such country or time zone.
        """
        self._country = values.get("country", self.default_agency[:2])
        self._zone = values.get("zone", "Europe/Brussels")
        if not places.is_country(self._country):
            raise ConfigurationError("setting country: no such country", hint="give an ISO 3166-1 code: FR")
        try:
            ZoneInfo(self._zone)
        except (LookupError, OSError, ValueError) as error:
            hint = "give a name of the IANA data base: Europe/Paris"
            raise ConfigurationError("setting zone: no such time zone", hint=hint) from error

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield the readings of each document; see `producers.adapter.Adapter.read`."""
        number = 0
        try:
            for element in xml_stream.documents(stream, ubl.NAME, ubl.BINARIES):
                source = partial(_source, element)
                yield from (item.of(source) for item in self._readings(element, f"$[{number}]"))
                number += 1
        except BrokenXmlError as error:
            path = f"$[{number}]"
            yield Reading(path, findings=(FILE_RULES_BY_ID[error.rule].at(path),))
            return
        if number == 0:
            yield Reading("$[0]", findings=(FILE_RULES_BY_ID["layout.unknown"].at("$[0]"),))

    def _readings(self, element: etree._Element, path: str) -> Iterator[Reading]:
        native = ubl.members(element)
        if native is None:
            yield Reading(path, findings=(FILE_RULES_BY_ID["layout.unknown"].at(path),))
            return
        movement, findings = parse(native, path)
        reference = reference_of(movement) if movement is not None else None
        if movement is not None and reference is None:
            findings = (RULES_BY_ID["eu.reference.form"].at(f"{path}.notification"),)
        if movement is None or reference is None:
            yield Reading(path, findings=_placed(findings))
            return
        telling = Telling(movement, reference, self._zone, self._country, path)
        yield from _filed(telling, path)


def parse(native: dict[str, Any], path: str) -> tuple[Movement | None, tuple[Finding, ...]]:
    """Return the document, or everything that is wrong with its values."""
    try:
        return Movement.model_validate(_REQUIRED | native), ()
    except ValidationError as error:
        return None, model_findings(
            error, path, RULES_BY_ID, missing="eu.field.missing", other="eu.field.missing"
        )


def reference_of(movement: Movement) -> str | None:
    """Return the reference of the movement that both ends know, None where its numbers have not the form."""
    number = movement.notification or ""
    if number.upper().startswith(_ANNEX_VII):
        return references.annex_vii(number)
    return references.notification(number, movement.serial or "")


def identify(telling: Telling, filing: _Filing, step: int) -> Identity:
    """Return which document it is, or which part of it, and which version."""
    issued_at = telling.moments.issued.at
    assert issued_at is not None
    document_id = f"{telling.reference}/{filing.kind.value}"
    return Identity(
        document_id=f"{document_id}/{step}" if step else document_id,
        revision=filing.rank * _RANK + dates.milliseconds(issued_at),
        recorded_at=issued_at,
    )


def statements(telling: Telling) -> tuple[tuple[Statement, ...], tuple[Finding, ...]]:
    """Return what the document says, and everything noteworthy about it."""
    said = () if is_withdrawn(telling.movement) else tuple(telling.statements())
    if telling.movement.issued.precision is not Precision.MINUTE:
        telling.notice("eu.issued.time", f"{telling.path}.issued")
    return said, telling.findings


def is_withdrawn(movement: Movement) -> bool:
    """Say whether the document takes back what was said before."""
    is_whole = any(
        status.condition is Condition.CANCELLED and status.line is None for status in movement.statuses
    )
    return is_whole or movement.kind is Kind.CANCELLATION


def _filing(telling: Telling) -> _Filing:
    """Return where a document is filed.

    A cancelled number is never used again (Implementing Regulation (EU) 2025/1290, Article 15):
    a cancellation outranks every announcement under it. A consignee who is the facility gives
    the facility's receipt, which what the facility says itself outranks.
    """
    kind = telling.movement.kind
    if kind is Kind.CANCELLATION or (kind is Kind.ANNOUNCEMENT and is_withdrawn(telling.movement)):
        return _Filing(Kind.ANNOUNCEMENT, rank=1)
    if kind is Kind.CONSIGNEE_RECEIPT and telling.is_received_by_facility:
        return _Filing(Kind.FACILITY_RECEIPT)
    return _Filing(kind, rank=1 if kind is Kind.FACILITY_RECEIPT else 0)


def _source(element: etree._Element) -> bytes:
    """Return a document as it was read: without what its embedded binaries hold."""
    return bytes(etree.tostring(element, with_tail=False))


def _filed(telling: Telling, path: str) -> Iterator[Reading]:
    """Yield one reading, or one for each step where the kind of document has steps."""
    filing = _filing(telling)
    steps = tuple(dict.fromkeys(telling.steps())) if filing.kind in _STEPPED else (0,)
    if not steps:
        telling.notice("eu.date.missing", f"{path}.signatures")
    said, findings = statements(telling)
    findings = _placed(findings)
    if has_error(findings):
        yield Reading(path, identify(telling, filing, (*steps, 0)[0]), findings=findings)
        return
    for number, step in enumerate(steps):
        part = said if step == 0 else tuple(item for item in said if item.step == step)
        yield Reading(path, identify(telling, filing, step), part, () if number else findings)


def _placed(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return findings at their places in the XML."""
    return tuple(replace(finding, path=ubl.place(finding.path)) for finding in findings)
