"""The UK's digital waste tracking: the request that reports a receipt of waste, to statements.

A document is an envelope {wasteTrackingId, revision, recordedAt, body} around the body of
a POST or PUT, or the bare body with settings in its place: neither id nor version stand
in it. Every PUT replaces the whole receipt; `revision` is its number in the history of
the receipt, else the instant of recording orders the versions, else the order of delivery.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import BaseModel, ValidationError

from producers.adapters.uk_receipt.facts import Telling
from producers.adapters.uk_receipt.model import Envelope, Receipt
from producers.adapters.uk_receipt.rules import RULES, RULES_BY_ID
from producers.reading import dates, json_readings
from producers.reading.file_rules import FILE_RULES, FILE_RULES_BY_ID
from producers.reading.native_model import model_findings
from producers.statement import Identity, Reading, Statement
from schemas.findings import Finding, Rule, has_error

_ID = "wasteTrackingId"
_ENVELOPE = (_ID, "revision", "recordedAt")
_BODY_MEMBERS = frozenset({"dateTimeReceived", "wasteItems", "receipt"})


class UkReceipt:
    """The adapter; see `producers.adapter.Adapter`."""

    name: ClassVar[str] = "uk-receipt"
    source_format: ClassVar[str] = "uk-receipt/1"
    version: str = "1"
    default_agency: str = "GB-EA"
    settings: ClassVar[Mapping[str, str]] = {
        "wasteTrackingId": "Waste tracking id of the one receipt that the file holds.",
        "recordedAt": "Instant at which it was recorded, with its zone, such as 2026-10-02T09:30:00Z.",
    }
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Envelope, Receipt)
    rules: ClassVar[tuple[Rule, ...]] = (*FILE_RULES, *RULES)
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take what stands in for the members of an envelope; the envelope's own win."""
        self._values = dict(values)

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Return one reading for each receipt; see `producers.adapter.Adapter.read`."""
        bare: list[str] = []

        def read_one(native: Any, path: str) -> Reading:
            if isinstance(native, dict) and native.get(_ID) is None and _ID in self._values:
                bare.append(path)
                if len(bare) > 1:
                    return Reading(path, findings=(RULES_BY_ID["receipt.id.several"].at(path),))
            return self._reading(native, path)

        return json_readings.readings(stream, read_one)

    def _reading(self, document: Any, path: str) -> Reading:
        native, place = _unwrapped(document, path)
        if native is None:
            return Reading(path, findings=(FILE_RULES_BY_ID["layout.unknown"].at(path),))
        stated = {name: document[name] for name in _ENVELOPE if document.get(name) is not None}
        identity, unidentified = identify(self._values | stated, path)
        receipt, findings = parse(native, place)
        findings = (*unidentified, *findings)
        if identity is None or receipt is None:
            return Reading(path, identity, findings=findings)
        said, noticed = statements(receipt, identity, place)
        return Reading(path, identity, () if has_error(noticed) else said, noticed)


def parse(native: dict[str, Any], path: str) -> tuple[Receipt | None, tuple[Finding, ...]]:
    """Return the receipt, or everything that is wrong with its shape."""
    try:
        return Receipt.model_validate(native), ()
    except ValidationError as error:
        return None, _findings(error, path)


def identify(envelope: Mapping[str, Any], path: str) -> tuple[Identity | None, tuple[Finding, ...]]:
    """Return which version of which receipt it is, or everything that it does not say of it."""
    try:
        # An absent id breaks the same rule as an empty one.
        stated = Envelope.model_validate({_ID: None} | dict(envelope))
    except ValidationError as error:
        return None, _findings(error, path)
    revision = stated.revision
    if revision is None and stated.recorded_at is not None:
        revision = dates.milliseconds(stated.recorded_at)
    return Identity(stated.waste_tracking_id, revision, stated.recorded_at), ()


def statements(
    receipt: Receipt, identity: Identity, path: str
) -> tuple[tuple[Statement, ...], tuple[Finding, ...]]:
    """Return what the receipt says, and everything noteworthy about it."""
    telling = Telling(receipt, identity, path)
    said = telling.statements()
    return said, telling.notice.findings


def _findings(error: ValidationError, path: str) -> tuple[Finding, ...]:
    return model_findings(
        error, path, RULES_BY_ID, missing="receipt.field.missing", other="receipt.field.type"
    )


def _unwrapped(document: Any, path: str) -> tuple[dict[str, Any] | None, str]:
    """Return the body of a receipt and its place, None where the document is no receipt."""
    if not isinstance(document, dict):
        return None, path
    body = document.get("body", document)
    if not isinstance(body, dict) or _BODY_MEMBERS.isdisjoint(body):
        return None, path
    return body, path if body is document else f"{path}.body"
