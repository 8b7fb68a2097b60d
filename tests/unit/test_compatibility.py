"""The offline check of the schemas finds what a registry finds, and what it cannot see."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from schemas import compatibility, contract
from schemas.confidentiality import HEADER_CLASSES, KEY_CLASSES, Confidentiality
from schemas.headers import cloud_event
from schemas.movement import CONTENT_FIELDS, ENVELOPE_FIELDS, Movement
from tests.support import events

BASE: dict[str, Any] = {
    "type": "record",
    "name": "Load",
    "doc": "A load.",
    "fields": [
        {"name": "code", "type": "string", "doc": "Code.", "sdc:confidentiality": "public"},
        {
            "name": "mass_g",
            "type": ["null", "long"],
            "default": None,
            "doc": "Mass in grams.",
            "sdc:unit": "g",
            "sdc:confidentiality": "hub",
        },
        {
            "name": "known_at",
            "type": {"type": "long", "logicalType": "timestamp-micros"},
            "doc": "Instant.",
            "sdc:confidentiality": "public",
        },
    ],
}


def changed(field_name: str, /, **values: Any) -> dict[str, Any]:
    """Return the schema with other values in one field; None takes a value away."""
    schema = copy.deepcopy(BASE)
    (field,) = (item for item in schema["fields"] if item["name"] == field_name)
    for key, value in values.items():
        field.pop(key, None) if value is None else field.update({key: value})
    return schema


def added(**field: Any) -> dict[str, Any]:
    """Return the schema with one more field."""
    usual = {"doc": "New.", "type": "string", "sdc:confidentiality": "public"}
    schema = copy.deepcopy(BASE)
    schema["fields"].append(usual | field)
    return schema


def rules(*versions: dict[str, Any]) -> set[str]:
    """Return the rules that a history of versions breaks."""
    return {problem.rule for problem in compatibility.check_versions("load", versions)}


def test_schemas_of_this_release_are_sound() -> None:
    """Every schema is annotated, compatible with its history and as it was released."""
    assert [] == [str(problem) for problem in compatibility.check()]


def test_a_new_optional_field_is_welcome() -> None:
    """The way a schema grows."""
    assert set() == rules(BASE, added(name="note", type=["null", "string"], default=None))


@pytest.mark.parametrize(
    ("newer", "rule"),
    [
        (added(name="note"), "schema.compatible"),
        (changed("code", name="label"), "schema.compatible"),
        (changed("code", type="long"), "schema.compatible"),
        (changed("known_at", type={"type": "long", "logicalType": "timestamp-millis"}), "schema.silent"),
        (changed("mass_g", **{"sdc:confidentiality": "public"}), "schema.silent"),
        (changed("mass_g", **{"sdc:unit": "kg"}), "schema.silent"),
        (changed("code", **{"sdc:confidentiality": None}), "schema.class"),
        (changed("code", **{"sdc:confidentiality": "secret"}), "schema.class"),
        (changed("code", doc=None), "schema.doc"),
        (added(name="tare_g", type=["null", "long"], default=None), "schema.unit"),
        (
            added(name="tare_g", type=["null", "double"], default=None, **{"sdc:unit": "g"}),
            "schema.mass.type",
        ),
        (
            added(name="kind", type={"type": "enum", "name": "Kind", "symbols": ["A"]}, default="A"),
            "schema.enum.default",
        ),
    ],
)
def test_a_harmful_change_is_found(newer: dict[str, Any], rule: str) -> None:
    """Each change that would break or mislead a reader, now or then, has its rule."""
    assert rule in rules(BASE, newer)


def test_a_change_is_checked_against_every_earlier_version() -> None:
    """Compatibility is transitive: the first version counts as much as the last one."""
    middle = added(name="note", type=["null", "string"], default=None)
    last = added(name="note", type=["null", "string"], default=None)
    last["fields"][0] |= {"type": "long"}

    places = {problem.place for problem in compatibility.check_versions("load", [BASE, middle, last])}

    assert {"load v1 and v3", "load v2 and v3"} <= places


def test_model_and_schema_are_one_contract() -> None:
    """The Python model has the fields of the Avro schema, envelope first, and reads what it writes."""
    event = events.movement(1)

    assert ENVELOPE_FIELDS + CONTENT_FIELDS == contract.field_names("movement")
    assert set(event) == set(contract.field_names("movement"))
    assert event == Movement.model_validate(event).model_dump(mode="python")


def test_keys_and_headers_have_classes_too() -> None:
    """What travels in clear beside a value is decided upon like a field."""
    headers = cloud_event(b"", "GB-EA", "Movement", date(2026, 1, 1))

    assert set(contract.RECORDS) == set(KEY_CLASSES)
    assert {name for name, _ in headers} == set(HEADER_CLASSES)
    assert {Confidentiality.PUBLIC} == set(HEADER_CLASSES.values())
