"""The page for operators names tests, alerts and metrics that exist, and every alert there is."""

from __future__ import annotations

import re

from schemas.telemetry import METRICS
from tests.support.metrics_page import exposed
from tests.support.samples import ROOT

PAGE = (ROOT / "deploy" / "FAILURES.md").read_text("utf-8")
RULES = (ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8")


def test_the_page_of_failures_names_tests_that_exist() -> None:
    """What is said of each failure is shown by a test of that name."""
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

    assert len(named) > 20
    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []


def test_the_page_of_failures_names_metrics_that_exist() -> None:
    """What is to be looked at is exposed."""
    assert set(re.findall(r"`(weighbridge_\w+)`", PAGE)) <= {exposed(metric) for metric in METRICS}


def test_the_page_of_failures_and_the_rules_have_the_same_alerts() -> None:
    """Each alert stands beside what it tells of."""
    assert set(re.findall(r"`(Weighbridge\w+)`", PAGE)) == set(re.findall(r"alert: (\w+)", RULES))
