"""The values of the Helm chart: what is misspelt or cannot be is refused, before anything is installed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from schemas.settings import (
    AgencySettings,
    HubSettings,
    KafkaSettings,
    RegistrySettings,
    ReleaseSettings,
    SourceSettings,
    TableSettings,
)
from tests.support.chart import CHART, RELEASES, helm

SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
# Files of Secrets, whose paths are the chart's; each comes from `secrets`.
FILES = {"ca_file", "certificate_file", "key_file", "key_password_file", "password_file"}
# What stands in no values, as values are no secret.
SECRETS = {"password", "key_password"}


def within(*path: str) -> dict[str, Any]:
    """Return the properties at a place of the schema."""
    found = SCHEMA
    for name in path:
        found = found["properties"][name]
    return dict(found["properties"])


@pytest.mark.parametrize(
    ("path", "model", "others"),
    [
        # Who is who, and what the chart decides by itself.
        (("kafka",), KafkaSettings, FILES | SECRETS),
        (("kafka", "registry"), RegistrySettings, FILES | SECRETS),
        (("secrets", "kafka"), KafkaSettings, set(KafkaSettings.model_fields) - FILES),
        (("secrets", "registry"), RegistrySettings, set(RegistrySettings.model_fields) - FILES),
        (
            ("agency", "settings"),
            AgencySettings,
            {"id", "keys", "directory", "groups", "metrics_host", "metrics_port"},
        ),
        (
            ("hub", "settings"),
            HubSettings,
            {"name", "file", "directory", "release", "metrics_host", "metrics_port"},
        ),
        (("hub", "release", "settings"), ReleaseSettings, {"keys"}),
    ],
)
def test_values_have_every_setting_and_no_other(
    path: tuple[str, ...], model: type[BaseModel], others: set[str]
) -> None:
    """A setting of the program is one of the values, or one of the few that are not the operator's here."""
    assert others <= set(model.model_fields)
    assert set(within(*path)) == set(model.model_fields) - others


def test_tables_and_sources_have_every_setting() -> None:
    """The same for what stands within lists and tables."""
    table = within("hub", "release", "settings")["tables"]["items"]
    (adapter,) = within("agency")["adapters"]["patternProperties"].values()
    source = adapter["properties"]["source"]["properties"]["secrets"]

    assert set(table["properties"]) == set(TableSettings.model_fields)
    assert set(source["properties"]) == set(SourceSettings.model_fields)


def schemas(found: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, schema) of everything that describes values."""
    for name, item in found.get("properties", {}).items():
        if "type" in item or "enum" in item or "allOf" in item:
            yield f"{place}.{name}", item
            yield from schemas(item, f"{place}.{name}")
    for inner in (found.get("items"), *found.get("patternProperties", {}).values()):
        if isinstance(inner, dict):
            yield from schemas(inner, f"{place}[]")


def test_every_value_is_described_and_closed() -> None:
    """People and their editors see what each value means; a table takes known names, or says which."""
    found = dict(schemas(SCHEMA))

    assert len(found) > 80
    assert [place for place, item in found.items() if "description" not in item] == []
    assert [
        place
        for place, item in found.items()
        if item.get("type") == "object" and "additionalProperties" not in item and place != ".global"
    ] == []


BAD = {
    "agency": (
        ("--set=rôle=agency", "additional properties 'rôle' not allowed"),
        ("--set=role=subscriber", "/role"),
        ("--set=image.repo=x", "'repo' not allowed"),
        ("--set=image.digest=sha256:12", "/image/digest"),
        ("--set=directory=", "/directory"),
        ("--set=kafka.bootstrap_servers=broker.example", "/kafka/bootstrap_servers"),
        ("--set=kafka.bootstrap_servers=", "/kafka/bootstrap_servers"),
        ("--set=kafka.bootstrap_server=broker.example:9093", "'bootstrap_server' not allowed"),
        ("--set=kafka.registry_url=https://user:word@registry.example", "/kafka/registry_url"),
        ("--set=kafka.password=secret", "'password' not allowed"),
        ("--set=kafka.ca_file=/etc/ca.crt", "'ca_file' not allowed"),
        (r"--set=kafka.client.sasl\.oauthbearer\.client\.secret=x", "/kafka/client"),
        ("--set=secrets.keys=", "/secrets/keys"),
        ("--set=secrets.kafka.key_file=null", "key_file"),
        ("--set=secrets.kafka.key_file.key=null", "/secrets/kafka/key_file"),
        ("--set=agency.id=us-epa", "/agency/id"),
        ("--set=agency.settings.commit_intervall_seconds=1", "'commit_intervall_seconds' not allowed"),
        ("--set=agency.settings.commit_interval_seconds=7", "/agency/settings/commit_interval_seconds"),
        ("--set=agency.settings.keys=/elsewhere", "'keys' not allowed"),
        ("--set-json=agency.adapters=null", "/agency"),
        ("--set=agency.adapters.Manifests.adapter=us-emanifest", "'Manifests' not allowed"),
        ("--set=agency.adapters.manifests.source.claim=null", "/agency/adapters/manifests/source"),
        ("--set=agency.adapters.manifests.source.file=other.toml", "/agency/adapters/manifests/source"),
        ("--set=agency.adapters.service.source.secrets.key.name=x", "'key' not allowed"),
        (r"--set=agency.adapters.service.files.weighbridge\.toml=x", "/agency/adapters/service/files"),
        ("--set-json=networkPolicy.broker.to=[]", "/networkPolicy/broker/to"),
        ("--set-json=networkPolicy.monitoring.from=[]", "/networkPolicy/monitoring/from"),
        ("--set=metrics.serviceMonitor.interval=5m", "/metrics/serviceMonitor/interval"),
    ),
    "hub": (
        ("--set=hub.name=North", "/hub/name"),
        ("--set=hub.replicas=2", "'replicas' not allowed"),
        ("--set=hub.settings.memory_limit=much", "/hub/settings/memory_limit"),
        ("--set=hub.storage.size=50", "/hub/storage/size"),
        ("--set=hub.release.schedule=hourly", "/hub/release/schedule"),
        ("--set=hub.release.settings.min_groups=2", "/hub/release/settings/min_groups"),
        ("--set=hub.release.settings.p_percents=2", "'p_percents' not allowed"),
        ("--set=hub.release.settings.epoch=year", "/hub/release/settings/epoch"),
        ("--set=hub.release.settings.tables[0].materials=group", "'materials' not allowed"),
        ('--set-json=hub.release.settings.owners={"France":"south"}', "'France' not allowed"),
    ),
}


@pytest.mark.parametrize(
    ("example", "words", "place"), [(example, *case) for example, cases in BAD.items() for case in cases]
)
def test_what_cannot_be_is_refused(example: str, words: str, place: str) -> None:
    """Helm itself stops, and names the place."""
    done = helm("template", example, words)

    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr
    assert place in done.stderr


def test_a_name_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes would refuse what the chart adds to it."""
    monkeypatch.setitem(RELEASES, "hub", "n" * 41)
    done: subprocess.CompletedProcess[str] = helm("template", "hub")

    assert done.returncode != 0
    assert "more than 40 characters" in done.stderr


def test_defaults_alone_install_nothing() -> None:
    """Without a role and without members there is nothing to run: Helm says what is missing."""
    done = helm("template", "hub", "--set=role=", "--set=directory=")

    assert done.returncode != 0
    assert "/role" in done.stderr
