"""Commands over key files: `weighbridge keys create`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

keys = typer.Typer(
    name="keys",
    help="Make the keys that turn identifiers into what may travel.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
_FIRST_YEAR = 2010
_YEARS_AHEAD = 5


@keys.command(
    epilog="Examples:\n\n`weighbridge keys create --out keys` for the first agency of an exchange\n\n"
    "`weighbridge keys create --out keys --exchange-keys exchange.json` for every other one"
)
def create(
    out: Annotated[Path, typer.Option(help="Folder for the key files; made if absent.")],
    exchange_keys: Annotated[
        Path | None, typer.Option(help="The exchange.json that the first agency made and handed over.")
    ] = None,
    first_year: Annotated[int, typer.Option(help="First year of events with a pseudonym key.")] = _FIRST_YEAR,
    last_year: Annotated[
        int | None, typer.Option(help="Last such year; default: five years from now.")
    ] = None,
) -> None:
    """Write agency.json, which never leaves the agency, and exchange.json, which agencies share.

    No hub may ever hold either. Existing keys are never overwritten.
    """
    from schemas import identity

    last = last_year or datetime.now(UTC).year + _YEARS_AHEAD
    identity.create(out, range(first_year, last + 1), exchange_keys)
    typer.echo(f"{out / identity.AGENCY_FILE}: keep it in this agency, and keep a backup")
    typer.echo(
        f"{out / identity.EXCHANGE_FILE}: hand it to the other agencies over a safe channel, to no hub"
    )


@keys.command(epilog="Example: `weighbridge keys extend --keys keys --last-year 2040`")
def extend(
    folder: Annotated[Path, typer.Option("--keys", help="Folder made by `weighbridge keys create`.")],
    last_year: Annotated[int, typer.Option(help="Last year of events with a pseudonym key.")],
    first_year: Annotated[int, typer.Option(help="First such year.")] = _FIRST_YEAR,
) -> None:
    """Add pseudonym keys for further years to exchange.json; hand it to the other agencies again.

    Documents that were rejected for want of a key are read again at the adapter's next start.
    """
    from schemas import identity

    added = identity.extend(folder, range(first_year, last_year + 1))
    typer.echo(f"{folder / identity.EXCHANGE_FILE}: {len(added)} years added")
