"""What a developer, or whoever holds the registry, may do to the movement schema by mistake or on purpose.

Each mutation keeps the schema well-formed Avro, and gives the field `note` or a field that was
there another place, type or class.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from schemas import contract
from schemas.confidentiality import ATTRIBUTE

Mutation = Callable[[dict[str, Any]], None]

# The field that the mutated schemas carry a secret in.
FIELD = "note"


def mutated(mutation: Mutation) -> dict[str, Any]:
    """Return the movement schema after a mutation."""
    schema = copy.deepcopy(contract.latest("movement"))
    mutation(schema)
    return schema


def _added(kind: Any, **attributes: str) -> Mutation:
    def mutation(schema: dict[str, Any]) -> None:
        schema["fields"].append({"name": FIELD, "type": kind, "doc": "a note", **attributes})

    return mutation


def _typed(kind: str, confidentiality: str) -> dict[str, Any]:
    return {"type": kind, ATTRIBUTE: confidentiality}


def _record(**attributes: str) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "Note",
        "fields": [{"name": "text", "type": "string", "doc": "a note", **attributes}],
    }


def _renamed_attribute(schema: dict[str, Any]) -> None:
    _added("string", **{"sdc:confidentialty": "public"})(schema)


def _untagged(schema: dict[str, Any]) -> None:
    _added("string")(schema)
    del schema["fields"][-2][ATTRIBUTE]


def _of_enum(schema: dict[str, Any]) -> None:
    """Give a field a type by its name, which another field introduced with a class of its own."""
    _added("Stage")(schema)


PUBLIC = {ATTRIBUTE: "public"}

# Without a decision about each leaf: none of these may start a process that writes.
UNDECIDED: dict[str, Mutation] = {
    "a field without a class": _added("string"),
    "an optional field without a class": _added(["null", "string"]),
    "a class that is misspelt": _added("string", **{ATTRIBUTE: "Public"}),
    "an attribute that is misspelt": _renamed_attribute,
    "two classes": _added(_typed("string", "hub"), **PUBLIC),
    "two classes in the branches of a union": _added([_typed("string", "hub"), "bytes"], **PUBLIC),
    "a record whose field has none": _added(_record()),
    "a record that has one for all its fields": _added(_record(), **PUBLIC),
    "a record whose field has another": _added(_record(**{ATTRIBUTE: "never"}), **PUBLIC),
    "an optional record whose field has none": _added(["null", _record()]),
    "an array of records whose field has none": _added({"type": "array", "items": _record()}, **PUBLIC),
    "a map": _added({"type": "map", "values": "string"}),
    "a map of records, its names being data": _added({"type": "map", "values": _record(**PUBLIC)}),
    "a class that never travels": _added("string", **{ATTRIBUTE: "never"}),
    "a sealed class on what is in clear": _added("string", **{ATTRIBUTE: "sealed"}),
    "a field that lost its class": _untagged,
    "a type by its name": _of_enum,
}


def _renamed(schema: dict[str, Any]) -> None:
    schema["fields"][-1]["name"] += "_text"


def _retyped(schema: dict[str, Any]) -> None:
    schema["fields"][-1]["type"] = "bytes"


def _reclassed(schema: dict[str, Any]) -> None:
    field = schema["fields"][-1]
    field[ATTRIBUTE] = "hub" if field[ATTRIBUTE] == "public" else "public"


def _stripped(schema: dict[str, Any]) -> None:
    for field in schema["fields"]:
        field.pop(ATTRIBUTE, None)


# Other than what this release agrees to: no process writes by such a schema of the registry.
FOREIGN: dict[str, Mutation] = UNDECIDED | {
    "a field of another name": _renamed,
    "a field of another type": _retyped,
    "a field of another class": _reclassed,
    "no class at all": _stripped,
    "another field that has a class": _added("string", **PUBLIC),
}
