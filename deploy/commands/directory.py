"""Commands over the directory of an exchange: `weighbridge directory add|show|check`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from deploy.commands.keys import print_faults
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from schemas.directory import HubMember, Member

directory = typer.Typer(
    name="directory",
    help="Keep the file of an exchange's members and their public keys.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
_STDIN = Path("-")

_Entry = TypeVar("_Entry", "Member", "HubMember")

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The directory, such as directory.toml.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@directory.command(
    epilog="Examples:\n\n`weighbridge directory add directory.toml gb-ea.toml fr-dgpr.toml`\n\n"
    "`weighbridge keys show --keys keys --agency GB-EA --country GB | weighbridge directory add list.toml -`"
)
def add(
    file: FileArgument,
    entries: Annotated[list[Path], typer.Argument(help="What `weighbridge keys show` printed; - for stdin.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Also put entries in place of other ones of the same members.")
    ] = False,
) -> None:
    """Add the entries of members to the directory; it is made if absent.

    Compare the fingerprints that are printed with each member, by telephone, before you use the file.
    """
    from schemas import directory as directories
    from schemas import files

    known = directories.load(file) if file.exists() else directories.Directory({})
    members, hubs = dict(known.members), dict(known.hubs)
    for path in entries:
        text = sys.stdin.read() if path == _STDIN else path.read_text("utf-8")
        found = directories.parsed(text, str(path))
        _take(found.members, members, directories.entry, is_replaced=replace)
        _take(found.hubs, hubs, directories.hub_entry, is_replaced=replace)
    text = directories.text(directories.Directory(members, hubs))
    files.replace({file: (text.encode(), files.OPEN)})


@directory.command(
    epilog="Examples:\n\n`weighbridge directory show directory.toml`\n\n"
    "`weighbridge directory show directory.toml --json`"
)
def show(file: FileArgument, as_json: JsonOption = False) -> None:
    """Show the members, what they may know, and fingerprints to compare by telephone."""
    from schemas import directory as directories

    found = directories.load(file)
    rows = [_row(name, member) for name, member in sorted(found.members.items())]
    rows += [_hub_row(name, hub) for name, hub in sorted(found.hubs.items())]
    whole = directories.fingerprint(directories.text(found))
    if as_json:
        typer.echo(json.dumps({"fingerprint": whole, "members": rows}))
    else:
        _print_table(rows)
        typer.echo(f"The whole directory, alike at every member: {whole}")


@directory.command(epilog="Example: `weighbridge directory check directory.toml`")
def check(file: FileArgument, as_json: JsonOption = False) -> None:
    """Check that keys are whole, of one member each and none that everybody has.

    Status 1 where something does not work or is not safe; warnings alone are status 0.
    """
    from deploy import key_checks
    from schemas import directory as directories

    print_faults(list(key_checks.of_directory(directories.load(file))), as_json)


def _take(
    found: Mapping[str, _Entry],
    known: dict[str, _Entry],
    entry: Callable[[str, _Entry], str],
    *,
    is_replaced: bool,
) -> None:
    """Add entries to those that are known, and print the fingerprint of each."""
    from schemas.directory import fingerprint

    for name, member in found.items():
        _require_same(name, known.get(name), member, is_replaced=is_replaced)
        known[name] = member
        typer.echo(f"{name}: {fingerprint(entry(name, member))}")


def _require_same(
    name: str, known: Member | HubMember | None, found: Member | HubMember, *, is_replaced: bool
) -> None:
    """Refuse to exchange somebody's keys unasked, and say what a new entry no longer has."""
    if known is None or known == found:
        return
    if not is_replaced:
        raise ConfigurationError(
            f"the directory has another entry of {name}",
            hint="compare the new one with that member, by telephone, then add --replace",
        )
    if dropped := len(set(known.signing_keys) - set(found.signing_keys)):
        typer.echo(
            f"{name}: {dropped} signing keys dropped; who reads the ledger anew refuses what they signed",
            err=True,
        )


def _row(name: str, member: Member) -> dict[str, object]:
    from schemas import directory as directories

    return {
        "member": name,
        "countries": sorted(member.countries),
        "sides": sorted(member.sides),
        "signing_keys": len(member.signing_keys),
        "opening_key": member.opening_key is not None,
        "fingerprint": directories.fingerprint(directories.entry(name, member)),
    }


def _hub_row(name: str, hub: HubMember) -> dict[str, object]:
    from schemas import directory as directories

    return {
        "member": name,
        "countries": [],
        "sides": [],
        "signing_keys": len(hub.signing_keys),
        "opening_key": False,
        "fingerprint": directories.fingerprint(directories.hub_entry(name, hub)),
    }


def _print_table(rows: list[dict[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("member", "countries", "sides", "signing keys", "opening key", box=None)
    table.add_column("fingerprint", no_wrap=True)
    for row in rows:
        cells = (", ".join(value) if isinstance(value, list) else str(value) for value in row.values())
        table.add_row(*cells)
    Console(soft_wrap=True).print(table)
