"""The program `weighbridge`: nouns, then verbs; every error says what to do.

Data goes to stdout, logs and progress to stderr. Exit status: 0 done, 1 failed, 2 usage
or configuration, 3 another instance took over, 4 stuck and ended by itself, 130 stopped
before it was done.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from consumers.deadletters.cli import deadletters
from consumers.disclosure.cli import disclosure
from consumers.hub.cli import hub
from consumers.release.cli import release
from consumers.sealed.cli import sealed
from consumers.subscribe.cli import subscribe
from deploy.commands.alive import alive
from deploy.commands.codes import codes
from deploy.commands.directory import directory
from deploy.commands.doctor import doctor
from deploy.commands.keys import keys
from deploy.commands.schemas import schemas
from deploy.commands.topics import topics
from deploy.demo.cli import demo
from deploy.exchange.cli import app as exchange
from producers.cli import adapter
from producers.rejects.cli import rejects
from producers.sealing.cli import shred
from producers.simulation.cli import simulate
from schemas.errors import EXIT_FAILURE, EXIT_USAGE, WeighbridgeError
from schemas.runtime import crash, garbage

app = typer.Typer(
    name="weighbridge",
    help="Share waste movements between agencies, and aggregates that keep company secrets.",
    epilog="Begin with `weighbridge demo`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command()(demo)
app.command(
    epilog="Examples:\n\n`weighbridge simulate exercise --movements 1000`\n\n"
    "`weighbridge simulate load --movements 1000000 --seed 7 --from 2024-01-01 --to 2024-12-31 "
    "--source us-emanifest --source uk-packaging`"
)(simulate)
for noun in (
    exchange,
    adapter,
    rejects,
    sealed,
    hub,
    deadletters,
    release,
    disclosure,
    topics,
    schemas,
    codes,
    keys,
    directory,
    doctor,
):
    app.add_typer(noun)
sealed.command()(shred)
app.command()(subscribe)
app.command()(alive)


def main() -> None:
    """Run the program; expected errors become two lines that say what is wrong and what to do."""
    crash.guard()
    # Whoever stops a command has it put away what it has open, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    garbage.collect_rarely()
    try:
        app()
    except WeighbridgeError as error:
        _fail(str(error), error.hint, error.exit_code)
    except ModuleNotFoundError as error:
        hint = (
            "install the part that needs it: weighbridge[agency], [hub] or [exchange]; "
            "for keys in a token or a key service also [pkcs11] or [kms]"
        )
        _fail(f"the package {error.name} is not installed", hint, EXIT_USAGE)
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does.
        sys.stderr.close()
        sys.exit(EXIT_FAILURE)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        # The text of the error itself may be anybody's.
        _fail(
            f"{place}{os.strerror(error.errno) if error.errno else 'reading or writing failed'}",
            "look at its path, its permissions and the disk",
            EXIT_FAILURE,
        )
    except Exception as error:  # noqa: BLE001  # the top of the program, where typer would show its text
        crash.tell(error)
        sys.exit(EXIT_FAILURE)


def _fail(message: str, hint: str, exit_code: int) -> NoReturn:
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    console.print(f"Error: {message}")
    if hint:
        console.print(f"Try:   {hint}")
    sys.exit(exit_code)


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
