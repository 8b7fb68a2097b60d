"""Commands of the embedded exchange: `weighbridge exchange up|down|status`.

Addresses and states go to stdout, everything else to stderr. Importing this module is cheap;
what needs Kafka clients is imported by the command that uses it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.errors import EXIT_FAILURE

if TYPE_CHECKING:
    from deploy.exchange.exchange import Exchange
    from deploy.exchange.server import Server

app = typer.Typer(
    name="exchange",
    help="Run a broker and a schema registry on this machine, for trying, testing and small sites.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

StateOption = Annotated[
    Path | None,
    typer.Option("--state", help="Folder of the data; default: WEIGHBRIDGE_STATE, else in your home."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_PORT_HELP = "Port of the {}; 0 for any free one; default: as last time, else {} if that is free."


@app.command(
    epilog="Examples:\n\n`weighbridge exchange up`\n\n"
    "`weighbridge exchange up --state ./data --kafka-port 19092 --registry-port 18081`"
)
def up(
    state: StateOption = None,
    kafka_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help=_PORT_HELP.format("broker", 9092))
    ] = None,
    registry_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help=_PORT_HELP.format("registry", 8081))
    ] = None,
) -> None:
    """Start the exchange, return when it answers and leave it running.

    The first start downloads 200 MB into the folder WEIGHBRIDGE_CACHE.
    """
    with _download_bar() as progress:
        exchange = _exchange(state, progress)
        exchange.up(kafka_port=kafka_port, registry_port=registry_port)
    for server in exchange.servers:
        typer.echo(f"{server.title:<16}{server.address}")
    typer.echo(f"data and logs   {exchange.folder}", err=True)
    if any(server.port != server.usual_port for server in exchange.servers):
        typer.echo("These are not the usual ports, so tell the other commands:", err=True)
        typer.echo(f"export WEIGHBRIDGE_KAFKA__BOOTSTRAP_SERVERS={exchange.bootstrap_servers}", err=True)
        typer.echo(f"export WEIGHBRIDGE_KAFKA__REGISTRY_URL={exchange.registry_url}", err=True)


@app.command(epilog="Examples:\n\n`weighbridge exchange down`\n\n`weighbridge exchange down --state ./data`")
def down(state: StateOption = None) -> None:
    """Stop the exchange; its data stays."""
    was_running = _exchange(state).down()
    typer.echo("stopped" if was_running else "was not running", err=True)


@app.command(epilog="Examples:\n\n`weighbridge exchange status`\n\n`weighbridge exchange status --json`")
def status(
    state: StateOption = None,
    as_json: JsonOption = False,  # a flag on the command line, never called with a bare value
) -> None:
    """Say what runs and where; exit status 1 when not both servers answer."""
    exchange = _exchange(state)
    servers = {server.name: _described(server) for server in exchange.servers}
    is_running = all(described["state"] == "running" for described in servers.values())
    if as_json:
        typer.echo(json.dumps({"is_running": is_running, "folder": str(exchange.folder), "servers": servers}))
    else:
        for server in exchange.servers:
            described = servers[server.name]
            typer.echo(f"{server.title:<16}{described['state']:<14}{described['address'] or ''}".rstrip())
    raise typer.Exit(0 if is_running else EXIT_FAILURE)


def _exchange(state: Path | None, progress: Callable[[int], None] = lambda _: None) -> Exchange:
    from deploy.exchange import settings
    from deploy.exchange.exchange import Exchange

    return Exchange(settings.state_folder(state), progress=progress)


def _described(server: Server) -> dict[str, Any]:
    known = server.state
    pid = known.process.pid if known and known.process and server.is_alive() else None
    state = "stopped" if pid is None else "running" if server.answers() else "not answering"
    return {
        "state": state,
        "address": server.address or None,
        "version": known.version if known else None,
        "pid": pid,
    }


@contextmanager
def _download_bar() -> Iterator[Callable[[int], None]]:
    """Show a bar while something is downloaded, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    from deploy.exchange import lock

    columns = ("Downloading broker and registry", BarColumn(), DownloadColumn(), TransferSpeedColumn())
    is_hidden = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=is_hidden) as bar:
        task = bar.add_task("", total=sum(found.size_bytes for found in lock.read().artifacts), visible=False)
        yield lambda size_bytes: bar.update(task, advance=size_bytes, visible=True)
