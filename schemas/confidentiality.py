"""Confidentiality classes: every leaf of every schema has exactly one, or nothing starts.

Avro schemas carry the class as `sdc:confidentiality` on each leaf; models of native
documents carry it as `Annotated[..., Confidentiality.X]`. This module finds the leaves
that lack one. It moves no data: `producers.protect` acts on the classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, get_args

from pydantic import BaseModel

from schemas.errors import ContractError

ATTRIBUTE = "sdc:confidentiality"


class Confidentiality(StrEnum):
    """Who may see a value: anybody, hubs, named recipients, or nobody outside the adapter."""

    PUBLIC = "public"
    HUB = "hub"
    SEALED = "sealed"
    NEVER = "never"


# Keys and headers travel beside the value and in clear, so they have classes too.
KEY_CLASSES = {
    "movement": Confidentiality.HUB,
    "sealed_part": Confidentiality.PUBLIC,
    # Has no record of its own: it is what a sealed part encrypts.
    "sealed_content": Confidentiality.SEALED,
    "data_key": Confidentiality.HUB,
    "signature": Confidentiality.PUBLIC,
    "position": Confidentiality.HUB,
    "reject": Confidentiality.HUB,
    "dead_letter": Confidentiality.PUBLIC,
    "observation": Confidentiality.PUBLIC,
    "release": Confidentiality.PUBLIC,
}
HEADER_CLASSES = {
    "content-type": Confidentiality.PUBLIC,
    "ce_specversion": Confidentiality.PUBLIC,
    "ce_id": Confidentiality.PUBLIC,
    "ce_source": Confidentiality.PUBLIC,
    "ce_type": Confidentiality.PUBLIC,
    "ce_time": Confidentiality.PUBLIC,
}


def avro_leaves(
    schema: Any, path: str = "", inherited: str | None = None
) -> Iterator[tuple[str, str | None]]:
    """Yield (path, class) of each leaf of an Avro schema; None where a leaf has no class."""
    if isinstance(schema, list):
        branches = [branch for branch in schema if branch != "null"]
        for branch in branches:
            yield from avro_leaves(branch, path, inherited)
    elif isinstance(schema, dict) and schema["type"] == "record":
        for field in schema["fields"]:
            yield from avro_leaves(field["type"], f"{path}.{field['name']}".lstrip("."), field.get(ATTRIBUTE))
    elif isinstance(schema, dict) and schema["type"] in {"array", "map"}:
        yield from avro_leaves(schema.get("items", schema.get("values")), f"{path}[]", inherited)
    elif isinstance(schema, dict) and isinstance(schema["type"], dict | list):
        yield from avro_leaves(schema["type"], path, inherited)
    else:
        yield path, inherited


def model_leaves(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Confidentiality | None]]:
    """Yield (path, class) of each leaf of a pydantic model of native documents."""
    for name, field in model.model_fields.items():
        place = f"{path}.{field.alias or name}".lstrip(".")
        nested = list(_models_in(field.annotation))
        if nested:
            for inner in nested:
                yield from model_leaves(inner, place)
        else:
            classes = [item for item in field.metadata if isinstance(item, Confidentiality)]
            yield place, classes[0] if len(classes) == 1 else None


def require_classes(leaves: Iterator[tuple[str, Any]], owner: str) -> None:
    """Raise ContractError naming the leaves of `owner` that have no single class."""
    allowed = {item.value for item in Confidentiality}
    bare = [path for path, confidentiality in leaves if confidentiality not in allowed]
    if bare:
        raise ContractError(
            f"{owner}: no confidentiality class on {', '.join(bare)}",
            hint="decide who may see each of these fields and annotate it: public, hub, sealed or never",
        )


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
