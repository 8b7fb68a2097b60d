"""Commands of an agency: `weighbridge adapter list|check|convert|run`."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from producers.conformance.cli import check
from producers.options import (
    AgencyOption,
    DirectoryOption,
    DryRunOption,
    GroupsOption,
    KeysOption,
    ReportOption,
    SetOption,
    SourceArgument,
    SourceIdOption,
    named_values,
)
from producers.printing import print_events, printed
from schemas.errors import EXIT_FAILURE, ConfigurationError
from schemas.options import BootstrapOption, RegistryOption
from schemas.plain import utc

if TYPE_CHECKING:
    from producers.convert import Converted
    from schemas.identity import Keys

adapter = typer.Typer(
    name="adapter",
    help="Turn an agency's documents into movement events and publish them.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

adapter.command(
    "check",
    epilog="Examples:\n\n`weighbridge adapter check us-emanifest samples/`\n\n"
    "`weighbridge adapter check my_package.adapter:MyAdapter samples/ --mutants 100000`",
)(check)


def _existing(files: list[Path]) -> list[Path]:
    """Check the files here: typer would look for a file that is named `-`."""
    from producers.convert import STDIN

    for file in files:
        if file != STDIN and not file.is_file():
            remedy = f"name its files: {file}/*" if file.is_dir() else "look at its name"
            raise typer.BadParameter(f"{file} is no file: {remedy}")
    return files


@adapter.command("list", epilog="Example: `weighbridge adapter list`")
def list_adapters() -> None:
    """Show the installed adapters, their formats and the values they take."""
    from rich.console import Console
    from rich.table import Table

    from producers import adapter as adapters

    table = Table("adapter", "reads", "agency", "--set")
    for name, found in adapters.available().items():
        table.add_row(name, found.source_format, found.default_agency, ", ".join(found.settings))
    Console().print(table)


@adapter.command(
    epilog="Examples:\n\n`weighbridge adapter convert us-emanifest manifest.json`\n\n"
    "`weighbridge adapter convert uk-packaging --set organisation=ORG1 --set registration=R1 "
    "--set uploaded_at=2026-04-02T11:31:06Z rows.json > events.jsonl`"
)
def convert(
    name: Annotated[str, typer.Argument(metavar="ADAPTER", help="See `weighbridge adapter list`.")],
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", callback=_existing, help="Documents; - reads stdin."),
    ],
    values: SetOption = None,
    keys: KeysOption = None,
    groups: GroupsOption = None,
    agency: AgencyOption = None,
    findings: Annotated[
        Path | None, typer.Option(help="Write findings here as JSON lines instead of to stderr.")
    ] = None,
    report: ReportOption = None,
) -> None:
    """Print the events of documents as JSON lines, without a broker.

    Findings go to stderr. Exit status 1 means that at least one document was rejected.
    """
    from producers import adapter as adapters
    from producers.convert import converted
    from producers.groups import NO_GROUPS, load
    from producers.report.report import reporting

    for option, written in (("--findings", findings), ("--report", report)):
        if written is not None and any(written.resolve() == file.resolve() for file in files):
            raise ConfigurationError(f"{option} names a document", hint="name a file of its own")
    chosen = adapters.create(name, named_values(values))
    secrets, known = _keys(keys), load(groups) if groups is not None else NO_GROUPS
    is_rejected = False
    opened = findings.open("w", encoding="utf-8") if findings else nullcontext(sys.stderr)
    with opened as told, reporting(report) as tell:
        for item in converted(chosen, agency or chosen.default_agency, secrets, files, known):
            is_rejected |= item.outcome.is_rejected
            tell(item.file, item.outcome)
            _print_outcome(item, told)
    raise typer.Exit(EXIT_FAILURE if is_rejected else 0)


@adapter.command(
    epilog="Examples:\n\n`weighbridge adapter run us-emanifest inbox/ --agency US-EPA --keys keys/ "
    "--directory directory.toml`\n\n"
    "`weighbridge adapter run us-emanifest emanifest.toml --keys keys/ --directory directory.toml`\n\n"
    "`zcat day.json.gz | weighbridge adapter run us-emanifest - --keys keys/ --directory directory.toml`\n\n"
    "`weighbridge adapter run fr-registry inbox/ --keys keys/ --directory directory.toml --reharmonise "
    "--since 2026-03-01 --dry-run`"
)
def run(
    name: Annotated[str, typer.Argument(metavar="ADAPTER", help="See `weighbridge adapter list`.")],
    source: SourceArgument,
    values: SetOption = None,
    keys: KeysOption = None,
    directory: DirectoryOption = None,
    groups: GroupsOption = None,
    agency: AgencyOption = None,
    source_id: SourceIdOption = None,
    once: Annotated[bool, typer.Option("--once", help="Stop when everything is read.")] = False,
    reharmonise: Annotated[
        bool,
        typer.Option(
            "--reharmonise",
            help="After a repaired adapter or mapping: read again what was read, and publish what it says "
            "otherwise now as a higher edition; implies --once.",
        ),
    ] = False,
    since: Annotated[
        datetime | None, typer.Option(help="With --reharmonise: only what was delivered since, UTC.")
    ] = None,
    dry_run: DryRunOption = False,
    report: ReportOption = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
    metrics_port: Annotated[int | None, typer.Option(help="Prometheus port; 0 for none.")] = None,
    health_file: Annotated[Path | None, typer.Option(help="Touched whenever the loop turns.")] = None,
) -> None:
    """Publish every new or changed document of a source, exactly once, until stopped; stdin until its end.

    A source has one writer: a run that starts takes the place of the one before, which ends
    with status 3. A dry run leaves it alone.
    """
    from producers.assembly import Assignment
    from producers.report.report import reporting
    from producers.selection import Selection

    if since is not None and not reharmonise:
        raise ConfigurationError("--since goes with --reharmonise", hint="new documents are read whenever")
    with reporting(report) as tell:
        done = Assignment(
            adapter=name,
            source=source,
            values=named_values(values),
            keys=keys,
            directory=directory,
            groups=groups,
            agency=agency,
            source_id=source_id,
            bootstrap_servers=bootstrap_servers,
            registry_url=registry_url,
            metrics_port=0 if dry_run else metrics_port,
            health_file=health_file,
            selection=Selection(since=utc(since)) if reharmonise else None,
            is_rehearsal=dry_run,
            on_outcome=printed(tell) if dry_run else tell,
        ).run(once=once or reharmonise or dry_run)
    typer.echo(json.dumps(asdict(done)), err=dry_run)


def _keys(place: str | None) -> Keys:
    from schemas import identity

    if place is not None:
        return identity.load(place)
    typer.echo(
        "Using the demonstration keys, which protect nothing: `weighbridge keys create` makes real ones.",
        err=True,
    )
    return identity.DEMONSTRATION_KEYS


def _print_outcome(item: Converted, told: TextIO) -> None:
    print_events(item.outcome)
    for finding in item.outcome.findings:
        typer.echo(json.dumps({"file": item.file, **asdict(finding)}), file=told)
