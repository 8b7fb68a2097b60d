"""Commands over sealed parts: `weighbridge sealed open`."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from consumers.sealed.writing import Format
from schemas.options import BootstrapOption, RegistryOption

sealed = typer.Typer(
    name="sealed",
    help="Open what other agencies sealed to this one, or shred what this one sealed.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@sealed.command(
    "open",
    epilog="Examples:\n\n`weighbridge sealed open --agency GB-EA --keys keys --directory directory.toml`\n\n"
    "`weighbridge sealed open --agency GB-EA --keys keys --directory directory.toml --released-only "
    "--format csv --out may-be-handed-on.csv`",
)
def open_parts(
    agency: Annotated[str | None, typer.Option(help="To whom it was sealed, such as GB-EA.")] = None,
    keys: Annotated[str | None, typer.Option(help="Where its keys lie.")] = None,
    directory: Annotated[Path | None, typer.Option(help="File of the members of the exchange.")] = None,
    released_only: Annotated[
        bool, typer.Option("--released-only", help="Only what is confidential no longer.")
    ] = False,
    file_format: Annotated[Format, typer.Option("--format", help="How to write.")] = Format.JSONL,
    out: Annotated[Path | None, typer.Option(help="File to write; default: stdout.")] = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """Write what was sealed to an agency, in clear, the last part of each event.

    `confidential_until` says when the law ends the confidentiality of a part; before that, and
    where it is empty, its text must not be handed on. What does not open is told on stderr, by its
    offset: its key was shredded, or it is not what its agency sealed.
    """
    from consumers.sealed import parts, writing
    from schemas import directory as directories
    from schemas import identity, settings
    from schemas.runtime import logs

    found = settings.load(
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url},
        agency={"id": agency, "keys": keys, "directory": directory},
    )
    us = found.agency.member()
    logs.configure()
    secrets, members = identity.load(us.keys), directories.load(us.directory)
    now = datetime.now(UTC)
    opened = (
        part
        for part in parts.opened(found.kafka, us.name, secrets, members)
        if not released_only or part.is_released(now)
    )
    with out.open("w", encoding="utf-8", newline="") if out else nullcontext(sys.stdout) as file:
        writing.write(opened, file, file_format, now)
