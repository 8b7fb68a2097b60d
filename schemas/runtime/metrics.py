"""The Prometheus endpoint: serves the metrics of the closed list and nothing else."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.metrics import MetricWrapperBase

from schemas import codes, contract
from schemas.errors import ConfigurationError
from schemas.telemetry import BUILD, METRICS, Kind, Metric

_TYPES: dict[Kind, type[MetricWrapperBase]] = {
    Kind.COUNTER: Counter,
    Kind.GAUGE: Gauge,
    Kind.HISTOGRAM: Histogram,
}


class Metrics:
    """All metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        # Instants of creation are metrics of their own otherwise, and not on the list.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped in the library
        self.registry = CollectorRegistry()
        self._metrics = {metric.name: self._made(metric) for metric in METRICS}
        writes = str(len(contract.versions("movement")))
        versions = {"version": version("weighbridge"), "contract": writes, "codelists": codes.VERSION}
        self.gauge(BUILD, **versions).set(1)

    def counter(self, metric: Metric, **labels: str) -> Counter:
        """Return a counter bound to its labels; bind once, outside loops."""
        return self._metrics[metric.name].labels(**labels)  # type: ignore[return-value]  # its kind is that of the list

    def gauge(self, metric: Metric, **labels: str) -> Gauge:
        """Return a gauge bound to its labels, if it has any."""
        found = self._metrics[metric.name]
        return found.labels(**labels) if labels else found  # type: ignore[return-value]  # its kind is that of the list

    def histogram(self, metric: Metric, **labels: str) -> Histogram:
        """Return a histogram bound to its labels."""
        return self._metrics[metric.name].labels(**labels)  # type: ignore[return-value]  # its kind is that of the list

    def forget(self, metric: Metric, *values: str) -> None:
        """Expose a metric no longer for these values of its labels."""
        self._metrics[metric.name].remove(*values)

    def serve(self, host: str, port: int) -> None:
        """Serve the metrics on a port of one interface; port 0 serves nothing.

        Raises:
            ConfigurationError: The port is taken.
        """
        if port == 0:
            return
        try:
            start_http_server(port, host, registry=self.registry)
        except OSError as error:
            raise ConfigurationError(
                f"metrics port {port}: {error.strerror}",
                hint="choose another with --metrics-port, 0 for none",
            ) from error

    def _made(self, metric: Metric) -> MetricWrapperBase:
        options: dict[str, Any] = {"buckets": metric.buckets} if metric.buckets else {}
        return _TYPES[metric.kind](metric.name, metric.help, metric.labels, registry=self.registry, **options)
