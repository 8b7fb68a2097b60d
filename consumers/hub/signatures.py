"""Signatures as they stand on their topic: what one says, and whether it counts."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import fastavro

from consumers.hub.writers import Writers
from schemas import contract, framing, topics
from schemas.directory import Directory
from schemas.reasons import Reason
from schemas.signing import Signature, verified


class Signatures:
    """Reads signatures; those of a directory's members count."""

    def __init__(self, directory: Directory, writers: Writers) -> None:
        self._directory = directory
        self._writers = writers
        self._schemas: dict[int, Any] = {}

    def fields(self, value: bytes | None) -> dict[str, Any] | None:
        """Return what a value says, whoever wrote it; None where it is no signature.

        Raises:
            RetriableError: A schema is not known yet and the registry does not answer.
        """
        schema_id = framing.schema_id(value or b"")
        schema = None if schema_id is None else self._schema(schema_id)
        if value is None or schema is None:
            return None
        body = io.BytesIO(value[framing.HEADER_BYTES :])
        try:
            found: Any = fastavro.schemaless_reader(body, schema, contract.parsed("signature"))
        except Exception:  # noqa: BLE001  # a corrupt body may fail in any way
            return None
        return dict(found)

    def verified(self, value: bytes, fields: Mapping[str, Any], partition: int) -> Signature | None:
        """Return the signature that `fields` are of, None where it does not verify or lies elsewhere."""
        found = verified(value[framing.HEADER_BYTES :], fields, self._directory)
        is_here = found is not None and (found.topic, found.partition) == (topics.MOVEMENTS, partition)
        return found if is_here else None

    def read(self, value: bytes | None, partition: int) -> Signature | None:
        """Return a signature that verifies and lies where it belongs; raises as `fields`."""
        fields = self.fields(value)
        return None if value is None or fields is None else self.verified(value, fields, partition)

    def _schema(self, schema_id: int) -> Any:
        if schema_id not in self._schemas:
            schema = self._writers.find(schema_id)
            if isinstance(schema, Reason):
                return None
            self._schemas[schema_id] = fastavro.parse_schema(dict(schema))
        return self._schemas[schema_id]
