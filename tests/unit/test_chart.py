"""The Helm chart: what it renders is valid, safe, and says what the program understands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import typer.main
import yaml  # type: ignore[import-untyped]  # it brings no types

from consumers.release import tables
from deploy.cli import app
from schemas import identity, settings
from schemas.runtime.health import STUCK_SECONDS
from schemas.runtime.watchdog import STOP_SECONDS
from schemas.settings import Settings
from tests.support.certificates import Authority
from tests.support.chart import (
    CHART,
    DIRECTORY,
    MAPPING,
    RELEASES,
    Manifests,
    files_of,
    helm,
    of_kind,
    rendered,
    settings_of,
    templates,
)
from tests.support.samples import ROOT

ON = ("--set=metrics.serviceMonitor.enabled=true", "--set=metrics.prometheusRule.enabled=true")
OFF = (
    "--set=metrics.serviceMonitor.enabled=false",
    "--set=metrics.prometheusRule.enabled=false",
    "--set=networkPolicy.enabled=false",
    "--set=image.digest=sha256:" + "0" * 64,
    "--set=imagePullSecrets[0].name=images",
    '--set-json=tolerations=[{"key":"waste"}]',
    "--set=nodeSelector.disk=fast",
)
SETS = [(example, words) for example in RELEASES for words in ((), ON, OFF)]
# What an operator may be given, oldest and newest.
VERSIONS = ("1.25", "1.37")


@pytest.fixture(params=SETS, ids=lambda item: f"{item[0]}-{len(item[1])}")
def manifests(request: pytest.FixtureRequest) -> Manifests:
    """What Helm makes of each set of values."""
    example, words = request.param
    return rendered(example, *words)


@pytest.mark.parametrize("example", RELEASES)
def test_helm_finds_nothing_wrong(example: str) -> None:
    """Helm's own check, under which warnings are errors."""
    done = helm("lint", example, "--strict")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_knows_every_field(manifests: Manifests, version: str) -> None:
    """Each manifest of Kubernetes' own is valid for an old and a new version, without unknown fields."""
    kubernetes = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    own = [item for item in manifests if not item["apiVersion"].startswith("monitoring.coreos.com")]
    for item in own:
        kubernetes.validate(item, version, strict=True)

    assert len(own) > 3


def test_names_are_unique_and_short_enough(manifests: Manifests) -> None:
    """No two manifests are the same thing, and Kubernetes takes the names of what it makes of them."""
    names = [(item["kind"], item["metadata"]["name"]) for item in manifests]

    assert len(set(names)) == len(names)
    assert all(len(name) <= 52 for _, name in names)


# Each is a name in Kubernetes, and something else in YAML.
ODD = {
    "agency": (
        '--set-json=agency.adapters.no={"adapter":"us-emanifest","source":{"claim":"1234"}}',
        "--set-string=secrets.keys=123",
        '--set-json=secrets.kafka.ca_file={"name":"456","key":"ca.crt"}',
    ),
    "hub": ("--set-string=secrets.keys=123", "--set-string=hub.storage.className=789"),
}


def names_in(manifest: Any) -> Iterator[Any]:
    """Yield what stands for names, and the values of labels."""
    if isinstance(manifest, dict):
        for key, value in manifest.items():
            if key.endswith(("name", "Name")):
                yield value
            elif key in {"labels", "matchLabels"}:
                yield from value.values()
            yield from names_in(value)
    elif isinstance(manifest, list):
        for item in manifest:
            yield from names_in(item)


@pytest.mark.parametrize("example", RELEASES)
def test_names_stay_names(example: str) -> None:
    """A source called `no`, or a Secret called `123`, is neither a truth nor a number."""
    found = [*names_in([*rendered(example, *ON, *ODD[example])])]

    assert {"123"} < {*found}
    assert [name for name in found if not isinstance(name, str)] == []


def test_everything_a_pod_refers_to_exists(manifests: Manifests) -> None:
    """A ConfigMap or Secret is one of the chart, or one that the values name."""
    made = {item["metadata"]["name"] for item in manifests if item["kind"] in {"ConfigMap", "Secret"}}
    named = {"us-epa-keys", "exchange-cluster-ca-cert", "us-epa", "us-epa-groups", "emanifest", "waste-db"}
    named |= {"north-keys", "exchange-authority", "north-passwords"}
    for name, template in templates(manifests):
        sources = [
            source
            for volume in template["spec"]["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
        ]
        found = {next(iter(source.values()))["name"] for source in sources}
        assert found <= made | named, name
        assert found & made, name


def test_every_mount_has_its_volume(manifests: Manifests) -> None:
    """What a container mounts is a volume of its pod, or of the set's claims, each used once."""
    for item in manifests:
        claims = {claim["metadata"]["name"] for claim in item.get("spec", {}).get("volumeClaimTemplates", [])}
        for name, template in templates((item,)):
            volumes = [volume["name"] for volume in template["spec"]["volumes"]]
            mounts = [mount["name"] for mount in template["spec"]["containers"][0]["volumeMounts"]]
            assert sorted(mounts) == sorted([*volumes, *claims]), name


def loaded(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings that a text makes, as the program reads them; unknown names are refused."""
    file = folder / "weighbridge.toml"
    file.write_text(text)
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(file))
    return settings.load()


def test_an_agencys_settings_are_those_of_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program reads what the chart writes, and finds in it what the operator gave."""
    found = loaded(settings_of(rendered("agency")), tmp_path, monkeypatch)

    assert found.kafka.bootstrap_servers == "exchange-kafka-bootstrap.kafka.svc:9093"
    assert found.kafka.security_protocol == "SSL"
    assert found.agency.id == "US-EPA"
    assert found.agency.poll_interval_seconds == 30
    assert (found.agency.metrics_host, found.agency.metrics_port) == ("0.0.0.0", 9464)  # noqa: S104  # a pod's own


def test_a_hubs_settings_are_those_of_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers, lists and tables arrive as they were given."""
    found = loaded(settings_of(rendered("hub")), tmp_path, monkeypatch)
    release = found.hub.release

    assert found.kafka.registry.username == found.kafka.username == found.hub.name == "north"
    assert found.kafka.client == {"broker.address.family": "v4"}
    assert found.hub.memory_limit == "6GB"
    assert (release.p_percent, release.epoch, release.order) == (15, "month", ("north", "south"))
    assert (release.hubs, release.owners) == ({"south": ("FR", "IT")}, {"FR": "south"})
    assert [table.name for table in release.tables] == ["movements", "lanes"]
    # A release takes them, too.
    assert tables.configured(found.hub.name, release, b"a key of a test").owners == {
        "DE": "north",
        "FR": "south",
    }


def files_in(table: dict[str, Any]) -> Iterator[str]:
    """Yield the paths of secret files that settings name."""
    for value in table.values():
        if isinstance(value, dict):
            yield from files_in(value)
        elif str(value).startswith("/run/secrets/"):
            yield value


@pytest.mark.parametrize("example", RELEASES)
def test_each_secret_file_is_where_the_settings_say(example: str) -> None:
    """Every pod sees the files that its settings name; the hub alone has no keys, as it signs nothing."""
    manifests = rendered(example)
    named = set(files_in(tomllib.loads(settings_of(manifests))))
    keys = "/run/secrets/weighbridge/keys"
    for name, template in templates(manifests):
        seen = files_of(template["spec"])
        assert named - {keys} <= seen, name
        assert any(path.startswith(keys) for path in seen) is (name != "north-hub"), name


READ_AS_A_SERVICE = """
import os, sys
from pathlib import Path
from schemas import identity
from schemas.runtime import credentials

user, folder = int(sys.argv[1]), Path(sys.argv[2])
os.setgroups([])
os.setgid(user)
os.setuid(user)
identity.load(folder / "keys")
credentials.check_pair(folder / "kafka" / "us-epa.pem", folder / "kafka" / "us-epa.key", None)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to root, and become another user")
def test_secrets_are_read_as_kubernetes_lays_them() -> None:
    """A service that is not root reads keys and certificates that root owns, behind links, by its group."""
    user = 10001
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        data = folder / "..data"
        (data / "kafka").mkdir(parents=True)
        identity.create(data / "keys", range(2025, 2028))
        Authority(data / "kafka").pair("us-epa")
        for path in (data, *data.rglob("*")):
            os.chown(path, 0, user)
            path.chmod(0o2755 if path.is_dir() else 0o440)
        for part in ("keys", "kafka"):
            (folder / part).symlink_to(f"..data/{part}")
        done = subprocess.run(
            [sys.executable, "-c", READ_AS_A_SERVICE, str(user), name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", RELEASES)
def test_commands_are_ones_the_program_has(example: str) -> None:
    """The program itself reads each pod's command line, and finds nothing to complain about."""
    program = typer.main.get_command(app)
    for name, template in templates(rendered(example)):
        words = [str(word) for word in template["spec"]["containers"][0]["args"]]
        group = program.get_command(program.make_context("weighbridge", words), words[0])  # type: ignore[attr-defined]  # it is a group
        command = group.get_command(None, words[1])
        assert command.make_context(words[1], words[2:]), name


def test_an_adapter_reads_what_its_values_name() -> None:
    """A folder of a claim, or a file that describes a source; files stand where the adapter starts."""
    manifests = rendered("agency")
    adapters = of_kind(manifests, "Deployment")
    args = {
        name: item["spec"]["template"]["spec"]["containers"][0]["args"] for name, item in adapters.items()
    }
    texts = of_kind(manifests, "ConfigMap")["us-epa-shipments-files"]["data"]

    assert args["us-epa-manifests"][2:4] == ["us-emanifest", "/var/lib/weighbridge/inbox"]
    assert args["us-epa-service"][2:4] == ["us-emanifest", "emanifest.toml"]
    assert {"--set=mapping=mapping.toml", "--source-id=shipments"} <= set(args["us-epa-shipments"])
    assert texts["mapping.toml"] == MAPPING
    assert tomllib.loads(texts["shipments.toml"])["kind"] == "sql"


def test_the_release_finds_the_hub_and_its_file() -> None:
    """The job runs on the hub's node, with its volume at the same path and the same user."""
    manifests = rendered("hub")
    hub = of_kind(manifests, "StatefulSet")["north-hub"]["spec"]
    (claim,) = hub["volumeClaimTemplates"]
    job = of_kind(manifests, "CronJob")["north-release"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (term,) = job["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    volumes = [volume["persistentVolumeClaim"] for volume in job["volumes"] if volume["name"] == "file"]
    pod = hub["template"]

    assert volumes == [{"claimName": f"{claim['metadata']['name']}-north-hub-0"}]
    assert term["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert job["securityContext"] == pod["spec"]["securityContext"]
    mounts = [item["containers"][0]["volumeMounts"] for item in (job, pod["spec"])]
    assert mounts[0] == mounts[1]


def test_pods_meet_the_restricted_standard(manifests: Manifests) -> None:
    """Each control of the level "restricted" of Kubernetes' pod security standards, and some more."""
    found = list(templates(manifests))
    for name, template in found:
        pod = template["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod), name
        assert {next(kind for kind in volume if kind != "name") for volume in pod["volumes"]} <= {
            "projected",
            "emptyDir",
            "persistentVolumeClaim",
        }, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert "hostPort" not in str(container.get("ports")), name
        assert set(container["resources"]) == {"requests", "limits"} or name == "us-epa-service"

    assert found


def test_no_secret_stands_where_it_is_seen(manifests: Manifests) -> None:
    """Variables hold a path, or come from a Secret where the program takes no file; rules are a Secret."""
    for name, template in templates(manifests):
        for variable in template["spec"]["containers"][0]["env"]:
            is_path = variable == {
                "name": settings.CONFIG_VARIABLE,
                "value": "/etc/weighbridge/weighbridge.toml",
            }
            is_source = variable["name"].startswith("WEIGHBRIDGE_SOURCE__") and "secretKeyRef" in str(
                variable
            )
            assert is_path or is_source, name
        assert "envFrom" not in template["spec"]["containers"][0], name
    seen = yaml.safe_dump([item for item in manifests if item["kind"] != "Secret"])
    assert not re.search(r"p_percent|min_groups|BEGIN [A-Z ]*PRIVATE KEY|password:|password =", seen)


def test_the_rules_of_a_release_are_confidential() -> None:
    """A rule stands in the Secret, and nowhere else among all that is rendered."""
    manifests = rendered("hub", "--set=hub.release.settings.p_percent=37")
    holding = [
        item["kind"] for item in manifests if "37" in str(item.get("data", item.get("stringData", "")))
    ]

    assert holding == ["Secret"]
    assert "p_percent" not in str([item for item in manifests if item["kind"] != "Secret"])


def test_a_change_of_settings_starts_pods_anew() -> None:
    """They are read at the start alone; a mapping changes its own adapter and no other."""

    def marks(*words: str) -> dict[str, str]:
        return {
            name: template["metadata"]["annotations"]["weighbridge/settings"]
            for name, template in templates(rendered("agency", *words))
        }

    before = marks()
    settings_changed = marks("--set=agency.settings.commit_events=5")
    mapping_changed = marks(r"--set=agency.adapters.shipments.files.mapping\.toml=other")

    assert all(before[name] != settings_changed[name] for name in before)
    assert [name for name in before if before[name] != mapping_changed[name]] == ["us-epa-shipments"]


def test_probes_and_grace_fit_the_watchdog() -> None:
    """A pod has longer to end than the program takes, and is not ended while the watchdog has patience."""
    for example in RELEASES:
        for name, template in templates(rendered(example)):
            pod = template["spec"]
            container = pod["containers"][0]
            if name == "north-release":
                assert "livenessProbe" not in container
                continue
            probe = container["livenessProbe"]
            file = probe["exec"]["command"][-1]
            assert pod["terminationGracePeriodSeconds"] > STOP_SECONDS
            assert probe["periodSeconds"] * probe["failureThreshold"] > 2 * STUCK_SECONDS
            assert f"--health-file={file}" in container["args"]


def test_one_writer_and_no_budget() -> None:
    """Nothing runs twice, not while it is exchanged either; a budget for one pod would stop each drain."""
    agency, hub = rendered("agency"), rendered("hub")
    strategies = {item["spec"]["strategy"]["type"] for item in of_kind(agency, "Deployment").values()}
    replicas = [item["spec"]["replicas"] for item in [*agency, *hub] if "replicas" in item.get("spec", {})]

    assert strategies == {"Recreate"}
    assert set(replicas) == {1}
    assert len(replicas) == 4
    assert not of_kind((*agency, *hub), "PodDisruptionBudget")


def test_pods_reach_and_are_reached_as_was_said() -> None:
    """Broker, registry and names, by port and peer; metrics from the monitoring alone; one source each."""
    policies = of_kind(rendered("agency"), "NetworkPolicy")
    common = policies["us-epa"]["spec"]
    ports = [[port["port"] for port in rule["ports"]] for rule in common["egress"]]
    (ingress,) = common["ingress"]

    assert ports == [[9093], [443], [53, 53]]
    assert all(rule["to"] for rule in common["egress"])
    assert common["policyTypes"] == ["Ingress", "Egress"]
    assert ingress["ports"] == [{"protocol": "TCP", "port": "metrics"}]
    assert ingress["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ]
    assert set(policies) == {"us-epa", "us-epa-service", "us-epa-shipments"}
    (egress,) = policies["us-epa-shipments"]["spec"]["egress"]
    assert egress["ports"] == [{"protocol": "TCP", "port": 5432}]
    assert policies["us-epa-shipments"]["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"]


def test_policies_and_services_find_their_pods(manifests: Manifests) -> None:
    """Each selector matches pods that the same release makes."""
    labels = [template["metadata"]["labels"] for _, template in templates(manifests)]
    selectors = [item["spec"]["selector"] for item in of_kind(manifests, "Service").values()]
    selectors += [
        item["spec"]["podSelector"]["matchLabels"] for item in of_kind(manifests, "NetworkPolicy").values()
    ]
    for selector in selectors:
        assert any(selector.items() <= item.items() for item in labels)


def test_prometheus_gets_the_alerts_there_are() -> None:
    """The rules are those that Prometheus' own tool has tested, word for word."""
    rule = of_kind(rendered("hub"), "PrometheusRule")["north"]
    written = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8"))

    assert rule["spec"] == written
    assert rule["spec"]["groups"][0]["rules"]


def test_prometheus_finds_the_metrics_under_the_name_of_the_alerts() -> None:
    """The monitor selects the service, takes its port, and makes a job whose name begins with weighbridge."""
    manifests = rendered("agency")
    monitor = of_kind(manifests, "ServiceMonitor")["us-epa"]
    service = of_kind(manifests, "Service")["us-epa-metrics"]
    labels = service["metadata"]["labels"]

    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert [item["port"] for item in monitor["spec"]["endpoints"]] == [service["spec"]["ports"][0]["name"]]
    assert labels[monitor["spec"]["jobLabel"]].startswith("weighbridge")
    for _, template in templates(manifests):
        assert template["spec"]["containers"][0]["ports"] == [{"name": "metrics", "containerPort": 9464}]


def test_the_chart_is_of_this_version_and_its_image() -> None:
    """The chart's version is the program's, and its user that of the image."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    image = (ROOT / "deploy" / "images" / "Dockerfile").read_text("utf-8")
    (template, *_) = (template for _, template in templates(rendered("hub")))
    pinned = next(template for _, template in templates(rendered("hub", *OFF)))

    assert chart["version"] == chart["appVersion"] == project["version"]
    assert f"USER {template['spec']['securityContext']['runAsUser']}:" in image
    assert template["spec"]["containers"][0]["image"] == f"images.example/weighbridge:{project['version']}"
    assert pinned["spec"]["containers"][0]["image"].endswith("@sha256:" + "0" * 64)


def test_the_directory_arrives_word_for_word(manifests: Manifests) -> None:
    """Its fingerprint is compared by telephone, so not a byte may change."""
    texts = [item["data"] for item in of_kind(manifests, "ConfigMap").values()]

    assert [text["directory.toml"] for text in texts if "directory.toml" in text] == [DIRECTORY]
