"""Decoding of single records by the schema they were written with, for topics of few records."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import fastavro

from schemas import contract, framing
from schemas.errors import ContractError
from schemas.runtime.registry import Registry


@dataclass(slots=True)
class Decoder:
    """Decodes the records of one kind to the fields that this release knows."""

    record: str
    registry: Registry
    _writers: dict[int, Any] = field(default_factory=dict)

    def decoded(self, value: bytes | None) -> dict[str, Any]:
        """Return the fields of a framed value.

        Raises:
            ContractError: It is no such record; no part of it is shown.
            RetriableError: The registry does not answer.
        """
        schema_id = framing.schema_id(value or b"")
        if value is None or schema_id is None:
            raise self._unreadable()
        if schema_id not in self._writers:
            self._writers[schema_id] = fastavro.parse_schema(self.registry.schema_of(schema_id))
        body = io.BytesIO(value[framing.HEADER_BYTES :])
        try:
            found: Any = fastavro.schemaless_reader(
                body, self._writers[schema_id], contract.parsed(self.record)
            )
        except (ValueError, EOFError, TypeError, IndexError, KeyError):
            # The cause is cut off: its text may show part of the record.
            raise self._unreadable() from None
        return dict(found)

    def _unreadable(self) -> ContractError:
        return ContractError(
            f"a record on the topic is no {self.record}",
            hint="somebody else writes to this topic: look at its ACLs, then copy it without that record",
        )
