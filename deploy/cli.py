"""The program `weighbridge`: nouns, then verbs; every error says what to do.

Data goes to stdout, logs and progress to stderr. Exit status: 0 done, 1 failed, 2 usage
or configuration, 3 another instance took over.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from consumers.hub.cli import hub
from consumers.release.cli import release
from consumers.subscribe.cli import subscribe
from deploy.commands.keys import keys
from deploy.commands.schemas import schemas
from deploy.commands.topics import topics
from deploy.demo.cli import demo
from deploy.exchange.cli import app as exchange
from producers.cli import adapter
from schemas.errors import EXIT_FAILURE, WeighbridgeError

app = typer.Typer(
    name="weighbridge",
    help="Share waste movements between agencies, and aggregates that keep company secrets.",
    epilog="Begin with `weighbridge demo`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command()(demo)
for noun in (exchange, adapter, hub, release, topics, schemas, keys):
    app.add_typer(noun)
app.command()(subscribe)


def main() -> None:
    """Run the program; expected errors become two lines, others a traceback without values."""
    try:
        app()
    except WeighbridgeError as error:
        console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        console.print(f"Error: {error}")
        if error.hint:
            console.print(f"Try:   {error.hint}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does.
        sys.stderr.close()
        sys.exit(EXIT_FAILURE)


def _show_version(is_wanted: bool | None) -> None:  # the value of a flag
    if is_wanted:
        typer.echo(f"weighbridge {version('weighbridge')}")
        raise typer.Exit


@app.callback()
def program(
    shown_version: Annotated[
        bool | None,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = None,
) -> None:
    """Share waste movements between agencies, and aggregates that keep company secrets."""
