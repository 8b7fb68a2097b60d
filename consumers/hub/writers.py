"""The schemas that records were written with, by the id that stands in front of a value.

What was seen once is kept in the hub's file, so that a lost registry stops nothing. A
registry that does not answer is never a reason to refuse a record.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas import contract
from schemas.errors import ContractError
from schemas.harmless import is_harmless
from schemas.reasons import Reason

_NOT_FOUND = 404
# A schema that is registered late, or was not yet known to a replica, is found after this time.
_REFUSAL_SECONDS = 60.0

Lookup = Callable[[int], dict[str, Any]]


class Writers:
    """Schemas by id: from the hub's file, else from the registry."""

    def __init__(self, known: dict[int, dict[str, Any]], lookup: Lookup, record: str = "movement") -> None:
        self._known = {number: schema for number, schema in known.items() if _is_of(schema, record)}
        self._lookup = lookup
        self._record = record
        self._refused: dict[int, Reason] = {}
        self._refused_since = 0.0
        self.new: dict[int, dict[str, Any]] = {}

    def find(self, schema_id: int) -> dict[str, Any] | Reason:
        """Return the schema with an id, or why there is none that a hub can read.

        Raises:
            RetriableError: The registry does not answer.
            ContractError: It refuses to answer this hub.
        """
        if time.monotonic() - self._refused_since > _REFUSAL_SECONDS:
            self._refused.clear()
        known = self._known.get(schema_id) or self.new.get(schema_id) or self._refused.get(schema_id)
        return self._asked(schema_id) if known is None else known

    def stored(self) -> None:
        """Say that the new schemas are in the file."""
        self._known |= self.new
        self.new = {}

    def _asked(self, schema_id: int) -> dict[str, Any] | Reason:
        try:
            schema = self._lookup(schema_id)
        except ContractError as error:
            if getattr(error.__cause__, "http_status_code", _NOT_FOUND) != _NOT_FOUND:
                raise
            return self._refuse(schema_id, Reason.SCHEMA_UNKNOWN)
        except (ValueError, TypeError):
            # A schema of another format than Avro.
            return self._refuse(schema_id, Reason.SCHEMA_FOREIGN)
        if not _is_of(schema, self._record):
            return self._refuse(schema_id, Reason.SCHEMA_FOREIGN)
        self.new[schema_id] = schema
        return schema

    def _refuse(self, schema_id: int, reason: Reason) -> Reason:
        if not self._refused:
            self._refused_since = time.monotonic()
        self._refused[schema_id] = reason
        return reason


@dataclass(slots=True)
class Remembered:
    """Schemas of any records by id: from the hub's file, else from the registry.

    Attributes:
        new: Those that the file does not have yet.
    """

    known: Mapping[int, dict[str, Any]]
    lookup: Lookup
    new: dict[int, dict[str, Any]] = field(default_factory=dict)

    def schema_of(self, schema_id: int) -> dict[str, Any]:
        """Return the schema with an id; raises as the registry."""
        found = self.known.get(schema_id) or self.new.get(schema_id)
        if found is None:
            found = self.new[schema_id] = self.lookup(schema_id)
        return found


def _is_of(schema: dict[str, Any], record: str) -> bool:
    ours = contract.latest(record)
    is_named_so = all(schema.get(part) == ours[part] for part in ("type", "name", "namespace"))
    return is_named_so and is_harmless(schema)
