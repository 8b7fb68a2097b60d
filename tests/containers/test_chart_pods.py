"""The pods of the Helm chart at work: an agency's adapter, a hub and its release, on a secured exchange."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.request import urlopen

from producers.groups import COLUMNS
from schemas import directory, identity, topics
from schemas.access import Member, Role
from schemas.directory import Directory
from schemas.keystore import ceremony
from schemas.movement import Side
from tests.support.chart import rendered
from tests.support.kubelet import Node
from tests.support.ports import free_port
from tests.support.samples import ROOT
from tests.support.secured import Secured
from tests.support.waiting import eventually

DOCUMENTS = ROOT / "deploy" / "demo" / "documents" / "us-emanifest"
AGENCY, HUB = "US-POD", "pod"
# A container that starts compiles and loads everything, beside whatever else the machine does.
_SECONDS = 400.0
PASSWORD = "a password of a test"  # noqa: S105  # as it says


def joined(secured: Secured, folder: Path) -> dict[str, dict[str, bytes]]:
    """Make both members known to the exchange, draw their keys, and return the Secrets of their pods."""
    wanted = (*topics.exchange_topics(3), *topics.agency_topics(AGENCY), *topics.hub_topics(HUB))
    secured.prepare(wanted)
    secured.new_user(HUB, PASSWORD)
    secured.grant(Member(Role.HUB, HUB, f"User:{HUB}"))
    secured.grant(Member(Role.AGENCY, AGENCY, "User:CN=us-pod"))
    shown = secured.authority.pair("us-pod")
    identity.create(folder / "keys", range(2020, 2030))
    for keys in ("hub-keys", "south-keys"):
        ceremony.begin_hub(folder / keys)
    members = Directory(
        {AGENCY: ceremony.member(folder / "keys", ["US"], list(Side))},
        {HUB: ceremony.hub_member(folder / "hub-keys"), "south": ceremony.hub_member(folder / "south-keys")},
    )
    (folder / "directory.toml").write_text(directory.text(members))
    authority = {"ca.crt": secured.authority.file.read_bytes()}
    return {
        "us-epa-keys": {file.name: file.read_bytes() for file in (folder / "keys").iterdir()},
        "us-epa": {"user.crt": shown.certificate.read_bytes(), "user.key": shown.key.read_bytes()},
        "us-epa-groups": {"groups.csv": b",".join(column.encode() for column in COLUMNS) + b"\n"},
        "exchange-cluster-ca-cert": authority,
        "exchange-authority": authority,
        "north-keys": {file.name: file.read_bytes() for file in (folder / "hub-keys").iterdir()},
        "north-passwords": {"broker": PASSWORD.encode(), "registry": b"which asks nobody"},
    }


def test_pods_publish_store_and_release(secured: Secured, image: str, tmp_path: Path) -> None:
    """Without a privilege, with secrets as files, documents become rows and a release; each pod ends well."""
    secrets = joined(secured, tmp_path)
    common = (
        f"--set-file=directory={tmp_path / 'directory.toml'}",
        f"--set=kafka.registry_url={secured.exchange.registry_url}",
        "--set=networkPolicy.enabled=false",
    )
    agency = rendered(
        "agency",
        *common,
        f"--set=kafka.bootstrap_servers={secured.exchange.broker.certificate_address}",
        f"--set=agency.id={AGENCY}",
        "--set=secrets.registry.ca_file.name=exchange-cluster-ca-cert,secrets.registry.ca_file.key=ca.crt",
    )
    hub = rendered(
        "hub",
        *common,
        f"--set=kafka.bootstrap_servers={secured.exchange.bootstrap_servers}",
        f"--set=hub.name={HUB},kafka.username={HUB}",
        f'--set-json=hub.release.settings.order=["{HUB}","south"]',
        '--set-json=hub.release.settings.countries=["US","FR"]',
        "--set=hub.settings.memory_limit=1GB",
    )
    ports = {"AGENCY": free_port(), "HUB": free_port()}
    variables = {f"WEIGHBRIDGE_{role}__METRICS_PORT": str(port) for role, port in ports.items()}
    variables |= {f"WEIGHBRIDGE_{role}__METRICS_HOST": "127.0.0.1" for role in ports}
    node = Node(tmp_path / "node", image, secrets, variables)
    inbox = node.claim("manifests") / "out"
    inbox.mkdir()
    for document in DOCUMENTS.glob("*.json"):
        shutil.copy(document, inbox)

    with node.running(hub, "north-hub") as storing, node.running(agency, "us-epa-manifests") as adapter:
        assert eventually(lambda: storing.is_alive() and adapter.is_alive(), _SECONDS)
        assert eventually(
            lambda: json.loads(storing.weighbridge("hub", "status", "--json"))["events"] > 0, 120
        )
        told = node.finished(hub, "north-release")
        exposed = [urlopen(f"http://127.0.0.1:{port}/metrics").read() for port in ports.values()]
        ended = [adapter.stopped(), storing.stopped()]

    assert "next is" in told
    assert all(b"weighbridge_started_timestamp_seconds" in text for text in exposed)
    assert ended == [0, 0]
