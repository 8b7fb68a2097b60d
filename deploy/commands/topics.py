"""Commands over topics: `weighbridge topics plan|apply`."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.commands.options import AgencyOption, HubOption
from schemas import topics as contract

topics = typer.Typer(
    name="topics",
    help="Create the topics of an exchange, its agencies and hubs, or see what differs.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

PartitionsOption = Annotated[int, typer.Option(min=1, help="Partitions of the movements topic.")]
BrokersOption = Annotated[str | None, typer.Option(help="Kafka brokers.")]


@topics.command(epilog="Example: `weighbridge topics plan --agency GB-EA --hub north`")
def plan(
    agency: AgencyOption = None,
    hub: HubOption = None,
    partitions: PartitionsOption = contract.MOVEMENT_PARTITIONS,
    bootstrap_servers: BrokersOption = None,
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
    bootstrap_servers: BrokersOption = None,
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
