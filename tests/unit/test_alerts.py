"""The alerts: each is about metrics there are, is tested by Prometheus' own tool, and says what to do."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from schemas.telemetry import METRICS
from tests.support.metrics_page import exposed
from tests.support.samples import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
RULES = (FOLDER / "alerts.yaml").read_text("utf-8")
TESTS = (FOLDER / "alerts_test.yaml").read_text("utf-8")
ALERTS = re.findall(r"- alert: (\w+)", RULES)
EXPRESSIONS = re.findall(r"expr: (?:>-\n)?(.*?)\n +(?:for|labels):", RULES, re.DOTALL)
# Of PromQL, what the rules use; Prometheus itself makes `up`.
LANGUAGE = {"up", "and", "or", "unless", "offset", "sum", "time", "changes", "increase", "delta"} | {
    "predict_linear",
    "min_over_time",
}


@pytest.mark.parametrize("command", [("check", "alerts.yaml"), ("test", "alerts_test.yaml")])
def test_prometheus_finds_the_rules_right(command: tuple[str, str]) -> None:
    """Each rule fires and stays silent as its test says, by the tool that Prometheus brings."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is absent: it is in the package `prometheus` of the distribution")
    verb, file = command
    done = subprocess.run(
        [promtool, verb, "rules", file], cwd=FOLDER, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_is_tested_where_it_fires_and_where_not(alert: str) -> None:
    """An alert without a test of both kinds would be a guess."""
    firing = f'ALERTS{{alertname="{alert}", alertstate="firing"}}'

    assert re.search(rf"\(\s*{re.escape(firing)}\)\n +exp_samples: \[\{{", TESTS)
    assert re.search(rf"expr: '{re.escape(firing)}'\}}\n", TESTS)


def test_alerts_are_about_metrics_of_the_closed_list() -> None:
    """A rule over a metric that nothing exposes would never fire."""
    bare = re.sub(r"\{.*?\}|\[.*?\]|by \(.*?\)|\b\d[\w.]*", " ", " ".join(EXPRESSIONS))
    named = set(re.findall(r"\w+", bare)) - LANGUAGE

    assert len(EXPRESSIONS) == len(ALERTS)
    assert named
    assert named <= {exposed(metric) for metric in METRICS}


def test_each_alert_says_what_to_do() -> None:
    """Each has a severity and a runbook, and the commands that runbooks name exist."""
    assert RULES.count("runbook: >-") == len(ALERTS)
    assert len(re.findall(r"severity: (?:page|ticket)\}", RULES)) == len(ALERTS)
    for command in re.findall(r"`weighbridge ([a-z ]+)`", RULES):
        assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0, command
