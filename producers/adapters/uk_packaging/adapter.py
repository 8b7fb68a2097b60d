"""DEFRA's packaging summary log: the rows of accredited and registered operators.

A file is one upload: an envelope {organisation, registration, uploadedAt, rows}, or the
bare rows with settings in its place. Every upload is the complete log of a registration;
each row is a document of its own, and the instant of the upload its revision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import BaseModel, ValidationError

from producers.adapters.uk_packaging.checks import checked
from producers.adapters.uk_packaging.legs import Legs
from producers.adapters.uk_packaging.model import Cells, Row, Upload
from producers.adapters.uk_packaging.rules import RULES, RULES_BY_ID
from producers.reading import dates, json_stream
from producers.reading.file_rules import FILE_RULES, FILE_RULES_BY_ID
from producers.reading.json_stream import BrokenJsonError
from producers.statement import Identity, Reading
from schemas.findings import Finding, Rule, has_error

# Free of the separators of references and document ids.
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_ENVELOPE = {"organisation": "organisation", "registration": "registration", "uploadedAt": "uploaded_at"}
_RULE_BY_MEMBER = {
    "rowId": "uk.row.id",
    "wasteRecordType": "uk.row.type",
    "processingType": "uk.processing.type",
}


class UkPackaging:
    """The adapter; see `producers.adapter.Adapter`."""

    name: ClassVar[str] = "uk-packaging"
    source_format: ClassVar[str] = "uk-packaging/2"
    version: str = "1"
    default_agency: str = "GB-EA"
    settings: ClassVar[Mapping[str, str]] = {
        "organisation": "Identifier of the organisation whose log it is.",
        "registration": "Identifier of the registration the log belongs to.",
        "uploaded_at": "Instant of the upload with its zone, such as 2026-04-02T11:31:06Z.",
    }
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Upload, Row, Cells)
    rules: ClassVar[tuple[Rule, ...]] = (*FILE_RULES, *RULES)
    has_complete_sets: ClassVar[bool] = True

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take what stands in for the members of an envelope; the envelope's own win."""
        self._values = dict(values)

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield one reading for each row; see `producers.adapter.Adapter.read`."""
        path = "$"
        try:
            is_bare = json_stream.is_array(stream)
            upload, findings = self._upload(stream, is_bare=is_bare)
            if upload is None:
                yield Reading(path, findings=findings)
                return
            number, seen = 0, set[str]()
            place, prefix = ("$", "item") if is_bare else ("$.rows", "rows.item")
            for native, source in json_stream.elements(stream, prefix):
                path = f"{place}[{number}]"
                yield _reading(native, upload, path, seen).of(source)
                number += 1
                path = f"{place}[{number}]"
            if number == 0:
                yield Reading(place, findings=(RULES_BY_ID["uk.upload.empty"].at(place),))
        except BrokenJsonError as error:
            yield Reading(path, findings=(FILE_RULES_BY_ID[error.rule].at(path),))

    def _upload(self, stream: BinaryIO, *, is_bare: bool) -> tuple[Upload | None, tuple[Finding, ...]]:
        uploads = [{}] if is_bare else json_stream.members(stream, "rows")
        if len(uploads) > 1:
            # Whose rows are whose could not be told.
            return None, (RULES_BY_ID["uk.upload.several"].at("$"),)
        stated = uploads[0] if uploads else {}
        if not is_bare and stated.keys().isdisjoint(_ENVELOPE):
            return None, (FILE_RULES_BY_ID["layout.unknown"].at("$"),)
        values = {
            name: stated[member] if stated.get(member) is not None else self._values.get(name)
            for member, name in _ENVELOPE.items()
        }
        return identified(values)


def identified(values: Mapping[str, Any]) -> tuple[Upload | None, tuple[Finding, ...]]:
    """Return which upload it is, or everything that it does not say of it."""
    organisation, registration = (_identifier(values[name]) for name in ("organisation", "registration"))
    uploaded_at = dates.instant(values["uploaded_at"])
    if uploaded_at is not None and dates.milliseconds(uploaded_at) < 0:
        uploaded_at = None
    if organisation is not None and registration is not None and uploaded_at is not None:
        return Upload(organisation=organisation, registration=registration, uploadedAt=uploaded_at), ()
    missing = {
        "uk.upload.organisation": organisation,
        "uk.upload.registration": registration,
        "uk.upload.instant": uploaded_at,
    }
    return None, tuple(RULES_BY_ID[rule].at("$") for rule, value in missing.items() if value is None)


def identify(row: Row, upload: Upload) -> Identity:
    """Return which row of which registration it is, and of which upload."""
    collection = f"{upload.organisation}/{upload.registration}"
    return Identity(
        document_id=f"{collection}/{row.row_type}/{row.row_id}",
        revision=dates.milliseconds(upload.uploaded_at),
        recorded_at=upload.uploaded_at,
        collection=collection,
    )


def parse(native: Any, path: str) -> tuple[Cells | None, tuple[Finding, ...]]:
    """Return the cells of a row, or everything that is wrong with their form."""
    try:
        return Cells.model_validate(native), ()
    except ValidationError as error:
        return None, _findings(error, f"{path}.data")


def _reading(native: Any, upload: Upload, path: str, seen: set[str]) -> Reading:
    if not isinstance(native, dict) or not {"wasteRecordType", "data"} <= native.keys():
        return Reading(path, findings=(FILE_RULES_BY_ID["layout.unknown"].at(path),))
    try:
        row = Row.model_validate(native)
    except ValidationError as error:
        return Reading(path, findings=_findings(error, path))
    identity = identify(row, upload)
    if identity.document_id in seen:
        return Reading(path, identity, findings=(RULES_BY_ID["uk.row.repeated"].at(path),))
    seen.add(identity.document_id)
    cells, findings = parse(native["data"], path)
    if cells is None:
        return Reading(path, identity, findings=findings)
    legs = Legs(upload, row, cells, identity.document_id, path)
    findings = (*checked(cells, path), *legs.findings)
    return Reading(path, identity, () if has_error(findings) else legs.statements, findings)


def _findings(error: ValidationError, path: str) -> tuple[Finding, ...]:
    """Return the rules that a model found broken; the values stay in the error."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return tuple(_finding(item["type"], item["loc"], path) for item in details)


def _finding(kind: str, location: tuple[int | str, ...], path: str) -> Finding:
    if not location:
        return FILE_RULES_BY_ID["layout.unknown"].at(path)
    member = str(location[0])
    return RULES_BY_ID[_RULE_BY_MEMBER.get(member, kind)].at(f"{path}.{member}")


def _identifier(value: Any) -> str | None:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _IDENTIFIER.fullmatch(text) else None
