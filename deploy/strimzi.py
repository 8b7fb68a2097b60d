"""Topics and users of an exchange as resources of Strimzi, the operator that runs Kafka on Kubernetes.

They say the same as `weighbridge topics apply` and `weighbridge topics acl` do on any cluster.
Strimzi gives a user the principal User:NAME, or User:CN=NAME where it has a certificate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from deploy import topics as deployed
from schemas import topics as contract
from schemas.access import Grant, Member, Resource, Role
from schemas.errors import ConfigurationError
from schemas.topics import Topic

# Since Strimzi 1.0 the only version.
_API = "kafka.strimzi.io/v1"
_RESOURCES = {
    Resource.TOPIC: "topic",
    Resource.GROUP: "group",
    Resource.TRANSACTIONAL_ID: "transactionalId",
}
# What Kubernetes takes as a name, and a certificate as its subject's.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

Manifest = dict[str, Any]


def topics(cluster: str, members: Sequence[Member], partitions: int, replicas: int) -> Iterator[Manifest]:
    """Yield a KafkaTopic for each topic that everybody shares, and for each of some members.

    Args:
        cluster: Name of Strimzi's Kafka resource.
        members: Agencies and hubs; subscribers have no topics.
        partitions: Of the movements topic, which never changes afterwards.
        replicas: Of each topic.
    """
    names = {role: [member.name for member in members if member.role is role] for role in Role}
    for topic in contract.all_topics(names[Role.AGENCY], names[Role.HUB], partitions):
        yield _topic(cluster, topic, replicas)


def users(cluster: str, members: Iterable[Member], authentication: str) -> Iterator[Manifest]:
    """Yield a KafkaUser with the grants of each member; `authentication` as Strimzi names it.

    Raises:
        ConfigurationError: A member's name is none in Kubernetes.
    """
    for member in members:
        yield {
            **_head("KafkaUser", cluster, _user_name(member)),
            "spec": {
                "authentication": {"type": authentication},
                "authorization": {"type": "simple", "acls": [_rule(grant) for grant in member.grants]},
            },
        }


def _topic(cluster: str, topic: Topic, replicas: int) -> Manifest:
    return {
        **_head("KafkaTopic", cluster, topic.name),
        "spec": {
            "topicName": topic.name,
            "partitions": topic.partitions,
            "replicas": replicas,
            "config": deployed.config(topic, replicas),
        },
    }


def _rule(grant: Grant) -> Manifest:
    return {
        "type": "allow",
        "resource": {
            "type": _RESOURCES[grant.resource],
            "name": grant.name,
            "patternType": "prefix" if grant.is_prefix else "literal",
        },
        "operations": [grant.operation.value],
    }


def _head(kind: str, cluster: str, name: str) -> Manifest:
    labels = {"strimzi.io/cluster": cluster}
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name, "labels": labels}}


def _user_name(member: Member) -> str:
    name = member.principal.removeprefix("User:")
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name of a KafkaUser",
            hint="small letters, digits and hyphens within, at most 63",
        )
    return name
