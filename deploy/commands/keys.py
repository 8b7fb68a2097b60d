"""Commands over the keys of an agency, from `weighbridge keys create` to `weighbridge keys check`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.errors import EXIT_FAILURE, ConfigurationError
from schemas.movement import Side

if TYPE_CHECKING:
    from deploy.key_checks import Fault
    from schemas.directory import Directory
    from schemas.settings import AgencySettings

keys = typer.Typer(
    name="keys",
    help="Make and keep the keys of an agency; the runbook is deploy/KEYS.md.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
_FIRST_YEAR = 2010
_YEARS_AHEAD = 5

KeysOption = Annotated[
    str | None, typer.Option("--keys", help="Folder of the keys, or another key store; default: agency.keys.")
]
AgencyOption = Annotated[
    str | None, typer.Option("--agency", help="Your name in the exchange, such as GB-EA.")
]
DirectoryOption = Annotated[
    Path | None, typer.Option("--directory", help="File of the members of the exchange.")
]


@keys.command(
    epilog="Examples:\n\n`weighbridge keys create --out keys` for the first agency of an exchange\n\n"
    "`weighbridge keys create --out keys --joining` for every other one\n\n"
    "`weighbridge keys create --out 'awskms:alias/weighbridge?folder=keys'` keeps them encrypted\n\n"
    "`weighbridge keys create --out hub-keys --hub` for a hub, which signs its releases"
)
def create(
    out: Annotated[str, typer.Option(help="Folder for the key files, made if absent; or another key store.")],
    joining: Annotated[
        bool, typer.Option("--joining", help="Draw your own keys only; another agency shares the others.")
    ] = False,
    hub: Annotated[bool, typer.Option("--hub", help="Draw a hub's keys: hub.json and nothing else.")] = False,
    exchange_keys: Annotated[
        Path | None, typer.Option(help="The exchange.json of another agency, where you have it in clear.")
    ] = None,
    first_year: Annotated[int, typer.Option(help="First year of events with a pseudonym key.")] = _FIRST_YEAR,
    last_year: Annotated[
        int | None, typer.Option(help="Last such year; default: five years from now.")
    ] = None,
) -> None:
    """Draw agency.json, which never leaves the agency, and exchange.json, which agencies share.

    No hub may ever hold either. Existing keys are never overwritten.
    """
    from schemas import identity
    from schemas.keystore import ceremony

    if hub:
        ceremony.begin_hub(out)
        typer.echo(f"{ceremony.HUB_FILE} in {_place(out)}: keep it in this hub, and keep a backup")
        typer.echo("Next: weighbridge keys show --hub NAME, and hand the entry to all members")
        return
    if joining:
        ceremony.begin(out)
    else:
        last = last_year or datetime.now(UTC).year + _YEARS_AHEAD
        identity.create(out, range(first_year, last + 1), exchange_keys)
    typer.echo(f"{identity.AGENCY_FILE} in {_place(out)}: keep it in this agency, and keep a backup")
    if joining:
        typer.echo(f"{identity.EXCHANGE_FILE}: another agency shares it, once the directory names you")
    else:
        typer.echo(f"{identity.EXCHANGE_FILE} in {_place(out)}: for agencies alone, for no hub")
    typer.echo("Next: weighbridge keys show, and hand the entry to all members")


@keys.command(
    epilog="Examples:\n\n`weighbridge keys show --keys keys --agency GB-EA --country GB > gb-ea.toml`\n\n"
    "`weighbridge keys show --keys keys --agency GB-EA --directory directory.toml`, same countries\n\n"
    "`weighbridge keys show --keys hub-keys --hub north > north.toml`"
)
def show(
    place: KeysOption = None,
    agency: AgencyOption = None,
    directory: DirectoryOption = None,
    country: Annotated[
        list[str] | None, typer.Option("--country", help="Whose movements you may know; repeat for more.")
    ] = None,
    side: Annotated[
        list[Side] | None, typer.Option("--side", help="From which side of them; default: all sides.")
    ] = None,
    hub: Annotated[str | None, typer.Option("--hub", help="Name of a hub, whose entry is wanted.")] = None,
) -> None:
    """Print your public entry for the directory, and check values to compare by telephone; no secret."""
    from schemas import directory as directories
    from schemas.identity import EXCHANGE_FILE
    from schemas.keystore import ceremony
    from schemas.keystore.documents import ExchangeDocument
    from schemas.keystore.store import at

    found = _settings(place, agency, directory)
    if hub is not None:
        entry = directories.hub_entry(hub, ceremony.hub_member(_kept(found)))
        typer.echo(
            f"# Entry of {hub} for the directory. Compare by telephone: {directories.fingerprint(entry)}"
        )
        typer.echo(entry, nl=False)
        return
    name, store = _named(found), _kept(found)
    # The first entry of all is shown before there is a directory.
    is_there = found.directory is not None and found.directory.exists()
    known = _members(found).members.get(name) if is_there else None
    countries = country or (known.countries if known is not None else ())
    sides = side or (known.sides if known is not None else tuple(Side)[:3])
    entry = directories.entry(name, ceremony.member(store, countries, sides))
    typer.echo(f"# Entry of {name} for the directory. Compare by telephone: {directories.fingerprint(entry)}")
    typer.echo(entry, nl=False)
    text = at(store).read(EXCHANGE_FILE)
    if text is not None:
        shared = ExchangeDocument.parsed(text, EXCHANGE_FILE)
        years = f"{min(shared.pseudonym)} to {max(shared.pseudonym)}"
        typer.echo(
            f"# Shared keys, alike in every agency, {years}: {directories.grouped(shared.check_value())}"
        )


@keys.command(
    epilog="Example: `weighbridge keys share FR-DGPR --keys keys --agency GB-EA --directory directory.toml "
    "> fr-dgpr.json`"
)
def share(
    recipient: Annotated[str, typer.Argument(help="Agency of the directory; never a hub.")],
    place: KeysOption = None,
    agency: AgencyOption = None,
    directory: DirectoryOption = None,
) -> None:
    """Print the shared keys, sealed to one agency and signed by yours; they may travel by any channel."""
    from schemas.keystore import ceremony

    found = _settings(place, agency, directory)
    given = ceremony.share(_kept(found), _named(found), recipient, _members(found))
    typer.echo(given.model_dump_json(indent=2))


@keys.command(
    epilog="Example: `weighbridge keys receive fr-dgpr.json --keys keys --agency FR-DGPR "
    "--directory directory.toml`"
)
def receive(
    file: Annotated[Path, typer.Argument(help="What another agency's `weighbridge keys share` printed.")],
    place: KeysOption = None,
    agency: AgencyOption = None,
    directory: DirectoryOption = None,
) -> None:
    """Keep the shared keys that another agency sealed to yours; keys of another exchange are refused."""
    from schemas.keystore import ceremony
    from schemas.keystore.handover import Handover

    found = _settings(place, agency, directory)
    given = Handover.parsed(file.read_bytes(), str(file))
    added = ceremony.take(_kept(found), given, _named(found), _members(found))
    typer.echo(f"shared keys of {given.agency}: {len(added)} years added")


@keys.command(epilog="Example: `weighbridge keys extend --keys keys --last-year 2040`")
def extend(
    last_year: Annotated[int, typer.Option(help="Last year of events with a pseudonym key.")],
    place: KeysOption = None,
    first_year: Annotated[int, typer.Option(help="First such year.")] = _FIRST_YEAR,
) -> None:
    """Draw pseudonym keys for further years, in one agency alone, which then shares them with all others.

    Documents that were rejected for want of a key are read again at the adapter's next start.
    """
    from schemas import identity

    found = _settings(place)
    added = identity.extend(_kept(found), range(first_year, last_year + 1))
    typer.echo(f"{identity.EXCHANGE_FILE} in {_place(_kept(found))}: {len(added)} years added")
    if added:
        typer.echo("Next: weighbridge keys share, to every other agency")


@keys.command(
    epilog="Examples:\n\n`weighbridge keys rotate --keys keys`, then hand the new entry to all members\n\n"
    "`weighbridge keys rotate --keys keys --finish` once all of them have it, then restart the adapters"
)
def rotate(
    place: KeysOption = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Sign with the next key: every member has the new entry.")
    ] = False,
) -> None:
    """Draw a new opening key and the next signing key; former ones still open and verify what they did.

    A hub has a signing key alone. Keys of identities are not rotated: everything would be published a second
    time, as other facts.
    """
    from schemas.keystore import ceremony

    found = _settings(place)
    if finish:
        ceremony.finish(_kept(found))
        typer.echo("The next signing key is in use from the next start of each adapter or release.")
        typer.echo("Next: a backup, and destroy the older ones once nothing needs them")
    else:
        ceremony.rotate(_kept(found))
        typer.echo("An agency's new opening key opens at once; the next signing key signs nothing yet.")
        typer.echo("Next: a backup; weighbridge keys show, and hand the entry to all members;")
        typer.echo("      when every one of them has it: weighbridge keys rotate --finish")


@keys.command(
    epilog="Example: `weighbridge keys copy --keys keys --out 'awskms:alias/weighbridge?folder=sealed-keys'`"
)
def copy(
    out: Annotated[str, typer.Option(help="Another key store, which has no keys yet.")],
    place: KeysOption = None,
) -> None:
    """Copy all keys into another key store; those in the old place stay, for you to lock away or destroy."""
    from schemas.keystore import ceremony

    found = _settings(place)
    ceremony.copy(_kept(found), out)
    typer.echo(f"all keys of {_place(_kept(found))} are in {_place(out)} too")


@keys.command(
    epilog="Example: `weighbridge keys check --keys keys --agency GB-EA --directory directory.toml`"
)
def check(
    place: KeysOption = None,
    agency: AgencyOption = None,
    directory: DirectoryOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Check permissions, ages, years that are missing, and whether directory and keys agree.

    Status 1 where something does not work or is not safe; warnings alone are status 0.
    """
    from deploy import key_checks

    found = _settings(place, agency, directory)
    members, name = (None, None) if found.directory is None else (_members(found), _named(found))
    today = datetime.now(UTC).date()
    print_faults(list(key_checks.of_keys(_kept(found), today, name, members)), as_json)


def print_faults(faults: list[Fault], as_json: bool) -> None:
    """Print faults, and end with status 1 if one of them is an error."""
    from schemas.findings import Severity

    if as_json:
        typer.echo(json.dumps([fault._asdict() for fault in faults]))
    else:
        for fault in faults:
            typer.echo(f"{fault.severity.lower()}: {fault.text}\n  try: {fault.hint}")
        if not faults:
            typer.echo("nothing wrong")
    if any(fault.severity is Severity.ERROR for fault in faults):
        raise typer.Exit(EXIT_FAILURE)


def _settings(place: str | None, agency: str | None = None, directory: Path | None = None) -> AgencySettings:
    """Return the agency's settings, flags first."""
    from schemas import settings

    return settings.load(agency={"keys": place, "id": agency, "directory": directory}).agency


def _kept(found: AgencySettings) -> str:
    if found.keys is None:
        raise ConfigurationError("no keys", hint="give --keys, such as --keys keys")
    return found.keys


def _named(found: AgencySettings) -> str:
    if found.id is None:
        raise ConfigurationError("whose keys?", hint="give --agency, such as --agency GB-EA")
    return found.id


def _members(found: AgencySettings) -> Directory:
    from schemas import directory as directories

    if found.directory is None:
        raise ConfigurationError("no directory", hint="give --directory, such as --directory directory.toml")
    return directories.load(found.directory)


def _place(place: str) -> str:
    """Return where a store's files are, for people."""
    from schemas.keystore.store import at

    return str(at(place))
