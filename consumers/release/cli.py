"""Commands of a release: `weighbridge release plan|run|show|skip|verify|bundle`."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.options import BootstrapOption, RegistryOption

if TYPE_CHECKING:
    from schemas.directory import Directory
    from schemas.settings import Settings

release = typer.Typer(
    name="release",
    help="Publish a hub's aggregates, as far as it is proved that they betray nobody.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_GRAMS_PER_TONNE = 1_000_000
_COLUMNS_MAX = 10_000
# One question to a hub's file goes over all that it holds.
_PATIENCE_SECONDS = 3_600.0

FileOption = Annotated[Path | None, typer.Option("--file", help="The hub's file.")]
KeysOption = Annotated[
    str | None, typer.Option("--keys", help="Folder of the hub's keys, or another key store.")
]
DirectoryOption = Annotated[
    Path | None, typer.Option("--directory", help="Members of the exchange: the keys of other hubs.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@release.callback()
def group() -> None:
    """Publish a hub's aggregates, as far as it is proved that they betray nobody."""
    # What is handed between processes holds every company's volumes.
    os.umask(0o077)


@release.command(epilog="Example: `weighbridge release run --file north.duckdb --keys hub-keys`")
def run(
    file: FileOption = None,
    keys: KeysOption = None,
    directory: DirectoryOption = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """Release every epoch that is closed and not released, in order, each once and never again."""
    from consumers.release.run import Run
    from schemas.runtime.watchdog import watched

    found = _settings(bootstrap_servers, registry_url, file=file, directory=directory, keys=keys)
    releasing = Run(settings=found.hub, kafka=found.kafka, directory=_members(found), now=datetime.now(UTC))
    with watched(releasing.health, threading.Event(), _PATIENCE_SECONDS):
        outcome = releasing.run()
    for epoch in outcome.released:
        typer.echo(
            f"{epoch.epoch} of {outcome.hub}: {epoch.free} cells with a value, "
            f"{epoch.confidential} confidential"
        )
    if outcome.turn.hub != outcome.hub:
        typer.echo(f"next is {outcome.turn.hub}, with {outcome.turn.epoch.name}: waiting for it")
    else:
        typer.echo(f"next is {outcome.turn.epoch.name}, from {outcome.closes_at:%Y-%m-%d %H:%M} UTC on")


@release.command(epilog="Example: `weighbridge release plan --file north.duckdb --keys hub-keys`")
def plan(file: FileOption = None, keys: KeysOption = None, as_json: JsonOption = False) -> None:
    """Show what each detail of the tables would withhold under the present rules; confidential.

    Each period is decided as if all of it came at once, in its last block. Nothing is released.
    """
    from consumers.release.planning import planned

    found = _settings(None, None, file=file, keys=keys)
    rows = planned(found.hub, datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(rows))
        return
    _print_plan(rows)


@release.command(epilog="Example: `weighbridge release skip 2026-10 --hub south --keys hub-keys`")
def skip(
    epoch: Annotated[str, typer.Argument(help="Epoch that is not released, such as 2026-10.")],
    hub: Annotated[str | None, typer.Option("--hub", help="Name of the hub.")] = None,
    keys: KeysOption = None,
    directory: DirectoryOption = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """Say that a hub does not release an epoch, so that the next one has its turn.

    It takes the hub's key and not its file. What the epoch would have published comes with the next one.
    """
    from consumers.release.skip import skip as skip_epoch

    found = _settings(bootstrap_servers, registry_url, name=hub, directory=directory, keys=keys)
    skip_epoch(found.hub, epoch, found.kafka, datetime.now(UTC), _members(found))
    typer.echo(f"{epoch} of {found.hub.name} is skipped")


@release.command(epilog="Example: `weighbridge release show --hub north --json`")
def show(
    hub: Annotated[str | None, typer.Option("--hub", help="Only the releases of this hub.")] = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was released: epochs, hubs, numbers of cells."""
    from consumers.release.showing import rows
    from schemas import settings

    found = settings.load(kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url})
    told = rows(found.kafka, hub)
    if as_json:
        typer.echo(json.dumps(told))
        return
    for row in told:
        typer.echo(
            f"{row['epoch']:10}  {row['hub']:16}  {row['status']:8}  {row['observations']:7} cells, "
            f"{row['free']} with a value  {row['release_id']}"
        )


@release.command(
    epilog="Example: `weighbridge release bundle --file north.duckdb --keys hub-keys --out north.zip`"
)
def bundle(
    out: Annotated[Path, typer.Option(help="File to write: confidential, its owner's alone.")],
    file: FileOption = None,
    keys: KeysOption = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """Write all that an auditor needs to decide every release again: contributions, rules, certificates."""
    from consumers.release import bundle as bundles

    found = _settings(bootstrap_servers, registry_url, file=file, keys=keys)
    count = bundles.write(found.hub, found.kafka, out)
    typer.echo(f"{count} releases in {out}: it holds every company's volumes")


@release.command(
    epilog="Examples:\n\n`weighbridge release verify --directory directory.toml`\n\n"
    "`weighbridge release verify --directory directory.toml --bundle north.zip`"
)
def verify(
    directory: DirectoryOption = None,
    bundle: Annotated[
        Path | None, typer.Option(help="A hub's bundle: decide all its releases again, and read the proofs.")
    ] = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check everything that is published: signatures, history, digests, form, totals.

    Status 1 where something is wrong. Without a bundle it takes the topics and the directory alone.
    """
    from consumers.release import verify as auditor
    from schemas.errors import EXIT_FAILURE, ConfigurationError

    found = _settings(bootstrap_servers, registry_url, directory=directory)
    members = _members(found)
    if members is None:
        raise ConfigurationError(
            "no directory of the exchange", hint="give --directory: it has the hubs' keys"
        )
    published = auditor.read(found.kafka)
    findings = auditor.verify(published, members)
    if bundle is not None:
        from consumers.release.bundle import opened
        from consumers.release.replay import Replay

        with opened(bundle) as folder:
            findings += Replay(folder=folder, published=published, kafka=found.kafka).findings()
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in findings]))
    else:
        for finding in findings:
            typer.echo(f"{finding.rule}: {finding.place}: {finding.text}")
        typer.echo(f"{len(published.entries)} releases, {len(findings)} findings")
    if findings:
        raise typer.Exit(EXIT_FAILURE)


def _print_plan(rows: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    # A dimension that no table goes into tells nothing.
    dimensions = ("region", "partner", "material", "operation")
    levels = ["table", *(name for name in dimensions if {row[name] for row in rows} != {"total"})]
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in levels:
        table.add_column(name)
    for name in ("cells", "primary", "secondary", "tonnes", "primary %", "secondary %"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            *(row[name] for name in levels),
            *(f"{row[name]:,}" for name in ("cells", "primary", "secondary")),
            f"{row['mass_g'] / _GRAMS_PER_TONNE:,.0f}",
            *(f"{row[name] / 10:.1f}" for name in ("primary_permille", "secondary_permille")),
        )
    # Lines longer than the terminal are folded by it, so that no column is ever cut.
    Console(markup=False, width=_COLUMNS_MAX).print(table, crop=False, soft_wrap=True)


def _settings(bootstrap_servers: str | None, registry_url: str | None, **hub: object) -> Settings:
    from schemas import settings
    from schemas.runtime import logs

    keys = hub.pop("keys", None)
    found = settings.load(
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url},
        hub=hub | ({"release": {"keys": keys}} if keys else {}),
    )
    # A release belongs to the hub of the file: the default of the setting says nothing.
    named = {"hub": found.hub.name} if "name" in found.hub.model_fields_set else {}
    logs.configure(None, **named)
    return found


def _members(found: Settings) -> Directory | None:
    from schemas import directory

    return None if found.hub.directory is None else directory.load(found.hub.directory)
