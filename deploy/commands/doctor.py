"""Commands that look for what is wrong: `weighbridge doctor agency|hub|ledger`."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.access import Role
from schemas.options import BootstrapOption, RegistryOption

if TYPE_CHECKING:
    from deploy.doctor.check import Result
    from deploy.doctor.installation import Installation

doctor = typer.Typer(
    name="doctor",
    help="Find what is wrong, and say what to do.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@doctor.callback()
def noun() -> None:
    """Find what is wrong, and say what to do."""


KeysOption = Annotated[str | None, typer.Option("--keys", help="Folder of the keys, or another key store.")]
DirectoryOption = Annotated[Path | None, typer.Option("--directory", help="Members of the exchange.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@doctor.command(
    epilog="Examples:\n\n"
    "`weighbridge doctor agency --agency US-EPA --keys keys --directory directory.toml`\n\n"
    "`weighbridge doctor agency --json | jq '.checks[] | select(.status == \"fail\")'`"
)
def agency(
    name: Annotated[str | None, typer.Option("--agency", help="Its name, such as US-EPA.")] = None,
    keys: KeysOption = None,
    directory: DirectoryOption = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at all that an agency's adapters need: settings, broker, grants, registry, clock, disk, keys.

    Give the options that `adapter run` gets, in the same folder, as the same user. Nothing is changed, no
    record is written, no secret is shown. Status 1 where anything does not work; warnings alone are status 0.
    """
    _examine(
        Role.AGENCY,
        as_json,
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url},
        agency={"id": name, "keys": keys, "directory": directory},
    )


@doctor.command(
    epilog="Examples:\n\n"
    "`weighbridge doctor hub --name north --file north.duckdb --directory directory.toml`\n\n"
    "`weighbridge doctor hub --json | jq .status`"
)
def hub(
    name: Annotated[str | None, typer.Option(help="Name of the hub.")] = None,
    file: Annotated[Path | None, typer.Option(help="The hub's file.")] = None,
    keys: KeysOption = None,
    directory: DirectoryOption = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at all that a hub needs, also at its file, whether the hub runs or not.

    Give the options that `hub run` gets, in the same folder, as the same user. Nothing is changed, no record
    is written, no secret is shown. Status 1 where anything does not work; warnings alone are status 0.
    """
    _examine(
        Role.HUB,
        as_json,
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url},
        hub={
            "name": name,
            "file": file,
            "directory": directory,
            "release": None if keys is None else {"keys": keys},
        },
    )


@doctor.command(epilog="Example: `weighbridge doctor ledger --directory directory.toml`")
def ledger(
    directory: Annotated[Path, typer.Option(help="Members of the exchange: who may sign.")],
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold every record of the ledger against the signatures; exit 1 where anything is wrong.

    Found: a record that is forged, altered, removed or repeated, and a signature that is missing, repeated,
    exchanged or nobody's. What was cut off at the end of a chain shows with the next signature of its writer.
    """
    from deploy import ledger as checking
    from schemas import directory as directories
    from schemas import settings

    found = settings.load(kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url})
    findings = checking.check(found.kafka, directories.load(directory))
    if as_json:
        problems = [
            {"agency": agency, "reason": reason, **asdict(problem)}
            for (agency, reason), problem in sorted(findings.problems.items())
        ]
        typer.echo(json.dumps({"records": findings.records, "problems": problems}))
    else:
        for agency, count in sorted(findings.records.items()):
            typer.echo(f"{agency}: {count} records are signed, each once")
        for (agency, reason), problem in sorted(findings.problems.items()):
            places = ", ".join(f"{partition}:{offset}" for partition, offset in problem.places)
            where = f" ({problem.topic} {places})" if places else ""
            typer.echo(f"{agency}: {problem.count} x {reason}{where}: {problem.hint}")
    raise typer.Exit(1 if findings.problems else 0)


def _examine(role: Role, as_json: bool, **flags: dict[str, Any]) -> None:
    """Look at an installation, print what was found, and end with status 1 where anything does not work."""
    from rich.console import Console

    from deploy.doctor import effective, given, report
    from deploy.doctor.installation import Installation
    from schemas.errors import EXIT_FAILURE
    from schemas.runtime import logs

    installation = Installation(role, given.read(flags))
    # What clients log of an exchange that is not well is what the checks tell.
    logs.configure(StringIO())
    results = _results(installation)
    settings = [*effective.effective(installation)]
    if as_json:
        typer.echo(json.dumps(report.as_json(installation, settings, results)))
    else:
        report.show(Console(markup=False, highlight=False, soft_wrap=True), settings, results)
    raise typer.Exit(EXIT_FAILURE if report.has_failed(results) else 0)


def _results(installation: Installation) -> list[Result]:
    """Run all checks; at a terminal the one that is under way is shown."""
    from rich.console import Console

    from deploy.doctor import catalogue, check

    checks, found = catalogue.of_role(installation.role), []
    console = Console(stderr=True)
    with console.status("looking") if console.is_terminal else nullcontext() as status:
        for result in check.results(checks, installation):
            found.append(result)
            if status is not None and len(found) < len(checks):
                status.update(f"looking at {checks[len(found)].name}")
    return found
