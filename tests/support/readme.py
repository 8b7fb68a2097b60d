"""The generated part of the README: the table of metrics. `python -m tests.support.readme` writes it."""

from __future__ import annotations

from schemas.telemetry import METRICS, Kind, Metric
from tests.support.samples import ROOT

README = ROOT / "README.md"
_BEGIN = "<!-- metrics: generated from schemas/telemetry.py -->"
_END = "<!-- end of metrics -->"


def metrics_table() -> str:
    """Return the table of all metrics under the names that Prometheus shows."""
    rows = [f"| `{exposed(metric)}` | {', '.join(metric.labels)} | {metric.help} |" for metric in METRICS]
    return "\n".join(["| metric | labels | meaning |", "|---|---|---|", *rows])


def with_metrics(text: str) -> str:
    """Return a text with the table between its marks."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{metrics_table()}\n{_END}{after}"


def exposed(metric: Metric) -> str:
    """Return the name under which Prometheus sees a metric."""
    return f"{metric.name}_total" if metric.kind is Kind.COUNTER else metric.name


if __name__ == "__main__":
    README.write_text(with_metrics(README.read_text("utf-8")), encoding="utf-8")
