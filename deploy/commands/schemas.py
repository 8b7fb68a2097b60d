"""Commands over schemas: `weighbridge schemas check|plan|apply`."""

from __future__ import annotations

import typer

from deploy.commands.options import AgencyOption, HubOption
from schemas import topics as contract
from schemas.options import RegistryOption

schemas = typer.Typer(
    name="schemas",
    help="Check the schemas of this release, or register them for the topics of an exchange.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@schemas.command(epilog="Example: `weighbridge schemas check`")
def check() -> None:
    """Check compatibility, confidentiality classes, units and scales, without a registry.

    Exit status 1 means that something is wrong: use it in continuous integration.
    """
    from schemas import compatibility

    problems = compatibility.check()
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        raise typer.Exit(1)
    typer.echo(f"{len(compatibility.fingerprints())} schemas are compatible, annotated and as released")


@schemas.command(epilog="Example: `weighbridge schemas plan --agency GB-EA --hub north`")
def plan(agency: AgencyOption = None, hub: HubOption = None, registry_url: RegistryOption = None) -> None:
    """Print the subjects whose schema is not registered; exit 1 where there is one."""
    from schemas import settings
    from schemas.runtime.registry import Registry

    registry = Registry(settings.load(kafka={"registry_url": registry_url}).kafka)
    wanted = contract.all_topics(agency or (), hub or ())
    missing = [topic for topic in wanted if not registry.is_registered(topic)]
    for topic in missing:
        typer.echo(f"register {contract.subject(topic.name)}")
    raise typer.Exit(1 if missing else 0)


@schemas.command(epilog="Example: `weighbridge schemas apply --agency GB-EA --hub north`")
def apply(agency: AgencyOption = None, hub: HubOption = None, registry_url: RegistryOption = None) -> None:
    """Register the schema of each topic under FULL_TRANSITIVE compatibility."""
    from schemas import settings
    from schemas.runtime.registry import Registry

    registry = Registry(settings.load(kafka={"registry_url": registry_url}).kafka)
    for topic in contract.all_topics(agency or (), hub or ()):
        typer.echo(f"{contract.subject(topic.name)}: schema id {registry.register(topic)}")
