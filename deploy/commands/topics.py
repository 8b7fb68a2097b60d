"""Commands over topics: `weighbridge topics plan|apply|acl|strimzi|copy`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import AgencyOption, HubOption
from schemas import topics as contract
from schemas.access import Member, Role, shared_principals
from schemas.errors import ConfigurationError
from schemas.options import BootstrapOption

topics = typer.Typer(
    name="topics",
    help="Create the topics of an exchange, its agencies and hubs, grant access, or see what differs.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

PartitionsOption = Annotated[int, typer.Option(min=1, help="Partitions of the movements topic.")]


@topics.command(epilog="Example: `weighbridge topics plan --agency GB-EA --hub north`")
def plan(
    agency: AgencyOption = None,
    hub: HubOption = None,
    partitions: PartitionsOption = contract.MOVEMENT_PARTITIONS,
    bootstrap_servers: BootstrapOption = None,
) -> None:
    """Print what differs from the topics as they should be; exit 1 where anything does."""
    from deploy import topics as admin
    from schemas import settings

    found = settings.load(kafka={"bootstrap_servers": bootstrap_servers})
    steps = admin.plan(found.kafka, contract.all_topics(agency or (), hub or (), partitions))
    for step in steps:
        typer.echo(f"{step.action} {step.topic.name}: {step.detail}")
    raise typer.Exit(1 if steps else 0)


@topics.command(epilog="Example: `weighbridge topics apply --agency GB-EA --hub north`")
def apply(
    agency: AgencyOption = None,
    hub: HubOption = None,
    partitions: PartitionsOption = contract.MOVEMENT_PARTITIONS,
    bootstrap_servers: BootstrapOption = None,
) -> None:
    """Create and configure topics; what is already right stays as it is."""
    from deploy import topics as admin
    from schemas import settings

    found = settings.load(kafka={"bootstrap_servers": bootstrap_servers})
    steps = admin.apply(found.kafka, contract.all_topics(agency or (), hub or (), partitions))
    for step in steps:
        typer.echo(f"{step.action} {step.topic.name}: {step.detail}")
    if not steps:
        typer.echo("nothing to do")


MemberAgencyOption = Annotated[list[str] | None, typer.Option("--agency", help="An agency; repeat for more.")]
MemberHubOption = Annotated[list[str] | None, typer.Option("--hub", help="A hub; repeat for more.")]
SubscriberOption = Annotated[
    list[str] | None,
    typer.Option("--subscriber", help="Somebody who reads what is published; repeat for more."),
]


class Format(StrEnum):
    """What becomes of the grants."""

    COMMANDS = "commands"
    JSON = "json"
    PLAN = "plan"
    APPLY = "apply"


@topics.command(
    epilog="Examples:\n\n"
    "`weighbridge topics acl --agency US-EPA --hub north-1` for User:us-epa and User:north-1\n\n"
    '`weighbridge topics acl --agency US-EPA --principal "User:CN=adapter,O=US EPA" --format apply`'
)
def acl(
    agency: MemberAgencyOption = None,
    hub: MemberHubOption = None,
    subscriber: SubscriberOption = None,
    principal: Annotated[
        list[str] | None,
        typer.Option(
            help="Under which principal they connect, one for each, agencies first, then hubs, then "
            "subscribers; default: User: and the name in small letters."
        ),
    ] = None,
    output: Annotated[
        Format,
        typer.Option(
            "--format", help="Kafka's own commands, JSON, what a broker lacks, or show that and add it."
        ),
    ] = Format.COMMANDS,
    bootstrap_servers: BootstrapOption = None,
) -> None:
    """Grant agencies, hubs and subscribers the least that they need; nothing is ever taken away.

    `plan` exits with 1 where anything differs.
    """
    from deploy import access
    from schemas import settings

    members = _members(agency or [], hub or [], subscriber or [], principal or [])
    kafka = settings.load(kafka={"bootstrap_servers": bootstrap_servers}).kafka
    if output is Format.COMMANDS:
        for line in access.commands(kafka.bootstrap_servers, members):
            typer.echo(line)
    elif output is Format.JSON:
        typer.echo(json.dumps(list(_described(members)), indent=2))
    else:
        planned = access.plan(kafka, members)
        for rule in planned.missing:
            typer.echo(f"add {rule}")
        for rule in planned.further:
            typer.echo(f"not needed, stays: {rule}")
        if output is Format.APPLY:
            access.apply(kafka, planned)
        elif planned.missing or planned.further:
            raise typer.Exit(1)


class Authentication(StrEnum):
    """How Strimzi's users log in: with a certificate of Strimzi or of another authority, or a password."""

    TLS = "tls"
    TLS_EXTERNAL = "tls-external"
    SCRAM_SHA_512 = "scram-sha-512"


@topics.command(
    epilog="Examples:\n\n"
    "`weighbridge topics strimzi --cluster exchange --agency US-EPA --hub north > exchange.yaml`, then "
    "`kubectl apply -n kafka -f exchange.yaml`\n\n"
    "`weighbridge topics strimzi --cluster exchange --subscriber ngo --authentication scram-sha-512`"
)
def strimzi(
    cluster: Annotated[str, typer.Option(help="Name of Strimzi's Kafka resource.")],
    agency: MemberAgencyOption = None,
    hub: MemberHubOption = None,
    subscriber: SubscriberOption = None,
    authentication: Annotated[
        Authentication, typer.Option(help="How the members log in.")
    ] = Authentication.TLS,
    partitions: PartitionsOption = contract.MOVEMENT_PARTITIONS,
    replicas: Annotated[
        int, typer.Option(min=1, help="Replicas of each topic: three, or as many as there are brokers.")
    ] = 3,
) -> None:
    """Print the topics and users of an exchange as YAML for Strimzi, which runs Kafka on Kubernetes.

    Give all members each time. Whoever deletes one of these KafkaTopics deletes all that is in it.
    """
    import yaml  # type: ignore[import-untyped]  # it brings no types

    from deploy import strimzi as resources

    members = _members(agency or [], hub or [], subscriber or [], [])
    documents = [
        *resources.topics(cluster, members, partitions, replicas),
        *resources.users(cluster, members, authentication.value),
    ]
    typer.echo(yaml.safe_dump_all(documents, sort_keys=False), nl=False)


@topics.command(
    epilog="Examples:\n\n`weighbridge topics copy --source old.toml --target new.toml --dry-run`\n\n"
    "`weighbridge topics copy --source old.toml --target new.toml`"
)
def copy(
    source: Annotated[Path, typer.Option(help="Settings with a section kafka: the cluster to copy from.")],
    target: Annotated[Path, typer.Option(help="The same of the cluster to copy to.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check both, show what there is to copy, and change nothing.")
    ] = False,
) -> None:
    """Copy all topics of an exchange to another cluster, so that what is signed and released holds there.

    Movements, signatures, figures and releases keep their offsets; everything keeps keys, values, headers and
    times. At the end all is compared. Stopped or broken off, it goes on when it is run again. Nobody may
    write to either cluster meanwhile, and the target's registry has to have
    the same schemas under the same ids.
    """
    from deploy.copying.clusters import cluster
    from deploy.copying.copying import Copying
    from schemas.runtime import bar

    copying = Copying(cluster(source), cluster(target))
    if dry_run:
        for part in copying.planned():
            kept = "offsets kept" if part.is_exact else "order kept"
            typer.echo(f"copy {part.topic} {part.number}: {part.end} offsets, {kept}")
        return
    with bar.shown("Copying") as copying.show:
        count = copying.copy()
    typer.echo(f"{count} records are the same at both")


def _members(
    agencies: list[str], hubs: list[str], subscribers: list[str], principals: list[str]
) -> list[Member]:
    roles = [
        *((Role.AGENCY, name) for name in agencies),
        *((Role.HUB, name) for name in hubs),
        *((Role.SUBSCRIBER, name) for name in subscribers),
    ]
    if not roles:
        raise ConfigurationError("nobody to grant anything", hint="give --agency, --hub or --subscriber")
    if principals and len(principals) != len(roles):
        raise ConfigurationError(
            f"{len(principals)} principals for {len(roles)} members",
            hint="give --principal for each, or none",
        )
    chosen = principals or [f"User:{name.lower()}" for _, name in roles]
    if any(not item.startswith("User:") or item in {"User:", "User:*"} for item in chosen):
        raise ConfigurationError(
            "a principal is User: and a name",
            hint="such as User:us-epa, or User: and the subject of a certificate; never everybody",
        )
    members = [Member(*role, item) for role, item in zip(roles, chosen, strict=True)]
    if shared := shared_principals(members):
        raise ConfigurationError(
            f"{', '.join(shared)} would be several members",
            hint="give each a principal of its own: a hub must not be able to write what agencies write",
        )
    return members


def _described(members: list[Member]) -> Iterator[dict[str, object]]:
    for member in members:
        for grant in member.grants:
            yield {"principal": member.principal, "role": member.role, "member": member.name} | asdict(grant)
