"""Commands over refused documents: `weighbridge rejects list|show|redrive`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producers.options import (
    AgencyOption,
    DirectoryOption,
    DryRunOption,
    KeysOption,
    ReportOption,
    SetOption,
    SourceArgument,
    SourceIdOption,
    named_values,
)
from producers.printing import printed
from schemas.errors import ConfigurationError
from schemas.options import (
    BootstrapOption,
    LimitOption,
    LinesOption,
    ListLimitOption,
    RateOption,
    RegistryOption,
    SinceOption,
    UntilOption,
)
from schemas.plain import utc

if TYPE_CHECKING:
    from producers.pipeline import Outcome
    from producers.rejects.records import Rejected
    from schemas.settings import Settings

rejects = typer.Typer(
    name="rejects",
    help="Show the documents that an agency's adapters refused, and read them again after repair.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

ReasonOption = Annotated[str | None, typer.Option(help="Only what breaks this rule.")]
FolderOption = Annotated[
    Path | None, typer.Option(help="Folder of the source, to name its files; needs --keys.")
]


@rejects.command(
    "list",
    epilog="Examples:\n\n`weighbridge rejects list --agency US-EPA`\n\n"
    "`weighbridge rejects list --agency GB-EA --reason annex7.quantity.range --folder inbox --keys keys`",
)
def list_rejects(
    agency: AgencyOption = None,
    reason: ReasonOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Settled ones, too.")] = False,
    limit: ListLimitOption = 100,
    folder: FolderOption = None,
    keys: KeysOption = None,
    as_json: LinesOption = False,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """List refused documents that were neither published nor replaced since: how many by reason, then which.

    Topics know a file by a key. The agency, which has the file and the keys, sees its name.
    """
    from producers.rejects import printing
    from producers.rejects.records import all_rejects, open_rejects

    settings = _settings(agency, bootstrap_servers, registry_url)
    found = (all_rejects if everything else open_rejects)(settings.kafka, _refused_of(settings))
    chosen = [item for item in found if _is_wanted(item, reason, since, until)]
    names = _names(folder, keys)
    if not as_json:
        printing.show_table(chosen, names, limit)
        return
    for item in chosen:
        typer.echo(json.dumps(printing.as_json(item, names)))


@rejects.command(
    epilog="Examples:\n\n`weighbridge rejects show 17 --agency US-EPA`\n\n"
    "`weighbridge rejects show 17 --agency US-EPA --original --keys keys > document`"
)
def show(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="As `rejects list` shows them.")],
    agency: AgencyOption = None,
    folder: FolderOption = None,
    keys: KeysOption = None,
    as_json: LinesOption = False,
    as_original: Annotated[
        bool, typer.Option("--original", help="The document itself, as it was read; needs --keys.")
    ] = False,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """Show everything that is wrong with refused documents, and what to do.

    Documents up to 256 KiB travel with their reject, sealed to the agency itself.
    """
    from producers.rejects import printing
    from producers.rejects.records import all_rejects

    settings = _settings(agency, bootstrap_servers, registry_url)
    if as_original:
        _show_original(settings, numbers, keys)
        return
    found = {item.number: item for item in all_rejects(settings.kafka, _refused_of(settings))}
    absent = sorted(set(numbers) - set(found))
    if absent:
        raise ConfigurationError(
            f"no refused document {', '.join(map(str, absent))}", hint="`weighbridge rejects list --all`"
        )
    names = _names(folder, keys)
    for number in numbers:
        printing.show_one(found[number], names, is_json=as_json)


@rejects.command(
    epilog="Examples:\n\n`weighbridge rejects redrive us-emanifest inbox/ --keys keys "
    "--directory directory.toml --dry-run`\n\n"
    "`weighbridge rejects redrive fr-registry inbox/ --keys keys --directory directory.toml "
    "--reason document.unknown`"
)
def redrive(
    name: Annotated[str, typer.Argument(metavar="ADAPTER", help="As in `adapter run`.")],
    source: SourceArgument,
    numbers: Annotated[
        list[int] | None, typer.Option("--number", help="Only this one, as listed; repeat for more.")
    ] = None,
    reason: ReasonOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 1_000,
    rate: RateOption = 500,
    values: SetOption = None,
    keys: KeysOption = None,
    directory: DirectoryOption = None,
    agency: AgencyOption = None,
    source_id: SourceIdOption = None,
    dry_run: DryRunOption = False,
    report: ReportOption = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """Read refused documents again at their source, and publish those that are right now.

    Files are read whole: what was published of them stays as it is. What is still wrong is
    refused again. Give adapter, source and values as to `adapter run`. A source has one
    writer: unless it is a dry run, an adapter that is at work on it ends with status 3, and
    has to be started again afterwards.
    """
    from producers import adapter as adapters
    from producers.assembly import Assignment
    from producers.rejects.records import open_rejects
    from producers.report.report import reporting
    from producers.selection import Selection

    given = named_values(values)
    settings = _settings(
        agency or adapters.create(name, given).default_agency, bootstrap_servers, registry_url
    )
    chosen = [
        item
        for item in open_rejects(settings.kafka, _refused_of(settings))
        if item.source_id == (source_id or name)
        and _is_wanted(item, reason, since, until)
        and (not numbers or item.number in numbers)
    ]
    if not chosen:
        typer.echo("No such document is refused.", err=True)
        return
    if len(chosen) > limit:
        typer.echo(f"The first {limit} of {len(chosen)}: run again for more.", err=True)
    with reporting(report) as tell:
        done = Assignment(
            adapter=name,
            source=source,
            values=given,
            keys=keys,
            directory=directory,
            agency=settings.agency.id,
            source_id=source_id,
            bootstrap_servers=bootstrap_servers,
            registry_url=registry_url,
            metrics_port=0,
            selection=Selection(file_keys=frozenset(item.file_key for item in chosen[:limit])),
            is_rehearsal=dry_run,
            on_outcome=printed(tell) if dry_run else _paced(tell, rate),
        ).run(once=True)
    typer.echo(json.dumps({"refused": len(chosen[:limit]), **asdict(done)}), err=dry_run)


def _paced(tell: Callable[[str, Outcome], None], rate: int) -> Callable[[str, Outcome], None]:
    """Return what tells of documents, and rests behind what is published or refused again."""
    from schemas.runtime.pace import Pace

    pace = Pace()

    def told(name: str, outcome: Outcome) -> None:
        tell(name, outcome)
        if outcome.events or outcome.is_rejected:
            time.sleep(pace.left_seconds)
            pace.did(1, rate)

    return told


def _show_original(settings: Settings, numbers: list[int], keys: str | None) -> None:
    from producers.rejects.records import original
    from schemas import identity

    if keys is None or len(numbers) > 1:
        raise ConfigurationError("--original shows one document", hint="give one number, and --keys")
    document = original(settings.kafka, _refused_of(settings), numbers[0], identity.load(keys).openings)
    if document is None:
        raise ConfigurationError(
            f"no document travels with {numbers[0]}", hint="it is larger than 256 KiB: look into its file"
        )
    sys.stdout.buffer.write(document)


def _settings(agency: str | None, bootstrap_servers: str | None, registry_url: str | None) -> Settings:
    from schemas import settings
    from schemas.runtime import logs

    logs.configure()
    return settings.load(
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url}, agency={"id": agency}
    )


def _refused_of(settings: Settings) -> str:
    """Return whose documents they are, once it is known that there is a topic of theirs."""
    from schemas import topics
    from schemas.runtime import presence

    agency = settings.agency.id
    if agency is None:
        raise ConfigurationError("whose documents?", hint="give --agency, such as --agency US-EPA")
    presence.require(settings.kafka, [topics.rejects(agency)])
    return agency


def _is_wanted(item: Rejected, reason: str | None, since: datetime | None, until: datetime | None) -> bool:
    first_at, end_at = utc(since), utc(until)
    return (
        (first_at is None or item.rejected_at >= first_at)
        and (end_at is None or item.rejected_at < end_at)
        and reason in {None, *(finding.rule for finding in item.findings)}
    )


def _names(folder: Path | None, keys: str | None) -> dict[bytes, str]:
    """Return the name of each file of a folder by its key, none without a folder."""
    from producers.sources.folder import Folder
    from schemas import identity

    if folder is None:
        return {}
    if keys is None:
        raise ConfigurationError("names need keys", hint="give the --keys that the adapter has")
    secrets = identity.load(keys)
    return {
        secrets.document_key("file", resource.name): resource.name
        for resource in Folder(folder, settle_seconds=0).touched()
        if resource is not None
    }
