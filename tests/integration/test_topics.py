"""Topics and schemas, planned and applied by an operator on a real cluster."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]  # exported without saying so

from deploy import strimzi
from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from deploy.topics import Action
from schemas import topics
from schemas.access import Member, Role
from schemas.errors import ContractError, RetriableError
from schemas.runtime import clients
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings
from schemas.topics import Topic
from tests.support.hub import delete_topics


def kafka(exchange: Exchange) -> KafkaSettings:
    """Return how to reach the exchange."""
    return KafkaSettings(bootstrap_servers=exchange.bootstrap_servers, registry_url=exchange.registry_url)


def test_topics_are_planned_applied_and_then_right(exchange: Exchange) -> None:
    """What is absent is planned, applied once, and a second look finds nothing to do."""
    settings, wanted = kafka(exchange), topics.agency_topics("XX-PLAN")

    planned = deployed.plan(settings, wanted)
    applied = deployed.apply(settings, wanted)

    assert [Action.CREATE] * len(wanted) == [step.action for step in planned]
    assert planned == applied
    assert [] == deployed.plan(settings, wanted)


def test_topics_that_strimzi_makes_are_as_they_should_be(exchange: Exchange) -> None:
    """Made with the partitions, replicas and settings of their resources, topics leave nothing to plan."""
    settings = kafka(exchange)
    wanted = (*topics.agency_topics("XX-STRIMZI"), *topics.hub_topics("strimzi"))
    members = [Member(Role.AGENCY, "XX-STRIMZI", "User:a"), Member(Role.HUB, "strimzi", "User:b")]
    specs = [item["spec"] for item in strimzi.topics("exchange", members, 12, 1)]
    made = [
        NewTopic(spec["topicName"], spec["partitions"], spec["replicas"], config=spec["config"])
        for spec in specs
        if spec["topicName"] in {topic.name for topic in wanted}
    ]
    client = clients.admin(settings)
    for future in client.create_topics(made).values():
        future.result(60)

    assert len(made) == len(wanted)
    assert deployed.plan(settings, wanted) == []


def test_a_changed_setting_is_found_and_mended(exchange: Exchange) -> None:
    """A topic whose retention somebody changed is configured as it should be."""
    settings = kafka(exchange)
    before = Topic("weighbridge.test.setting", "reject", 1, {"retention.ms": "1000"})
    after = Topic("weighbridge.test.setting", "reject", 1, {"retention.ms": "-1"})
    deployed.apply(settings, [before])

    steps = deployed.apply(settings, [after])

    assert [(Action.CONFIGURE, "retention.ms=-1")] == [(step.action, step.detail) for step in steps]
    assert [] == deployed.plan(settings, [after])


def test_partitions_are_never_changed(exchange: Exchange) -> None:
    """Another number of partitions would move every key: it is a conflict, and nothing is touched."""
    settings = kafka(exchange)
    name = "weighbridge.test.partitions"
    deployed.apply(settings, [Topic(name, "reject", 2)])

    wanted = [Topic(name, "reject", 3), Topic("weighbridge.test.untouched", "reject", 1)]
    with pytest.raises(ContractError, match="has 2 partitions, should have 3"):
        deployed.apply(settings, wanted)

    assert [Action.CONFLICT, Action.CREATE] == [step.action for step in deployed.plan(settings, wanted)]
    delete_topics(settings, [name])


def test_schemas_are_registered_under_full_transitive(exchange: Exchange) -> None:
    """A subject takes compatible schemas only, in both directions and over its whole history."""
    registry = Registry(exchange.registry_url)
    topic = Topic("weighbridge.test.schemas", "reject", 1)

    assert not registry.is_registered(topic)
    schema_id = registry.register(topic)

    assert schema_id == registry.register(topic) == registry.id_to_write(topic)
    assert registry.schema_of(schema_id)["name"] == "Reject"
    other = Topic("weighbridge.test.schemas", "observation", 1)
    with pytest.raises(ContractError, match="refuses"):
        registry.register(other)


def test_a_broker_or_registry_that_is_away_is_retriable() -> None:
    """Nobody at the other end is a reason to wait, and the error says what to look at."""
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:1", registry_url="http://127.0.0.1:1")

    with pytest.raises(RetriableError):
        Registry(nowhere.registry_url).id_to_write(topics.exchange_topics()[0])
    with pytest.raises(RetriableError):
        deployed.plan(nowhere, topics.exchange_topics())
