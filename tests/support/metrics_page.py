"""The generated part of deploy/METRICS.md. `python -m tests.support.metrics_page` writes it."""

from __future__ import annotations

from schemas.telemetry import METRICS, Kind, Metric
from tests.support.samples import ROOT

PAGE = ROOT / "deploy" / "METRICS.md"
_BEGIN = "<!-- metrics: generated from schemas/telemetry.py -->"
_END = "<!-- end of metrics -->"


def metrics_table() -> str:
    """Return the table of all metrics under the names that Prometheus shows."""
    rows = [
        f"| `{exposed(metric)}` | {', '.join(metric.labels)} | {metric.help} | {metric.question} |"
        for metric in METRICS
    ]
    head = ["| metric | labels | meaning | question that it answers |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def with_metrics(text: str) -> str:
    """Return a text with the table between its marks."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{metrics_table()}\n{_END}{after}"


def exposed(metric: Metric) -> str:
    """Return the name under which Prometheus sees a metric."""
    return f"{metric.name}_total" if metric.kind is Kind.COUNTER else metric.name


if __name__ == "__main__":
    PAGE.write_text(with_metrics(PAGE.read_text("utf-8")), encoding="utf-8")
