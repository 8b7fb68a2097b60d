"""Grants as they are generated: least, apart for each member, and the same in text, JSON and the page."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy import access
from deploy.cli import app
from schemas import settings, topics
from schemas.access import (
    Grant,
    Member,
    Operation,
    Resource,
    Role,
    agency_grants,
    hub_grants,
    subscriber_grants,
)
from schemas.errors import ConfigurationError
from schemas.runtime import transport
from schemas.settings import KafkaSettings
from tests.support.access_page import PAGE, with_grants

AGENCIES, HUBS = ("US-EPA", "US-EPA2", "NO-NO"), ("us-epa", "north", "north-1")


def allowed(grants: tuple[Grant, ...], resource: Resource, operation: Operation, name: str) -> bool:
    """Say whether grants allow something, as a broker decides it."""
    return any(
        (item.resource, item.operation) == (resource, operation)
        and (name.startswith(item.name) if item.is_prefix else name == item.name)
        for item in grants
    )


def members_who(operation: Operation, topic: str) -> set[str]:
    """Return which members may do something with a topic."""
    grants = {
        **{name: agency_grants(name) for name in AGENCIES},
        **{name: hub_grants(name) for name in HUBS},
        "subscriber": subscriber_grants(),
    }
    return {name for name, item in grants.items() if allowed(item, Resource.TOPIC, operation, topic)}


def test_shared_topics_are_written_and_read_by_their_roles() -> None:
    """Agencies write the ledger and hubs read it; hubs write figures; keys are the agencies'."""
    agencies, hubs = set(AGENCIES), set(HUBS)
    written = {topic.name: members_who(Operation.WRITE, topic.name) for topic in topics.exchange_topics()}
    read = {topic.name: members_who(Operation.READ, topic.name) for topic in topics.exchange_topics()}

    assert written == {
        topics.MOVEMENTS: agencies,
        topics.SIGNATURES: agencies,
        topics.KEYS: agencies,
        topics.AGGREGATES: hubs,
        topics.RELEASES: hubs,
    }
    assert read == {
        topics.MOVEMENTS: hubs,
        topics.SIGNATURES: hubs,
        topics.KEYS: agencies,
        topics.AGGREGATES: hubs | {"subscriber"},
        topics.RELEASES: hubs | {"subscriber"},
    }


@pytest.mark.parametrize("agency", AGENCIES)
def test_an_agencys_topics_are_its_own(agency: str) -> None:
    """Only the agency reads its topics; others write to none of them but what they seal to it."""
    for topic in topics.agency_topics(agency):
        writers = set(AGENCIES) if topic.name == topics.sealed(agency) else {agency}
        assert members_who(Operation.READ, topic.name) == {agency}
        assert members_who(Operation.WRITE, topic.name) == writers


@pytest.mark.parametrize("hub", HUBS)
def test_a_hubs_dead_letters_are_its_own(hub: str) -> None:
    """No other hub and no agency writes them."""
    assert members_who(Operation.WRITE, topics.dead_letters(hub)) == {hub}


def test_no_two_members_share_a_transactional_id() -> None:
    """Whatever members are called, what one may use another may not: it would shut it out."""
    grants = [agency_grants(name) for name in AGENCIES] + [hub_grants(name) for name in HUBS]
    prefixes = [topics.agency_transactions(name) for name in AGENCIES]
    prefixes += [topics.hub_transactions(name) for name in HUBS]

    for position, prefix in enumerate(prefixes):
        name = f"{prefix}release"
        may = [allowed(item, Resource.TRANSACTIONAL_ID, Operation.WRITE, name) for item in grants]
        assert may == [place == position for place in range(len(grants))]


def test_names_that_could_reach_further_are_refused() -> None:
    """A name with a dot, a line end or nothing in it makes no grant."""
    for name in ("", "US-EPA.X", "US-EPA\n", "*", "us-epa"):
        with pytest.raises(ConfigurationError):
            agency_grants(name)
    for name in ("", "north.1", "north\n", "*", "North"):
        with pytest.raises(ConfigurationError):
            hub_grants(name)


def test_commands_say_the_same_as_rules() -> None:
    """Each rule stands in one of Kafka's own commands, with quotation marks where a shell needs them."""
    member = Member(Role.AGENCY, "US-EPA", "User:CN=adapter,O=US EPA")
    found = set()
    for line in access.commands("broker:9093", [member]):
        words = shlex.split(line)
        values = dict(itertools.pairwise(words))
        (resource,) = {"--topic", "--group", "--transactional-id"} & set(words)
        found |= {
            (
                values["--allow-principal"],
                operation,
                resource,
                values[resource],
                values["--resource-pattern-type"],
            )
            for flag, operation in itertools.pairwise(words)
            if flag == "--operation"
        }

    assert found == {
        (
            member.principal,
            grant.operation.value,
            f"--{grant.resource}",
            grant.name,
            "prefixed" if grant.is_prefix else "literal",
        )
        for grant in member.grants
    }


def acl(*words: str) -> tuple[int, str]:
    """Return the exit status of `topics acl`, and what it printed or was refused for."""
    done = CliRunner().invoke(app, ["topics", "acl", *words])
    return done.exit_code, str(done.exception) if done.exception else done.stdout


def test_principals_are_named_or_follow_from_names() -> None:
    """Without --principal a member is User: and its name; with it there is one for each."""
    _, text = acl("--agency", "US-EPA", "--hub", "north-1", "--subscriber", "ngo", "--format", "json")
    assert {item["principal"] for item in json.loads(text)} == {"User:us-epa", "User:north-1", "User:ngo"}

    chosen = ("--principal", "User:CN=a", "--principal", "User:CN=b")
    _, text = acl("--agency", "US-EPA", "--hub", "north-1", *chosen, "--format", "json")
    assert {(item["role"], item["principal"]) for item in json.loads(text)} == {
        ("agency", "User:CN=a"),
        ("hub", "User:CN=b"),
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "nobody"),
        (("--agency", "EU-WEST", "--hub", "eu-west"), "several members"),
        (("--agency", "US-EPA", "--hub", "north", "--principal", "User:x"), "1 principals for 2 members"),
        (("--agency", "US-EPA", "--principal", "User:*"), "a principal is User: and a name"),
        (("--agency", "US-EPA", "--principal", "us-epa"), "a principal is User: and a name"),
        (("--agency", "us-epa"), "names no agency or hub"),
    ],
)
def test_grants_that_would_reach_too_far_are_refused(words: tuple[str, ...], expected: str) -> None:
    """Nobody gets two roles, and everybody gets none."""
    status, text = acl(*words)

    assert status != 0
    assert expected in text


def test_the_page_shows_the_grants_there_are() -> None:
    """The table of ACCESS.md is generated."""
    text = PAGE.read_text("utf-8")

    assert with_grants(text) == text, "run python -m tests.support.access_page"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the page uses openssl")
def test_the_page_makes_certificates_that_work(tmp_path: Path) -> None:
    """Its commands make what the settings take, and print the principal that a broker will see."""
    (block,) = [
        found
        for found in re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        if "openssl" in found
    ]
    done = subprocess.run(
        ["sh", "-e"], input=block, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    given = KafkaSettings.model_validate(
        {
            "security_protocol": "SSL",
            "ca_file": tmp_path / "authority.pem",
            "certificate_file": tmp_path / "us-epa.pem",
            "key_file": tmp_path / "us-epa.key",
        }
    )

    assert transport.kafka_options(given)["ssl.key.location"]
    assert done.stdout.strip() == "subject=CN=us-epa,O=US EPA"


def test_the_page_shows_settings_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example of settings is read without complaint."""
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        (tmp_path / "weighbridge.toml").write_text(block)
        monkeypatch.setenv(settings.CONFIG_VARIABLE, str(tmp_path / "weighbridge.toml"))
        assert settings.load().kafka.security_protocol.has_tls
