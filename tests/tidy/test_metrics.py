"""The page of metrics is made of the closed list, and labels are few."""

from __future__ import annotations

from schemas.telemetry import METRICS
from tests.support.metrics_page import PAGE, with_metrics

LABELS = {"agency", "source", "hub", "reason", "topic", "partition"} | {"version", "contract", "codelists"}


def test_the_page_lists_the_metrics_there_are() -> None:
    """The table of metrics is generated."""
    text = PAGE.read_text("utf-8")

    assert with_metrics(text) == text, "run python -m tests.support.metrics_page"


def test_labels_are_few_and_bounded() -> None:
    """No metric has a label whose values a record, document or company could make."""
    assert {label for metric in METRICS for label in metric.labels} == LABELS


def test_each_metric_answers_a_question() -> None:
    """What nobody asks for is not shown."""
    assert [metric.name for metric in METRICS if not metric.question.endswith("?")] == []
