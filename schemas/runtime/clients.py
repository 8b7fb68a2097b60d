"""Kafka and registry clients with every time-out explicit and errors that say what to do."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient

from schemas.runtime import transport
from schemas.runtime.logs import KAFKA_LOGGER, logger
from schemas.settings import KafkaSettings
from schemas.telemetry import LogEvent

TRANSACTION_TIMEOUT_MS = 20_000
REQUEST_TIMEOUT_SECONDS = 10.0
_LEAVE_SECONDS = 3.0
# An outage is told once in this time, by its code.
_SILENCE_SECONDS = 30.0
_told_at: dict[int, float] = {}
_REFUSALS = {
    KafkaError._AUTHENTICATION: "the broker refuses user or password",  # noqa: SLF001  # librdkafka's public code
    KafkaError._SSL: "look at ca_file and at the broker's certificate",  # noqa: SLF001  # as above
}


def producer(settings: KafkaSettings, transactional_id: str, **options: Any) -> Producer:
    """Return an idempotent, transactional producer; a stable id fences its predecessor."""
    return untransacted(
        settings,
        **{
            "transactional.id": transactional_id,
            "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            # Shorter than the transaction, or a record could outlive it.
            "message.timeout.ms": TRANSACTION_TIMEOUT_MS - 5_000,
        }
        | options,
    )


def untransacted(settings: KafkaSettings, **options: Any) -> Producer:
    """Return an idempotent producer without transactions: what it writes is seen at once."""
    return Producer(
        _common(settings)
        | {
            "acks": "all",
            "enable.idempotence": True,
            "compression.type": "zstd",
            "linger.ms": 20,
            # As Java clients do, so that all agencies put a movement into one partition.
            "partitioner": "murmur2_random",
        }
        | options
    )


def consumer(settings: KafkaSettings, group: str, **options: Any) -> Consumer:
    """Return a consumer that assigns its partitions itself and reads only what is committed."""
    return Consumer(
        _common(settings)
        | {
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "fetch.min.bytes": 1,
            "fetch.wait.max.ms": 100,
            # The leader of a partition that was just added is not known at once.
            "topic.metadata.refresh.interval.ms": 10_000,
            "queued.max.messages.kbytes": 65_536,
        }
        | options
    )


def leave(reader: Consumer) -> None:
    """Close a consumer; where the broker is lost, leave it behind after some seconds."""
    # A commit that is under way is waited for, as long as its broker is away: for ever, if need be.
    closing = threading.Thread(target=reader.close, daemon=True)
    closing.start()
    closing.join(_LEAVE_SECONDS)


def admin(settings: KafkaSettings) -> AdminClient:
    """Return a client that creates and describes."""
    return AdminClient(_common(settings))


def _common(settings: KafkaSettings) -> dict[str, Any]:
    shared = {
        "bootstrap.servers": settings.bootstrap_servers,
        "socket.timeout.ms": int(REQUEST_TIMEOUT_SECONDS * 1000),
        "client.id": "weighbridge",
        # What is less than critical comes to the callback too, or is raised.
        "log_level": 2,
        "logger": logging.getLogger(KAFKA_LOGGER),
        **transport.kafka_options(settings),
        **settings.client,
    }
    transport.prove(settings, shared)
    return shared | {"error_cb": partial(_log_error, settings)}


def _log_error(settings: KafkaSettings, error: KafkaError) -> None:
    if error.code() in _REFUSALS:
        transport.doubt(settings)
    # Clients repeat it several times a second while a broker is away.
    now = time.monotonic()
    if now - _told_at.get(error.code(), -_SILENCE_SECONDS) < _SILENCE_SECONDS:
        return
    _told_at[error.code()] = now
    hint = _REFUSALS.get(error.code(), "is the broker up, and is security_protocol what it wants?")
    logger().warning(LogEvent.CLIENT, code=error.name(), hint=hint)
