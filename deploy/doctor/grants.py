"""What our user may do against what a member of its role needs: as the broker tells him, without a record.

Who may not look at grants may ask of each topic and group what he may do there. Of transactional ids
that cannot be asked: one is begun that no source has, which takes no other writer's place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AclOperation,
    ConsumerGroupDescription,
    TopicDescription,
)

from deploy.doctor import descriptions
from deploy.doctor.check import Finding, fail, ok, warn
from deploy.doctor.installation import Installation
from schemas.access import Grant, Resource
from schemas.runtime import clients
from schemas.runtime.failures import classified

# No source is called so: names of sources have no underscore.
_PROBE = "_doctor"
# Whoever may do one of the first may do the other; the settings of a topic tell nothing confidential.
_HARMLESS = {AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS}
_EVERYTHING = {AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE, AclOperation.ALTER}


def needed(installation: Installation) -> Iterator[Finding]:
    """Look whether each grant that is declared is there."""
    groups = _groups(installation)
    missing = 0
    for grant in installation.member.grants:
        if _lacks(installation, grant, groups):
            missing += 1
            yield fail(_told(grant), _remedy(installation))
    if not missing:
        yield ok(f"all {len(installation.member.grants)} grants are there")


def further(installation: Installation) -> Iterator[Finding]:
    """Look for what the user may do besides: another's rights, or everybody's."""
    found = {
        name: _allowed(topic)
        for name, topic in installation.known_topics.items()
        if isinstance(topic, TopicDescription)
    }
    if found and all(operations >= _EVERYTHING for operations in found.values()):
        yield warn(
            "this user may do everything: the broker checks nobody's rights, or it is an operator's",
            "give the broker an authoriser and each member a user of its own: see deploy/ACCESS.md",
        )
        return
    for name, operations in found.items():
        more = operations - _HARMLESS - _granted(installation, name)
        if more:
            listed = ", ".join(sorted(operation.name.lower() for operation in more))
            yield warn(f"may also {listed} topic {name}", "the operator takes away what is not needed")


def _lacks(installation: Installation, grant: Grant, groups: dict[str, bool]) -> bool:
    if grant.resource is Resource.TRANSACTIONAL_ID:
        return not _may_begin(installation, f"{grant.name}{_PROBE}")
    if grant.resource is Resource.GROUP:
        return not groups[grant.name]
    return any(
        topic == KafkaError.TOPIC_AUTHORIZATION_FAILED
        or (isinstance(topic, TopicDescription) and AclOperation[grant.operation.name] not in _allowed(topic))
        for topic in _topics(installation, grant)
    )


def _topics(installation: Installation, grant: Grant) -> Iterable[TopicDescription | int]:
    """Return what a grant is about; of what is missing nobody says who may use it."""
    return (topic for name, topic in installation.known_topics.items() if grant.covers(name))


def _allowed(found: TopicDescription | ConsumerGroupDescription) -> set[Any]:
    return set(found.authorized_operations or ())


def _groups(installation: Installation) -> dict[str, bool]:
    """Return of each group that is granted whether all is allowed that is needed there."""
    wanted = {
        grant.name: AclOperation[grant.operation.name]
        for grant in installation.member.grants
        if grant.resource is Resource.GROUP
    }
    found = descriptions.of_groups(installation.admin, wanted)
    # A group that nobody has used yet may not be there: only who may look at it is told so.
    return {
        name: group != KafkaError.GROUP_AUTHORIZATION_FAILED
        and (isinstance(group, int) or wanted[name] in _allowed(group))
        for name, group in found.items()
    }


def _may_begin(installation: Installation, transactional_id: str) -> bool:
    producer = clients.producer(installation.settings.kafka, transactional_id)
    try:
        producer.init_transactions(clients.REQUEST_TIMEOUT_SECONDS)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            return False
        raise classified(error, "begin a transaction") from None
    return True


def _granted(installation: Installation, name: str) -> set[AclOperation]:
    return {
        AclOperation[grant.operation.name]
        for grant in installation.member.grants
        if grant.resource is Resource.TOPIC and grant.covers(name)
    }


def _told(grant: Grant) -> str:
    more = " and what begins so" if grant.is_prefix else ""
    resource = grant.resource.replace("-", " ")
    return f"may not {grant.operation.lower()} {resource} {grant.name}{more}: {grant.reason}"


def _remedy(installation: Installation) -> str:
    member = installation.member
    return (
        f"the operator of the exchange: weighbridge topics acl --{member.role} {member.name} --format apply"
    )
