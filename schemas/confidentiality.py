"""Confidentiality classes: every leaf of every schema has exactly one, or nothing starts.

Avro schemas carry the class as `sdc:confidentiality` on each leaf; models of native
documents carry it as `Annotated[..., Confidentiality.X]`. This module finds the leaves
that lack one. It moves no data: `producers.protect` acts on the classes, and `schemas.policy`
keeps processes that write from starting without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, get_args, get_origin

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


# Branches, sizes and symbols that hold no further leaves; any other name stands for a type.
_PLAIN = {"null", "boolean", "int", "long", "float", "double", "bytes", "string", "enum", "fixed"}


def avro_leaves(schema: Any) -> Iterator[tuple[str, str | None]]:
    """Yield (path, class) of each leaf of an Avro schema; None where a leaf has not exactly one class.

    Leaves are fields of records, items of arrays, names and values of maps, branches of
    unions, and what the name of a type stands for. A field of a record has a class of its
    own, whatever is said of the record: a new field is nobody's until somebody decides.
    """
    yield from _AvroLeaves().of(schema, "", frozenset())


@dataclass(slots=True)
class _AvroLeaves:
    """A walk over one schema.

    Attributes:
        named: Types by their names, as far as the walk has come.
        open: Records that the walk is within.
    """

    named: dict[str, Any] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def of(self, schema: Any, path: str, classes: frozenset[str]) -> Iterator[tuple[str, str | None]]:
        """Yield the leaves of a type; `classes` are those stated from the innermost field on."""
        if isinstance(schema, list):
            for branch in [branch for branch in schema if branch != "null"] or ["null"]:
                yield from self.of(branch, path, classes)
        elif isinstance(schema, dict):
            yield from self._of_type(schema, path, classes | _stated(schema))
        elif schema in self.open:
            # A record within itself has the leaves that are being told.
            return
        elif schema in self.named:
            yield from self.of(self.named[schema], path, classes)
        else:
            yield path, _single(classes) if schema in _PLAIN else None

    def _of_type(
        self, schema: dict[str, Any], path: str, classes: frozenset[str]
    ) -> Iterator[tuple[str, str | None]]:
        kind = schema["type"]
        if kind == "record":
            yield from self._of_record(schema, path, classes)
        elif kind == "array":
            yield from self.of(schema["items"], f"{path}[]", classes)
        elif kind == "map":
            yield f"{path}{{}}", _single(classes)
            yield from self.of(schema["values"], f"{path}{{}}.", classes)
        else:
            self.named |= dict.fromkeys(_names(schema), schema)
            yield from self.of(kind, path, classes)

    def _of_record(
        self, record: dict[str, Any], path: str, classes: frozenset[str]
    ) -> Iterator[tuple[str, str | None]]:
        names = _names(record)
        self.named |= dict.fromkeys(names, record)
        self.open += names
        for item in record["fields"]:
            place = f"{path.rstrip('.')}.{item['name']}".lstrip(".")
            for leaf, confidentiality in self.of(item["type"], place, _stated(item)):
                yield leaf, confidentiality if classes <= {confidentiality} else None
        del self.open[-len(names) :]


def _names(schema: dict[str, Any]) -> list[str]:
    """Return by which names a type may be referred to."""
    if "name" not in schema:
        return []
    full = f"{schema['namespace']}.{schema['name']}" if "namespace" in schema else schema["name"]
    return list({schema["name"]: None, full: None})


def _stated(schema: dict[str, Any]) -> frozenset[str]:
    return frozenset([str(schema[ATTRIBUTE])] if ATTRIBUTE in schema else [])


def _single(classes: frozenset[str]) -> str | None:
    return next(iter(classes)) if len(classes) == 1 else None


def model_leaves(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Confidentiality | None]]:
    """Yield (path, class) of each leaf of a pydantic model of native documents.

    A field that may hold a model or a plain value has a class for the latter, and so have the
    names that an object gives its members where they are texts. A model that keeps members
    without a field has a leaf without a class: what is in no model never leaves.
    """
    yield from _model_leaves(model, path, ())


def _model_leaves(
    model: type[BaseModel], path: str, outer: tuple[type[BaseModel], ...]
) -> Iterator[tuple[str, Confidentiality | None]]:
    if model in outer:
        return
    if model.model_config.get("extra") == "allow":
        yield f"{path}.*".lstrip("."), None
    for name, item in model.model_fields.items():
        place = f"{path}.{item.alias or name}".lstrip(".")
        parts = list(_parts_of(item.annotation))
        nested = [part for part in parts if issubclass(part, BaseModel)]
        for inner in nested:
            yield from _model_leaves(inner, place, (*outer, model))
        classes = {found for found in item.metadata if isinstance(found, Confidentiality)}
        if len(nested) < len(parts) or not nested or classes:
            yield place, next(iter(classes)) if len(classes) == 1 else None


def require_classes(leaves: Iterable[tuple[str, Any]], owner: str) -> None:
    """Raise ContractError naming the leaves of `owner` that have no single class."""
    allowed = {item.value for item in Confidentiality}
    bare = [path for path, confidentiality in leaves if confidentiality not in allowed]
    if bare:
        raise ContractError(
            f"{owner}: no confidentiality class on {', '.join(bare)}",
            hint="decide who may see each of these fields and annotate it: public, hub, sealed or never",
        )


def _parts_of(annotation: Any) -> Iterator[type]:
    """Yield what an annotation may hold: models, and `object` for anything else but None."""
    arguments = get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif not arguments:
        if annotation not in {None, type(None), Ellipsis}:
            yield object
    elif isinstance(origin := get_origin(annotation), type) and issubclass(origin, Mapping):
        key, value = arguments
        # Members that are numbered are those of a list.
        yield from () if key is int else (object,)
        yield from _parts_of(value)
    else:
        for argument in arguments[:1] if origin is Annotated else arguments:
            yield from _parts_of(argument)
