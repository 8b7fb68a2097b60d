"""What a process exposes, held against the closed list of metrics."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from urllib.request import urlopen

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import CollectorRegistry
from prometheus_client.samples import Sample

from producers import adapter as adapters
from producers import harmonise, validate
from producers.reading.file_rules import FILE_RULES_BY_ID
from schemas import topics
from schemas.errors import Awaited
from schemas.reasons import Breach, Reason
from schemas.telemetry import METRICS

_LABELS = {metric.name: {*metric.labels} for metric in METRICS}
# Of histograms.
_BOUND = "le"


def reasons() -> set[str]:
    """Return every word that may stand as a reason: rules of adapters, and the lists of hubs."""
    rules = {rule.id for found in adapters.available().values() for rule in found.rules}
    rules |= {rule.id for rule in (*validate.RULES, *harmonise.RULES, *FILE_RULES_BY_ID.values())}
    return rules | {*Reason} | {*Breach} | {*Awaited}


def strangers(exposition: str, *, agencies: set[str], sources: set[str], hubs: set[str]) -> list[Sample]:
    """Return the samples that are no metric of the list, or whose labels say what they must not."""
    known: Mapping[str, Callable[[str], bool]] = {
        "agency": (agencies | {""}).__contains__,
        "source": sources.__contains__,
        "hub": hubs.__contains__,
        "reason": reasons().__contains__,
        "topic": {topics.MOVEMENTS}.__contains__,
        "partition": str.isdigit,
        **dict.fromkeys(("version", "contract", "codelists"), _is_version),
        _BOUND: bool,
    }
    return [
        sample
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
        if {*sample.labels} - {_BOUND} != _LABELS.get(family.name)
        or not all(known[name](value) for name, value in sample.labels.items())
    ]


def _is_version(text: str) -> bool:
    return re.fullmatch(r"[0-9][0-9a-z.+]*", text) is not None


def scraped(port: int) -> str:
    """Return what a process exposes: nothing before it serves it, or where it ends meanwhile."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())
    except (OSError, HTTPException):
        return ""


def values(source: str | CollectorRegistry, name: str) -> dict[tuple[str, ...], float]:
    """Return the values of a metric by those of its labels, in the order of their names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in _families(source)
        for sample in family.samples
        if sample.name == name
    }


def _families(source: str | CollectorRegistry) -> Iterator[Family]:
    if isinstance(source, str):
        return iter(text_string_to_metric_families(source))
    return iter(source.collect())
