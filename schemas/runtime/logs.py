"""Logs: one JSON object a line on stderr, from a closed list of events, without values.

Tracebacks keep their lines and drop local variables, which may hold documents.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure(**context: str) -> None:
    """Send our own and the libraries' logs to stderr; `context` stands in every line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(**context)


def logger() -> Any:
    """Return the logger of the process."""
    return structlog.get_logger("weighbridge")
