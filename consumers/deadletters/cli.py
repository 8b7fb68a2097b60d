"""Commands over refused records: `weighbridge deadletters list|show|redrive`."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.errors import ConfigurationError, WeighbridgeError
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

if TYPE_CHECKING:
    from consumers.deadletters.letters import Told
    from consumers.deadletters.selection import Selection
    from schemas.settings import KafkaSettings, Settings

deadletters = typer.Typer(
    name="deadletters",
    help="Show the records that a hub refused, and have the hub judge them again after repair.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

HubOption = Annotated[str | None, typer.Option("--hub", help="Hub that refused them.")]
ReasonOption = Annotated[str | None, typer.Option(help="Only what was refused for this reason.")]
AgencyOption = Annotated[str | None, typer.Option(help="Only what this agency signed, such as GB-EA.")]
PartitionOption = Annotated[int | None, typer.Option(min=0, help="Only records of this partition.")]
DirectoryOption = Annotated[Path | None, typer.Option(help="Members of the exchange: who may sign.")]


@deadletters.command(
    "list",
    epilog="Examples:\n\n`weighbridge deadletters list --hub north`\n\n"
    "`weighbridge deadletters list --hub north --agency GB-EA --reason schema.unknown --since 2026-11-01`",
)
def list_letters(
    hub: HubOption = None,
    reason: ReasonOption = None,
    agency: AgencyOption = None,
    partition: PartitionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Redriven ones, too.")] = False,
    limit: ListLimitOption = 100,
    as_json: LinesOption = False,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """List the records that a hub refuses: how many by reason and agency, then which.

    From the hub's topic, which agencies may read, too. A record that no valid signature covers
    (record.forged) is of no agency.
    """
    from consumers.deadletters import printing

    settings = _settings(hub, bootstrap_servers, registry_url)
    selection = _selection(reason, agency, partition, since, until, has_redriven=everything)
    chosen = [*selection.of(_letters(settings.kafka, _hub(settings)))]
    if not as_json:
        printing.show_table(chosen, limit)
        return
    for told in chosen:
        typer.echo(json.dumps(printing.as_json(told)))


@deadletters.command(
    epilog="Example: `weighbridge deadletters show weighbridge.movements:0:17 --hub north "
    "--directory directory.toml`"
)
def show(
    records: Annotated[
        list[str],
        typer.Argument(metavar="TOPIC:PARTITION:OFFSET...", help="As `deadletters list` names them."),
    ],
    hub: HubOption = None,
    directory: DirectoryOption = None,
    as_json: LinesOption = False,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """Show why records were refused, what to do, and what the checks of this program say of them today.

    For that the record is read again where it stands in the ledger, with the signature that covers
    it: who reads needs the grants of a hub, and --directory. Nothing of what it holds is shown.
    """
    from consumers.deadletters.selection import Selection, place_of

    settings = _settings(hub, bootstrap_servers, registry_url, directory)
    wanted = Selection(places=frozenset(map(place_of, records)), has_redriven=True)
    found = [*wanted.of(_letters(settings.kafka, _hub(settings)))]
    if len(found) < len(wanted.places or ()):
        raise ConfigurationError(
            f"{settings.hub.name} has not refused all of these", hint="`weighbridge deadletters list --all`"
        )
    today, unknown = _today(settings, found)
    for told in found:
        _show_one(told, today, unknown, as_json=as_json)


@deadletters.command(
    epilog="Examples:\n\n"
    "`weighbridge deadletters redrive --file north.duckdb --reason schema.unknown --dry-run`"
    "\n\n`weighbridge deadletters redrive --file north.duckdb --record weighbridge.movements:0:17`"
)
def redrive(
    file: Annotated[Path | None, typer.Option("--file", help="The file of the running hub.")] = None,
    records: Annotated[
        list[str] | None, typer.Option("--record", help="Only this one, as listed; repeat for more.")
    ] = None,
    reason: ReasonOption = None,
    agency: AgencyOption = None,
    partition: PartitionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 1_000,
    rate: RateOption = 500,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Store nothing: print what would be refused still, as JSON lines."),
    ] = False,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """Have the running hub judge refused records again, and store once what passes now.

    Each is read again where it stands in the ledger, and has to be covered by a valid signature.
    What fails again stays refused, with the reasons of today. Published releases stay as they are:
    what is redriven comes with the next one, as late data does. To repeat a redrive does no harm.
    """
    from consumers.deadletters.redriving import redrive as redriven
    from consumers.hub.offline import hub_name
    from schemas.runtime import bar

    settings = _settings(None, bootstrap_servers, registry_url, file=file)
    name = hub_name(settings.hub.file, settings.hub.memory_limit)
    selection = _selection(reason, agency, partition, since, until, records=records)
    found = [*selection.of(_letters(settings.kafka, name))]
    if not found:
        typer.echo("No such record is refused.", err=True)
        return
    if len(found) > limit:
        typer.echo(f"The first {limit} of {len(found)}: run again for more.", err=True)
    places = [told.letter.place for told in found[:limit]]
    with bar.shown("Storing") as show:
        done = redriven(
            settings.hub.file,
            places,
            rate,
            is_rehearsal=dry_run,
            on_left=lambda left: show(len(places) - left, len(places)),
        )
    failed = Counter(reasons[0] for reasons in done.failed.values())
    if done.passed and not dry_run:
        typer.echo("Stored behind newer records; figures are as if in order, as revisions decide.", err=True)
    if dry_run:
        for place, reasons in sorted(done.failed.items()):
            typer.echo(json.dumps({"partition": place.partition, "offset": place.offset, "reasons": reasons}))
    typer.echo(
        json.dumps({"refused": done.refused, "passed": done.passed, "failed": dict(failed)}), err=dry_run
    )


def _selection(
    reason: str | None,
    agency: str | None,
    partition: int | None,
    since: datetime | None,
    until: datetime | None,
    *,
    records: list[str] | None = None,
    has_redriven: bool = False,
) -> Selection:
    from consumers.deadletters.selection import Selection, place_of
    from schemas.plain import utc

    places = frozenset(map(place_of, records)) if records else None
    return Selection(reason, agency, partition, utc(since), utc(until), places, has_redriven)


def _hub(settings: Settings) -> str:
    if "name" not in settings.hub.model_fields_set:
        raise ConfigurationError("which hub refused them?", hint="give --hub, such as --hub north")
    return settings.hub.name


def _letters(kafka: KafkaSettings, hub: str) -> list[Told]:
    from consumers.deadletters.letters import all_letters
    from schemas import topics
    from schemas.runtime import presence

    presence.require(kafka, [topics.dead_letters(hub)])
    return all_letters(kafka, hub)


def _today(settings: Settings, found: list[Told]) -> tuple[dict[Any, tuple[str, ...]], str]:
    """Return by place why a record would be refused today, or why that is not known."""
    from consumers.hub.judging import Judge, judged
    from schemas import directory as directories

    if settings.hub.directory is None:
        return {}, "not looked at: give --directory"
    judge = Judge(settings.kafka, settings.hub.name, directories.load(settings.hub.directory))
    try:
        batch = judge.reread([told.letter for told in found])
        accepted = judged(batch, judge.writers())
    except WeighbridgeError as error:
        return {}, f"not known: {error}"
    return {letter.place: letter.reasons for letter in accepted.dead_letters}, ""


def _show_one(told: Told, today: dict[Any, tuple[str, ...]], unknown: str, *, as_json: bool) -> None:
    from consumers.deadletters import printing
    from consumers.deadletters.selection import named
    from schemas.plain import instant

    now = today.get(told.letter.place, ())
    if as_json:
        hints = [{"reason": reason, "hint": printing.remedy(reason)} for reason in told.letter.reasons]
        answer = {**printing.as_json(told), "reasons": hints, "today": None if unknown else [*now]}
        typer.echo(json.dumps(answer))
        return
    redriven = told.letter.redriven
    state = "refused" if redriven is None else f"redriven ({redriven}), refused before"
    typer.echo(f"{named(told)}  {printing.signer(told)}  {state}  {instant(told.told_at)}")
    for reason in told.letter.reasons:
        typer.echo(f"  {reason}\n          {printing.remedy(reason)}")
    typer.echo(f"  today   {unknown or ', '.join(now) or 'it passes'}")


def _settings(
    hub: str | None,
    bootstrap_servers: str | None,
    registry_url: str | None,
    directory: Path | None = None,
    file: Path | None = None,
) -> Settings:
    from schemas import settings
    from schemas.runtime import logs

    logs.configure()
    return settings.load(
        kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url},
        hub={"name": hub, "directory": directory, "file": file},
    )
