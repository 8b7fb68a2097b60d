"""Options that several commands of an agency share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import ConfigurationError

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="A value that bare documents lack, as name=value; repeat for more."),
]
KeysOption = Annotated[
    str | None, typer.Option("--keys", help="Folder made by `weighbridge keys create`, or another key store.")
]
GroupsOption = Annotated[
    Path | None, typer.Option("--groups", help="File of companies that are one, and of enterprise groups.")
]
DirectoryOption = Annotated[
    Path | None, typer.Option("--directory", help="File of the members of the exchange: to whom to seal.")
]
AgencyOption = Annotated[str | None, typer.Option("--agency", help="Agency that publishes, such as GB-EA.")]

ReportOption = Annotated[
    Path | None,
    typer.Option("--report", help="Write what to repair, and where, here: a .txt, .csv or .html file."),
]

SourceArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="Folder of documents, - for stdin, or a .toml file that describes another source.",
    ),
]
SourceIdOption = Annotated[
    str | None, typer.Option("--source-id", help="Stable name of this source; default: the adapter's name.")
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Publish nothing: print the events that would be, as JSON lines; implies --once."
    ),
]


def named_values(given: Iterable[str] | None) -> dict[str, str]:
    """Return the values of `--set` by name.

    Raises:
        ConfigurationError: One has no name.
    """
    values = {}
    for item in given or ():
        name, separator, value = item.partition("=")
        if not separator:
            raise ConfigurationError("--set takes name=value", hint="such as --set organisation=ORG1")
        values[name] = value
    return values
