"""The schema registry: schemas are registered by an operator, never by a running process.

A producer looks up the id of exactly the schema it writes; a reader fetches schemas by
the id that stands in a record. A registry that is away is retriable, never a reject.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Schema,
    SchemaRegistryClient,
    ServerConfig,
)
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas import contract, policy, topics
from schemas.errors import Awaited, ConfigurationError, ContractError, RetriableError
from schemas.runtime import transport
from schemas.settings import KafkaSettings

COMPATIBILITY = ConfigCompatibilityLevel.FULL_TRANSITIVE
_TIMEOUT_SECONDS = 10
_DENIED = {401, 403}
# A folder without certificates: whoever sent us on to an address with TLS would not be trusted.
_NO_AUTHORITIES = str(Path(__file__).parent)


class Registry:
    """A registry with Confluent's interface: that of some settings, or one that lets everybody in."""

    def __init__(self, place: KafkaSettings | str) -> None:
        settings = place if isinstance(place, KafkaSettings) else KafkaSettings(registry_url=place)
        self._url, self._access = settings.registry_url, settings.registry

    def id_to_write(self, topic: topics.Topic) -> int:
        """Return the id of the schema that this release writes to a topic.

        Raises:
            ContractError: It is not registered, a field has no class, or the registry holds other classes.
            RetriableError: The registry does not answer.
        """
        policy.require_contract()
        with self._client(_not_registered(topic)) as client:
            schema_id = _registered_id(client, topic)
            # Asked for by its id: to a lookup the client answers with the schema that it was given.
            try:
                found = _schema_of(client, schema_id)
            except (ValueError, TypeError):
                found = {}
        policy.require_same(topic.record, found, topics.subject(topic.name))
        return schema_id

    def schema_of(self, schema_id: int) -> dict[str, Any]:
        """Return the schema with an id; raises as `id_to_write`."""
        with self._client(f"no schema with id {schema_id}") as client:
            return _schema_of(client, schema_id)

    def is_registered(self, topic: topics.Topic) -> bool:
        """Say whether the schema that this release writes is registered."""
        try:
            with self._client(_not_registered(topic)) as client:
                _registered_id(client, topic)
        except ContractError:
            return False
        return True

    def compatibility(self, topic: topics.Topic) -> str | None:
        """Return what a subject asks of new schemas; None: nothing of its own.

        Raises:
            RetriableError: The registry does not answer.
        """
        try:
            with self._client(_not_registered(topic)) as client:
                level = client.get_config(topics.subject(topic.name)).compatibility_level
        except ContractError:
            return None
        return None if level is None else ConfigCompatibilityLevel(level).value

    def versions(self, topic: topics.Topic) -> list[int]:
        """Return the versions of a subject, none where it is not there; raises as `compatibility`."""
        try:
            with self._client(_not_registered(topic)) as client:
                return [int(number) for number in client.get_versions(topics.subject(topic.name))]
        except ContractError:
            return []

    def ids(self, topic: topics.Topic) -> list[int]:
        """Return the ids of a subject's versions, none where it is not there; raises as `compatibility`."""
        subject = topics.subject(topic.name)
        try:
            with self._client(_not_registered(topic)) as client:
                found = [client.get_version(subject, number) for number in client.get_versions(subject)]
        except ContractError:
            return []
        return [int(str(version.schema_id)) for version in found]

    def register(self, topic: topics.Topic) -> int:
        """Register the schema of a topic under FULL_TRANSITIVE and return its id.

        Raises:
            ContractError: A field has no class, or the registry refuses it as incompatible.
            RetriableError: The registry does not answer.
        """
        policy.require_contract()
        subject = topics.subject(topic.name)
        schema = Schema(contract.schema_text(topic.record), "AVRO")
        with self._client(f"the registry refuses the schema of {topic.name}") as client:
            client.set_config(subject, ServerConfig(COMPATIBILITY))
            return int(client.register_schema(subject, schema))

    @contextmanager
    def _client(self, refusal: str) -> Iterator[SchemaRegistryClient]:
        # Asked a few times in the life of a process: a connection is not kept open for that.
        security = transport.registry_options(self._access)
        if not self._url.startswith("https:"):
            # Nobody shows a certificate here, and to read all authorities takes longer than all else.
            security |= {"ssl.ca.location": _NO_AUTHORITIES}
        try:
            with SchemaRegistryClient(
                {"url": self._url, "timeout": _TIMEOUT_SECONDS, "max.retries": 1} | security
            ) as client:
                yield client
        except (SchemaRegistryError, httpx2.HTTPError, OSError) as error:
            raise self._classified(error, refusal) from error

    def _classified(self, error: Exception, refusal: str) -> Exception:
        # A status below 500 is an answer; anything else means that there was none.
        status = getattr(error, "http_status_code", None)
        if status in _DENIED:
            return ConfigurationError(
                f"registry {self._url} refuses us",
                hint="look at username, password and certificate of the registry",
            )
        if status is not None and 400 <= status < 500:  # noqa: PLR2004  # HTTP's own classes
            return ContractError(refusal, hint="weighbridge schemas apply")
        certificate = _refused_certificate(error)
        if certificate is not None:
            return transport.refused_certificate(certificate, f"registry {self._url}")
        return RetriableError(
            f"registry {self._url} does not answer",
            hint="is it up, and is registry_url its address? weighbridge doctor",
            awaited=Awaited.REGISTRY,
        )


def _registered_id(client: SchemaRegistryClient, topic: topics.Topic) -> int:
    schema = Schema(contract.schema_text(topic.record), "AVRO")
    return int(str(client.lookup_schema(topics.subject(topic.name), schema).schema_id))


def _schema_of(client: SchemaRegistryClient, schema_id: int) -> dict[str, Any]:
    text = str(client.get_schema(schema_id).schema_str)
    try:
        return dict(json.loads(text))
    except RecursionError:
        raise ValueError("a schema that nests without end") from None


def _not_registered(topic: topics.Topic) -> str:
    return f"schema of {topic.name} is not registered"


def _refused_certificate(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """Return why TLS failed, which stands at the end of a chain of errors of the HTTP client."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error
