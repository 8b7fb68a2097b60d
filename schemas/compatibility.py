"""The offline check of the schemas: what a registry checks, and what it cannot see.

FULL_TRANSITIVE lets a scale, a unit or a confidentiality class change in silence, so
these have rules of their own. Needs no registry and no network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import combinations
from typing import Any

import avro.schema
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from schemas import contract
from schemas.confidentiality import Confidentiality, avro_leaves

FINGERPRINTS = "fingerprints.json"
# What a reader relies on beside the type: each change of one is silent on the wire.
_SILENT = ("logicalType", "precision", "scale", "sdc:unit", "sdc:confidentiality")
_UNIT_ENDINGS = {"_g": "g", "_ms": "ms", "_seconds": "s", "_bytes": "byte"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the schemas: where, what, and what to do."""

    place: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        """Return the line that people read."""
        return f"{self.place}: {self.remedy} [{self.rule}]"


def check() -> list[Problem]:
    """Return everything that is wrong with the schemas of this release."""
    problems = []
    for record in contract.RECORDS:
        problems += check_versions(record, contract.versions(record))
    return problems + list(_edited())


def check_versions(record: str, versions: Sequence[Any]) -> list[Problem]:
    """Return what is wrong with the versions of one record's schema, oldest first."""
    problems: list[Problem] = []
    for number, schema in enumerate(versions, 1):
        problems += _annotated(f"{record} v{number}", schema)
    for (first, older), (second, newer) in combinations(enumerate(versions, 1), 2):
        place = f"{record} v{first} and v{second}"
        problems += _compatible(place, older, newer)
        problems += _unchanged(place, older, newer)
    return problems


def fingerprints() -> dict[str, str]:
    """Return the SHA-256 of every schema file by its place, as the lock file holds them."""
    folder = resources.files("schemas") / "avro"
    return {
        f"{record}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for record in contract.RECORDS
        for file in sorted((folder / record).iterdir(), key=lambda item: item.name)
    }


def _edited() -> Iterator[Problem]:
    locked = json.loads((resources.files("schemas") / "avro" / FINGERPRINTS).read_text("utf-8"))
    found = fingerprints()
    for place in sorted(locked.keys() | found.keys()):
        if locked.get(place) != found.get(place):
            remedy = "a released schema is never edited: restore it and add a new version, then lock that"
            yield Problem(place, "schema.released", remedy)


def _annotated(place: str, schema: Any) -> Iterator[Problem]:
    classes = {item.value for item in Confidentiality}
    for path, confidentiality in avro_leaves(schema):
        if confidentiality not in classes:
            remedy = "give the field sdc:confidentiality public, hub, sealed or never"
            yield Problem(f"{place} {path}", "schema.class", remedy)
    for path, field in fields(schema):
        yield from _field_problems(f"{place} {path}", path, field)


def _field_problems(place: str, path: str, field: Any) -> Iterator[Problem]:
    if not field.get("doc"):
        yield Problem(place, "schema.doc", "say in doc what the field means, with its unit")
    types = list(_types(field["type"]))
    for found in types:
        if found["type"] == "enum" and "default" not in found:
            remedy = "give the enumeration a default, or it can never grow"
            yield Problem(place, "schema.enum.default", remedy)
    unit = next((name for ending, name in _UNIT_ENDINGS.items() if path.endswith(ending)), None)
    if unit != field.get("sdc:unit"):
        yield Problem(place, "schema.unit", "name and sdc:unit have to tell the same unit")
    if unit == "g" and not any(found["type"] == "long" for found in types):
        yield Problem(place, "schema.mass.type", "a mass is a long of grams, never a float")


def _compatible(place: str, older: Any, newer: Any) -> Iterator[Problem]:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # untyped in avro
    old, new = (avro.schema.parse(json.dumps(schema)) for schema in (older, newer))
    for reader, writer, direction in ((new, old, "new reads old"), (old, new, "old reads new")):
        result = checker.get_compatibility(reader, writer)
        if result.compatibility is not SchemaCompatibilityType.compatible:
            where = ", ".join(sorted(result.locations))
            remedy = f"{direction} fails at {where}: add fields with defaults, remove none, rename none"
            yield Problem(place, "schema.compatible", remedy)


def _unchanged(place: str, older: Any, newer: Any) -> Iterator[Problem]:
    before = dict(fields(older))
    for path, field in fields(newer):
        if path not in before:
            if "default" not in field:
                yield Problem(f"{place} {path}", "schema.default", "give a new field a default")
            continue
        for name in _SILENT:
            if _values(before[path], name) != _values(field, name):
                remedy = f"{name} differs, which no registry notices: add a field with another name"
                yield Problem(f"{place} {path}", "schema.silent", remedy)


def _values(field: Any, name: str) -> list[Any]:
    return [field.get(name), *(found.get(name) for found in _types(field["type"]))]


def fields(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, field) of each field of a record schema, nested ones too."""
    for field in schema["fields"]:
        place = f"{path}.{field['name']}".lstrip(".")
        yield place, field
        for found in _types(field["type"]):
            if found["type"] == "record":
                yield from fields(found, place)


def _types(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield the types that a field may hold, elements of arrays included."""
    if isinstance(schema, list):
        for branch in schema:
            yield from _types(branch)
    elif isinstance(schema, str):
        yield {"type": schema}
    elif isinstance(schema["type"], dict | list):
        yield from _types(schema["type"])
    else:
        yield schema
        if schema["type"] == "array":
            yield from _types(schema["items"])
