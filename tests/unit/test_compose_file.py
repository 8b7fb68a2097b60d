"""The compose file and the image's recipe, as far as they can be judged without an engine."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it brings no types

from schemas.settings import Settings
from tests.support.composed import COMPOSE, FILE, IMAGE, RECIPE, SERVICES
from tests.support.samples import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EACH = pytest.mark.parametrize("name", SERVICES)


@EACH
def test_each_service_may_do_no_more_than_it_needs(name: str) -> None:
    """The root is read-only, the user is not root and has no right of root's, memory has an end."""
    service = SERVICES[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].partition(":")[0]) > 0
    assert service["mem_limit"]
    assert not {"privileged", "network_mode", "cap_add", "pid"} & set(service)


@EACH
def test_each_service_says_how_it_is_or_comes_to_an_end(name: str) -> None:
    """What stays has a probe, ours that of the image; what ends is neither probed nor started again."""
    service = SERVICES[name]
    probe = service.get("healthcheck", {})

    if service["restart"] == "no":
        assert probe == {"disable": True}
    else:
        assert probe.get("test") or "--health-file alive" in service["command"]


@EACH
def test_each_image_is_of_one_release(name: str) -> None:
    """No tag moves to another release by itself."""
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


@EACH
def test_what_is_waited_for_comes(name: str) -> None:
    """A service waits for the health of what stays and for the end of what ends."""
    for awaited, how in SERVICES[name].get("depends_on", {}).items():
        ends = SERVICES[awaited]["restart"] == "no"
        assert how == {"condition": "service_completed_successfully" if ends else "service_healthy"}


@EACH
def test_ports_are_for_this_machine_alone(name: str) -> None:
    """Nobody on the network reaches anything."""
    ports = SERVICES[name].get("ports", [])

    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert not ports or name in {"prometheus", "grafana"}


@EACH
def test_what_is_mounted_exists(name: str) -> None:
    """A file that is absent would be mounted as an empty folder; a volume is declared; no key is shared."""
    mounts = [_parts(mount) for mount in SERVICES[name].get("volumes", [])]
    places = [source for source, *_ in mounts if source.startswith(".")]

    assert [place for place in places if not (FILE.parent / place).exists()] == []
    assert {source for source, *_ in mounts} - set(places) <= set(COMPOSE["volumes"])
    assert all(mode == ["ro"] for source, _, *mode in mounts if source in places)
    assert not {"agency", "hub"} <= {source for source, *_ in mounts}


def test_prometheus_scrapes_what_serves_metrics() -> None:
    """Its targets are the services of the file, at the ports that are the defaults."""
    scraped = yaml.safe_load((FILE.parent / "prometheus.yaml").read_text("utf-8"))["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in scraped}
    ours = Settings()

    assert targets["weighbridge-adapter"] == [f"adapter:{ours.agency.metrics_port}"]
    assert targets["weighbridge-hub"] == [f"hub:{ours.hub.metrics_port}"]


def test_the_settings_that_compose_gives_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variable of ours is one of the settings, with a value that they take."""
    for service in SERVICES.values():
        for variable, value in _ours(service):
            monkeypatch.setenv(variable, re.sub(r"\$\{\w+:-(.*)\}", r"\1", value))
            section, _, option = variable.removeprefix("WEIGHBRIDGE_").lower().partition("__")
            found: Any = getattr(Settings(), section)
            for step in option.split("__"):
                found = getattr(found, step)
            assert str(found) in value


def test_the_image_is_that_of_this_version() -> None:
    """Recipe, compose file and package have one version."""
    version = PROJECT["project"]["version"]

    assert f"weighbridge:{version}" == IMAGE
    assert f'org.opencontainers.image.version="{version}"' in RECIPE.read_text("utf-8")


def test_the_image_has_the_versions_that_are_tested_and_no_test_tools() -> None:
    """Its lock is a part of the lock of all tests, without what only tests need."""
    tested, shipped = _pins("dev"), _pins("image")
    tools = {re.split(r"[\[<>=]", item)[0] for item in PROJECT["dependency-groups"]["dev"]}

    assert shipped.items() <= tested.items()
    assert not tools & set(shipped)


@pytest.mark.parametrize("lock", ["image", "sbom"])
def test_what_goes_into_the_image_is_known_by_its_digest(lock: str) -> None:
    """Each package has hashes, and none an address."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text("utf-8")

    assert "://" not in text
    assert 0 < text.count("==") <= text.count("--hash=sha256:")


def _pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


def _parts(mount: str) -> list[str]:
    """Return source, target and perhaps mode of a mount, by their defaults."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", mount).split(":")


def _ours(service: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for variable, value in service.get("environment", {}).items():
        if variable.startswith("WEIGHBRIDGE_"):
            yield variable, value
