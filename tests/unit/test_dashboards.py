"""The dashboards: they are what the code says, ask for what is exposed, and answer questions at the top."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # no types are published with it

from deploy.grafana.dashboards import DASHBOARDS, FOLDER, text
from deploy.grafana.panels import GRID_WIDTH
from tests.support.promql import exposed_names, named
from tests.support.samples import ROOT

FILES = [FOLDER / f"{item.uid}.json" for item in DASHBOARDS]
GROUPS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8"))["groups"]
RECORDED = {rule["record"] for group in GROUPS for rule in group["rules"] if "record" in rule}
LABEL_OF_ALL = ".*"
# What is at the top, by dashboard: an agency releases nothing.
ALIVE, LATE, REFUSED, RELEASES = "alive", "late", r"(refused|rejected).*why", "releases on time"
QUESTIONS = {
    "weighbridge-exchange": (ALIVE, LATE, REFUSED, RELEASES),
    "weighbridge-hub": (ALIVE, LATE, REFUSED, RELEASES),
    "weighbridge-agency": (ALIVE, LATE, REFUSED),
}


def panels(file: Path) -> list[dict[str, Any]]:
    """Return the panels of a dashboard, without headings of rows."""
    return [panel for panel in json.loads(file.read_text("utf-8"))["panels"] if panel["type"] != "row"]


def expressions(file: Path) -> Iterator[str]:
    """Yield all that a dashboard asks Prometheus, as it asks for all agencies and hubs."""
    for panel in panels(file):
        for target in panel["targets"]:
            yield re.sub(r"\$\w+", LABEL_OF_ALL, target["expr"])


def test_the_files_are_what_the_code_says() -> None:
    """Dashboards are generated, and there is no other one."""
    assert {path: path.read_text("utf-8") for path in FOLDER.glob("*.json")} == {
        FOLDER / f"{item.uid}.json": text(item) for item in DASHBOARDS
    }, "run python -m deploy.grafana.dashboards"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_panels_are_about_metrics_of_the_closed_list(file: Path) -> None:
    """Nothing is asked that nothing exposes and no rule records."""
    used = set[str]().union(*map(named, expressions(file)))

    assert used
    assert used <= exposed_names() | RECORDED


def test_every_metric_is_shown_somewhere() -> None:
    """Each metric of the closed list is in a panel or a rule: what nobody looks at is not exposed."""
    rules = [rule["expr"] for group in GROUPS for rule in group["rules"]]
    asked = [expression for file in FILES for expression in expressions(file)]
    used = set[str]().union(*map(named, [*rules, *asked]))

    assert {name for name in exposed_names() - used if not name.endswith(("_sum", "_count"))} == set()


def test_prometheus_understands_every_question(tmp_path: Path) -> None:
    """Each expression is one that Prometheus' own tool takes, as the rule of a file."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is absent: it is in the package `prometheus` of the distribution")
    asked = [expression for file in FILES for expression in expressions(file)]
    rules = [{"record": f"panel:{number}", "expr": found} for number, found in enumerate(asked)]
    written = tmp_path / "panels.yaml"
    written.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(
        [promtool, "check", "rules", str(written)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(asked)} rules found" in done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_questions_are_answered_at_the_top(file: Path) -> None:
    """Panels of the first row answer what operators ask first, in this order."""
    top = min(panel["gridPos"]["y"] for panel in panels(file))
    titles = [panel["title"] for panel in panels(file) if panel["gridPos"]["y"] == top]

    assert len(titles) == len(QUESTIONS[file.stem])
    for title, question in zip(titles, QUESTIONS[file.stem], strict=True):
        assert re.search(question, title), title


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_panels_say_what_they_are(file: Path) -> None:
    """Each has a description, a unit, colours, a source that can be chosen, and a place of its own."""
    cells = set[tuple[int, int]]()
    for panel in panels(file):
        at, defaults = panel["gridPos"], panel["fieldConfig"]["defaults"]
        covered = {
            (x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
        }

        assert panel["description"].endswith(".")
        assert defaults["unit"]
        assert defaults["thresholds"]["steps"][0]["value"] is None
        assert panel["datasource"]["uid"] == "${datasource}"
        assert at["x"] + at["w"] <= GRID_WIDTH
        assert not cells & covered, panel["title"]
        cells |= covered


def test_grafana_is_told_where_the_dashboards_lie() -> None:
    """The provisioning names a Prometheus, and the folder that compose mounts."""
    folder = FOLDER.parent / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources" / "weighbridge.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((folder / "dashboards" / "weighbridge.yaml").read_text())["providers"]
    compose = yaml.safe_load((ROOT / "deploy" / "compose" / "compose.yaml").read_text("utf-8"))
    mounted = {item.split(":")[1]: item.split(":")[0] for item in compose["services"]["grafana"]["volumes"]}

    assert source["type"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    assert mounted[provider["options"]["path"]] == "../grafana/dashboards"
    assert mounted["/etc/grafana/provisioning"] == "../grafana/provisioning"
