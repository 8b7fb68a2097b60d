"""Commands of an agency: `weighbridge adapter list|check|convert|run`."""

from __future__ import annotations

import json
import re
import signal
import sys
import threading
from contextlib import nullcontext
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from producers.conformance.cli import check
from producers.options import AgencyOption, KeysOption, ReportOption, SetOption, named_values
from schemas.errors import EXIT_FAILURE, ConfigurationError

if TYPE_CHECKING:
    from producers.convert import Converted
    from producers.sources.source import Source
    from schemas.identity import Keys
    from schemas.settings import SourceSettings

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

_STDIN = Path("-")
# It is part of the transactional id and of record keys.
_SOURCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")


def _existing(files: list[Path]) -> list[Path]:
    """Check the files here: typer would look for a file that is named `-`."""
    from producers.convert import STDIN

    for file in files:
        if file != STDIN and not file.is_file():
            raise typer.BadParameter(f"{file} is no file")
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
    from producers.report.report import reporting

    for option, written in (("--findings", findings), ("--report", report)):
        if written is not None and any(written.resolve() == file.resolve() for file in files):
            raise ConfigurationError(f"{option} names a document", hint="name a file of its own")
    chosen = adapters.create(name, named_values(values))
    secrets = _keys(keys)
    is_rejected = False
    opened = findings.open("w", encoding="utf-8") if findings else nullcontext(sys.stderr)
    with opened as told, reporting(report) as tell:
        for item in converted(chosen, agency or chosen.default_agency, secrets, files):
            is_rejected |= item.outcome.is_rejected
            tell(item.file, item.outcome)
            _print_outcome(item, told)
    raise typer.Exit(EXIT_FAILURE if is_rejected else 0)


@adapter.command(
    epilog="Examples:\n\n`weighbridge adapter run us-emanifest inbox/ --agency US-EPA --keys keys/`\n\n"
    "`weighbridge adapter run us-emanifest emanifest.toml --keys keys/`\n\n"
    "`zcat day.json.gz | weighbridge adapter run us-emanifest - --keys keys/`"
)
def run(
    name: Annotated[str, typer.Argument(metavar="ADAPTER", help="See `weighbridge adapter list`.")],
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="Folder of documents, - for stdin, or a .toml file that describes another source.",
        ),
    ],
    values: SetOption = None,
    keys: KeysOption = None,
    agency: AgencyOption = None,
    source_id: Annotated[
        str | None, typer.Option(help="Stable name of this source; default: the adapter's name.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop when everything is read.")] = False,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Kafka brokers.")] = None,
    registry_url: Annotated[str | None, typer.Option(help="Schema registry.")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="Prometheus port; 0 for none.")] = None,
    health_file: Annotated[Path | None, typer.Option(help="Touched whenever the loop turns.")] = None,
) -> None:
    """Publish every new or changed document of a source, exactly once, until stopped; stdin until its end."""
    from producers import adapter as adapters
    from producers.run import Run, keep_running
    from schemas import identity, settings
    from schemas.runtime import logs
    from schemas.runtime.health import Health
    from schemas.runtime.metrics import Metrics

    if source_id is not None and not _SOURCE_ID.fullmatch(source_id):
        raise ConfigurationError(
            "--source-id takes up to 64 letters, digits, dots and hyphens", hint="such as --source-id inbox-1"
        )
    adapter_values = named_values(values)
    chosen = adapters.create(name, adapter_values)
    found = settings.load(
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url},
        agency={"id": agency, "keys": keys, "metrics_port": metrics_port},
    )
    agency_settings = found.agency.model_copy(update={"id": found.agency.id or chosen.default_agency})
    if agency_settings.keys is None:
        raise ConfigurationError("no keys", hint="weighbridge keys create --out keys, then --keys keys")
    logs.configure(agency=str(agency_settings.id))
    metrics, stop = Metrics(), threading.Event()
    metrics.serve(agency_settings.metrics_host, agency_settings.metrics_port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    secrets = identity.load(agency_settings.keys)

    def prepared() -> Run:
        return Run(
            adapter=chosen,
            values=adapter_values,
            source=_source(source, found.source),
            agency=agency_settings,
            kafka=found.kafka,
            keys=secrets,
            source_id=source_id or name,
            metrics=metrics,
            health=Health(health_file),
            stop=stop,
        )

    totals = keep_running(prepared, stop, once=once or source == _STDIN)
    typer.echo(json.dumps(asdict(totals)))


def _source(place: Path, secrets: SourceSettings) -> Source:
    if place == _STDIN:
        from producers.sources.stdin import Stdin

        # Without a buffer; descriptor 0 is stdin.
        return Stdin(FileIO(0, closefd=False))
    if place.suffix.lower() == ".toml":
        from producers.sources.choice import described

        return described(place, secrets)
    from producers.sources.folder import Folder

    return Folder(place)


def _keys(folder: Path | None) -> Keys:
    from schemas import identity

    if folder is not None:
        return identity.load(folder)
    typer.echo(
        "Using the demonstration keys, which protect nothing: `weighbridge keys create` makes real ones.",
        err=True,
    )
    return identity.DEMONSTRATION_KEYS


def _print_outcome(item: Converted, told: TextIO) -> None:
    from producers.convert import event_json

    for event in item.outcome.events:
        typer.echo(json.dumps(event_json(event)))
    for finding in item.outcome.findings:
        typer.echo(json.dumps({"file": item.file, **asdict(finding)}), file=told)
