"""The mapping file: read once, before any table; all of its mistakes are told at once."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from producers.adapters.table.model import Mapping
from schemas.errors import ConfigurationError

_EXAMPLE = "producers/adapters/table/example.toml is one with comments, MAPPING.md beside it says every key"
_DIGEST_BYTES = 6


def load(file: Path) -> Mapping:
    """Return the mapping of a file.

    Raises:
        ConfigurationError: It cannot be read, or says something that has no meaning: every such
            key, what is wrong with it, and what to write instead.
    """
    try:
        raw = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"{file}: cannot be read", hint="name the mapping file of a table"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: not UTF-8", hint="save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"{file}: {error}", hint=f"write texts between quotation marks; {_EXAMPLE}"
        ) from error
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        told = "\n".join(f"  {mistake}" for mistake in dict.fromkeys(_mistakes(error)))
        raise ConfigurationError(f"{file}:\n{told}", hint=f"correct these keys; {_EXAMPLE}") from None


def digest(mapping: Mapping) -> str:
    """Return a short text that differs where two mappings read the same table differently.

    Comments, the order of keys and what is ignored say nothing.
    """
    read = mapping.model_copy(update={"table": mapping.table.model_copy(update={"ignore": ()})})
    text = json.dumps(_plain(read), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _plain(part: object) -> object:
    if isinstance(part, BaseModel):
        return {name: _plain(getattr(part, name)) for name in type(part).model_fields}
    if isinstance(part, dict):
        return {name: _plain(value) for name, value in part.items()}
    return [_plain(item) for item in part] if isinstance(part, tuple) else part


def _mistakes(error: ValidationError) -> Iterator[str]:
    """Yield each mistake once: what is common to all statements is checked with each of them."""
    details = error.errors(include_url=False, include_input=False)
    common = {(item["loc"][1:], item["type"]) for item in details if item["loc"][:1] == ("common",)}
    for item in details:
        is_repeated = item["loc"][:1] == ("statement",) and (item["loc"][2:], item["type"]) in common
        if not is_repeated:
            yield f"{_key(item['loc'])}: {_told(item)}"


def _told(item: ErrorDetails) -> str:
    """Return what is wrong with a key, and what to write instead."""
    model, name = _model_at(item["loc"][:-1]), str(item["loc"][-1]) if item["loc"] else ""
    match item["type"]:
        case "extra_forbidden":
            return f"no such key here: {_instead(name, model)}"
        case "missing":
            return f"missing: {_wanted(name, model)}"
        case "mapping":
            return item["msg"]
        case "literal_error":
            return f"write {item['ctx']['expected']}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"a section: {_wanted(name, model)}"
        case _:
            return f"{item['msg'][:1].lower()}{item['msg'][1:]}: {_wanted(name, model)}"


def _key(location: tuple[int | str, ...]) -> str:
    """Return the place of a key as people count: `statement 2, quantity.unit`."""
    names: list[str] = []
    for step in location:
        if isinstance(step, int):
            names[-1] += f" {step + 1}"
        elif step != "[key]":
            names.append(step)
    return ".".join(names) or "the file"


def _instead(name: str, model: type[BaseModel] | None) -> str:
    known = [] if model is None else [field.alias or key for key, field in model.model_fields.items()]
    near = get_close_matches(name, known, n=2)
    return f"write {' or '.join(near)}" if near else f"known are {', '.join(known)}"


def _wanted(name: str, model: type[BaseModel] | None) -> str:
    """Return what a key is for, with an example."""
    keys = {} if model is None else {field.alias or key: field for key, field in model.model_fields.items()}
    field = keys.get(name)
    if field is None or not field.examples:
        return f"write [[{name}]]" if name == "statement" else f"write [{name}]"
    return f"write {name} = {field.examples[0]}"


def _model_at(location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the section that a place is in, None where it is in none."""
    model: type[BaseModel] | None = Mapping
    for step in location:
        if isinstance(step, int) or model is None:
            continue
        fields = {field.alias or key: field for key, field in model.model_fields.items()}
        model = next(_sections(fields[step].annotation), None) if step in fields else None
    return model


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections(argument)
