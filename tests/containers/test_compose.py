"""A whole exchange in containers, as the page in deploy/compose brings it up."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest

from tests.support import program
from tests.support.composed import Composed, composed, told
from tests.support.samples import ROOT
from tests.support.waiting import eventually

# An alert that wakes somebody waits for three minutes, and Prometheus looks every fifteen seconds.
_SECONDS = 300.0
_COUNTED = "SELECT sum(mass_g)::BIGINT FROM contributions"


@pytest.fixture(scope="module")
def exchange(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """Run one exchange for all tests; each leaves it up."""
    assert image
    with composed(tmp_path_factory.mktemp("composed")) as running:
        yield running


def test_documents_become_aggregates_that_outlive_their_containers(exchange: Composed) -> None:
    """What an agency publishes, the hub counts and releases; all of it is there after down and up."""
    files = sorted((ROOT / "deploy" / "demo" / "documents" / "uk-packaging").iterdir())
    events = program.run("adapter", "convert", "uk-packaging", *files).stdout.splitlines()
    assert eventually(lambda: _one(exchange, "SELECT count(*) FROM movement") == len(events), _SECONDS)

    exchange.compose("run", "--rm", "--no-TTY", "release")
    published = _published(exchange)
    stored = _one(exchange, _COUNTED)
    exchange.compose("down")
    exchange.compose("up", "--detach", "--wait")

    assert [row for row in published if row["mass_g"] not in {"", "0"}]
    assert all((row["mass_g"] == "") == (row["conf_status"] == "CONFIDENTIAL") for row in published)
    assert _published(exchange) == published
    assert _one(exchange, _COUNTED) == stored > 0


def test_prometheus_sees_everybody_and_tells_who_is_down(exchange: Composed) -> None:
    """All targets are up and no alert fires; one does once the adapter is stopped, until it is started."""
    assert eventually(lambda: set(_targets(exchange).values()) == {"up"}, _SECONDS)
    assert {"weighbridge-adapter", "weighbridge-hub"} <= set(_targets(exchange))
    assert exchange.firing() == set()

    exchange.compose("stop", "adapter")
    try:
        ended = exchange.compose("ps", "--all", "--format", "{{.ExitCode}}", "adapter").split()
        assert ended == ["0"]
        assert eventually(lambda: exchange.firing() == {"WeighbridgeDown"}, _SECONDS)
    finally:
        exchange.compose("up", "--detach", "--wait")
    assert eventually(lambda: exchange.firing() == set(), _SECONDS)


def test_the_image_holds_what_runs_and_tells_it(image: str) -> None:
    """No test tool and no installer is in it; its bill of materials names each package with a licence."""
    installed = told(
        *("docker", "run", "--rm", "--entrypoint", "python", image, "-c"),
        "from importlib.metadata import distributions; print(*(d.name.lower() for d in distributions()))",
    ).split()
    bill = json.loads(
        told("docker", "run", "--rm", "--entrypoint", "cat", image, "/opt/weighbridge/sbom.cdx.json")
    )
    named = {item["name"].lower(): item for item in [bill["metadata"]["component"], *bill["components"]]}

    assert {"weighbridge", "confluent-kafka", "duckdb"} <= set(installed)
    assert not {"pytest", "hypothesis", "mypy", "ruff", "moto", "pip", "uv", "hatchling"} & set(installed)
    assert set(named) == set(installed)
    assert [name for name, item in named.items() if not item.get("licenses")] == []


def test_the_image_needs_no_root_and_writes_nowhere_but_in_its_volume(image: str) -> None:
    """Keys are made under a read-only root, without any right, by a user that is not root."""
    volume = "weighbridge-test-keys"
    hardened = (
        *("docker", "run", "--rm", "--read-only", "--cap-drop", "ALL", "--network", "none"),
        *("--volume", f"{volume}:/var/lib/weighbridge"),
    )
    look = "id -u; ls keys; touch /opt/weighbridge/file 2>&1 || true; echo $PYTHONSAFEPATH"
    try:
        told(*hardened, image, "keys", "create", "--out", "keys")
        seen = told(*hardened, "--entrypoint", "sh", image, "-c", look).splitlines()
    finally:
        told("docker", "volume", "rm", "--force", volume)

    assert seen[0] == "10001"
    assert {"agency.json", "exchange.json"} <= set(seen)
    assert "Read-only file system" in seen[-2]
    assert seen[-1] == "1"


def _one(exchange: Composed, query: str) -> int:
    """Return the one figure that the hub answers."""
    answer = json.loads(exchange.weighbridge("hub", "hub", "sql", "--json", query))
    return int(answer["rows"][0][0])


def _published(exchange: Composed) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exchange.weighbridge("hub", "subscribe"))))


def _targets(exchange: Composed) -> dict[str, str]:
    """Return the health of each target by its job."""
    active = exchange.prometheus("targets?state=active")["activeTargets"]
    return {target["labels"]["job"]: target["health"] for target in active}
