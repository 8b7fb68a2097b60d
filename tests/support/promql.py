"""What expressions of Prometheus are about, without a Prometheus: the metrics that they name."""

from __future__ import annotations

import re

from schemas.telemetry import METRICS, Kind
from tests.support.metrics_page import exposed

# What stands in brackets, braces, quotes or behind `by`, and numbers, names no metric.
_BESIDE = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]|\b(?:by|on|ignoring|without)\s*\([^)]*\)|\b\d[\w.]*')
_WORD = re.compile(r"[a-zA-Z_:][\w:]*(?!\s*\()\b(?!\s*\()")
_LANGUAGE = {"and", "or", "unless", "offset", "bool", "group_left", "group_right"}
# Prometheus itself makes these.
MADE_BY_PROMETHEUS = {"up", "ALERTS"}


def exposed_names() -> set[str]:
    """Return the names of all series that adapters and hubs expose."""
    parts = {
        f"{metric.name}_{part}"
        for metric in METRICS
        if metric.kind is Kind.HISTOGRAM
        for part in ("bucket", "sum", "count")
    }
    plain = {exposed(metric) for metric in METRICS if metric.kind is not Kind.HISTOGRAM}
    return parts | plain


def named(expression: str) -> set[str]:
    """Return the metrics that an expression names; functions are followed by a bracket."""
    return set(_WORD.findall(_BESIDE.sub(" ", expression))) - _LANGUAGE - MADE_BY_PROMETHEUS
