"""What we make for Strimzi and for the Prometheus operator, against the definitions that those publish.

The definitions are not part of the project: WEIGHBRIDGE_CRDS names a folder that has them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it brings no types
from typer.testing import CliRunner

from deploy.cli import app
from tests.support.chart import Manifest, rendered


def definition(kind: str) -> Manifest:
    """Return the published definition of a kind, or skip the test and say how to bring it."""
    folder = os.environ.get("WEIGHBRIDGE_CRDS")
    if folder is None:
        pytest.skip(
            "WEIGHBRIDGE_CRDS names no folder with the definitions of Strimzi and Prometheus' operator"
        )
    documents = [
        document
        for file in sorted(Path(folder).glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text("utf-8"))
    ]
    (found,) = (item for item in documents if item["spec"]["names"]["kind"] == kind)
    return dict(found)


def closed(schema: Any) -> Any:
    """Return a schema that refuses what it does not name; patterns are Go's and not looked at."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        name: closed(value)
        for name, value in schema.items()
        if not (name == "pattern" and isinstance(value, str))
    }
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not is_open:
        inner["additionalProperties"] = False
    return inner


def is_valid(manifest: Manifest) -> None:
    """Fail where a manifest is not what the definition of its kind takes."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema comes with kubernetes-validate")
    found = definition(manifest["kind"])["spec"]
    group, _, version = manifest["apiVersion"].partition("/")
    (taken,) = (item for item in found["versions"] if item["name"] == version)

    assert found["group"] == group
    assert taken["served"]
    # What a definition says of metadata is next to nothing.
    body = {name: value for name, value in manifest.items() if name != "metadata"}
    jsonschema.validate(body, closed(taken["schema"]["openAPIV3Schema"]))


@pytest.mark.parametrize("authentication", ["tls", "tls-external", "scram-sha-512"])
def test_strimzi_takes_topics_and_users(authentication: str) -> None:
    """Each resource has the fields, and the words in them, that Strimzi defines."""
    members = ("--agency", "US-EPA", "--hub", "north", "--subscriber", "ngo")
    words = ("topics", "strimzi", "--cluster", "exchange", "--authentication", authentication, *members)
    found = list(yaml.safe_load_all(CliRunner().invoke(app, words).stdout))
    for item in found:
        is_valid(item)

    assert len(found) == 12


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PrometheusRule"])
def test_the_prometheus_operator_takes_monitor_and_rules(kind: str) -> None:
    """Each resource has the fields that the operator defines."""
    (found,) = (item for item in rendered("hub") if item["kind"] == kind)

    is_valid(found)
