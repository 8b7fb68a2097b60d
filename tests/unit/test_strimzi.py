"""Resources for Strimzi: exactly the declared topics and grants, under the principals that Strimzi gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it brings no types
from typer.testing import CliRunner

from deploy import topics as deployed
from deploy.cli import app
from schemas import topics

MEMBERS = ("--agency", "US-EPA", "--agency", "GB-EA", "--hub", "north-1", "--subscriber", "ngo")
RESOURCES = {"topic": "topic", "group": "group", "transactionalId": "transactional-id"}
Document = dict[str, Any]


def printed(*words: str) -> list[Document]:
    """Return the documents that the command prints."""
    done = CliRunner().invoke(app, ["topics", "strimzi", "--cluster", "exchange", *words])
    assert done.exit_code == 0, done.exception
    return list(yaml.safe_load_all(done.stdout))


def of_kind(documents: list[Document], kind: str) -> list[Document]:
    """Return the documents of one kind."""
    return [document for document in documents if document["kind"] == kind]


def test_topics_are_those_of_the_exchange() -> None:
    """Each declared topic stands there once, with its partitions and settings, and no other one."""
    found = {
        item["spec"]["topicName"]: (item["spec"]["partitions"], item["spec"]["config"])
        for item in of_kind(printed(*MEMBERS, "--partitions", "24"), "KafkaTopic")
    }
    wanted = topics.all_topics(["US-EPA", "GB-EA"], ["north-1"], 24)

    assert found == {topic.name: (topic.partitions, deployed.config(topic, 3)) for topic in wanted}


@pytest.mark.parametrize(("replicas", "in_sync"), [("1", "1"), ("2", "1"), ("3", "2"), ("5", "2")])
def test_one_broker_may_be_away(replicas: str, in_sync: str) -> None:
    """With fewer than three replicas no second one must confirm, or nothing could be written."""
    specs = [item["spec"] for item in of_kind(printed(*MEMBERS, "--replicas", replicas), "KafkaTopic")]

    assert {(item["replicas"], item["config"]["min.insync.replicas"]) for item in specs} == {
        (int(replicas), in_sync)
    }


def test_users_have_the_declared_grants() -> None:
    """Read back, the rules of all users are the grants that `topics acl` declares, neither more nor fewer."""
    found = {
        (
            user["metadata"]["name"],
            RESOURCES[rule["resource"]["type"]],
            rule["resource"]["name"],
            rule["resource"]["patternType"] == "prefix",
            operation,
        )
        for user in of_kind(printed(*MEMBERS), "KafkaUser")
        for rule in user["spec"]["authorization"]["acls"]
        for operation in rule["operations"]
    }
    done = CliRunner().invoke(app, ["topics", "acl", *MEMBERS, "--format", "json"])
    declared = {
        (
            item["principal"].removeprefix("User:"),
            item["resource"],
            item["name"],
            item["is_prefix"],
            item["operation"],
        )
        for item in json.loads(done.stdout)
    }

    assert found == declared
    assert len({name for name, *_ in found}) == 4


def test_rules_allow_and_name_what_they_are_about() -> None:
    """No rule denies, and none leaves out a name, which Strimzi would take for another one."""
    rules = [
        rule
        for user in of_kind(printed(*MEMBERS), "KafkaUser")
        for rule in user["spec"]["authorization"]["acls"]
    ]

    assert {rule["type"] for rule in rules} == {"allow"}
    assert all(rule["resource"]["name"] not in {"", "*"} for rule in rules)


@pytest.mark.parametrize("authentication", ["tls", "tls-external", "scram-sha-512"])
def test_users_log_in_as_was_asked_for(authentication: str) -> None:
    """Each user has the authentication, and the rules that a broker checks."""
    users = of_kind(printed(*MEMBERS, "--authentication", authentication), "KafkaUser")

    assert {user["spec"]["authentication"]["type"] for user in users} == {authentication}
    assert {user["spec"]["authorization"]["type"] for user in users} == {"simple"}


def test_strimzi_finds_what_belongs_to_its_cluster() -> None:
    """Every resource has the label by which Strimzi knows its own, and a name of its own."""
    found = printed(*MEMBERS)

    assert {item["metadata"]["labels"]["strimzi.io/cluster"] for item in found} == {"exchange"}
    assert {item["apiVersion"] for item in found} == {"kafka.strimzi.io/v1"}
    assert len({(item["kind"], item["metadata"]["name"]) for item in found}) == len(found)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "nobody"),
        (("--agency", "EU-WEST", "--hub", "eu-west"), "several members"),
        (("--hub", "north-"), "no name of a KafkaUser"),
        (("--subscriber", "The Public"), "no name of a KafkaUser"),
        (("--agency", "us-epa"), "names no agency or hub"),
    ],
)
def test_names_that_cannot_be_are_refused(words: tuple[str, ...], expected: str) -> None:
    """Kubernetes or the exchange would refuse them later."""
    done = CliRunner().invoke(app, ["topics", "strimzi", "--cluster", "exchange", *words])

    assert done.exit_code != 0
    assert expected in str(done.exception)
