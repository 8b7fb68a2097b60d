"""What models of native documents have in common: their settings, and their errors as findings.

A validator that refuses a value raises `refused(rule)`; whatever a model refuses becomes
a finding of that rule at the value's place. The value itself stays in the error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, LiteralString

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from schemas.findings import Finding, Rule

# No name, address or number of a company or document is longer: what is, is something else.
SEALED_CHARACTERS_MAX = 250

_MESSAGE = "see the rule"


class Native(BaseModel):
    """The part of a native document that is read; members without a field are never looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Breaking:
    """Annotation of a member: any value that is not of its type breaks this rule."""

    rule: LiteralString

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the type, whose every error is that of the rule."""
        return core_schema.custom_error_schema(handler(source), self.rule, custom_error_message=_MESSAGE)


@dataclass(frozen=True, slots=True)
class OrAbsent:
    """Annotation of a member that only recipients of sealed parts read: what is not of its type is absent."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the type, which finds nothing wrong with any value."""
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


# Spreadsheets make numbers of what is not counted.
SealedText = Annotated[
    str | None, Field(max_length=SEALED_CHARACTERS_MAX, coerce_numbers_to_str=True), OrAbsent()
]


def refused(rule: LiteralString) -> PydanticCustomError:
    """Return the error of a value that breaks a rule."""
    return PydanticCustomError(rule, _MESSAGE)


def model_findings(
    error: ValidationError, path: str, rules: Mapping[str, Rule], *, missing: str, other: str
) -> tuple[Finding, ...]:
    """Return every finding of a model's error.

    Args:
        error: What the model raised.
        path: Place of the document in its file.
        rules: The adapter's rules by identifier.
        missing: Rule of a member that is absent.
        other: Rule of a value that has another type, or breaks a limit, of the model.
    """
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return tuple(
        rules[item["type"] if item["type"] in rules else missing if item["type"] == "missing" else other].at(
            path + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in item["loc"])
        )
        for item in details
    )
