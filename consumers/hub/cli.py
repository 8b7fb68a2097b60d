"""Commands of a hub: `weighbridge hub run|status|sql|backup`."""

from __future__ import annotations

import json
import os
import threading
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.options import BootstrapOption, RegistryOption

hub = typer.Typer(
    name="hub",
    help="Store the movements of all agencies in one file, and look into it.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_COLUMNS_MAX = 10_000

FileOption = Annotated[Path | None, typer.Option("--file", help="The hub's file.")]
UntilEndOption = Annotated[bool, typer.Option("--until-end", help="Stop at what is there now.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@hub.command(
    epilog="Examples:\n\n`weighbridge hub run --name north --file north.duckdb --directory directory.toml`"
    "\n\n`weighbridge hub run --until-end`"
)
def run(
    name: Annotated[str | None, typer.Option(help="Name of the hub.")] = None,
    file: FileOption = None,
    directory: Annotated[Path | None, typer.Option(help="Members of the exchange: who may sign.")] = None,
    until_end: UntilEndOption = False,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
    metrics_port: Annotated[int | None, typer.Option(help="Prometheus port; 0 for none.")] = None,
    health_file: Annotated[Path | None, typer.Option(help="Touched whenever the loop turns.")] = None,
) -> None:
    """Store every movement event, each exactly once, until stopped."""
    # The file holds every company's volumes.
    os.umask(0o077)
    from consumers.hub.hub import Hub
    from schemas import directory as directories
    from schemas import settings
    from schemas.errors import ConfigurationError, ShutdownRequested
    from schemas.runtime import bar, expiry, logs
    from schemas.runtime.health import Health
    from schemas.runtime.metrics import Metrics
    from schemas.runtime.stopping import stop_when_told
    from schemas.runtime.watchdog import watched

    found = settings.load(
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url},
        hub={"name": name, "file": file, "directory": directory, "metrics_port": metrics_port},
    )
    if found.hub.directory is None:
        raise ConfigurationError(
            "no directory of the exchange", hint="give --directory: a hub counts what its members have signed"
        )
    members = directories.load(found.hub.directory)
    # First of all: what is logged then stands above the bar.
    with bar.shown("Reading the ledger") as show:
        logs.configure(hub=found.hub.name)
        metrics, stop = Metrics(), threading.Event()
        health = Health(health_file, metrics)
        metrics.serve(found.hub.metrics_host, found.hub.metrics_port)
        expiry.show_certificates(metrics, found.kafka)
        stop_when_told(stop, health)
        running = Hub(
            settings=found.hub,
            kafka=found.kafka,
            directory=members,
            metrics=metrics,
            health=health,
            stop=stop,
            show=show,
        )
        with watched(health, stop), closing(running), suppress(ShutdownRequested):
            running.open()
            running.run(until_end=until_end)
    typer.echo(json.dumps(asdict(running.totals)))


@hub.command(epilog="Example: `weighbridge hub status --file north.duckdb --json`")
def status(file: FileOption = None, as_json: JsonOption = False) -> None:
    """Show how far the hub is and how much its file holds, whether it runs or not."""
    from schemas.reasons import HINTS, Reason

    answer = _asked(file, "status")
    if as_json:
        typer.echo(json.dumps(answer))
        return
    reasons = answer.pop("reasons")
    for name, value in answer.items():
        typer.echo(f"{name:20} {json.dumps(value) if isinstance(value, dict) else value}")
    for reason, count in reasons.items():
        typer.echo(f"  {count} x {reason}: {HINTS[Reason(reason)]}")


@hub.command(
    epilog="Example: `weighbridge hub sql 'SELECT material, sum(mass_g) FROM contributions GROUP BY ALL'`"
)
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT statement of DuckDB's SQL.")],
    file: FileOption = None,
    as_json: JsonOption = False,
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="At most this many rows.")] = 1_000,
) -> None:
    """Ask the tables and views of the hub; nothing is ever changed. What it shows is confidential.

    Views: movement, latest, facts, uncounted, contributions, changes_since(as_of), behind; pairs, links,
    families, taken_back, orphans(), lifecycle, progress, overdue(), outcomes, treatments;
    uk_packaging_report(first, last).
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    answer = _asked(file, "sql", query=query, rows_max=rows)
    if as_json:
        typer.echo(json.dumps(answer))
        return
    table = Table(box=SIMPLE_HEAD, padding=0, pad_edge=False)
    for number, name in enumerate(answer["columns"]):
        is_figure = any(isinstance(row[number], int | float) for row in answer["rows"])
        table.add_column(name, justify="right" if is_figure else "left", no_wrap=True)
    for row in answer["rows"]:
        table.add_row(*("" if value is None else str(value) for value in row))
    # Lines longer than the terminal are folded by it, so that no column is ever cut.
    Console(markup=False, width=_COLUMNS_MAX).print(table, crop=False, soft_wrap=True)
    if not answer["is_complete"]:
        typer.echo(f"There are more than {rows} rows: --rows shows more.", err=True)


@hub.command(
    epilog="Example: `weighbridge hub backup --file north.duckdb --out backups/north-2026-11-26.duckdb`"
)
def backup(
    out: Annotated[Path, typer.Option(help="File to write: confidential, its owner's alone.")],
    file: FileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a copy of the hub's file as it is now, whether the hub runs or not.

    A hub that runs stores on meanwhile. Put in place of the file, the copy goes on where it ends.
    """
    # The copy holds every company's volumes, too.
    os.umask(0o077)
    from consumers.hub.offline import backed_up
    from schemas import settings

    found = settings.load(hub={"file": file}).hub
    status = backed_up(found.file, found.memory_limit, out)
    if as_json:
        typer.echo(json.dumps(status | {"file": str(out)}))
        return
    typer.echo(f"{status['events']} events of hub {status.get('hub')} in {out}: every company's volumes")


def _asked(file: Path | None, name: str, **arguments: Any) -> Any:
    """Ask the running hub, or the file itself where no hub runs."""
    from consumers.hub.offline import answered
    from schemas import settings

    found = settings.load(hub={"file": file}).hub
    return answered(found.file, found.memory_limit, name, **arguments)
