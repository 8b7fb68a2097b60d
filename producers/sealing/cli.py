"""The command `weighbridge sealed shred`."""

from __future__ import annotations

import json
import re
from typing import Annotated

import typer

from producers.options import AgencyOption, DirectoryOption, KeysOption
from schemas.errors import ConfigurationError
from schemas.options import BootstrapOption, RegistryOption

_QUARTER = re.compile(r"[0-9]{4}-Q[1-4]")


def shred(
    company: Annotated[
        str,
        typer.Option(metavar="SCHEME:ID", help="As its system names it, such as US-EPA-SITE:VAD000000001."),
    ],
    quarter: Annotated[
        str | None, typer.Option(help="Only what happened in this quarter, such as 2026-Q3; default: all.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be done.")] = False,
    agency: AgencyOption = None,
    keys: KeysOption = None,
    directory: DirectoryOption = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """End every copy of a company's data keys: what was sealed with them opens from the topics no more.

    A company that the table agency.groups says is one with others ends together with them.

    It cannot be undone. The agency's adapters end with status 3 and have to be started again.
    The broker drops the copies within a day. A recipient that opened something before may have kept it.

    Examples: `weighbridge sealed shred --company US-EPA-SITE:VAD000000001 --agency US-EPA --keys keys
    --directory directory.toml`, then the same with `--yes`
    """
    from producers import groups
    from producers.sealing.shredding import Shredding
    from producers.statement import Company
    from schemas import directory as directories
    from schemas import identity, settings
    from schemas.runtime import logs

    scheme, separator, identifier = company.partition(":")
    if not separator:
        raise ConfigurationError("--company takes SCHEME:ID", hint="such as US-EPA-SITE:VAD000000001")
    if quarter is not None and not _QUARTER.fullmatch(quarter):
        raise ConfigurationError("--quarter takes a year and a quarter", hint="such as 2026-Q3")
    found = settings.load(
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url},
        agency={"id": agency, "keys": keys, "directory": directory},
    )
    us, table = found.agency.member(), found.agency.groups
    logs.configure()
    shredding = Shredding(found.kafka, us.name, identity.load(us.keys), directories.load(us.directory))
    step = shredding.shred if yes else shredding.plan
    known = groups.load(table) if table is not None else groups.NO_GROUPS
    names = sorted(known.names_of(Company(scheme, identifier)))
    ended = [item for name in names for item in step(name, quarter)]
    for item in ended:
        told = {"quarter": item.quarter, "key_id": item.key_id.hex(), "recipients": item.recipients}
        typer.echo(json.dumps({"shredded": yes, **told}))
    if not ended:
        typer.echo("No data key of this company is there.", err=True)
    elif not yes:
        typer.echo("Nothing was shredded yet: give --yes.", err=True)
