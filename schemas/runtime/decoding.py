"""Decoding of single records by the schema they were written with, for topics of few records."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import fastavro
from confluent_kafka import Message

from schemas import contract, framing
from schemas.errors import ConfigurationError, RejectedRecordError, RetriableError
from schemas.harmless import is_harmless
from schemas.runtime import reading
from schemas.runtime.logs import logger
from schemas.settings import KafkaSettings
from schemas.telemetry import LogEvent


class Schemas(Protocol):
    """What knows schemas, such as a registry."""

    def schema_of(self, schema_id: int) -> dict[str, Any]:
        """Return the schema with an id; raises as a registry."""


@dataclass(slots=True)
class Decoder:
    """Decodes the records of one kind to the fields that this release knows."""

    record: str
    registry: Schemas
    _writers: dict[int, Any] = field(default_factory=dict)

    def decoded(self, value: bytes | None) -> dict[str, Any]:
        """Return the fields of a framed value.

        Raises:
            RejectedRecordError: It is no such record; no part of it is shown.
            RetriableError: The registry does not answer.
        """
        schema_id = framing.schema_id(value or b"")
        if value is None or schema_id is None:
            raise self._unreadable()
        body = io.BytesIO(value[framing.HEADER_BYTES :])
        try:
            found: Any = fastavro.schemaless_reader(
                body, self._writer(schema_id), contract.parsed(self.record)
            )
        except (RetriableError, ConfigurationError):
            raise
        except Exception:  # noqa: BLE001  # a foreign schema or body may fail in any way
            # The cause is cut off: its text may show part of the record.
            raise self._unreadable() from None
        return dict(found)

    def records(self, kafka: KafkaSettings, topic: str) -> Iterator[dict[str, Any]]:
        """Yield the fields of every record that is on a topic now; raises as `found`."""
        return (fields for _, fields in self.found(kafka, topic))

    def found(self, kafka: KafkaSettings, topic: str) -> Iterator[tuple[Message, dict[str, Any]]]:
        """Yield every record that is on a topic now, with its fields; what is none is passed over and told.

        Raises:
            RetriableError: Broker or registry do not answer.
        """
        for record in reading.records(kafka, topic):
            try:
                fields = self.decoded(record.value())
            except RejectedRecordError as error:
                logger().warning(LogEvent.RECORD_PASSED_OVER, offset=record.offset(), hint=error.hint)
                continue
            yield record, fields

    def _writer(self, schema_id: int) -> Any:
        if schema_id not in self._writers:
            schema = self.registry.schema_of(schema_id)
            if not is_harmless(schema):
                raise self._unreadable()
            self._writers[schema_id] = fastavro.parse_schema(schema)
        return self._writers[schema_id]

    def _unreadable(self) -> RejectedRecordError:
        return RejectedRecordError(
            f"a record on the topic is no {self.record}",
            hint="somebody else writes to this topic: look at its ACLs",
        )
