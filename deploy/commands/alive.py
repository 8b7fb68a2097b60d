"""The command `weighbridge alive`: the probe of an adapter or hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def alive(
    file: Annotated[Path, typer.Argument(help="The --health-file of an adapter or hub.")],
) -> None:
    """Say whether the loop behind a health file turned within the last three minutes; exit 1 where not.

    A broker that is away does not count: the loop turns while it waits.

    Example: `weighbridge alive /run/weighbridge/hub`
    """
    from schemas.runtime import health

    if not health.is_alive(file):
        is_old = f"the loop did not turn within {health.STUCK_SECONDS} s: what it hangs on is in the log"
        is_absent = "no such file: nothing runs with this --health-file, or it has just started"
        typer.echo(f"{file}: {is_old if file.exists() else is_absent}")
        raise typer.Exit(1)
    typer.echo(f"{file}: alive")
