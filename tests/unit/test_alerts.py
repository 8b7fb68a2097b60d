"""The alerts: each is about metrics there are, is tested by Prometheus' own tool, and says what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # no types are published with it
from typer.testing import CliRunner

from deploy.cli import app
from tests.support.promql import exposed_names, named
from tests.support.samples import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
TESTS = "".join(path.read_text("utf-8") for path in sorted(FOLDER.glob("*_test.yaml")))
RUNBOOK = (ROOT / "deploy" / "runbooks" / "alerts.md").read_text("utf-8")
GROUPS = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"]
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"]: rule for rule in RULES if "record" in rule}
# level:metric:operation
RECORD = re.compile(r"(agency|source|hub):weighbridge_[a-z_]+:[a-z0-9]+")


@pytest.mark.parametrize(
    "command",
    [("check", "alerts.yaml"), *(("test", path.name) for path in sorted(FOLDER.glob("*_test.yaml")))],
)
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

    assert re.search(rf"\(\s*{re.escape(firing)}\)\n +exp_samples:\s*(?:\[|- )\{{", TESTS)
    assert re.search(rf"expr: '{re.escape(firing)}'\}}\n", TESTS)


def test_rules_are_about_metrics_of_the_closed_list() -> None:
    """A rule over a metric that nothing exposes would never fire; what is recorded is named by its level."""
    used = set[str]().union(*(named(rule["expr"]) for rule in RULES))

    assert used
    assert used <= exposed_names() | set(RECORDED)
    assert [name for name in RECORDED if RECORD.fullmatch(name) is None] == []


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_says_what_to_do(alert: str) -> None:
    """How long, how urgent, what it is, what it means, and a section of the runbook that exists."""
    rule = ALERTS[alert]
    page, _, place = rule["annotations"]["runbook_url"].partition("#")

    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert (ROOT / "deploy" / page).read_text("utf-8") == RUNBOOK
    assert place in {heading.lower() for heading in re.findall("^### (.*)$", RUNBOOK, re.MULTILINE)}


def test_the_runbook_has_no_section_without_an_alert() -> None:
    """Nobody is led to it; an alert that is a more urgent one of another shares its section."""
    places = {rule["annotations"]["runbook_url"].partition("#")[2] for rule in ALERTS.values()}

    assert {heading.lower() for heading in re.findall("^### (.*)$", RUNBOOK, re.MULTILINE)} == places


def test_commands_of_the_runbook_exist() -> None:
    """Each command that it names is one the program has."""
    commands = set(re.findall(r"`weighbridge ([a-z ]+)`", RUNBOOK))

    assert len(commands) > 5
    for command in commands:
        assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0, command
