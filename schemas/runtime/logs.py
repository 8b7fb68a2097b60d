"""Logs: one JSON object a line on stderr, from a closed list of events, without values.

Of an exception a line tells its kind and places, not its text, which may hold documents.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import structlog

from schemas.runtime import crash
from schemas.telemetry import LogEvent

KAFKA_LOGGER = "weighbridge.kafka"


class _Forward(logging.Handler):
    """Makes our own lines of what the Kafka client logs, which tells of connections only."""

    def emit(self, record: logging.LogRecord) -> None:
        logger().error(LogEvent.CLIENT, text=record.getMessage())


def configure(file: TextIO | None = None, **context: str) -> None:
    """Send our own and the libraries' logs to a file, by default stderr.

    Args:
        file: Text file, open for writing as long as the process logs.
        context: Stands in every line.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            crash.without_text,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(file or sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(**context)
    client = logging.getLogger(KAFKA_LOGGER)
    client.handlers = [_Forward()]
    client.propagate = False


def logger() -> Any:
    """Return the logger of the process."""
    return structlog.get_logger("weighbridge")


# Where no command says otherwise: to stdout goes data alone.
configure()
