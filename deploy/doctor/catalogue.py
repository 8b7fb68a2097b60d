"""All checks in their order, each with those that must not have failed before it."""

from __future__ import annotations

from deploy.doctor import (
    broker,
    certificates,
    clock,
    disk,
    grants,
    keys,
    packages,
    registry,
    settings,
    topics,
)
from deploy.doctor.check import Check
from schemas.access import Role

_VALUES, _MEMBER = "settings.values", "settings.member"
_LOGIN, _REGISTRY = "broker.login", "registry.tls"

_SHARED = (
    Check("packages.names", packages.names),
    Check("packages.files", packages.files),
    Check("packages.versions", packages.versions),
    Check("settings.file", settings.file),
    Check("settings.names", settings.names, ("settings.file",)),
    Check("settings.variables", settings.variables),
    Check(_VALUES, settings.values, ("settings.file",)),
    Check(_MEMBER, settings.member, (_VALUES,)),
    Check("broker.credentials", certificates.of_broker, (_VALUES,)),
    Check("broker.name", broker.names, (_VALUES,)),
    Check("broker.port", broker.ports, ("broker.name",)),
    Check("broker.tls", broker.handshake, ("broker.credentials", "broker.port")),
    Check(_LOGIN, broker.login, ("broker.tls",)),
    Check("broker.listeners", broker.listeners, (_LOGIN,)),
    Check("topics.presence", topics.presence, (_LOGIN, _MEMBER)),
    Check("topics.configuration", topics.configuration, (_LOGIN, _MEMBER)),
    Check("topics.limits", topics.limits, (_LOGIN, _MEMBER)),
    Check("grants.needed", grants.needed, (_LOGIN, _MEMBER)),
    Check("grants.further", grants.further, (_LOGIN, _MEMBER)),
    Check("registry.credentials", certificates.of_registry, (_VALUES,)),
    Check("registry.name", registry.names, (_VALUES,)),
    Check("registry.port", registry.ports, ("registry.name",)),
    Check(_REGISTRY, registry.handshake, ("registry.credentials", "registry.port")),
    Check("registry.subjects", registry.subjects, (_REGISTRY, _MEMBER)),
    Check("registry.compatibility", registry.compatibility, (_REGISTRY, _MEMBER)),
    Check("clock.registry", clock.registry, (_REGISTRY,)),
    Check("clock.ledger", clock.ledger, (_LOGIN, _MEMBER)),
    Check("disk.temporary", disk.temporary),
    Check("keys.kept", keys.kept, (_VALUES,)),
    Check("keys.directory", keys.directory, (_VALUES,)),
    Check("keys.agreement", keys.agreement, ("keys.kept", "keys.directory", _MEMBER)),
)


def of_role(role: Role) -> tuple[Check, ...]:
    """Return what is looked at where a role is installed."""
    if role is not Role.HUB:
        return _SHARED
    # Its package is an extra, which no agency needs.
    from deploy.doctor import hub_file  # noqa: PLC0415  # see above

    return (
        *_SHARED,
        Check("disk.hub", disk.of_hub, (_VALUES,)),
        Check("hub.file", hub_file.opens, (_VALUES,)),
        Check("hub.cluster", hub_file.cluster, ("hub.file", _LOGIN)),
    )
