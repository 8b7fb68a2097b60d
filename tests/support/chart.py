"""The Helm chart as Helm itself renders it, from the examples of values that operators start from."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it brings no types

from tests.support.samples import ROOT

CHART = ROOT / "deploy" / "helm" / "weighbridge"
EXAMPLES = ROOT / "deploy" / "helm" / "examples"
# The release of each example, and what its first lines give beside its values.
RELEASES = {"agency": "us-epa", "hub": "north"}
MAPPING = (ROOT / "tests" / "documents" / "table" / "germany.toml").read_text("utf-8")
DIRECTORY = f'[members.US-EPA]\nsigning_keys = ["{"01" * 32}"]\ncountries = ["US"]\n'
_GIVEN: dict[str, dict[str, Any]] = {
    "agency": {
        "directory": DIRECTORY,
        "agency": {"adapters": {"shipments": {"files": {"mapping.toml": MAPPING}}}},
    },
    "hub": {"directory": DIRECTORY},
}
Manifest = dict[str, Any]
Manifests = tuple[Manifest, ...]


def helm(verb: str, example: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Helm on the chart with an example, or skip the test and say how Helm is brought."""
    program = shutil.which("helm")
    if program is None:
        pytest.skip("helm is absent: `go install helm.sh/helm/v3/cmd/helm@v3.22.0` builds it")
    release = () if verb == "lint" else (RELEASES[example],)
    # A Helm that was built without saying so takes itself for one of an old Kubernetes.
    files = ("--kube-version=1.37.0", f"--values={EXAMPLES / example}.yaml", "--values=-")
    return subprocess.run(
        [program, verb, *release, str(CHART), *files, *words],
        input=json.dumps(_GIVEN[example]),
        capture_output=True,
        text=True,
        check=False,
    )


@cache
def rendered(example: str, *words: str) -> Manifests:
    """Return the manifests of an example, with further words for Helm."""
    done = helm("template", example, *words)
    assert done.returncode == 0, done.stderr
    return tuple(item for item in yaml.safe_load_all(done.stdout) if item)


def of_kind(manifests: Manifests, kind: str) -> dict[str, Manifest]:
    """Return the manifests of one kind by name."""
    return {item["metadata"]["name"]: item for item in manifests if item["kind"] == kind}


def templates(manifests: Manifests) -> Iterator[tuple[str, Manifest]]:
    """Yield (name, template) of every pod that some manifests lead to."""
    for item in manifests:
        name, spec = item["metadata"]["name"], item.get("spec", {})
        if item["kind"] == "CronJob":
            yield name, spec["jobTemplate"]["spec"]["template"]
        elif "template" in spec:
            yield name, spec["template"]


def files_of(pod: Manifest) -> set[str]:
    """Return the paths of the files of Secrets that a pod sees."""
    return {
        f"{mount['mountPath']}/{item['path']}"
        for mount in pod["containers"][0]["volumeMounts"]
        for volume in pod["volumes"]
        if volume["name"] == mount["name"]
        for source in volume.get("projected", {}).get("sources", [])
        for item in source.get("secret", {}).get("items", [])
    }


def settings_of(manifests: Manifests) -> str:
    """Return the text of weighbridge.toml."""
    for kind, field in (("ConfigMap", "data"), ("Secret", "stringData")):
        for item in of_kind(manifests, kind).values():
            if "weighbridge.toml" in item[field]:
                return str(item[field]["weighbridge.toml"])
    raise AssertionError("nothing holds the settings")
