"""The exchange of deploy/compose on a Docker engine, as a project of its own beside others."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml  # type: ignore[import-untyped]  # it brings no types

from tests.support.ports import free_port
from tests.support.samples import ROOT

FILE = ROOT / "deploy" / "compose" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
IMAGE: str = COMPOSE["x-weighbridge"]["image"]
RECIPE = ROOT / "deploy" / "images" / "Dockerfile"
_SECONDS = 900
_ENGINE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Composed:
    """An exchange in containers.

    Attributes:
        project: Name of the compose project, before that of each container and volume.
        prometheus_port: Where this machine finds Prometheus.
    """

    project: str
    prometheus_port: int

    def compose(self, *arguments: str) -> str:
        """Run `docker compose` to its end, and return what it writes to stdout."""
        return told(
            *("docker", "compose", "--file", str(FILE), "--project-name", self.project, *arguments),
            PROMETHEUS_PORT=str(self.prometheus_port),
        )

    def weighbridge(self, service: str, *arguments: str) -> str:
        """Run the program beside a service that is up, and return what it writes to stdout."""
        return self.compose("exec", "--no-TTY", service, "weighbridge", *arguments)

    def prometheus(self, path: str) -> Any:
        """Return what Prometheus answers to a path of its interface."""
        address = f"http://127.0.0.1:{self.prometheus_port}/api/v1/{path}"
        with urlopen(address, timeout=10) as answer:
            return json.load(answer)["data"]

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire."""
        alerts = self.prometheus("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


@contextmanager
def composed(folder: Path) -> Iterator[Composed]:
    """Bring a whole exchange up while the block runs; its containers' logs are left in a folder."""
    exchange = Composed(f"weighbridge-{os.getpid()}", free_port())
    try:
        exchange.compose("up", "--detach", "--wait")
        yield exchange
    finally:
        (folder / "log").write_text(exchange.compose("logs", "--no-color"), "utf-8")
        exchange.compose("--profile", "*", "down", "--volumes")


def build() -> None:
    """Make the image of this checkout."""
    told("docker", "compose", "--file", str(FILE), "build")


def lack() -> str | None:
    """Return what of an engine and of the images that it cannot build is absent, None where nothing is."""
    try:
        subprocess.run(
            ["docker", "compose", "version"], check=True, capture_output=True, timeout=_ENGINE_SECONDS
        )
        present = told("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    except (OSError, subprocess.SubprocessError):
        return "no Docker engine with Compose runs"
    needed = {item["image"] for item in SERVICES.values() if "profiles" not in item} - {IMAGE}
    base = RECIPE.read_text("utf-8").partition("ARG BASE=")[2].split()[0]
    absent = sorted((needed | {base}).difference(present))
    return f"absent images, which docker pull brings: {', '.join(absent)}" if absent else None


def told(*command: str, **environment: str) -> str:
    """Run a command to its end, and return what it writes to stdout; what it says fails with it."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout
