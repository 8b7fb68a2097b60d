"""The schema registry: whether it answers, and holds our schemas as this release writes them."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.doctor import reaching
from deploy.doctor.address import of_registry
from deploy.doctor.check import Finding, fail, ok, warn
from deploy.doctor.installation import Installation
from schemas import topics
from schemas.errors import ContractError
from schemas.runtime.registry import COMPATIBILITY, Registry

_SETTING = "kafka.registry_url"


def names(installation: Installation) -> Iterator[Finding]:
    """Look whether the name of the registry resolves."""
    return reaching.names([of_registry(installation.settings.kafka.registry_url)], _SETTING)


def ports(installation: Installation) -> Iterator[Finding]:
    """Look whether the registry listens."""
    return reaching.ports([of_registry(installation.settings.kafka.registry_url)], _SETTING)


def handshake(installation: Installation) -> Iterator[Finding]:
    """Look at the certificate that the registry shows."""
    kafka = installation.settings.kafka
    if kafka.registry_url.startswith("https:"):
        yield from reaching.handshakes(kafka.registry, [of_registry(kafka.registry_url)], "registry")
    else:
        yield ok("in clear: it holds nothing confidential, and what it returns is compared with this release")


def subjects(installation: Installation) -> Iterator[Finding]:
    """Look whether each schema is registered, and is this release's, with its classes."""
    registry, wanted = Registry(installation.settings.kafka), installation.wanted()
    missing, others = [], []
    for topic in wanted:
        try:
            registry.id_to_write(topic)
        except ContractError as error:
            if registry.versions(topic):
                others.append(_refused(registry, topic, error, _apply(installation)))
            else:
                missing.append(topics.subject(topic.name))
    yield from others
    if missing:
        yield fail(f"not registered: {', '.join(missing)}", _apply(installation))
    if found := len(wanted) - len(missing) - len(others):
        yield ok(f"{found} schemas are as this release writes them")


def compatibility(installation: Installation) -> Iterator[Finding]:
    """Look whether the registry would refuse schemas that older programs could not read."""
    registry = Registry(installation.settings.kafka)
    for topic in installation.wanted():
        if not registry.versions(topic):
            continue
        found = registry.compatibility(topic)
        if found != COMPATIBILITY.value:
            yield warn(
                f"{topics.subject(topic.name)} takes {found or 'anything'}, not only {COMPATIBILITY.value}",
                f"{_apply(installation)}; and let nobody else write to the registry",
            )


def _apply(installation: Installation) -> str:
    member = installation.member
    return f"the operator of the exchange: weighbridge schemas apply --{member.role} {member.name}"


def _refused(registry: Registry, topic: topics.Topic, error: ContractError, remedy: str) -> Finding:
    if registry.is_registered(topic):
        return fail(str(error), error.hint)
    return fail(
        f"{topics.subject(topic.name)} holds other schemas, and not what this release writes",
        f"{remedy}; where the registry refuses that, another release or another program wrote into it",
    )
