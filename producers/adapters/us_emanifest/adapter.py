"""US EPA e-Manifest: the JSON of a manifest, as the service returns it, to statements.

A document is a manifest, or an envelope {manifestTrackingNumber, updatedDate, body}
around one; a body that is the service's reply for a deleted manifest cancels it. The
order of versions is `updatedDate`: `correctionInfo.versionNumber` is absent before the
first signature. Drafts are never published, whatever they hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import BaseModel, ValidationError

from producers.adapters.us_emanifest.facts import Telling
from producers.adapters.us_emanifest.model import ANNOUNCED_STATUS, DRAFT_STATUSES, Manifest, is_mtn
from producers.adapters.us_emanifest.rules import RULES, RULES_BY_ID
from producers.reading import dates, json_readings
from producers.reading.file_rules import FILE_RULES, FILE_RULES_BY_ID
from producers.reading.native_model import model_findings
from producers.statement import Identity, Reading, Statement
from schemas.findings import Finding, Rule, has_error
from schemas.movement import Stage

# What the service answers for a manifest that was deleted.
_DELETED_CODE = "E_ManifestTrackingNumberNotFound"
_MANIFEST_MEMBERS = frozenset({"status", "submissionType"})
# Absent members of the identity break the same rules as empty ones.
_IDENTITY = {"manifestTrackingNumber": None, "updatedDate": None}


class UsEmanifest:
    """The adapter; see `producers.adapter.Adapter`."""

    name: ClassVar[str] = "us-emanifest"
    source_format: ClassVar[str] = "us-emanifest/1.3"
    version: str = "4"
    default_agency: str = "US-EPA"
    settings: ClassVar[Mapping[str, str]] = {}
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Manifest,)
    rules: ClassVar[tuple[Rule, ...]] = (*FILE_RULES, *RULES)
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take no settings: a bare document is wrapped in an envelope instead."""

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Return one reading for each manifest; see `producers.adapter.Adapter.read`."""
        return json_readings.readings(stream, _reading)


def parse(native: dict[str, Any], path: str) -> tuple[Manifest | None, tuple[Finding, ...]]:
    """Return the manifest, or everything that is wrong with its shape."""
    try:
        return Manifest.model_validate(_IDENTITY | native), ()
    except ValidationError as error:
        return None, model_findings(
            error, path, RULES_BY_ID, missing="us.field.missing", other="us.field.type"
        )


def identify(native: Mapping[str, Any]) -> Identity | None:
    """Return which version of which manifest it is, None where it does not say so."""
    number = native.get("manifestTrackingNumber")
    updated_at = dates.instant(native.get("updatedDate"))
    if not is_mtn(number) or updated_at is None or dates.milliseconds(updated_at) < 0:
        return None
    return Identity(str(number), dates.milliseconds(updated_at), updated_at)


def statements(manifest: Manifest, path: str) -> tuple[tuple[Statement, ...], tuple[Finding, ...]]:
    """Return what the manifest says, and everything noteworthy about it."""
    telling = Telling(manifest, path)
    said = tuple(telling.statements())
    return said, telling.notice.findings


def _reading(document: Any, path: str) -> Reading:
    native, place, conflict = _unwrapped(document, path)
    if native is None:
        return Reading(path, findings=(FILE_RULES_BY_ID["layout.unknown"].at(path),))
    identity = identify(native)
    if conflict is not None:
        return Reading(path, identity, findings=(conflict,))
    if identity is not None and _is_deleted(native):
        return Reading(path, identity)
    if identity is not None and _is_draft(native):
        return Reading(path, identity, is_draft=True)
    return _stated(native, identity, path, place)


def _stated(native: dict[str, Any], identity: Identity | None, path: str, place: str) -> Reading:
    manifest, findings = parse(native, place)
    if manifest is None:
        return Reading(path, identity, findings=findings)
    said, findings = statements(manifest, place)
    if not said:
        findings = (*findings, RULES_BY_ID["us.dates.none"].at(place))
    if has_error(findings):
        return Reading(path, identity, findings=findings)
    past = frozenset() if manifest.status == ANNOUNCED_STATUS else frozenset({Stage.ANNOUNCED})
    return Reading(path, identity, said, findings, silent_stages=past)


def _unwrapped(document: Any, path: str) -> tuple[dict[str, Any] | None, str, Finding | None]:
    """Return the manifest with the number and date of its envelope, its place, and a conflict."""
    if not isinstance(document, dict):
        return None, path, None
    body = document.get("body", document)
    if not isinstance(body, dict) or not (_MANIFEST_MEMBERS & body.keys() or _is_deleted(body)):
        return None, path, None
    if body is document:
        return document, path, None
    outer = {name: document[name] for name in _IDENTITY if document.get(name)}
    inner = body.get("manifestTrackingNumber")
    # A body to be saved has a placeholder for its number; only another number is a conflict.
    is_other = is_mtn(inner) and inner != outer.get("manifestTrackingNumber", inner)
    place = f"{path}.body"
    conflict = RULES_BY_ID["us.mtn.conflict"].at(f"{place}.manifestTrackingNumber") if is_other else None
    return {**body, **outer}, place, conflict


def _is_deleted(native: Mapping[str, Any]) -> bool:
    code = native.get("code")
    # The service is documented with a blank after the code.
    return isinstance(code, str) and code.strip() == _DELETED_CODE


def _is_draft(native: Mapping[str, Any]) -> bool:
    status = native.get("status")
    return isinstance(status, str) and status in DRAFT_STATUSES
