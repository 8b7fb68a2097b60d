"""Grants as they should be against grants as they are on a broker: what an operator plans and applies.

Only what is missing is added. What else a member may do is shown and left alone: who granted it is
not written anywhere.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from schemas.access import Grant, Member, Resource
from schemas.errors import ConfigurationError, RetriableError
from schemas.runtime import clients
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings

_EVERYBODY = "User:*"
_ANY_HOST = "*"
_RESOURCES = {
    Resource.TOPIC: ResourceType.TOPIC,
    Resource.GROUP: ResourceType.GROUP,
    Resource.TRANSACTIONAL_ID: ResourceType.TRANSACTIONAL_ID,
}


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One rule of a broker, in Kafka's own words."""

    principal: str
    permission: str
    operation: str
    resource: str
    pattern: str
    name: str
    host: str = _ANY_HOST

    def __str__(self) -> str:
        """Say the rule in a line."""
        host = "" if self.host == _ANY_HOST else f" from {self.host}"
        where = f"{self.resource} {self.pattern} {self.name}"
        return f"{self.principal} {self.permission} {self.operation} {where}{host}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What differs.

    Attributes:
        missing: What would be added.
        further: What members, or everybody, may do or may not do besides; it stays as it is.
    """

    missing: tuple[Rule, ...]
    further: tuple[Rule, ...]


def rules(members: Iterable[Member]) -> Iterator[Rule]:
    """Yield what members need."""
    for member in members:
        for grant in member.grants:
            yield _rule(member.principal, grant)


def plan(kafka: KafkaSettings, members: Iterable[Member]) -> Plan:
    """Return how the grants on a broker differ from what members need.

    Raises:
        ConfigurationError: The broker checks nobody's rights, or we may not look at them.
        RetriableError: The broker does not answer.
    """
    wanted = set(rules(members))
    concerned = {rule.principal for rule in wanted} | {_EVERYBODY}
    anything = AclBindingFilter(
        ResourceType.ANY,
        None,  # type: ignore[arg-type]  # None is any, whatever the stub says
        ResourcePatternType.ANY,
        None,  # type: ignore[arg-type]  # as above
        None,  # type: ignore[arg-type]  # as above
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    client = clients.admin(kafka)
    bindings = _answered(
        client.describe_acls(anything, request_timeout=clients.REQUEST_TIMEOUT_SECONDS).result
    )
    found = {rule for rule in map(_found, bindings) if rule.principal in concerned}
    return Plan(tuple(sorted(wanted - found)), tuple(sorted(found - wanted)))


def apply(kafka: KafkaSettings, planned: Plan) -> None:
    """Add what is missing; raises as `plan`."""
    if not planned.missing:
        return
    client = clients.admin(kafka)
    futures = client.create_acls(
        [_binding(rule) for rule in planned.missing], request_timeout=clients.REQUEST_TIMEOUT_SECONDS
    )
    for future in futures.values():
        _answered(future.result)


def commands(brokers: str, members: Iterable[Member]) -> Iterator[str]:
    """Yield the same as command lines of Kafka's own tool, one for each resource."""
    operations = defaultdict(list)
    for rule in rules(members):
        operations[rule.principal, rule.resource, rule.pattern, rule.name].append(rule.operation)
    for (principal, resource, pattern, name), granted in operations.items():
        words = [
            *("kafka-acls.sh", "--bootstrap-server", brokers, "--command-config", "operator.properties"),
            *("--add", "--allow-principal", principal),
            *(word for operation in granted for word in ("--operation", operation.title())),
            *(f"--{resource.lower().replace('_', '-')}", name),
            *("--resource-pattern-type", pattern.lower()),
        ]
        yield shlex.join(words)


def _rule(principal: str, grant: Grant) -> Rule:
    pattern = ResourcePatternType.PREFIXED if grant.is_prefix else ResourcePatternType.LITERAL
    return Rule(
        principal=principal,
        permission=AclPermissionType.ALLOW.name,
        operation=AclOperation[grant.operation.name].name,
        resource=_RESOURCES[grant.resource].name,
        pattern=pattern.name,
        name=grant.name,
    )


def _found(binding: Any) -> Rule:
    return Rule(
        principal=binding.principal,
        permission=binding.permission_type.name,
        operation=binding.operation.name,
        resource=binding.restype.name,
        pattern=binding.resource_pattern_type.name,
        name=binding.name,
        host=binding.host,
    )


def _binding(rule: Rule) -> Any:
    return AclBinding(
        ResourceType[rule.resource],
        rule.name,
        ResourcePatternType[rule.pattern],
        rule.principal,
        rule.host,
        AclOperation[rule.operation],
        AclPermissionType[rule.permission],
    )


def _answered(result: Callable[[float], Any]) -> Any:
    try:
        return result(clients.REQUEST_TIMEOUT_SECONDS * 2)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.SECURITY_DISABLED:
            raise ConfigurationError(
                "the broker checks nobody's rights",
                hint="give it an authorizer.class.name: see deploy/ACCESS.md",
            ) from error
        raise classified(error, "access") from error
    except TimeoutError as error:
        raise RetriableError("access: the broker does not answer", hint="is it up?") from error
