"""When keys and certificates end, as metrics: told at the start, as a process keeps what it began with."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from schemas.errors import Awaited
from schemas.identity import Keys
from schemas.runtime import credentials
from schemas.runtime.metrics import Metrics
from schemas.settings import KafkaSettings
from schemas.telemetry import CERTIFICATE_END, KEYS_DRAWN, KEYS_END


def show_certificates(metrics: Metrics, kafka: KafkaSettings) -> None:
    """Show when what broker and registry are asked with ends; raises as `credentials.end_of`."""
    for reason, access in ((Awaited.BROKER, kafka), (Awaited.REGISTRY, kafka.registry)):
        end = credentials.end_of(access)
        if end is not None:
            metrics.gauge(CERTIFICATE_END, reason=reason).set(end.timestamp())


def show_keys(metrics: Metrics, agency: str, keys: Keys) -> None:
    """Show when an agency's keys were drawn, and the last day for which there is one."""
    if keys.drawn_on is not None:
        metrics.gauge(KEYS_DRAWN, agency=agency).set(_midnight(keys.drawn_on))
    if keys.pseudonym:
        metrics.gauge(KEYS_END, agency=agency).set(_midnight(date(max(keys.pseudonym), 12, 31)))


def _midnight(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()
