"""Installations of agencies and hubs, whole or broken, and what `weighbridge doctor` says of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from schemas.access import Role
from schemas.settings import KafkaSettings
from tests.support import program

_BEHIND = "not looked at: first mend"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found.

    Attributes:
        exit_code: How the program ended.
        said: All that it wrote.
        report: The same for programs.
    """

    exit_code: int
    said: str
    report: dict[str, Any]

    @property
    def statuses(self) -> dict[str, str]:
        """How each check went."""
        return {check["name"]: check["status"] for check in self.report["checks"]}

    @property
    def failed(self) -> set[str]:
        """Checks that failed."""
        return {name for name, status in self.statuses.items() if status == "fail"}

    def told(self, name: str) -> str:
        """Return what a check says, remedies too."""
        (check,) = (check for check in self.report["checks"] if check["name"] == name)
        return "\n".join(f"{item['text']}\n{item['remedy']}" for item in check["findings"])

    def is_behind(self, name: str) -> bool:
        """Say whether a check was left out, as what it needs has failed."""
        return self.told(name).startswith(_BEHIND)

    def origin(self, setting: str) -> tuple[str, str]:
        """Return the value of a setting that is shown, and where it comes from."""
        (found,) = (item for item in self.report["settings"] if item["name"] == setting)
        return found["value"], found["origin"]


@dataclass(frozen=True, slots=True)
class Installed:
    """One installation: a folder with settings, and what it has besides."""

    role: Role
    folder: Path
    settings: Mapping[str, Any]

    def but(self, section: str, **changes: Any) -> Installed:
        """Return the same with other settings in a section; None takes one away."""
        found = {**self.settings.get(section, {}), **changes}
        kept = {name: value for name, value in found.items() if value is not None}
        return replace(self, settings={**self.settings, section: kept})

    def diagnosed(self, **environment: str) -> Diagnosis:
        """Have a process of its own look at it."""
        self._write()
        given = {**os.environ, **environment}
        return _read(program.run("doctor", self.role, "--json", cwd=self.folder, environment=given))

    def diagnosed_anew(self, **environment: str) -> Diagnosis:
        """Have the installed program look at it, which imports everything in its environment."""
        self._write()
        command = [str(Path(sys.executable).with_name("weighbridge")), "doctor", self.role.value, "--json"]
        given = {**os.environ, **environment}
        return _read(subprocess.run(command, cwd=self.folder, env=given, capture_output=True, check=False))

    def _write(self) -> None:
        (self.folder / "weighbridge.toml").write_text("\n".join(_toml("", self.settings)))


def _read(done: subprocess.CompletedProcess[bytes]) -> Diagnosis:
    """Return what a process found."""
    assert done.stdout, done.stderr.decode()
    return Diagnosis(done.returncode, (done.stdout + done.stderr).decode(), json.loads(done.stdout))


def kafka_section(kafka: KafkaSettings, **changes: Any) -> dict[str, Any]:
    """Return the settings of clients as they stand in a file."""
    given = kafka.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    if kafka.password is not None:
        given["password"] = kafka.password.get_secret_value()
    return given | changes


def assert_only(found: Diagnosis, healthy: Diagnosis, name: str, *texts: str) -> None:
    """Hold a diagnosis against the one of the same installation that is whole: one check more fails."""
    differing = {
        other: f"{healthy.statuses[other]} before, now {status}: {found.told(other)}"
        for other, status in found.statuses.items()
        if other != name and status != healthy.statuses[other] and not found.is_behind(other)
    }

    assert (found.exit_code, found.statuses[name]) == (1, "fail"), found.said
    assert not differing
    assert [text for text in texts if text not in found.told(name)] == [], found.told(name)


def _toml(name: str, section: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a section: values, which are as in JSON, then sections in it."""
    if name:
        yield f"[{name}]"
    tables = {key: value for key, value in section.items() if isinstance(value, Mapping)}
    for key, value in section.items():
        if key not in tables:
            yield f"{json.dumps(key)} = {json.dumps(value, default=str)}"
    for key, value in tables.items():
        yield from _toml(f"{name}.{key}".lstrip("."), value)
