"""Certificates renewed on an exchange that lets nobody else in, while its broker runs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from deploy import access
from deploy import topics as deployed
from deploy.exchange import installation, settings
from deploy.exchange.exchange import Exchange, running_exchange
from deploy.exchange.security import Security
from schemas import topics
from schemas.access import Member, Role
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings
from tests.support import sealed
from tests.support.agency import manifest, write
from tests.support.runbook import Block, blocks, shell
from tests.support.site import AGENCY

pytestmark = pytest.mark.embedded

_PRINCIPAL = "User:CN=us-epa,O=US EPA"
# As the page on access makes a member's.
_OPERATOR = """\
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
  -subj "/CN=operator" -keyout operator.key -out operator.csr
openssl x509 -req -in operator.csr -CA authority.pem -CAkey authority.key -days 365 -out operator.crt
cat operator.key operator.crt > operator.pem
"""
_PROPERTIES = """\
security.protocol=SSL
ssl.truststore.type=PEM
ssl.truststore.location=authority.pem
ssl.keystore.type=PEM
ssl.keystore.location=operator.pem
"""
_MEMBER = """\
[kafka]
bootstrap_servers = "{broker}"
registry_url = "{registry}"
security_protocol = "SSL"
ca_file = "{ca}"
certificate_file = "us-epa.pem"
key_file = "us-epa.key"

[kafka.registry]
ca_file = "{ca}"
"""


def certificates() -> list[Block]:
    """Return how the page on access makes certificates, and the operator's."""
    (made,) = (block for block in blocks("../ACCESS.md") if "authority.key" in block.text)
    return [made, Block("operator", _OPERATOR)]


def command_of_kafka(desk: Path) -> None:
    """Put Kafka's own command for settings on the desk."""
    found = installation.ensure(settings.cache_folder(), progress=lambda _: None)
    classpath = ":".join(map(str, found.jars.kafka_classpath))
    command = found.java.command("-Xmx256m", "-cp", classpath, "kafka.admin.ConfigCommand")
    script = desk / "bin" / "kafka-configs.sh"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    script.chmod(0o755)


def prepare(exchange: Exchange, desk: Path) -> None:
    """Make the agency's topics, rights, keys and settings, as operator."""
    operator = KafkaSettings.model_validate(
        {
            "bootstrap_servers": exchange.broker.certificate_address,
            "registry_url": exchange.registry_url,
            "security_protocol": "SSL",
            "ca_file": desk / "authority.pem",
            "certificate_file": desk / "operator.crt",
            "key_file": desk / "operator.key",
            "registry": {"ca_file": desk / "authority.pem"},
        }
    )
    wanted = topics.all_topics([AGENCY], movement_partitions=3)
    deployed.apply(operator, wanted)
    for topic in wanted:
        Registry(operator).register(topic)
    access.apply(operator, access.plan(operator, [Member(Role.AGENCY, AGENCY, _PRINCIPAL)]))
    sealed.write_keys(desk / "us", sealed.keys_of(AGENCY))
    sealed.write_directory(desk / "directory.toml", sealed.alone(AGENCY, sealed.keys_of(AGENCY)))
    (desk / "operator.properties").write_text(_PROPERTIES)
    settings_of(exchange, desk, "authority.pem")


def settings_of(exchange: Exchange, desk: Path, ca: str) -> None:
    """Write the agency's settings, with whom it trusts."""
    text = _MEMBER.format(broker=exchange.broker.certificate_address, registry=exchange.registry_url, ca=ca)
    (desk / "weighbridge.toml").write_text(text)


def test_certificates_are_renewed_while_the_broker_runs(tmp_path: Path) -> None:
    """Member, broker and authority change, one after the other, and the agency publishes in between."""
    desk = tmp_path / "desk"
    desk.mkdir()
    with shell(desk, {}) as terminal:
        for block in certificates():
            terminal.follow(block)
    command_of_kafka(desk)
    former = (desk / "broker.crt").read_bytes()
    security = Security(desk / "authority.pem", desk / "broker.crt", desk / "broker.key", "CN=operator")
    said, published = {}, {}
    with running_exchange(tmp_path / "exchange", security) as exchange:
        prepare(exchange, desk)
        places = {
            "BROKER": exchange.broker.certificate_address,
            "KAFKA": str(exchange.folder / "kafka"),
        }
        with shell(desk, places) as terminal:
            for number, block in enumerate(blocks("certificates-renew.md")):
                write(desk / "inbox", f"{number}.json", [manifest(number)])
                if block.kind == "both":
                    settings_of(exchange, desk, "both.pem")
                said[block.kind] = terminal.follow(block)
    for kind in ("member", "check", "both"):
        published[kind] = json.loads(said[kind].splitlines()[-1])["events"]

    assert all(published.values())
    assert said["check"].startswith("serial=")
    assert (desk / "broker.crt").read_bytes() != former
