"""The command `weighbridge adapter check`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producers.conformance.mutation import MUTANTS
from producers.options import SetOption, named_values
from schemas.errors import EXIT_FAILURE

if TYPE_CHECKING:
    from producers.conformance.subject import Summary


def check(
    name: Annotated[
        str, typer.Argument(metavar="ADAPTER", help="An installed adapter, or module:Class while it is not.")
    ],
    samples: Annotated[
        list[Path],
        typer.Argument(metavar="SAMPLE...", exists=True, help="Documents, or folders, in order of delivery."),
    ],
    values: SetOption = None,
    mutants: Annotated[int, typer.Option(min=0, help="Spoiled copies that it has to survive.")] = MUTANTS,
    seed: Annotated[int, typer.Option(help="Same seed, same copies.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Hold an adapter to what every adapter must satisfy, on samples of its documents.

    Exit status 1 means that at least one behaviour is broken.
    """
    from rich.console import Console

    from producers import adapter as adapters
    from producers.conformance import suite
    from producers.conformance.subject import Subject, samples_in, summary

    given = named_values(values)
    adapters.create(name, given)
    subject = Subject(adapters.find(name), given, samples_in(samples))
    with Console(stderr=True).status("") as status:
        found = suite.check(
            subject,
            mutants=mutants,
            seed=seed,
            progress=lambda title, number: status.update(f"{title} {number or ''}"),
        )
    if as_json:
        typer.echo(json.dumps({"samples": asdict(summary(subject)), "problems": found}))
    else:
        _show(summary(subject), found)
    raise typer.Exit(EXIT_FAILURE if any(found.values()) else 0)


def _show(done: Summary, found: dict[str, list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"{done.documents} documents, {done.rejected} of them rejected; {done.events} events")
    if done.findings:
        told = Table("times", "what the samples break, first at, what to do")
        for item in done.findings:
            told.add_row(str(item.count), f"{item.rule} ({item.severity})\n{item.place}\n{item.hint}")
        console.print(told)
    table = Table("", "what every adapter does")
    for title, problems in found.items():
        text = "\n".join([title, *(f"- {problem}" for problem in problems)])
        table.add_row("[red]no" if problems else "[green]yes", text)
    console.print(table)
