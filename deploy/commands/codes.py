"""Commands over code lists: `weighbridge codes show|find|check`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.errors import EXIT_FAILURE, ConfigurationError

if TYPE_CHECKING:
    from deploy.codes import Checked, Entry, Reached
    from schemas.codes import Code

codes = typer.Typer(
    name="codes",
    help="Look up what waste, treatment, unit and place codes mean, and check your own.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_STDIN = "-"
_DAY = "%Y-%m-%d"
_WRAPPED = frozenset({"label", "source", "verdict"})

OnOption = Annotated[
    datetime | None, typer.Option("--on", formats=[_DAY], help="Day to look at; default: today.")
]
SchemeOption = Annotated[
    str | None, typer.Option("--scheme", help="Only this list, such as LOW, BASEL, OECD or OPERATION.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@codes.command(
    epilog="Examples:\n\n`weighbridge codes show` lists the lists\n\n"
    "`weighbridge codes show LOW 160307`\n\n`weighbridge codes show BASEL A1180 --on 2024-12-31 --json`\n\n"
    "`weighbridge codes show OPERATION` lists the codes of one list"
)
def show(
    scheme: Annotated[str | None, typer.Argument(help="List, such as LOW; or a code of any list.")] = None,
    code: Annotated[str | None, typer.Argument(help="Code, in any spelling.")] = None,
    on: OnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every validity interval of a code, its source, and what it leads to on a day."""
    from deploy import codes as books
    from schemas import codes as lists

    if scheme is None:
        _show_lists(as_json)
    elif code is None and scheme.upper() in lists.TABLE_OF_SCHEME:
        _show_codes(books.search("", scheme.upper()), as_json)
    else:
        named, canonical = books.recognise(code or scheme, None if code is None else scheme.upper())
        _show_entry(books.entry(named, canonical, _day(on)), as_json)


@codes.command(
    epilog='Examples:\n\n`weighbridge codes find "lead batteries"`\n\n'
    "`weighbridge codes find mercury --scheme LOW`\n\n`weighbridge codes find 1606`"
)
def find(
    words: Annotated[
        list[str], typer.Argument(metavar="WORD...", help="Words of the label, or the beginning of a code.")
    ],
    scheme: SchemeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find codes by words of their labels; where nothing matches, show what looks alike and exit 1."""
    from deploy import codes as books

    text, wanted = " ".join(words), _known(scheme)
    found = books.search(text, wanted)
    if found:
        _show_codes(found, as_json)
        return
    similar = books.resembling(text, wanted)
    typer.echo(
        f"No code has all of these words; {'similar ones:' if similar else 'none is similar.'}", err=True
    )
    if similar:
        _show_codes(similar, as_json)
    raise typer.Exit(EXIT_FAILURE)


@codes.command(
    epilog="Examples:\n\n`weighbridge codes check 160307 A1180 D9`\n\n"
    "`weighbridge codes check A1180 --on 2024-12-31`\n\n"
    "`weighbridge codes check loads.csv --column 'EWC Code'`\n\n"
    "`cut -f3 loads.tsv | weighbridge codes check -`"
)
def check(
    stated: Annotated[
        list[str], typer.Argument(metavar="FILE|CODE...", help="Codes; files of codes; - reads stdin.")
    ],
    scheme: SchemeOption = None,
    column: Annotated[
        str | None, typer.Option(help="Column of a CSV file; default: the file has one code a line.")
    ] = None,
    on: OnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which codes are unknown, or not valid on a day, and what replaced them; exit 1 if any is."""
    from deploy import codes as books
    from schemas.codes import Status

    day = _day(on)
    verdicts = books.check(_stated(stated, column), day, _known(scheme))
    bad = [verdict for verdict in verdicts if verdict.status is not Status.VALID]
    if as_json:
        _print_json({"on": day, "codes": [asdict(verdict) for verdict in verdicts]})
    else:
        _show_bad(bad)
        typer.echo(f"different codes: {len(verdicts)}; not valid on {day}: {len(bad)}")
    raise typer.Exit(EXIT_FAILURE if bad else 0)


def _day(on: datetime | None) -> date:
    return on.date() if on is not None else datetime.now(UTC).date()


def _known(scheme: str | None) -> str | None:
    from schemas import codes as lists

    if scheme is None or scheme.upper() in lists.TABLE_OF_SCHEME:
        return scheme.upper() if scheme else None
    raise ConfigurationError("--scheme names no list", hint=f"use one of {', '.join(lists.TABLE_OF_SCHEME)}")


def _stated(arguments: list[str], column: str | None) -> Iterator[str]:
    from deploy import codes as books

    for argument in arguments:
        if argument == _STDIN:
            yield from books.stated_codes(sys.stdin.buffer, column)
        elif Path(argument).is_file():
            with Path(argument).open("rb") as file:
                yield from books.stated_codes(file, column)
        elif Path(argument).is_dir() or Path(argument).suffix[1:].isalpha():
            raise ConfigurationError(f"{argument} is no file", hint="name a file of codes, or codes")
        else:
            yield argument


def _show_lists(as_json: bool) -> None:
    from deploy import codes as books
    from schemas import codes as lists

    found = books.lists()
    if as_json:
        _print_json({"version": lists.VERSION, "lists": [asdict(item) for item in found]})
        return
    rows = [(item.name, f"{item.table}.csv", str(item.rows), _shortened(item.sources)) for item in found]
    _print_table(f"Code lists and crosswalks, version {lists.VERSION}", "list, file, rows, source", rows)


def _show_codes(found: list[Code], as_json: bool) -> None:
    if as_json:
        _print_json([asdict(code) for code in found])
    elif found:
        rows = [(code.scheme, code.code, code.label, *_interval(code), _hazard(code)) for code in found]
        _print_table("", "list, code, label, from, to, hazardous", rows)


def _show_entry(entry: Entry, as_json: bool) -> None:
    if as_json:
        _print_json(asdict(entry))
        return
    rows = [(code.label, *_interval(code), _hazard(code), code.source) for code in entry.intervals]
    title = f"{entry.scheme} {entry.code} on {entry.on}: {entry.status.replace('_', ' ').lower()}"
    if rows:
        _print_table(title, "label, from, to, hazardous, source", rows)
    else:
        typer.echo(f"{entry.scheme} {entry.code}: there is no list of these codes here, only a crosswalk")
    _show_reached(f"leads to, on {entry.on}", entry.maps_to)
    _show_reached("was replaced by", entry.replaced_by)


def _show_reached(title: str, targets: tuple[Reached, ...]) -> None:
    rows = [(item.crosswalk, item.code, item.label, item.quality, item.source) for item in targets]
    if rows:
        _print_table(title, "crosswalk, code, label, quality, source", rows)


def _show_bad(bad: list[Checked]) -> None:
    rows = [(item.stated, str(item.count), item.scheme, _verdict(item)) for item in bad]
    if rows:
        _print_table("", "code, times, list, verdict", rows)


def _verdict(item: Checked) -> str:
    from schemas.codes import Status

    if item.status is Status.UNKNOWN:
        return f"unknown; similar: {', '.join(item.similar)}" if item.similar else "unknown"
    until = (
        f"withdrawn, last valid on {item.valid_to}" if item.valid_to else f"valid from {item.valid_from} on"
    )
    return f"{until}; use {', '.join(item.replaced_by)}" if item.replaced_by else until


def _interval(code: Code) -> tuple[str, str]:
    return str(code.valid_from or ""), str(code.valid_to or "")


def _hazard(code: Code) -> str:
    return {True: "yes", False: "no", None: ""}[code.hazardous]


def _shortened(sources: tuple[str, ...]) -> str:
    first, *others = sources
    return f"{first} and {len(others)} more" if others else first


def _print_json(value: Any) -> None:
    # Days are printed as ISO 8601.
    typer.echo(json.dumps(value, default=str, ensure_ascii=False, indent=2))


def _print_table(title: str, columns: str, rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", highlight=False)
    for column in columns.split(", "):
        table.add_column(column, no_wrap=column not in _WRAPPED, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(markup=False, highlight=False).print(table)
