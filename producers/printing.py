"""Events for people and pipes: JSON lines on stdout."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from producers.pipeline import Outcome


def print_events(outcome: Outcome) -> None:
    """Print the events of a document, with the field names of the contract."""
    from producers.convert import event_json  # noqa: PLC0415  # --help is quick without it

    for event in outcome.events:
        typer.echo(json.dumps(event_json(event)))


def printed(tell: Callable[[str, Outcome], None]) -> Callable[[str, Outcome], None]:
    """Return what prints the events of each document before it tells it on."""

    def print_and_tell(name: str, outcome: Outcome) -> None:
        print_events(outcome)
        tell(name, outcome)

    return print_and_tell
