"""Commands that look for what is wrong: `weighbridge doctor ledger`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

doctor = typer.Typer(
    name="doctor",
    help="Find what is wrong, and say what to do.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@doctor.callback()
def noun() -> None:
    """Find what is wrong, and say what to do."""


@doctor.command(epilog="Example: `weighbridge doctor ledger --directory directory.toml`")
def ledger(
    directory: Annotated[Path, typer.Option(help="Members of the exchange: who may sign.")],
    bootstrap_servers: Annotated[str | None, typer.Option(help="Kafka brokers.")] = None,
    registry_url: Annotated[str | None, typer.Option(help="Schema registry.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
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
