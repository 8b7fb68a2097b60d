"""Commands of a release: `weighbridge release run`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

release = typer.Typer(
    name="release",
    help="Publish a hub's aggregates, each cell only where the disclosure rules allow it.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@release.callback()
def group() -> None:
    """Publish a hub's aggregates, each cell only where the disclosure rules allow it."""


@release.command(
    epilog="Examples:\n\n`weighbridge release run --file north.duckdb`\n\n"
    "`weighbridge release run --epoch 2026-10`"
)
def run(
    file: Annotated[Path | None, typer.Option("--file", help="The hub's file.")] = None,
    epoch: Annotated[str | None, typer.Option(help="Month of publication; default: the current one.")] = None,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Kafka brokers.")] = None,
    registry_url: Annotated[str | None, typer.Option(help="Schema registry.")] = None,
) -> None:
    """Release what the hub holds now; an epoch is released once and never again."""
    from consumers.release.release import checked_epoch
    from consumers.release.run import run as run_release
    from schemas import settings
    from schemas.runtime import logs

    found = settings.load(
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url}, hub={"file": file}
    )
    logs.configure(hub=found.hub.name)
    now = datetime.now(UTC)
    outcome = run_release(found.hub, found.kafka, checked_epoch(epoch, now), now)
    if not outcome.is_new:
        typer.echo(f"{outcome.epoch} of {outcome.hub} has been released before: nothing to do")
        return
    typer.echo(
        f"{outcome.epoch} of {outcome.hub}: {outcome.free} cells with a value, "
        f"{outcome.confidential} confidential"
    )
